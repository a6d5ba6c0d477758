"""HTTP requests as the bytes that travel, made before the clock starts, handed on in a file."""

import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

_LENGTH = struct.Struct(">I")


def raw(path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    said = {"Host": "127.0.0.1", **headers, "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def save(file: Path, requests: Iterable[bytes]) -> None:
    file.write_bytes(b"".join(_LENGTH.pack(len(each)) + each for each in requests))


def saved(file: Path) -> Iterator[bytes]:
    data = memoryview(file.read_bytes())
    at = 0
    while at < len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        yield bytes(data[at : at + length])
        at += length
