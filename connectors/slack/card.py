"""What the conformance kit has to know of Slack."""

from collections.abc import Mapping
from typing import Any

from connectors.slack.sandbox import SlackSandbox
from hub.card import Ability, Card, Wish
from hub.domain.clock import Clock
from hub.sandbox import Sandbox

_ONE_WAY = "an incoming webhook takes messages and tells nothing"


def card() -> Card:
    return Card(
        sandbox=_sandbox,
        settings=_settings,
        wish=Wish(orders=("paid",)),
        effects=_effects,
        lacks={
            Ability.LOOK_UP: "a webhook cannot be asked what it posted: a person looks into the channel",
            Ability.WEBHOOKS: _ONE_WAY,
            Ability.SIGNATURES: _ONE_WAY,
            Ability.FETCH: _ONE_WAY,
            Ability.PULL: _ONE_WAY,
            Ability.EDIT: "what was posted stays as it was posted",
            Ability.DELETE: "what was posted cannot be taken back",
            Ability.SUBSCRIPTION: _ONE_WAY,
            Ability.OAUTH: "the address is the secret",
            Ability.ECHO: _ONE_WAY,
        },
    )


def _sandbox(now: Clock) -> SlackSandbox:
    return SlackSandbox(now=now)


def _settings(sandbox: Sandbox, address: str) -> Mapping[str, Any]:
    assert isinstance(sandbox, SlackSandbox)
    return {"base_url": address, "path": sandbox.path, "shop_name": "The shop", "start": "2026-01-01T00:00:00Z"}


def _effects(state: Mapping[str, Any]) -> list[str]:
    return [f"post {each['text']}" for each in state["messages"]]
