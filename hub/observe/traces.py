"""Traces: the way of one event through the movements, as spans of one trace.

The trace's id is the event's (or the intent's) own 128 bits. So it is written nowhere, every process knows it, and who
has an id has the trace. Movements run later and elsewhere; each tells of itself when it has ended, as a child of the
root's span, whose id is known too. Nothing is told before `exporting`: then `record` costs a look at a variable.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import datetime
from typing import Protocol

from hub.domain.ids import bits

_HALF = (1 << 64) - 1
Attribute = str | int | float | bool | None


class Out(Protocol):
    """Where ended spans go. Must return at once, and must not raise."""

    def record(
        self,
        name: str,
        trace: int,
        span: int,
        parent: int,
        started: datetime,
        ended: datetime,
        failed: bool,
        attributes: dict[str, Attribute],
    ) -> None: ...


_out: Out | None = None
_inside: ContextVar[tuple[str, str]] = ContextVar("inside", default=("", ""))  # (root, the span's own id)


def trace_id(root: str) -> str | None:
    """As tracing tools want it. `None`: there is no trace of it."""
    found = bits(root)
    return f"{found:032x}" if found else None


def record(
    name: str, root: str, started: datetime, ended: datetime, *, id: str = "", failed: bool = False, **about: Attribute
) -> None:
    """Tells of something that has ended. Cheap enough for each event of a batch.

    `root` is the id of the event or intent that it all began with; what has another root (a poll) has no trace. `id` is
    the id of the thing itself, where calls inside have to find it (`inside`); the root's own span has the root's id.
    """
    if _out is None:
        return
    trace = bits(root)
    if trace:
        own, top = (trace & _HALF if id == root else _span(id)), trace & _HALF
        _out.record(name, trace, own, 0 if own == top else top, started, ended, failed, about)


@contextlib.contextmanager
def inside(root: str, id: str) -> Iterator[None]:
    """Calls to vendors within belong to the span that will be recorded under this `id`."""
    token = _inside.set((root, id))
    try:
        yield
    finally:
        _inside.reset(token)


def record_call(name: str, started: datetime, ended: datetime, *, failed: bool, **about: Attribute) -> None:
    """Tells of a call within `inside`; elsewhere of nothing."""
    if _out is None:
        return
    root, parent = _inside.get()
    trace = bits(root)
    if trace:
        _out.record(name, trace, 0, _span(parent), started, ended, failed, about)


def _span(id: str) -> int:
    """The random half of an id. 0: it has none of its own, any will do."""
    return bits(id) & _HALF if id else 0


@contextlib.contextmanager
def exporting(out: Out) -> Iterator[None]:
    """Spans of this process go to `out`."""
    global _out  # like the registry of the metrics: one per process
    before, _out = _out, out
    try:
        yield
    finally:
        _out = before
