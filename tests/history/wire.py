"""One request on one connection, by hand: nothing is pooled, retried or kept, so that each try is what it says."""

import asyncio
from collections.abc import Mapping

PATIENCE = 4.0  # seconds for one answer


class NotSent(Exception):
    """Nobody was there: it can not have been taken."""


class NoAnswer(Exception):
    """It was sent, as a whole or in part, and no whole answer came."""


async def ask(address: str, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> int:
    """The status of the answer. Raises `NotSent` or `NoAnswer`."""
    host, _, port = address.removeprefix("http://").partition(":")
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(host, int(port)), PATIENCE)
    except (OSError, TimeoutError) as fault:
        raise NotSent(str(fault)) from fault
    lines = [f"{method} {path} HTTP/1.1", f"host: {host}", "connection: close", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    try:
        async with asyncio.timeout(PATIENCE):
            writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            answer = await reader.read()
    except (OSError, TimeoutError) as fault:
        raise NoAnswer(str(fault)) from fault
    finally:
        writer.transport.abort()
    if not answer.startswith(b"HTTP/1.1 ") or b"\r\n\r\n" not in answer:
        raise NoAnswer("half of an answer")
    return int(answer[9:12])
