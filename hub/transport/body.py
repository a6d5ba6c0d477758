"""Reading an answer's body: bounded before and after unpacking."""

import zlib
from collections.abc import AsyncIterable, Iterable

from hub.transport.faults import Lost

ACCEPTED = "gzip"  # what we ask for: the one that every vendor speaks and the standard library unpacks bounded

_STEP = 64 * 1024
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class TooBig(Exception):
    """More than was allowed. `start` is what fitted, or some of it."""

    def __init__(self, start: bytes, most: int) -> None:
        super().__init__(f"more than {most} bytes")
        self.start = start


async def read_some(stream: AsyncIterable[bytes], most: int) -> list[bytes]:
    """What comes, until it is more than `most` bytes."""
    chunks, size = [], 0
    async for chunk in stream:
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            break
    return chunks


def unpack(chunks: Iterable[bytes], encoding: str, most: int) -> bytes:
    """The unpacked body. Raises `TooBig` where it is, packed or unpacked, and `Lost` where it cannot be unpacked."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        body = b"".join(chunks)
        if len(body) > most:
            raise TooBig(body[:most], most)
        return body
    if encoding not in _WINDOWS:
        raise Lost(f"an answer packed as {encoding[:40]!r}, which was not asked for")
    try:
        return _packed(chunks, encoding, most)
    except zlib.error:
        raise Lost(f"an answer that is not {encoding}, as it says") from None


def _packed(chunks: Iterable[bytes], encoding: str, most: int) -> bytes:
    """Unpacks in steps: never is more than `most` and one step in memory, whatever the chunk would unpack to."""
    body = bytearray()
    wire = 0
    unpacker: zlib._Decompress | None = None
    for chunk in chunks:
        wire += len(chunk)
        if wire > most:
            raise TooBig(bytes(body), most)
        more = True
        while chunk or more:  # a full step may have left something inside the unpacker
            if unpacker is None:
                if not chunk:
                    break
                unpacker = zlib.decompressobj(_window(encoding, chunk))
            step = unpacker.decompress(chunk, _STEP)
            body += step
            if len(body) > most:
                raise TooBig(bytes(body[:most]), most)
            if unpacker.eof:  # gzip may have several members (RFC 1952, 2.2)
                chunk, unpacker = unpacker.unused_data, None
            else:
                chunk, more = unpacker.unconsumed_tail, len(step) == _STEP
    if unpacker is not None:
        raise Lost("a packed answer that ends too early")
    return bytes(body)


def _window(encoding: str, start: bytes) -> int:
    """ "deflate" is zlib's format by RFC 9110, and raw for some servers: the first byte tells."""
    window = _WINDOWS[encoding]
    return -zlib.MAX_WBITS if encoding == "deflate" and start[0] & 0x0F != 8 else window
