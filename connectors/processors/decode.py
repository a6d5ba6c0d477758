"""From bytes to shapes, with the path of a fault in the vendor's own words: `data.object.currency`."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from hub.domain.errors import Unreadable

T = TypeVar("T")


def decode(decoder: Callable[[bytes | msgspec.Raw], T], body: bytes | msgspec.Raw, path: str = "") -> T:
    try:
        return decoder(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as fault:
        what, _, where = str(fault).partition(" - at `$")
        raise Unreadable(f"{at(path, where.rstrip('`').lstrip('.'))}: {what}") from fault


def at(path: str, field: str) -> str:
    return ".".join(part for part in (path, field) if part) or "body"
