"""For whoever runs the hub: tell a webhook endpoint again, let one go on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import strawberry

from hub.domain.errors import HubError
from schema.context import Info
from schema.endpoint import Listening, WebhookEndpoint, endpoint
from schema.user_errors import UserError, invalid, not_found, user_error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    endpoint: Listening | None = None
    user_errors: list[UserError] = field(default_factory=list)


@strawberry.input
class WebhookEndpointReplayInput:
    endpoint_id: strawberry.ID
    after_cursor: str = strawberry.field(description="`data.cursor` of the last message to leave out; 0 for none.")


@strawberry.type
class WebhookEndpointReplayPayload:
    endpoint: WebhookEndpoint | None
    user_errors: list[UserError]


async def webhook_endpoint_replay(info: Info, input: WebhookEndpointReplayInput) -> Any:
    async def change() -> None:
        if not (input.after_cursor.isascii() and input.after_cursor.isdecimal() and len(input.after_cursor) < 19):
            raise invalid("the digits of a message's data.cursor are expected", "afterCursor")
        await info.context.hub.replay_endpoint(input.endpoint_id, int(input.after_cursor))

    return await _changed(info, input.endpoint_id, change)


@strawberry.input
class WebhookEndpointResumeInput:
    endpoint_id: strawberry.ID


@strawberry.type
class WebhookEndpointResumePayload:
    endpoint: WebhookEndpoint | None
    user_errors: list[UserError]


async def webhook_endpoint_resume(info: Info, input: WebhookEndpointResumeInput) -> Any:
    async def change() -> None:
        await info.context.hub.resume_endpoint(input.endpoint_id)

    return await _changed(info, input.endpoint_id, change)


async def _changed(info: Info, endpoint_id: str, change: Callable[[], Awaitable[None]]) -> _Outcome:
    try:
        if endpoint_id not in info.context.hub.endpoints:
            raise not_found("there is no such webhook endpoint", "endpointId")
        await change()
    except HubError as error:
        return _Outcome(user_errors=[user_error(error)])
    return _Outcome(endpoint=await endpoint(info, endpoint_id))
