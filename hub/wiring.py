"""The one place where all is joined: settings, database, way out, movements, doors and window."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from starlette.types import ASGIApp

from hub.app import make_app
from hub.connector import Account, Category, Connector, Finding, Incoming
from hub.domain.clock import Clock
from hub.domain.errors import Refused
from hub.domain.intents import Intended, IntentKey
from hub.domain.order import Order
from hub.domain.records import Record
from hub.keeping import Keeper, refresh_lives
from hub.measuring import Measurer, Overview
from hub.observe import metrics, traces
from hub.pipeline import publish as publishing
from hub.pipeline.deliver import Courier
from hub.pipeline.digest import INBOX
from hub.pipeline.intend import intend
from hub.pipeline.prune import Pruner, prune, why_missing, would_go
from hub.pipeline.publish import Endpoint, Publisher
from hub.pipeline.rebuild import rebuild
from hub.pipeline.receive import Door, Received
from hub.pipeline.registry import Connection, Connections, configured
from hub.pipeline.work import Worker
from hub.settings import Settings, settings_digest
from hub.store import api_keys, endpoints, inbox, lanes, listing
from hub.store.budgets import Budgets
from hub.store.clock import SharedClock
from hub.store.credentials import Credentials
from hub.store.database import Database
from hub.store.golden import CHANGES
from hub.store.migrations import migrate, pending
from hub.store.outbox import CommandState
from hub.store.sealing import Sealer
from hub.store.way import Way, ways
from hub.transport.client import WayOut
from hub.transport.outward import Outward
from hub.transport.passage import Call
from hub.transport.published import Published
from hub.transport.share import background

log = structlog.get_logger("orderhub")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionInfo:
    """What the window shows of a configured connection."""

    id: str
    connector: str
    title: str
    category: Category
    enabled: bool
    refresh_lives: timedelta | None  # how long its refresh token lives unused, where the vendor says so


class OrderHub:
    """A wired hub. `hub_of` makes and closes it."""

    def __init__(self, settings: Settings, connectors: Mapping[str, Connector], clock: Clock | None = None) -> None:
        """`clock`: instead of the one that all processes share."""
        self.settings = settings
        self.public_url = settings.hub.public_url
        self.database = Database(settings.database.url)
        self.shared_clock = SharedClock(self.database)
        self.clock = clock = clock or self.shared_clock
        sealer = Sealer([key.get_secret_value() for key in settings.security.sealing_keys])
        self.credentials = Credentials(self.database, sealer, clock)
        self.way_out = WayOut(self.credentials, clock, watch=self._watch, allowance=Budgets(self.database))
        self._connections = Connections(
            {
                each: Connection(
                    id=each,
                    connector=configured(connectors[own.connector], own),
                    settings=own,
                    settings_digest=settings_digest(own)[:40],
                )
                for each, own in settings.connections.items()
            }
        )
        self.connections: Mapping[str, ConnectionInfo] = {
            each.id: ConnectionInfo(
                id=each.id,
                connector=each.connector.slug,
                title=each.connector.title,
                category=each.connector.category,
                enabled=each.settings.enabled,
                refresh_lives=refresh_lives(each),
            )
            for each in self._connections.all()
        }
        self.courier = Courier(
            database=self.database,
            account=self._account,
            clock=clock,
            connections=self._connections,
            background=background,
        )
        self.keeper = Keeper(
            database=self.database,
            connections=self._connections,
            credentials=self.credentials,
            way_out=self.way_out,
            courier=self.courier,
            clock=clock,
        )
        self.measurer = Measurer(database=self.database, clock=clock, tokens_die=self.keeper.tokens_die)
        self._published = Published(clock)
        self._outward = Outward(clock)
        self.publisher = Publisher(database=self.database, post=self._outward.post, clock=clock)
        self.endpoints: Mapping[str, Endpoint] = {
            each: Endpoint(id=each, settings=own) for each, own in settings.webhooks.items()
        }
        self.pruner = Pruner(database=self.database, ages=settings.retention, clock=clock)
        self._door = Door(self.database, clock, on_commit=metrics.commit_batch.observe, published=self._published.read)

    def _account(self, connection: Connection) -> Account:
        return self.way_out.account(connection.id, connection.connector, connection.settings)

    def _watch(self, call: Call) -> None:
        metrics.vendor_call_seconds.labels(call.connection, call.outcome).observe(call.seconds)
        ended = self.clock()
        traces.record_call(
            "call",
            ended - timedelta(seconds=call.seconds),
            ended,
            failed=call.outcome != "ok",
            connection=call.connection,
            vendor=call.connection,
            method=call.method,
            path=call.path,
            status=call.status,
            outcome=call.outcome,
        )

    def webhook_url(self, connection: str) -> str:
        """Where the vendor of this connection sends its webhooks; `""` while nobody has said where the hub is.

        No vendor is told the default: it is this machine.
        """
        return f"{self.public_url}/webhooks/{connection}" if "public_url" in self.settings.hub.model_fields_set else ""

    # ------------------------------------------------------------------------------------------------ the doors

    def connection(self, connection_id: str) -> Connection | None:
        found = self._connections.get(connection_id)
        return found if found is not None and found.settings.enabled else None

    async def receive(self, connection: Connection, incoming: Incoming) -> Received:
        return await self._door.receive(connection, incoming)

    async def turned_away(self, connection_id: str, what: str, detail: str) -> None:
        async with self.database.write() as held:
            await inbox.audit(held, connection_id, what, detail, self.clock())

    async def unready(self) -> str:
        if self._door.shut:
            return "the door is shut"
        try:
            async with asyncio.timeout(2):
                return "the database is not migrated" if await pending(self.database) else ""
        except Exception as error:
            return f"the database does not answer ({type(error).__name__})"

    async def measure(self) -> None:
        await self.measurer.measure()

    async def overview(self) -> Overview:
        return await self.measurer.overview()

    def serve_app(self, stop: asyncio.Event) -> ASGIApp:
        from schema.http import graphql_routes

        return make_app(self, graphql_routes(self, self.authenticate, stop=stop, now=self.clock))

    async def open_door(self) -> None:
        """Commits what webhooks bring, and hears other processes; until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._door.open())
            tasks.create_task(self.database.listen())
            tasks.create_task(self.shared_clock.keep())

    async def authenticate(self, token: str) -> api_keys.Holder | None:
        async with self.database.read() as held:
            return await api_keys.holder(held, token)

    # ---------------------------------------------------------------------------------------------- the movements

    async def migrate(self) -> None:
        await migrate(self.database)

    async def work(self, stop: asyncio.Event) -> None:
        if self.clock is self.shared_clock:
            await self.shared_clock.set()  # a worker that went by another time would move what waits for this one

        def at_once(connection: Connection) -> int:
            return connection.connector.way(connection.settings).limits.at_once

        worker = Worker(
            courier=self.courier,
            connections=self._connections,
            at_once=at_once,
            publisher=self.publisher,
            endpoints=[each for each in self.endpoints.values() if each.settings.enabled],
            webhook_url=self.webhook_url,
            upkeep=self.keeper.upkeep,
            pruner=self.pruner,
            on_delivered=_delivered,
        )
        running = asyncio.create_task(worker.run())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        await worker.stop()
        stopping.cancel()
        await running

    async def rebuild(self) -> int:
        return (await rebuild(self.database, self.clock)).orders

    async def prune(self, *, dry_run: bool) -> Sequence[dict[str, Any]]:
        """What is over and old goes now; `dry_run`: how much it would be."""
        rows = await (would_go(self.pruner) if dry_run else prune(self.pruner, asyncio.Event()))
        ages = {what: f"{self.pruner.age(what) / timedelta(days=1):g}d" for what in rows}
        return [{"what": what.value, "older than": ages[what], "rows": rows[what]} for what in rows]

    async def check(self, connection: str) -> AsyncIterator[Finding]:
        """What the vendor says to our credentials. Nothing where the connector cannot ask."""
        found = self._connections[connection]
        if found.connector.check is not None:
            async for finding in found.connector.check(self._account(found)):
                yield finding

    # -------------------------------------------------------------------------------------------------- the window

    async def intend(
        self,
        record: Record,
        actor: str,
        intent: IntentKey | None,
        *,
        check: Callable[[Order], None] | None = None,
        expected_version: int | None = None,
    ) -> Intended:
        started, root = self.clock(), record.source.external_id
        intended = await intend(
            self.database, self.clock, record, actor, intent, check=check, expected_version=expected_version
        )
        if not intended.repeated:
            kind, order = record.kind.value, intended.order_id
            traces.record("intend", root, started, self.clock(), id=root, kind=kind, order=order)
        return intended

    async def replay_event(self, event_id: str) -> bool:
        async with self.database.write() as held:
            found = await inbox.revive(held, event_id, self.clock())
            self.database.tell(held, INBOX)
            return found

    def missing_event(self, event_id: str) -> str:
        """In words, why there is no event of that id."""
        return why_missing(self.pruner, event_id)

    async def retry_command(self, command_id: str, actor: str) -> bool:
        """Only a parked one: what is done stays done, and what waits needs no push."""
        async with self.database.write() as held:
            state = await lanes.revive(held, command_id, self.clock())
            if state is None:
                return False
            if state != CommandState.PARKED:
                raise Refused(f"the command is {state}: only a parked one can be tried again")
        log.info("command.retried", command=command_id, actor=actor)
        return True

    async def pause_connection(self, connection_id: str, why: str, actor: str) -> None:
        await self.keeper.pause(connection_id, why, actor)

    async def resume_connection(self, connection_id: str, actor: str) -> None:
        await self.keeper.resume(connection_id, actor)

    async def replay_endpoint(self, endpoint: str, cursor: int) -> None:
        """Tells an endpoint once more of everything behind a cursor of `changes`. Raises `Refused`."""
        publishing.require(self.endpoints, endpoint)
        async with self.database.write() as held:
            if cursor > await listing.newest_cursor(held):
                raise Refused(f"no change has the cursor {cursor} yet")
            await endpoints.meet(held, endpoint, self.clock())
            await endpoints.replay(held, endpoint, cursor, self.clock())
            self.database.tell(held, CHANGES)

    async def resume_endpoint(self, endpoint: str) -> None:
        """Lets one that failed or gave up go on now, where it stopped. Raises `Refused`."""
        publishing.require(self.endpoints, endpoint)
        async with self.database.write() as held:
            await endpoints.meet(held, endpoint, self.clock())
            await endpoints.resume(held, endpoint, self.clock())
            self.database.tell(held, CHANGES)

    async def ping_endpoint(self, endpoint: str) -> None:
        """Sends a signed message without a change. Raises `HubError` where it is not taken."""
        await publishing.ping(self.publisher, publishing.require(self.endpoints, endpoint))

    async def endpoint_statuses(self) -> Sequence[endpoints.EndpointStatus]:
        """Of the configured ones that have begun."""
        async with self.database.read() as held:
            return [each for each in await endpoints.statuses(held) if each.id in self.endpoints]

    async def endpoint_rows(self) -> Sequence[dict[str, Any]]:
        return [_json(asdict(each)) for each in await self.endpoint_statuses()]

    async def wait_for_change(self, cursor: int, timeout: float) -> None:
        heard = self.database.heard(CHANGES)
        async with self.database.read() as held:
            if await listing.newest_cursor(held) > cursor:
                return
        await self.database.wait(CHANGES, heard, timeout)

    # -------------------------------------------------------------------------------------------- the command line

    async def events(self, *, state: str, connection: str, limit: int) -> Sequence[dict[str, Any]]:
        async with self.database.read() as held:
            return [_json(row) for row in await listing.events(held, state, connection, limit)]

    async def event(self, event_id: str) -> dict[str, Any] | None:
        async with self.database.read() as held:
            row = await listing.event(held, event_id)
        return None if row is None else _json(row)

    async def replay_events(self, ids: Sequence[str]) -> int:
        return sum([await self.replay_event(each) for each in ids])

    async def commands(self, *, state: str, connection: str, limit: int) -> Sequence[dict[str, Any]]:
        async with self.database.read() as held:
            return [_json(row) for row in await listing.commands(held, state, connection, limit)]

    async def command(self, command_id: str) -> dict[str, Any] | None:
        async with self.database.read() as held:
            row = await listing.command(held, command_id)
        if row is None:
            return None
        return _json(row) | {
            "content": json.loads(row["content"]),
            "attempts": [_json(each) for each in row["attempts"]],
        }

    async def ways(self, id: str) -> Sequence[Way]:
        async with self.database.read() as held:
            return await ways(held, id)

    async def replay_commands(self, ids: Sequence[str]) -> int:
        return sum([await self.retry_command(each, "command line") for each in ids])

    async def reseal(self) -> int:
        return await self.credentials.rotate()

    async def forget_tokens(self, connection: str) -> bool:
        if connection not in self.connections:
            return False
        await self.credentials.forget(connection)
        return True

    async def create_key(self, name: str, scopes: Sequence[str]) -> str:
        async with self.database.write() as held:
            return await api_keys.create(held, name, scopes, self.clock())

    async def keys(self) -> Sequence[dict[str, Any]]:
        async with self.database.read() as held:
            rows = await api_keys.everyone(held)
        return [_json({name: value for name, value in row._mapping.items() if name != "digest"}) for row in rows]

    async def revoke_key(self, key_id: str) -> bool:
        async with self.database.write() as held:
            return await api_keys.revoke(held, key_id, self.clock())

    async def close(self) -> None:
        await self.way_out.aclose()
        await self._published.aclose()
        await self._outward.aclose()
        await self.database.close()


@contextlib.asynccontextmanager
async def hub_of(
    settings: Settings, connectors: Mapping[str, Connector], clock: Clock | None = None
) -> AsyncIterator[OrderHub]:
    hub = OrderHub(settings, connectors, clock)
    try:
        await hub.shared_clock.try_to_set()
        yield hub
    finally:
        await hub.close()


def _json(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
        if not isinstance(value, bytes)
    }


def _delivered(connection: str, state: str, _seconds: float) -> None:
    metrics.commands_settled.labels(connection, state).inc()
