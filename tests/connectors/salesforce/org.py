"""An org in the sandbox, and bodies as Salesforce sends them."""

from datetime import datetime
from typing import Any

from connectors.salesforce import CONNECTOR
from connectors.salesforce.sandbox import SalesforceSandbox
from connectors.salesforce.settings import SalesforceSettings
from hub.connector import Incoming, Reading
from hub.domain.records import Kind, Source
from hub.sandbox import Delivery
from tests.conftest import Time
from tests.connectors.crm.account import NOON, URL, CrmAccount, Said, reasons

__all__ = [
    "NOON",
    "ORG",
    "SECRET",
    "URL",
    "Crm",
    "Said",
    "customer",
    "incoming",
    "read",
    "reading",
    "reasons",
    "settings",
]

SECRET = "the-key"
ORG = "00D5e0000000001EAA"


def settings(**more: Any) -> SalesforceSettings:
    given = {
        "connector": "salesforce",
        "base_url": "http://localhost",
        "organization_id": ORG,
        "client_id": "sandbox-client",
        "client_secret": "sandbox-client-secret",
        "refresh_token": "sandbox-refresh",
        "currency": "EUR",
        "webhook": {"secrets": [SECRET]},
    }
    return SalesforceSettings.model_validate(given | more)


def reading(at: datetime | None = None, **more: Any) -> Reading:
    return Reading(connection="crm", settings=settings(**more), at=at)


def read(kind: str, body: bytes, at: datetime | None = None, **more: Any) -> list[Said]:
    return list(CONNECTOR.read[kind](reading(at, **more), body))


class Crm(CrmAccount):
    connector = CONNECTOR
    secret = SECRET

    def __init__(self, *, options: dict[str, Any] | None = None, **sandbox: Any) -> None:
        clock = Time(NOON)
        given: dict[str, Any] = {"secret": SECRET, "currency": "EUR", "now": clock}
        self.sandbox = SalesforceSandbox(**(given | sandbox))
        self.sandbox._access.add("token")
        self.org = self.sandbox.org
        super().__init__(self.sandbox, settings(**(options or {})), clock=clock, token="token")

    @staticmethod
    def incoming(delivery: Delivery) -> Incoming:
        return incoming(delivery.body, delivery.query)

    def blind(self) -> None:
        """The next look finds nothing: as if it had come before all that there is."""
        live, looks = self.org.live, iter([True])
        self.org.live = lambda objects: [] if next(looks, False) else live(objects)  # type: ignore[method-assign]  # for this test alone


def incoming(body: bytes, query: str = f"key={SECRET}", **headers: str) -> Incoming:
    return Incoming(method="POST", url=f"{URL}?{query}" if query else URL, headers=headers, body=body)


def customer(external_id: str) -> Source:
    return Source("crm", Kind.CUSTOMER, external_id)
