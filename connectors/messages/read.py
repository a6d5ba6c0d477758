"""Notes of sent messages, as records."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from connectors.messages.notes import KIND, Note
from hub.connector import Event, Reading
from hub.domain.clock import parse_time
from hub.domain.errors import Unreadable
from hub.domain.records import Kind, MessageChannel, MessageRecord, Source

_decode = msgspec.json.Decoder(Note).decode


def reader(channel: MessageChannel) -> Callable[[Reading, bytes], Iterator[MessageRecord]]:
    def read(reading: Reading, body: bytes) -> Iterator[MessageRecord]:
        try:
            note = _decode(body)
            at = parse_time(note.at)
        except (ValueError, RecursionError) as fault:
            raise Unreadable(str(fault)) from fault
        if not (note.id and note.order and note.occasion):
            raise Unreadable("$: a note without an id, an order or an occasion")
        yield MessageRecord(
            source=Source(reading.connection, Kind.MESSAGE, note.id),
            version=1,  # a note is written once
            claims=(note.order,),
            created_at=at,
            updated_at=at,
            occasion=note.occasion,
            channel=channel,
            to=note.to,
            status=note.status,
            detail=note.detail,
        )

    return read


def recognise(_name: str, body: bytes) -> Sequence[Event]:
    """A file can only hold a note: nothing else is read."""
    return [Event(kind=KIND, body=body)]
