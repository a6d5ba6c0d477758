"""Everything that was recorded from PayPal is read: records, a reason, or the path of a fault."""

import contextlib
import json
from collections import Counter

import pytest

from connectors.paypal import CONNECTOR
from connectors.paypal.card import card
from hub.connector import Faulty, Reading
from hub.domain.errors import Unreadable
from tests.connectors.paypal.app import settings
from tests.shared import shared


def test_each_recorded_body_becomes_records_or_a_reason() -> None:
    said: Counter[str] = Counter()
    for name, body in card().recordings(shared("vendor", "paypal")):
        for event in CONNECTOR.recognise(name, body):
            if event.kind in CONNECTOR.ignored:
                said["ignored"] += 1
                continue
            found = list(CONNECTOR.read[event.kind](Reading(connection="pay", settings=settings()), event.body))
            assert found, name
            for each in found:
                assert not isinstance(each, Faulty), name
                said[type(each).__name__] += 1

    assert said == {
        "ignored": 8,
        "PaymentRecord": 23,
        "RefundRecord": 2,
        "DisputeRecord": 2,
        "Hint": 4,
    }


def test_halves_of_recorded_bodies_are_unreadable_with_a_reason() -> None:
    for name, body in card().recordings(shared("vendor", "paypal")):
        for event in CONNECTOR.recognise(name, body):
            if event.kind in CONNECTOR.read:
                with pytest.raises(Unreadable):
                    list(CONNECTOR.read[event.kind](Reading(connection="pay", settings=settings()), event.body[:-40]))


def test_nothing_recorded_is_unknown() -> None:
    for name, body in card().recordings(shared("vendor", "paypal")):
        kinds = {event.kind for event in CONNECTOR.recognise(name, body)}
        assert kinds <= (CONNECTOR.read.keys() | CONNECTOR.ignored.keys()) - {"unreadable"}, name


def test_null_where_a_value_was_is_a_reason_and_never_an_error() -> None:
    for name, body in card().recordings(shared("vendor", "paypal")):
        for event in CONNECTOR.recognise(name, body):
            if event.kind not in CONNECTOR.read:
                continue
            for path, spoilt in _nulls(json.loads(event.body)):
                # Anything but a reason fails here.
                with contextlib.suppress(Unreadable):
                    reading = Reading(connection="pay", settings=settings())
                    assert list(CONNECTOR.read[event.kind](reading, json.dumps(spoilt).encode())), (name, path)


def _nulls(value: object, path: str = "") -> list[tuple[str, object]]:
    """The value with each of its fields, one at a time, as null."""
    found: list[tuple[str, object]] = []
    if isinstance(value, dict):
        for key, inner in value.items():
            found.append((f"{path}.{key}", {**value, key: None}))
            found += [(where, {**value, key: changed}) for where, changed in _nulls(inner, f"{path}.{key}")]
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += [
                (where, [*value[:index], changed, *value[index + 1 :]])
                for where, changed in _nulls(inner, f"{path}[{index}]")
            ]
    return found
