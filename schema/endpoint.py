"""Outgoing webhooks: who is told of changes, and how it fares."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

import strawberry

from hub.store.endpoints import EndpointStatus
from schema.context import EndpointInfo, Info


@strawberry.enum(description="DISABLED: switched off in the settings, or given up. Values may be added.")
class EndpointState(Enum):
    OK = "ok"
    FAILING = "failing"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Listening:
    """An endpoint and its row; no row while no worker has met it."""

    info: EndpointInfo
    status: EndpointStatus | None

    @property
    def id(self) -> str:
        return self.info.id

    @property
    def host(self) -> str:
        """Without path and query: those may hold a secret."""
        return urlsplit(self.info.settings.url).netloc

    @property
    def state(self) -> EndpointState:
        if not self.info.settings.enabled or (self.status and self.status.disabled_at):
            return EndpointState.DISABLED
        return EndpointState.FAILING if self.status and self.status.tries else EndpointState.OK

    @property
    def cursor(self) -> str:
        return str(self.status.cursor) if self.status else ""

    @property
    def behind(self) -> int:
        return self.status.behind if self.status else 0

    @property
    def last_ok_at(self) -> datetime | None:
        return self.status.last_ok_at if self.status else None

    @property
    def failing_since(self) -> datetime | None:
        return self.status.failing_since if self.status else None

    @property
    def next_try_at(self) -> datetime | None:
        if self.status is None or not self.status.tries or self.status.disabled_at:
            return None
        return self.status.due_at

    @property
    def message(self) -> str:
        return self.status.message if self.status else ""


@strawberry.type(description="Who is told of each change, by the Standard Webhooks convention.")
class WebhookEndpoint:
    id: strawberry.ID
    host: str
    state: EndpointState
    cursor: str | None = strawberry.field(description="Of the last change that it took: `data.cursor` of a message.")
    behind: int = strawberry.field(description="Changes that it has not been told.")
    last_ok_at: datetime | None
    failing_since: datetime | None
    next_try_at: datetime | None
    message: str | None = strawberry.field(description="Of the last failure.")


async def endpoints(info: Info) -> Any:
    hub = info.context.hub
    statuses = {each.id: each for each in await hub.endpoint_statuses()}
    return [Listening(own, statuses.get(name)) for name, own in sorted(hub.endpoints.items())]


async def endpoint(info: Info, name: str) -> Listening:
    found: list[Listening] = await endpoints(info)
    return next(each for each in found if each.id == name)
