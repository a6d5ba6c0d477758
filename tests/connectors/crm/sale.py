"""A sale, and what a CRM says of its contact and its deal: what the tests of the plans look at."""

from collections.abc import Callable
from typing import Any

from hub.connector import Connector, OrderView
from hub.domain.commands import Command, Mismatch
from hub.domain.money import Money
from hub.domain.records import CustomerRecord, DealRecord, Kind, Record, Source
from tests import building
from tests.building import at
from tests.connectors.crm import account

ADA = building.customer(phone="+44 1")
SALE = building.order(customer=ADA.source, name="Ada Lovelace")
PAID = building.payment(claims=(SALE.source.key,))
GUEST = building.order(name="Ada Lovelace", phone="+44 2")
WHO = "0035e0000000001AAA"


class Desk:
    """One vendor's plan of what records say."""

    def __init__(self, connector: Connector, settings: Callable[..., Any]) -> None:
        self.connector, self.settings = connector, settings

    def view(self, *records: Record, **options: Any) -> OrderView:
        return building.view(*records, of="crm", settings=self.settings(**options))

    def plan(self, *records: Record, **options: Any) -> list[Command | Mismatch]:
        return account.plan(self.connector, self.view(*records, **options))

    def only(self, *records: Record, **options: Any) -> Any:
        (found,) = self.plan(*records, **options)
        return found

    def deal(self, external_id: str = "006A", **more: Any) -> DealRecord:
        """That agrees with the paid sale."""
        fields: dict[str, Any] = {
            "source": Source("crm", Kind.DEAL, external_id),
            "version": 1,
            "claims": (SALE.source.key,),
            "created_at": at(2),
            "updated_at": at(2),
            "name": "Order #1001",
            "stage": self.settings().stages.paid,
            "amount": Money(10_000, "EUR"),
            "customer": Source("crm", Kind.CUSTOMER, WHO),
        }
        return DealRecord(**(fields | more))


def contact(external_id: str = WHO, **more: Any) -> CustomerRecord:
    fields: dict[str, Any] = {"connection": "crm", "claims": (ADA.source.key,), "phone": "+44 1"}
    return building.customer(external_id, **(fields | more))
