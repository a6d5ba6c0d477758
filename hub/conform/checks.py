"""What a scenario is made of: checks, each with the abilities that it needs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.card import Ability, Card
from hub.conform.bench import Bench
from hub.connector import Connector, OAuth2

Run = Callable[[Bench], Awaitable[str]]
"""Returns what was counted. Raises `Failed`, or `NotRun` where it needs what is not at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    name: str
    run: Run
    needs: Sequence[Ability] = ()


def abilities_of(connector: Connector, card: Card, settings: Any) -> Mapping[Ability, bool]:
    """What it has, as its slots show. Whether it signs, echoes or can be asked, only a run can tell: it has what it
    does not declare to lack, and the checks look."""
    return {
        Ability.WEBHOOKS: connector.inbound is not None,
        Ability.SIGNATURES: connector.inbound is not None and Ability.SIGNATURES not in card.lacks,
        Ability.FETCH: bool(connector.fetch),
        Ability.PULL: bool(connector.pull),
        Ability.PLAN: connector.plan is not None,
        Ability.EDIT: card.edit is not None,
        Ability.DELETE: card.delete is not None,
        Ability.SUBSCRIPTION: connector.audit is not None,
        Ability.OAUTH: isinstance(connector.way(settings).auth, OAuth2),
        Ability.LOOK_UP: connector.plan is not None and Ability.LOOK_UP not in card.lacks,
        Ability.ECHO: connector.inbound is not None and connector.plan is not None and Ability.ECHO not in card.lacks,
    }
