"""What a resolver may reach: the hub, who calls, and the loaders of this one operation."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Protocol

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connector import Category
from hub.domain.clock import Clock
from hub.domain.intents import Intended, IntentKey
from hub.domain.order import Order
from hub.domain.records import Record
from hub.settings.model import EndpointSettings
from hub.store.endpoints import EndpointStatus
from schema.errors import Code, error
from schema.loaders import Loaders

Scope = Literal["read", "write", "introspect", "raw", "admin"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who holds the API key. The scope `admin` holds all others."""

    key_id: str
    name: str
    scopes: frozenset[str]

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or "admin" in self.scopes

    def must(self, scope: Scope) -> None:
        if not self.may(scope):
            raise error(Code.FORBIDDEN, f"this needs an API key with the scope {scope}")


class ConnectionInfo(Protocol):
    """One configured connection."""

    @property
    def id(self) -> str: ...
    @property
    def connector(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def category(self) -> Category: ...
    @property
    def enabled(self) -> bool: ...
    @property
    def refresh_lives(self) -> timedelta | None:
        """How long its OAuth refresh token lives unused; `None`: there is none, or the vendor does not say."""
        ...


class EndpointInfo(Protocol):
    """One outgoing webhook."""

    @property
    def id(self) -> str: ...
    @property
    def settings(self) -> EndpointSettings: ...


class Reads(Protocol):
    """A database that can be read: each read is a short transaction of its own."""

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]: ...


class Hub(Protocol):
    """What the window asks of the hub."""

    @property
    def database(self) -> Reads: ...
    @property
    def connections(self) -> Mapping[str, ConnectionInfo]: ...
    @property
    def endpoints(self) -> Mapping[str, EndpointInfo]: ...

    async def intend(
        self,
        record: Record,
        actor: str,
        intent: IntentKey | None,
        *,
        check: Callable[[Order], None] | None = None,
        expected_version: int | None = None,
    ) -> Intended:
        """Digests what someone asked, in one transaction with the bookkeeping of its idempotency key.

        `check` is called with the golden order under lock, and refuses by raising a `HubError`; it is not called for
        an order that does not exist yet, nor when the key repeats. Raises `KeyReused` and `StaleVersion`.
        """
        ...

    async def replay_event(self, event_id: str) -> bool:
        """`Refused`, with words, where its body was pruned."""
        ...

    def missing_event(self, event_id: str) -> str:
        """In words, why there is no event of that id."""
        ...

    async def retry_command(self, command_id: str, actor: str) -> bool: ...
    async def pause_connection(self, connection_id: str, why: str, actor: str) -> None: ...
    async def resume_connection(self, connection_id: str, actor: str) -> None: ...
    async def endpoint_statuses(self) -> Sequence[EndpointStatus]: ...
    async def replay_endpoint(self, endpoint: str, cursor: int) -> None: ...
    async def resume_endpoint(self, endpoint: str) -> None: ...
    async def wait_for_change(self, cursor: int, timeout: float) -> None:
        """Until there may be changes behind `cursor`, or `timeout` seconds."""
        ...


@dataclass(slots=True)
class Context:
    hub: Hub
    caller: Caller
    request_id: str
    now: Clock
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """What was loaded is old: a subscription reads anew for each change."""
        self.loaders = Loaders(self.hub.database.read)


Info = strawberry.Info[Context, None]
