"""What of a connection's past the hub has seen: from when, until when, and why not all."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.store.cursors import BACKFILL

_NEAR = timedelta(days=1)  # 30 days asked for, and 30 days shown, some minutes later


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """All that changed at the vendor between the two times was read. No times: nothing is certain yet."""

    stream: str
    from_: datetime | None
    until: datetime | None
    is_complete: bool  # as far back as was asked for
    note: str  # why not; "": it is


def coverage(rows: Iterable[Any]) -> tuple[Coverage, ...]:
    """Of one connection's rows in `cursors`, by stream."""
    streams: dict[str, dict[bool, Any]] = defaultdict(dict)
    for row in rows:
        streams[row.stream.removeprefix(BACKFILL)][row.stream.startswith(BACKFILL)] = row
    return tuple(_of(stream, found.get(False), found.get(True)) for stream, found in sorted(streams.items()))


def _of(stream: str, pulled: Any | None, filled: Any | None) -> Coverage:
    notes: list[str] = []
    spans = [row for row in (filled, pulled) if row is not None and row.covered_until is not None]
    if pulled is not None and pulled.covered_until is None:
        notes.append("the first pull is not finished" + _stuck(pulled))
    if filled is not None and not filled.caught_up:
        upto = f", up to {_day(filled.reached_at)}" if filled.reached_at else ""
        notes.append(f"the backfill from {_day(filled.since)} is not finished: {filled.things} things{upto}")
        notes[-1] += _stuck(filled)
    if len(spans) == 2 and not (spans[0].covered_until >= spans[1].covered_from):
        notes.append(f"nothing is known of {_day(spans[0].covered_until)} to {_day(spans[1].covered_from)}")
        del spans[0]
    if not spans:
        return Coverage(stream=stream, from_=None, until=None, is_complete=False, note="; ".join(notes))
    first = min(row.covered_from for row in spans)
    if first - min((row.since for row in spans if row.caught_up or row is pulled), default=first) > _NEAR:
        why = next((row.window for row in spans if row.window), "")
        notes.append(f"nothing from before {_day(first)}" + (f": {why}" if why else ""))
    return Coverage(
        stream=stream,
        from_=first,
        until=max(row.covered_until for row in spans),
        is_complete=not notes,
        note="; ".join(notes),
    )


def _stuck(row: Any) -> str:
    return f" ({row.message})" if row.message else ""


def _day(at: datetime) -> str:
    return at.date().isoformat()
