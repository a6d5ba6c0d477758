"""Slack's incoming webhook: takes messages for one channel, and says nothing but `ok`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hub.domain.clock import rfc3339
from hub.sandbox import Act, Sandbox

_ERRORS = {  # docs.slack.dev/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks
    "invalid_payload": 400,
    "no_text": 400,
    "user_not_found": 400,
    "action_prohibited": 403,
    "channel_not_found": 404,
    "no_service": 404,
    "channel_is_archived": 410,
    "rollup_error": 500,
}


@dataclass(eq=False)
class SlackSandbox(Sandbox):
    path: str = "/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
    messages: list[dict[str, Any]] = field(default_factory=list)
    broken: str = ""  # the error that every post gets

    def routes(self) -> list[Route]:
        return [Route("/services/{team}/{hook}/{word}", self._post, methods=["POST"])]

    def acts(self) -> Mapping[str, Act]:
        return {"break_hook": self.break_hook}

    def state(self) -> dict[str, Any]:
        return {"messages": self.messages}

    def break_hook(self, error: str) -> None:
        """`channel_is_archived` and the like; "" mends it."""
        self.broken = error

    async def _post(self, request: Request) -> Response:
        if request.url.path != self.path:
            return _error("no_service")
        if self.broken:
            return _error(self.broken)
        try:
            payload = json.loads(await request.body())
        except ValueError:
            return _error("invalid_payload")
        if not isinstance(payload, dict):
            return _error("invalid_payload")
        if not isinstance(payload.get("text"), str) or not payload["text"]:
            return _error("no_text")
        self.messages.append({"text": payload["text"], "at": rfc3339(self.now())})
        return PlainTextResponse("ok")


def _error(word: str) -> Response:
    return PlainTextResponse(word, _ERRORS[word])
