"""`graphql-transport-ws` on `/graphql`, written out: the protocol is small, and each junk frame has its close code.

Strawberry's handler is not used: it ends in an unhandled exception on odd frames, and would parse and validate past the
limits and the cache of `schema.execution`. https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

from graphql import OperationType
from starlette.websockets import WebSocket, WebSocketDisconnect

from schema.context import Caller
from schema.errors import Code
from schema.execution import Answer, Engine, Operation, Refusal, refused
from schema.requests import Authenticate, Turned, caller_by, request_of, strict_json, to_json

PROTOCOL = "graphql-transport-ws"
MOST_AT_ONCE = 20
MOST_BYTES = 64 * 1024
_MOST_ID = 64


class Close(Exception):
    """Ends the socket with one of the protocol's codes."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True, slots=True)
class Socket:
    engine: Engine
    authenticate: Authenticate
    stop: asyncio.Event
    init_timeout: float = 5.0  # seconds until the first message must be there

    async def __call__(self, websocket: WebSocket) -> None:
        if PROTOCOL not in websocket.scope.get("subprotocols", ()):
            await websocket.accept()
            await websocket.close(4406, "Subprotocol not acceptable")
            return
        await websocket.accept(subprotocol=PROTOCOL)
        session = _Session(websocket, self.engine, self.authenticate)
        try:
            async with asyncio.timeout(self.init_timeout):
                await session.begin()
            await self._until_stopped(session)
        except TimeoutError:
            await _close(websocket, Close(4408, "Connection initialisation timeout"))
        except Close as closing:
            await _close(websocket, closing)
        except WebSocketDisconnect:
            pass
        finally:
            await session.end()

    async def _until_stopped(self, session: "_Session") -> None:
        reading = asyncio.ensure_future(session.read())
        stopping = asyncio.ensure_future(self.stop.wait())
        try:
            await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                reading.result()
            raise Close(1001, "Going away")
        finally:
            reading.cancel()
            stopping.cancel()
            await asyncio.gather(reading, stopping, return_exceptions=True)


async def _close(websocket: WebSocket, closing: Close) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):  # the other side may be gone already
        await websocket.close(closing.code, closing.reason)


@dataclass(slots=True)
class _Session:
    websocket: WebSocket
    engine: Engine
    authenticate: Authenticate
    caller: Caller | None = None
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def begin(self) -> None:
        message = await self.message()
        while message["type"] in ("ping", "pong"):
            await self.heard(message)
            message = await self.message()
        if message["type"] != "connection_init":
            raise Close(4401, "Unauthorized")
        payload = message.get("payload") or {}
        given = payload.get("authorization", payload.get("Authorization"))
        if given is None:
            given = self.websocket.headers.get("authorization")
        if given is not None and not isinstance(given, str):
            raise Close(4400, "authorization must be a text")
        self.caller = await caller_by(given, self.authenticate)
        if self.caller is None:
            raise Close(4403, "Forbidden")
        await self.say({"type": "connection_ack"})

    async def read(self) -> None:
        """Until the socket is closed, which raises."""
        while True:
            await self.heard(await self.message())

    async def message(self) -> dict[str, Any]:
        """The next frame, which must be a message of the protocol."""
        frame = await self.websocket.receive()
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame.get("code", 1005))
        text = frame.get("text")
        if text is None:
            raise Close(4400, "text frames are expected")
        if len(text) > MOST_BYTES or len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
            raise Close(4400, f"a message has at most {MOST_BYTES} bytes")
        try:
            message = strict_json(text.encode("utf-8", "surrogatepass"))
        except Turned:
            raise Close(4400, "a message must be JSON") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise Close(4400, "a message must be an object with a type")
        if not isinstance(message.get("payload"), dict | None):
            raise Close(4400, "a payload must be an object")
        return message

    async def heard(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "ping":
                payload = {} if message.get("payload") is None else {"payload": message["payload"]}
                await self.say({"type": "pong", **payload})
            case "pong":
                pass
            case "connection_init":
                raise Close(4429, "Too many initialisation requests")
            case "subscribe":
                await self.subscribe(_id(message), message.get("payload"))
            case "complete":
                if task := self.running.pop(_id(message), None):
                    task.cancel()
            case _:
                raise Close(4400, "an unknown type of message")

    async def subscribe(self, id: str, payload: dict[str, Any] | None) -> None:
        assert self.caller is not None  # `begin` saw to it
        if id in self.running:
            raise Close(4409, f"Subscriber for {id} already exists")
        if payload is None:
            raise Close(4400, "subscribe needs a payload")
        try:
            request = request_of(payload)
        except Turned as turned:
            raise Close(4400, str(turned)) from None
        if len(self.running) >= MOST_AT_ONCE:
            words = f"at most {MOST_AT_ONCE} operations at once on one socket"
            await self.say({"type": "error", "id": id, "payload": [_error(Code.LIMIT_EXCEEDED, words)]})
            return
        try:
            operation = self.engine.prepare(request, self.caller)
        except Refusal as refusal:
            await self.say({"type": "error", "id": id, "payload": refused(refusal, self.caller).body["errors"]})
            return
        self.running[id] = asyncio.create_task(self.serve(id, operation))

    async def serve(self, id: str, operation: Operation) -> None:
        try:
            if operation.kind is OperationType.SUBSCRIPTION:
                async with aclosing(self.engine.follow(operation)) as answers:
                    async for answer in answers:
                        if not await self.tell(id, answer):
                            return
            elif not await self.tell(id, await self.engine.run(operation)):
                return
            await self.say({"type": "complete", "id": id})
        except (RuntimeError, WebSocketDisconnect):
            return  # nobody is there any more; the reading side sees it, too
        finally:
            # Another operation may have taken the id after this one was completed by the client.
            if self.running.get(id) is asyncio.current_task():
                del self.running[id]

    async def tell(self, id: str, answer: Answer) -> bool:
        """False: it did not begin, and was ended with `error`."""
        if not answer.began:
            await self.say({"type": "error", "id": id, "payload": answer.body["errors"]})
            return False
        await self.say({"type": "next", "id": id, "payload": answer.body})
        return True

    async def say(self, message: dict[str, Any]) -> None:
        await self.websocket.send_text(to_json(message).decode())  # bytes would make a binary frame

    async def end(self) -> None:
        tasks = list(self.running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _id(message: dict[str, Any]) -> str:
    given = message.get("id")
    if not isinstance(given, str) or not 1 <= len(given) <= _MOST_ID:
        raise Close(4400, f"an id is a text of 1 to {_MOST_ID} characters")
    return given


def _error(code: Code, message: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code}}
