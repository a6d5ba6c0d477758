"""Living with connections: connecting, pausing, resuming, reading their past, and keeping their tokens alive."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from hub.connector import OAuth2
from hub.domain.clock import Clock
from hub.domain.errors import HubError, NeedsAttention, Refused
from hub.domain.tokens import Tokens
from hub.pipeline.backfill import Progress, backfill
from hub.pipeline.deliver import Courier
from hub.pipeline.registry import Connection, Connections
from hub.store import connections, inbox
from hub.store.connections import CONNECTIONS
from hub.store.credentials import Credentials
from hub.store.cursors import CURSORS
from hub.store.database import Database
from hub.store.outbox import OUTBOX
from hub.store.reading_connections import ConnectionStatus, connection_statuses, stored_tokens
from hub.store.texts import storable
from hub.transport.authorise import Consent, Invitation, invite
from hub.transport.client import WayOut

log = structlog.get_logger("orderhub.keeping")

_RENEWED = 0.5  # of its life: a refresh token that was not used for so long is used, by the worker
_ALERT = 0.25  # of its life left: using it has failed for long, and a person has to know


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    expires_at: datetime | None  # of the access token
    resumed: bool  # a pause that the vendor's refusal caused is over
    paused: str  # why it is paused all the same: a person wants it so. "": it is not


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    database: Database
    connections: Connections
    credentials: Credentials
    way_out: WayOut
    courier: Courier
    clock: Clock

    def find(self, connection_id: str) -> Connection:
        found = self.connections.get(connection_id)
        if found is None:
            known = ", ".join(each.id for each in self.connections.all()) or "none"
            raise Refused(f"no connection {connection_id!r}; there are: {known}")
        return found

    # ---------------------------------------------------------------------------------------------- pause, resume

    async def pause(self, connection_id: str, why: str, actor: str) -> None:
        """Until somebody resumes it, whatever the settings say. Raises `Refused`."""
        found = self.find(connection_id)
        if not why.strip():
            raise Refused("say why, for those who will wonder")
        async with self.database.write() as held:
            await connections.meet(held, found.id, found.settings_digest)
            if not await connections.pause_by(held, found.id, why.strip(), actor, self.clock()):
                raise Refused("a person has paused it already")
            await inbox.audit(held, found.id, "paused", storable(f"{actor}: {why.strip()}"), self.clock())
            Database.tell(held, CONNECTIONS)
        log.info("connection.paused", connection=found.id, actor=actor)

    async def resume(self, connection_id: str, actor: str) -> None:
        """Raises `Refused` where it is not paused."""
        found = self.find(connection_id)
        async with self.database.write() as held:
            if not await connections.resume(held, found.id):
                raise Refused("the connection is not paused")
            await inbox.audit(held, found.id, "resumed", actor, self.clock())
            _wake(held)
        log.info("connection.resumed", connection=found.id, actor=actor)

    # -------------------------------------------------------------------------------------------------- connecting

    async def invite(self, connection_id: str, redirect_uri: str) -> Invitation:
        """Where a person allows us in. Raises `Refused` where there is nothing to allow."""
        found = self.find(connection_id)
        await self.credentials.read(found.id)  # a store that no key opens is told before anybody is sent anywhere
        return invite(found.id, found.connector.way(found.settings).auth, redirect_uri)

    async def connect(self, connection_id: str, invitation: Invitation, given: Consent, actor: str) -> Connected:
        """What the person allowed becomes the connection's tokens. Raises `HubError`, with words."""
        found = self.find(connection_id)
        tokens: Tokens = await self.way_out.redeem(found.id, found.connector, found.settings, invitation, given)
        async with self.database.write() as held:
            await connections.meet(held, found.id, found.settings_digest)
            resumed = await connections.accepted(held, found.id)
            still = await connections.paused(held, found.id)
            await inbox.audit(held, found.id, "connected", actor, self.clock())
            _wake(held)
        log.info("connection.connected", connection=found.id, actor=actor)
        return Connected(expires_at=tokens.expires_at, resumed=resumed, paused=still)

    # ---------------------------------------------------------------------------------------------------- its past

    def backfill(self, connection_id: str, stream: str, since: datetime | None) -> AsyncIterator[Progress]:
        found = self.find(connection_id)
        if not found.settings.enabled:
            raise Refused(f"{connection_id} is switched off in hub.toml")
        return backfill(self.courier, found, stream, since)

    def streams(self, connection_id: str) -> Sequence[str]:
        found = self.find(connection_id)
        if not found.connector.pull:
            raise Refused(f"{found.connector.title} has no streams to read")
        return sorted(found.connector.pull)

    async def statuses(self) -> Mapping[str, ConnectionStatus]:
        async with self.database.read() as held:
            return await connection_statuses(held, [each.id for each in self.connections.all()])

    # ------------------------------------------------------------------------------------------------- their tokens

    async def tokens_die(self) -> dict[str, datetime]:
        """By connection: when its refresh token dies if nobody uses it, where the vendor names a time."""
        async with self.database.read() as held:
            tokens = await stored_tokens(held)
        found = {}
        for each in self.connections:
            lives = refresh_lives(each)
            at = tokens[each.id].dies_at(lives) if each.id in tokens else None
            if at is not None:
                found[each.id] = at
        return found

    async def upkeep(self, connection: Connection) -> None:
        """Uses a refresh token that lay unused for half of its life, and warns when that keeps failing.

        Also while a person has paused the connection: it is to be there when they resume it.
        """
        lives = refresh_lives(connection)
        if lives is None:
            return
        async with self.database.read() as held:
            token = (await stored_tokens(held)).get(connection.id)
            refused = await connections.refused(held, connection.id)
        dies = token.dies_at(lives) if token else None
        if token is None or dies is None:
            return
        left = dies - self.clock()
        if left <= lives * (1 - _RENEWED) and not refused:
            try:
                await self.way_out.renew(connection.id, connection.connector, connection.settings, token.generation)
            except HubError as error:
                await self._not_renewed(connection, error)
            else:
                log.info("token.renewed", connection=connection.id)
                return
        if left <= lives * _ALERT:
            log.warning("token.dies", connection=connection.id, at=dies.isoformat(), do=f"hub connect {connection.id}")

    async def _not_renewed(self, connection: Connection, error: HubError) -> None:
        log.warning("token.not_renewed", connection=connection.id, why=str(error))
        if isinstance(error, NeedsAttention):
            async with self.database.write() as held:
                await connections.pause(held, connection.id, str(error), self.clock())
                Database.tell(held, CONNECTIONS)


def refresh_lives(connection: Connection) -> timedelta | None:
    auth = connection.connector.way(connection.settings).auth
    return auth.refresh_lives if isinstance(auth, OAuth2) else None


def _wake(held: Any) -> None:
    for bell in (CONNECTIONS, OUTBOX, CURSORS):
        Database.tell(held, bell)
