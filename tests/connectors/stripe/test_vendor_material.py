"""Everything that Stripe was recorded to say is read, or left with a reason."""

import json
from collections import Counter
from pathlib import Path

import pytest

from connectors.stripe import CONNECTOR
from hub.domain.errors import Unreadable
from tests.connectors.stripe.support import read
from tests.shared import shared


def files() -> list[Path]:
    return [
        path
        for folder in ("webhooks", "event_data", "api", "recordings")
        for path in sorted(shared("vendor", "stripe", folder).rglob("*.json"))
    ]


def test_every_recorded_body_gives_records_or_a_reason() -> None:
    counts: Counter[str] = Counter()
    parked: list[str] = []

    for path in files():
        events = CONNECTOR.recognise(path.name, path.read_bytes())
        assert events, path
        for event in events:
            if event.kind not in CONNECTOR.read:
                assert CONNECTOR.ignored[event.kind], path
                counts["Ignored"] += 1
                continue
            try:
                found = read(event)
            except Unreadable as fault:
                parked.append(f"{path.name}: {fault}")
                continue
            assert found, path
            counts.update(type(each).__name__ for each in found)

    # One capture was rewritten by another program: its charge has a decimal where Stripe has an integer.
    assert parked == ["dispute_ch_fakefakefakefake01.json: amount: Expected `int`, got `str`"]
    assert counts["Faulty"] == 0
    assert counts["PaymentRecord"] >= 33
    assert counts["CustomerRecord"] >= 23


def test_every_event_type_of_the_newest_api_is_read_or_ignored_with_a_reason() -> None:
    types = json.loads(shared("vendor", "stripe", "spec", "event_types_2026-10-28.endive.json").read_text())

    unknown = [kind for kind in types if kind not in CONNECTOR.read and not CONNECTOR.ignored.get(kind)]

    assert unknown == []
    assert len(types) == 275


@pytest.mark.parametrize("junk", [b"", b"null", b"[]", b"{}", b"\xff", b"7", b'{"object": null}', b"[" * 50_000])
def test_what_is_nothing_of_stripes_is_recognised_as_that(junk: bytes) -> None:
    events = CONNECTOR.recognise("junk.json", junk)

    assert events
    for event in events:
        with pytest.raises(Unreadable):
            read(event)
