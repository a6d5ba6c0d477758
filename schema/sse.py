"""GraphQL over server-sent events, one stream per operation ("distinct connections"), at `/graphql/stream`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from graphql import OperationType
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse

from schema.errors import Code
from schema.execution import Answer, Engine, Operation, Refusal, refused
from schema.requests import Authenticate, Turned, caller_of, read_request, to_json, turned_away

_KEEP_ALIVE = 15.0  # seconds of silence that proxies bear


@dataclass(frozen=True, slots=True)
class Stream:
    engine: Engine
    authenticate: Authenticate
    stop: asyncio.Event
    keep_alive: float = _KEEP_ALIVE

    async def __call__(self, http: HttpRequest) -> Response:
        try:
            caller = await caller_of(http, self.authenticate)
            request = await read_request(http)
        except Turned as turned:
            return turned_away(turned)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        try:
            operation = self.engine.prepare(request, caller)
        except Refusal as refusal:
            events = _once(refused(refusal, caller))
        else:
            if http.method == "GET" and operation.kind is OperationType.MUTATION:
                return turned_away(Turned(405, Code.BAD_REQUEST, "mutations need POST", {"Allow": "POST"}))
            events = _events(self.engine, operation, self.stop, self.keep_alive)
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)


def _next(answer: Answer) -> bytes:
    return b"event: next\ndata: " + to_json(answer.body) + b"\n\n"


_COMPLETE = b"event: complete\ndata:\n\n"


async def _once(answer: Answer) -> AsyncIterator[bytes]:
    yield _next(answer)
    yield _COMPLETE


async def _events(engine: Engine, operation: Operation, stop: asyncio.Event, keep_alive: float) -> AsyncIterator[bytes]:
    if operation.kind is not OperationType.SUBSCRIPTION:
        yield _next(await engine.run(operation))
        yield _COMPLETE
        return
    yield b":\n\n"  # the head and the first byte go out at once, not with the first change
    async with aclosing(engine.follow(operation)) as answers:
        coming = asyncio.ensure_future(anext(answers, None))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                await asyncio.wait({coming, stopping}, timeout=keep_alive, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    yield b":\n\n"
                    continue
                answer = coming.result()
                if answer is None:
                    break
                yield _next(answer)
                coming = asyncio.ensure_future(anext(answers, None))
        finally:
            coming.cancel()
            stopping.cancel()
            await asyncio.gather(coming, stopping, return_exceptions=True)
    yield _COMPLETE
