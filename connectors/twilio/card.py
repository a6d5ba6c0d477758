"""What the conformance kit has to know of Twilio."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from connectors.twilio.sandbox import TwilioSandbox
from hub.card import WEBHOOK_URL, Ability, Card, Exchange, Made, Vector, Wish
from hub.connector import Incoming
from hub.descriptions import openapi
from hub.domain.records import Kind
from hub.sandbox import Sandbox


def card() -> Card:
    return Card(
        sandbox=lambda now: TwilioSandbox(now=now, inbound_url=WEBHOOK_URL),
        settings=_settings,
        makes={"opt-out": _opt_out},
        wish=Wish(orders=("paid",)),
        effects=_effects,
        lacks={
            Ability.PULL: "what becomes of a message names no order in the API, only in the callback",
            Ability.EDIT: "what was sent stays as it was sent",
            Ability.DELETE: "what was sent cannot be taken back",
            Ability.SUBSCRIPTION: "each message names its callback; that of a number is set in Twilio's console",
            Ability.OAUTH: "an account's token or an API key",
            Ability.ECHO: "a callback comes when a carrier has something to tell, not for what was asked",
        },
        recordings=_recordings,
        vectors=_vectors,
        description=_description,
    )


def _settings(sandbox: Sandbox, address: str) -> Mapping[str, Any]:
    assert isinstance(sandbox, TwilioSandbox)
    return {
        "base_url": address,
        "account_sid": sandbox.account_sid,
        "api_secret": sandbox.secret,
        "from_number": sandbox.from_number,
        "callback_url": WEBHOOK_URL,
        "shop_name": "The shop",
        "start": "2026-01-01T00:00:00Z",
        "webhook": {"secrets": [sandbox.secret]},
    }


def _opt_out(sandbox: Sandbox) -> Made:
    assert isinstance(sandbox, TwilioSandbox)
    number = f"+4930{len(sandbox.messages) + 1_000_000}"
    sandbox.receive(number, "Stop")
    return Made(kind=Kind.CUSTOMER, external_id=number)


def _effects(state: Mapping[str, Any]) -> list[str]:
    return [f"sms {each['to']} {each['body']}" for each in state["messages"] if each["direction"] != "inbound"]


def _recordings(folder: Path) -> Sequence[tuple[str, bytes]]:
    return [(path.name, path.read_bytes()) for path in sorted((folder / "spec_examples").glob("*.json"))]


def _vectors(folder: Path) -> Sequence[Vector]:
    path = folder / "signatures" / "vectors.json"
    given = json.loads(path.read_bytes())["vectors"] if path.is_file() else ()
    return [
        Vector(
            name=each["name"],
            incoming=Incoming(
                method=each["method"],
                url=each["url"],
                headers={name.lower(): value for name, value in each["headers"].items()},
                body=(
                    each["body"] if "body" in each else urlencode([(name, value) for name, value in each["form"]])
                ).encode(),
            ),
            secrets=[each["secret"]],
            settings={},
            at="2026-11-22T12:00:00Z",  # no time is signed
            genuine=each["valid"],
        )
        for each in given
    ]


def _description(folder: Path) -> Callable[[Exchange], Sequence[str]]:
    judge = openapi(json.loads((folder / "spec" / "twilio_api_v2010.messages.json").read_bytes()))

    def relaxed(exchange: Exchange) -> Sequence[str]:
        """The description knows the good answers only."""
        return [] if exchange.status >= 400 else judge(exchange)

    return relaxed
