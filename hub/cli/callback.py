"""The address on this machine that a vendor's consent page sends the browser to (RFC 8252, section 7.3)."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hub.domain.errors import Refused
from hub.front import bind, serve
from hub.transport.authorise import Consent, Invitation, WrongState, consent

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def listener(redirect_uri: str) -> socket.socket | None:
    """`None`: the address is not of this machine, so the answer has to be pasted. Raises `Refused`."""
    try:
        parts = urlsplit(redirect_uri)
        port = parts.port or 80
    except ValueError as fault:
        raise Refused(f"{redirect_uri} is no address ({fault})") from None
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
        return None
    host = "::1" if parts.hostname == "::1" else "127.0.0.1"
    try:
        return bind(host, port)
    except OSError as fault:
        raise Refused(f"cannot listen on {host}:{port} ({fault.strerror}); choose another with --port") from None


@contextlib.asynccontextmanager
async def answered(
    invitation: Invitation, listening: socket.socket, warn: Callable[[str], None]
) -> AsyncIterator["asyncio.Future[Consent]"]:
    """What the browser brings. An answer to another question does not end the waiting; `warn` is told of it."""
    answer: asyncio.Future[Consent] = asyncio.get_running_loop().create_future()

    async def callback(request: Request) -> Response:
        if answer.done():
            return PlainTextResponse("This was answered already. You can close this page.", status_code=409)
        try:
            given = consent(invitation, f"?{request.url.query}")
        except WrongState as wrong:
            warn(f"an answer came that is not ours: {wrong}")
            return PlainTextResponse(f"Not taken: {wrong}.", status_code=400)
        except Refused as refused:
            answer.set_exception(refused)
            return PlainTextResponse(f"Not connected: {refused}.", status_code=400)
        answer.set_result(given)
        return PlainTextResponse("Thank you. You can close this page; the terminal says how it went.")

    path = urlsplit(invitation.redirect_uri).path or "/"
    app = Starlette(routes=[Route(path, callback, methods=["GET"])])
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve(app, listening, stop=stop, ready=ready.set))
    try:
        await ready.wait()
        yield answer
    finally:
        stop.set()
        await serving
        answer.cancel()
