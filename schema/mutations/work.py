"""For whoever runs the hub: replay an event, retry a command, let a connection go on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import strawberry

from hub.domain.errors import HubError
from hub.store.reading_work import StoredCommand, StoredEvent
from schema.command import Command
from schema.connection import Configured, HubConnection, configured
from schema.context import Info
from schema.event import Event
from schema.mutations.authoring import text
from schema.user_errors import UserError, invalid, not_found, not_now, user_error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    event: StoredEvent | None = None
    command: StoredCommand | None = None
    connection: Configured | None = None
    user_errors: list[UserError] = field(default_factory=list)


@strawberry.input
class EventReplayInput:
    event_id: strawberry.ID


@strawberry.type
class EventReplayPayload:
    event: Event | None
    user_errors: list[UserError]


async def event_replay(info: Info, input: EventReplayInput) -> Any:
    loaders = info.context.loaders
    try:
        if await loaders.events.load(input.event_id) is None:
            raise not_found(info.context.hub.missing_event(input.event_id), "eventId")
        if not await info.context.hub.replay_event(input.event_id):
            raise not_now("the event cannot be replayed now", "eventId")
    except HubError as error:
        return _Outcome(user_errors=[user_error(error)])
    info.context.forget()
    return _Outcome(event=await info.context.loaders.events.load(input.event_id))


@strawberry.input
class CommandRetryInput:
    command_id: strawberry.ID


@strawberry.type
class CommandRetryPayload:
    command: Command | None
    user_errors: list[UserError]


async def command_retry(info: Info, input: CommandRetryInput) -> Any:
    context = info.context
    try:
        if await context.loaders.commands.load(input.command_id) is None:
            raise not_found("there is no such command", "commandId")
        if not await context.hub.retry_command(input.command_id, context.caller.name):
            raise not_now("the command cannot be retried now", "commandId")
    except HubError as error:
        return _Outcome(user_errors=[user_error(error)])
    context.forget()
    return _Outcome(command=await context.loaders.commands.load(input.command_id))


@strawberry.input
class ConnectionPauseInput:
    connection_id: strawberry.ID
    why: str = strawberry.field(description="For those who will wonder.")


@strawberry.type
class ConnectionPausePayload:
    connection: HubConnection | None
    user_errors: list[UserError]


async def connection_pause(info: Info, input: ConnectionPauseInput) -> Any:
    async def change() -> None:
        why = text(input.why, "why")
        if not why:
            raise invalid("a reason is needed", "why")
        await info.context.hub.pause_connection(input.connection_id, why, info.context.caller.name)

    return await _changed(info, input.connection_id, change)


@strawberry.input
class ConnectionResumeInput:
    connection_id: strawberry.ID


@strawberry.type
class ConnectionResumePayload:
    connection: HubConnection | None
    user_errors: list[UserError]


async def connection_resume(info: Info, input: ConnectionResumeInput) -> Any:
    async def change() -> None:
        await info.context.hub.resume_connection(input.connection_id, info.context.caller.name)

    return await _changed(info, input.connection_id, change)


async def _changed(info: Info, connection_id: str, change: Callable[[], Awaitable[None]]) -> _Outcome:
    """For whoever runs the hub: the scope to write orders is not enough."""
    info.context.caller.must("admin")
    try:
        if connection_id not in info.context.hub.connections:
            raise not_found("there is no such connection", "connectionId")
        await change()
    except HubError as error:
        return _Outcome(user_errors=[user_error(error)])
    (connection,) = await configured(info, [connection_id])
    return _Outcome(connection=connection)
