"""What Salesforce needs so that it agrees with an order: see `connectors.crm.plan`. A deal is an opportunity."""

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from connectors.crm.plan import Crm, Words, name_of
from connectors.crm.plan import plan as common
from connectors.salesforce.commands import CreateDeal
from connectors.salesforce.fields import flat, short_name
from hub.connector import OrderView
from hub.domain.commands import Command, Mismatch
from hub.domain.records import CustomerRecord

_PHONE = 40  # characters, as the other widths in `fields.py`
_NAME = 120  # of an opportunity


def plan(view: OrderView) -> Iterator[Command | Mismatch]:
    return common(view, _CRM)


def _contact(view: OrderView) -> CustomerRecord | None:
    """The one that is marked as ours, the oldest."""
    customer = view.customer.id if view.customer else ""

    def rank(record: CustomerRecord) -> tuple[bool, bool, object, str]:
        marked = any(claim.startswith("cus_") for claim in record.claims)
        return customer not in record.claims, not marked, record.created_at, record.source.external_id

    return min(view.customer_said, key=rank, default=None)


def _created(view: OrderView) -> Mapping[str, Any]:
    order = view.order
    day = order.placed_at.astimezone(ZoneInfo(view.settings.timezone)).date()
    return {"name": name_of(order)[:_NAME].strip(), "closes_on": day.isoformat()}


_CRM = Crm(
    words=Words(
        title="Salesforce",
        deal="opportunity",
        deals="opportunities",
        stage="stage of the opportunity",
        expected="one",
    ),
    fits={"name": short_name, "phone": lambda phone: phone.strip()[:_PHONE]},
    flat=flat,
    known_by=lambda person: person.email or person.name,
    contact=_contact,
    created=_created,
    joins=lambda view: bool(view.settings.contact_roles),
    create_deal=CreateDeal,
)
