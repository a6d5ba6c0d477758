"""Relay connections over keyset pages. Cursors are the key of a row, bound to the list and sorting they came from."""

import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Generic, TypeVar

import msgspec
import strawberry

from hub.store.reading_keyset import Key, Ordering, Slice, Window
from schema.errors import bad_input

T = TypeVar("T")

DEFAULT, MOST = 50, 250
_MOST_BYTES = 2_048

First = Annotated[int | None, strawberry.argument(description=f"How many, from the start: 1 to {MOST}.")]
After = Annotated[str | None, strawberry.argument(description="Only what comes behind this cursor.")]
Last = Annotated[
    int | None, strawberry.argument(description=f"How many, from the end, instead of `first`: 1 to {MOST}.")
]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]


def encode_cursor(name: str, key: Key) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([name, *key])).decode().rstrip("=")


def decode_cursor(cursor: str, name: str, types: tuple[type, ...]) -> Key:
    """Raises for junk, and for a cursor of another list or sorting."""
    try:
        if len(cursor) > _MOST_BYTES:
            raise ValueError
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        form: Any = tuple.__class_getitem__((str, *types))
        said, *key = msgspec.json.decode(raw, type=form)
    except (ValueError, binascii.Error):
        raise bad_input("this is not a cursor of this list") from None
    if said != name or not all(_storable(value) for value in key):
        raise bad_input("this is not a cursor of this list")
    return tuple(key)


def _storable(value: object) -> bool:
    """A cursor can be made up: what the database could not even compare is junk, too."""
    match value:
        case datetime():
            return value.tzinfo is not None
        case int():
            return abs(value) < 2**63
        case str():
            return "\0" not in value
    return False


def page_size(first: int | None, name: str = "first") -> int:
    size = DEFAULT if first is None else first
    if not 1 <= size <= MOST:
        raise bad_input(f"{name} must be from 1 to {MOST}")
    return size


def window(
    ordering: Ordering, *, first: int | None, after: str | None, last: int | None = None, before: str | None = None
) -> Window:
    def key(cursor: str | None) -> Key | None:
        return None if cursor is None else decode_cursor(cursor, ordering.name, ordering.types)

    limit = page_size(first) if last is None else page_size(last, "last")
    return Window(limit=limit, after=key(after), before=key(before), last=last is not None)


class CountPrecision(Enum):
    EXACT = "exact"
    AT_LEAST = "at_least"


@strawberry.type(description="Exact up to a limit, then AT_LEAST: a count must never be the slow part of a page.")
class Count:
    value: int
    precision: strawberry.enum(CountPrecision)  # type: ignore[valid-type]


Counting = Callable[[], Awaitable[tuple[int, bool]]]


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Edge(Generic[T]):
    cursor: str
    node: T


@dataclass(frozen=True, slots=True)
class Page:
    """What stands behind a connection: the values of one page."""

    edges: list[Edge[Any]]
    page_info: PageInfo
    counting: Counting

    @property
    def nodes(self) -> list[Any]:
        return [edge.node for edge in self.edges]


async def _count(root: strawberry.Parent[Page]) -> Count:
    value, exact = await root.counting()
    return Count(value=value, precision=CountPrecision.EXACT if exact else CountPrecision.AT_LEAST)


@strawberry.type
class Connection(Generic[T]):
    edges: list[Edge[T]]
    nodes: list[T] = strawberry.field(description="The same as in `edges`, without cursors.")
    page_info: PageInfo
    count: Count = strawberry.field(resolver=_count, description="Of the whole list, whatever the page.")


def page_of(found: Slice[Any], ordering: Ordering, asked: Window, counting: Counting) -> Page:
    edges = [Edge(cursor=encode_cursor(ordering.name, key), node=node) for key, node in found.items]
    # Behind the window there is more if a row more was found; before it, if it starts behind something that was seen.
    further, nearer = found.more, (asked.before if asked.last else asked.after) is not None
    return Page(
        edges=edges,
        page_info=PageInfo(
            has_next_page=nearer if asked.last else further,
            has_previous_page=further if asked.last else nearer,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        counting=counting,
    )
