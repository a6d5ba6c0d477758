"""One connection that speaks HTTP/1.1: a request goes out, its answer comes in, and nobody else uses it meanwhile.

The grammar is llhttp's (through httptools, as at the door). What is here is who gets the bytes, how many, and what it
means when they end.
"""

import asyncio
import select
from typing import cast

import httptools

from hub.transport.faults import Lost, NotSent, words_of

_HEAD = 128 * 1024  # bytes of an answer before its body: links to a next page can be long


class Answer:
    """What a vendor said, as it came in. The body ends a little above `most` bytes, wherever it would have ended."""

    __slots__ = (
        "_complete",
        "_done",
        "_framed",
        "_head",
        "_head_only",
        "_most",
        "_parser",
        "_size",
        "body",
        "headers",
        "reusable",
        "status",
    )

    def __init__(self, done: "asyncio.Future[None]", most: int, head_only: bool) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: list[bytes] = []
        self.reusable = False  # the connection is, after it
        self._done = done
        self._most = most
        self._head_only = head_only
        self._head = 0
        self._size = 0
        self._complete = False  # its head is
        self._framed = False  # it says where its body ends
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        # Real vendors' servers fold lines and forget carriage returns. None of these moves the end of a body.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )

    def feed(self, data: bytes) -> None:
        parser = self._parser
        if parser is None:
            self.reusable = False  # more than the answer: whose would it be?
            return
        try:
            parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.reusable = False
            self.fail("not HTTP, as far as it was read")
        if not self._complete:
            self._head += len(data)
            if self._head > _HEAD:
                self.fail(f"a head of more than {_HEAD} bytes")

    def ended(self) -> None:
        """The other side said that no more will come."""
        if self._complete and not self._framed:
            self._finish()
        else:
            self.fail("the connection was closed before the whole answer was here")

    def fail(self, words: str) -> None:
        self._parser = None
        if not self._done.done():
            self._done.set_exception(Lost(words))

    def _finish(self) -> None:
        self._parser = None  # it refers to this, and this to it
        if not self._done.done():
            self._done.set_result(None)

    # --------------------------------------------------------------------------------------- what the parser calls

    def on_message_begin(self) -> None:
        self.reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if b"\0" in value:
            raise ValueError("NUL")
        if not self._complete:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self._parser is None or self._complete:
            return
        self.status = self._parser.get_status_code()
        if self.status < 200:
            return
        self._complete = True
        self._framed = any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in self.headers)
        if self._head_only:
            self._finish()

    def on_body(self, data: bytes) -> None:
        if self._parser is None:
            return
        self.body.append(data)
        self._size += len(data)
        if self._size > self._most:
            self._finish()

    def on_message_complete(self) -> None:
        if self._parser is None:
            return
        if not self._complete:
            self.headers.clear()  # of a 1xx, which the answer proper follows
            return
        self.reusable = self._parser.should_keep_alive()
        self._finish()


class Line(asyncio.Protocol):
    def __init__(self, lines: "set[Line]") -> None:
        """It is among `lines` for as long as it lives."""
        self.idle_since = 0.0
        self._lines = lines
        self._transport: asyncio.Transport | None = None
        self._answer: Answer | None = None
        self._ended = False
        self._poll = select.poll()

    async def ask(self, message: bytes, *, most: int, head_only: bool) -> Answer:
        """Raises `Lost`; or `NotSent`, where the other side had hung up before the first byte."""
        if self._transport is None or self._ended or self._transport.is_closing():
            raise NotSent("the connection was closed before anything was sent")
        done = asyncio.get_running_loop().create_future()
        answer = self._answer = Answer(done, most, head_only)
        whole = False
        try:
            self._transport.write(message)
            await done
            whole = True
        finally:
            # An answer that came before all was sent is one; but the rest of the request is still on its way.
            again = whole and answer.reusable and not self._transport.get_write_buffer_size()
            self._answer = None
            if not again:
                self.close()
        return answer

    @property
    def open(self) -> bool:
        """False where it is known that a request would not get through. An idle server says nothing but goodbye."""
        return not (self._ended or self._transport is None or self._transport.is_closing() or self._poll.poll(0))

    def close(self) -> None:
        self._ended = True
        if self._transport is not None:
            self._transport.abort()  # nothing of ours is on its way: it would have been waited for

    # ------------------------------------------------------------------------------------------ what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are none by name
        self._lines.add(self)
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            self.close()  # nobody asked: a goodbye (408), or the end of an answer that was given up
        else:
            self._answer.feed(data)

    def eof_received(self) -> None:
        self._ended = True
        if self._answer is not None:
            self._answer.ended()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        if self._answer is not None:
            self._answer.fail(words_of(exc) if exc is not None else "the connection was closed")
        self._lines.discard(self)
