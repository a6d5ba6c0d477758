"""An e-mail connection against the sandbox, over real sockets of this machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from connectors.smtp import CONNECTOR
from connectors.smtp.card import card
from connectors.smtp.plan import SendMail
from connectors.smtp.sandbox import SmtpSandbox
from hub.connector import Account
from hub.domain.clock import Clock
from hub.transport.client import WayOut
from tests.building import START
from tests.transport.vendor import Memory

ORDER = "ord_00000000000000000000000001"


def settings(sandbox: SmtpSandbox | None = None, **more: Any) -> Any:
    given: dict[str, Any] = {
        "host": "mail.example.com",
        "sender": "orders@shop.example",
        "shop_name": "The shop",
        "start": "2026-11-01T00:00:00Z",
    }
    if sandbox is not None:
        given |= card().settings(sandbox, "")
    return CONNECTOR.settings.model_validate(given | {"connector": "smtp"} | more)


def mail(**more: Any) -> SendMail:
    given: dict[str, Any] = {
        "target": "confirmed",
        "order": ORDER,
        "reached_at": START,
        "to": "ada@example.com",
        "heading": "Your order",
        "text": "Thank you.\n",
        "html": "<p>Thank you.</p>\n",
    }
    return SendMail(**(given | more))


@asynccontextmanager
async def account(now: Clock, sandbox: SmtpSandbox | None = None, **more: Any) -> AsyncIterator[Account]:
    """By the hub's own way out, since mail has no other."""
    way = WayOut(Memory(), now)
    try:
        yield way.account("mail", CONNECTOR, settings(sandbox, **more))
    finally:
        await way.aclose()
