"""The teller, an invented system that speaks the hub's own words: an event's body is a record as it is stored."""

from collections.abc import Iterable, Sequence

import msgspec

from hub.connector import Category, ConnectionSettings, Connector, Headers, Limits, Reading, Way
from hub.decide.codec import decode_record, digest, encode
from hub.domain.errors import Unreadable
from hub.domain.records import Kind, Record
from hub.pipeline.registry import Connection, Connections
from hub.store import inbox
from hub.store.database import Database
from tests.building import START


def _reader(kind: Kind) -> object:
    def read(_reading: Reading, body: bytes) -> Iterable[Record]:
        try:
            yield decode_record(kind, body)
        except msgspec.ValidationError as fault:
            raise Unreadable(str(fault)) from fault

    return read


CONNECTOR = Connector(
    slug="teller",
    title="Teller",
    category=Category.STORE,
    settings=ConnectionSettings,
    way=lambda _: Way(base_url="http://teller.test", auth=Headers(headers={}), limits=Limits(requests=1)),
    read={kind.value: _reader(kind) for kind in Kind},  # type: ignore[misc]
    recognise=lambda *_: [],
)


def tellers(*names: str) -> Connections:
    settings = ConnectionSettings(connector="teller")
    return Connections(
        {name: Connection(id=name, connector=CONNECTOR, settings=settings, settings_digest="") for name in names}
    )


async def tell(db: Database, told: Sequence[tuple[Record, str]], after: int = 0) -> None:
    """Puts events into the inbox: (record, what tells apart two deliveries of it). Ids grow from `after`, as by age."""
    async with db.write() as held:
        await inbox.keep(
            held,
            [
                inbox.event_row(
                    record.source.connection,
                    f"{record.source}:{digest(encode(record))}:{again}",
                    record.kind.value,
                    encode(record),
                    None,
                    START,
                    id=f"evt_{after + number:09}",
                )
                for number, (record, again) in enumerate(told)
            ],
        )
