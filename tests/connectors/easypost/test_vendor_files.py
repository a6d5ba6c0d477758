"""All that EasyPost published of its bodies is read, or said why not."""

from collections import Counter

from connectors.easypost import CONNECTOR
from connectors.easypost.card import card
from hub.pipeline.reading import read
from hub.pipeline.registry import Connection
from tests.connectors.easypost.post import settings
from tests.shared import shared


def test_each_recorded_body_is_read_or_ignored_with_a_reason() -> None:
    connection = Connection(id="post", connector=CONNECTOR, settings=settings(), settings_digest="")
    said: Counter[str] = Counter()

    files = card().recordings(shared("vendor", "easypost"))
    for name, body in files:
        for event in CONNECTOR.recognise(name, body):
            found = read(connection, event)
            kinds = [*found.records, *found.hints, *found.ignored]
            said.update("ignored" if isinstance(each, str) else type(each).__name__ for each in kinds)
            assert kinds and not found.faults, (name, event.kind, found.faults)
            assert all("is not a kind that we know" not in why for why in found.ignored), (name, found.ignored)

    assert len(files) == 107
    assert said == {"ShipmentRecord": 27, "Hint": 6, "ignored": 214}


def test_junk_is_recognised_as_something_unreadable() -> None:
    for body in (b"", b"null", b"[]", b'{"id": "x"}', b"1", b"\xff", b"[" * 5000):
        assert [event.kind for event in CONNECTOR.recognise("x.json", body)] == ["unreadable"]


def test_reasons_are_given_only_for_what_is_not_read() -> None:
    assert set(CONNECTOR.ignored).isdisjoint(CONNECTOR.read)
    assert all(CONNECTOR.ignored.values())
