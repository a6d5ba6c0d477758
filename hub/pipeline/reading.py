"""Reading events with their connector: total, so that a fault in one never reaches another."""

from dataclasses import dataclass, field

from hub.connector import Event, Faulty, Hint, Ignored, Reading
from hub.domain.errors import Unreadable
from hub.domain.records import PaymentRecord, Record
from hub.pipeline.registry import Connection


@dataclass(slots=True, kw_only=True)
class Read:
    """What one event says. `faults` are the paths of what could not be read; the rest stands all the same."""

    records: list[Record] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read(connection: Connection, event: Event) -> Read:
    """Never raises: a reader's own bug parks the event like any other fault, so that a fixed reader can replay it."""
    found = Read()
    reader = connection.connector.read.get(event.kind)
    if reader is None:
        reason = connection.connector.ignored.get(event.kind, f"{event.kind!r} is not a kind that we know")
        found.ignored.append(reason)
        return found
    context = Reading(connection=connection.id, settings=connection.settings, at=event.at)
    try:
        for item in reader(context, event.body):
            match item:
                case Hint():
                    found.hints.append(item)
                case Ignored(reason=reason):
                    found.ignored.append(reason)
                case Faulty(path=path):
                    found.faults.append(path)
                case _:
                    fault = _unsound(item)
                    found.faults += [f"{item.source}: {fault}"] if fault else []
                    found.records += [] if fault else [item]
    except Unreadable as fault:
        found.faults.append(str(fault))
    except Exception as bug:  # the promise of this function
        found.faults.append(f"the reader of {event.kind!r} failed: {type(bug).__name__}: {bug}")
    return found


def _unsound(record: Record) -> str:
    """What no record may be, whatever its vendor says: the fold counts on it. `""`: it is sound."""
    if record.created_at.tzinfo is None or record.updated_at.tzinfo is None:
        return "a time without a zone"
    if not 0 <= record.version < 2**63:
        return f"the version {record.version} is not a number of 63 bits"
    if isinstance(record, PaymentRecord):
        amounts = (record.amount, record.authorized, record.captured, record.refunded)
        if len({amount.currency for amount in amounts}) > 1:
            return "one payment in several currencies"
    return ""
