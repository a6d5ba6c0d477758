"""Servers of a mail sandbox: SMTP by aiosmtpd, and as much IMAP as a look into an archive needs (RFC 9051).

They run in a loop of their own in a thread, since their sandbox may be built where no loop runs, and end with it.
"""

import asyncio
import functools
import shlex
import socket
import threading
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Take = Callable[[Envelope], tuple[str, bool]]
"""(what came) -> the answer, and whether the client hears it. Half an answer ends without a line end."""


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    """One thread for all sandboxes of a process."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True, name="mail-sandbox").start()
    return loop


def listen(port: int, accept: Callable[[socket.socket], Awaitable[asyncio.Server]], owner: object) -> int:
    """Serves until `owner` is gone. Returns the port: `port`, or for 0 a free one."""
    listening = socket.create_server(("127.0.0.1", port))
    loop = _loop()

    async def start() -> asyncio.Server:
        return await accept(listening)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result()
    found: int = listening.getsockname()[1]
    weakref.finalize(owner, loop.call_soon_threadsafe, server.close)
    return found


class Handler:
    """aiosmtpd calls these; the sandbox itself is reached through weak references only, so that it can go."""

    def __init__(self, take: Take, refuse: Callable[[str], str]) -> None:
        self._take, self._refuse = weakref.WeakMethod(take), weakref.WeakMethod(refuse)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's own name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 authentication required"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refuse = self._refuse()
        if said := refuse(address) if refuse else "":
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's own name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        take = self._take()
        assert take is not None
        answer, heard = take(envelope)
        if not heard:
            writer = server._writer
            assert writer is not None
            if answer:
                writer.write(answer.encode())
                await writer.drain()
            writer.close()
        return answer


async def smtp(listening: socket.socket, handler: Handler, username: str, password: str) -> asyncio.Server:
    def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        given = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode())
        return AuthResult(success=given == (username, password), handled=False)

    def made() -> SMTP:
        return SMTP(
            handler,
            hostname="mail.sandbox",
            authenticator=authenticate,
            auth_require_tls=False,
            loop=asyncio.get_running_loop(),
        )

    return await asyncio.get_running_loop().create_server(made, sock=listening)


async def imap(listening: socket.socket, has: Callable[[str], bool], username: str, password: str) -> asyncio.Server:
    found = weakref.WeakMethod(has)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        entered = False
        while line := (await reader.readline()).decode().strip():
            tag, command, *rest = shlex.split(line)
            said: list[str] = []
            end = "OK done"
            match [command.upper(), *rest]:
                case ["CAPABILITY"]:
                    said = ["* CAPABILITY IMAP4rev1"]
                case ["LOGIN", user, word]:
                    entered = (user, word) == (username, password)
                    end = "OK in" if entered else "NO [AUTHENTICATIONFAILED] wrong user or password"
                case ["LOGOUT"]:
                    said = ["* BYE"]
                case _ if not entered:
                    end = "NO log in first"
                case ["EXAMINE" | "SELECT", "Sent"]:
                    said, end = ["* 0 EXISTS"], "OK [READ-ONLY] there"
                case ["EXAMINE" | "SELECT", _]:
                    end = "NO no such mailbox"
                case ["UID", "SEARCH", "HEADER", "Message-ID", message_id]:
                    look = found()
                    said = ["* SEARCH 1" if look is not None and look(message_id) else "* SEARCH"]
                case _:
                    end = "BAD not known here"
            writer.write("".join(f"{each}\r\n" for each in (*said, f"{tag} {end}")).encode())
            await writer.drain()
            if command.upper() == "LOGOUT":
                break
        writer.close()

    return await asyncio.start_server(talk, sock=listening)
