"""What HubSpot needs so that it agrees with an order: see `connectors.crm.plan`."""

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.crm.fields import flat
from connectors.crm.plan import Crm, Words, name_of
from connectors.crm.plan import plan as common
from connectors.hubspot.commands import CreateDeal, Person, SaveContact, UpdateContact, UpdateDeal
from hub.connector import OrderView
from hub.domain.clock import rfc3339
from hub.domain.commands import Command, Mismatch
from hub.domain.records import CustomerRecord

_NAME = 200  # characters


def plan(view: OrderView) -> Iterator[Command | Mismatch]:
    return common(view, _CRM)


def _contact(view: OrderView) -> CustomerRecord | None:
    """The one that others were merged into, that is marked as ours, the oldest."""
    records = view.customer_said
    merged = {claim for record in records for claim in record.claims}
    customer = view.customer.id if view.customer else ""

    def rank(record: CustomerRecord) -> tuple[bool, bool, int, str]:
        number = record.source.external_id
        return record.source.key in merged, customer not in record.claims, len(number), number

    return min(records, key=rank, default=None)


def _created(view: OrderView) -> Mapping[str, Any]:
    order = view.order
    return {"name": name_of(order)[:_NAME], "closed_at": rfc3339(order.placed_at), **_moved(view)}


def _moved(view: OrderView) -> Mapping[str, Any]:
    return {"pipeline": view.settings.pipeline}


def _tidy(name: str) -> str:
    return " ".join(name.split())


_CRM = Crm(
    words=Words(title="HubSpot", gone="deleted or merged"),
    fits={"name": _tidy, "company": str.strip, "phone": str.strip},
    flat=flat,
    known_by=lambda person: person.email,
    contact=_contact,
    created=_created,
    moved=_moved,
    person=Person,
    save_contact=SaveContact,
    update_contact=UpdateContact,
    create_deal=CreateDeal,
    update_deal=UpdateDeal,
)
