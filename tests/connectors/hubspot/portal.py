"""An account in the sandbox, and bodies as HubSpot sends them."""

from typing import Any

from connectors.hubspot import CONNECTOR
from connectors.hubspot.sandbox import HubSpotSandbox
from connectors.hubspot.settings import HubSpotSettings
from hub.connector import Incoming, Reading
from hub.sandbox import Delivery
from tests.conftest import Time
from tests.connectors.crm.account import NOON, URL, CrmAccount, Said, reasons

__all__ = ["NOON", "SECRET", "URL", "Crm", "Said", "incoming", "read", "reading", "reasons", "settings"]

SECRET = "client-secret"


def settings(**more: Any) -> HubSpotSettings:
    given = {
        "connector": "hubspot",
        "portal_id": "62515",
        "webhook_url": URL,
        "access_token": "sandbox-token",
        "base_url": "http://localhost",
        "currency": "EUR",
        "webhook": {"secrets": [SECRET]},
    }
    return HubSpotSettings.model_validate(given | more)


def reading(**more: Any) -> Reading:
    return Reading(connection="crm", settings=settings(**more))


def read(kind: str, body: bytes, **more: Any) -> list[Said]:
    return list(CONNECTOR.read[kind](reading(**more), body))


class Crm(CrmAccount):
    connector = CONNECTOR
    secret = SECRET

    def __init__(self, *, options: dict[str, Any] | None = None, **sandbox: Any) -> None:
        clock = Time(NOON)
        given: dict[str, Any] = {"secret": SECRET, "webhook_url": URL, "currency": "EUR", "now": clock}
        self.sandbox = HubSpotSandbox(**(given | sandbox))
        self.portal = self.sandbox.portal
        super().__init__(self.sandbox, settings(**(options or {})), clock=clock, token="sandbox-token")

    @staticmethod
    def incoming(delivery: Delivery) -> Incoming:
        return incoming(delivery.body, delivery.headers)


def incoming(body: bytes, headers: Any) -> Incoming:
    lower = {name.lower(): value for name, value in headers.items()}
    return Incoming(method="POST", url="http://proxy.internal/x", headers=lower, body=body)
