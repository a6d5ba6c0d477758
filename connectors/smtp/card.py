"""What the conformance kit has to know of e-mail."""

from collections.abc import Mapping
from typing import Any

from connectors.smtp.sandbox import SmtpSandbox
from hub.card import Ability, Card, Wish
from hub.domain.clock import Clock
from hub.sandbox import Sandbox

_NO_API = "mail servers have no API: they take messages"


def card() -> Card:
    return Card(
        sandbox=_sandbox,
        settings=_settings,
        wish=Wish(orders=("paid",)),
        effects=_effects,
        lacks={
            Ability.WEBHOOKS: _NO_API,
            Ability.SIGNATURES: _NO_API,
            Ability.FETCH: _NO_API,
            Ability.PULL: _NO_API,
            Ability.EDIT: "what was sent stays as it was sent",
            Ability.DELETE: "what was sent cannot be taken back",
            Ability.SUBSCRIPTION: _NO_API,
            Ability.OAUTH: "a user name and a password",
            Ability.ECHO: _NO_API,
        },
    )


def _sandbox(now: Clock) -> SmtpSandbox:
    return SmtpSandbox(now=now)


def _settings(sandbox: Sandbox, _address: str) -> Mapping[str, Any]:
    assert isinstance(sandbox, SmtpSandbox)
    return {
        "host": "127.0.0.1",
        "port": sandbox.smtp_port,
        "security": "none",
        "username": sandbox.username,
        "password": sandbox.password,
        "sender": "orders@shop.example",
        "shop_name": "The shop",
        "archive": f"imap://{sandbox.username}:{sandbox.password}@127.0.0.1:{sandbox.imap_port}/Sent",
        "start": "2026-01-01T00:00:00Z",
    }


def _effects(state: Mapping[str, Any]) -> list[str]:
    return [f"mail {each['order']} {each['occasion']} {each['to']}" for each in state["messages"]]
