"""What Twilio says, as records; anything else ends in a reason."""

import json
from collections import Counter
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from connectors.twilio import CONNECTOR
from hub.connector import Hint, Ignored, Reading
from hub.decide.fold import fold_order
from hub.decide.identity import partition
from hub.domain.errors import Unreadable
from hub.domain.records import CustomerRecord, MessageRecord, MessageStatus, Record
from hub.pipeline.reading import read as read_event
from hub.pipeline.registry import Connection
from tests.building import order
from tests.connectors.messages.whole import settings
from tests.connectors.test_every_connector import JUNK
from tests.shared import shared

ORDER = order()
ORIGIN = {"order": ORDER.source.key, "occasion": "confirmed", "at": "2026-11-22T12:00:00.000Z"}


def read(kind: str, found: Any) -> list[Any]:
    body = found if isinstance(found, bytes) else json.dumps(found).encode()
    return list(CONNECTOR.read[kind](Reading(connection="sms", settings=settings("twilio")), body))


def status(word: str, **more: str) -> MessageRecord:
    form = {"MessageSid": "SM1", "MessageStatus": word, "To": "+49301234567", **more}
    (record,) = read("status", {"form": form, "url": ORIGIN})
    assert isinstance(record, MessageRecord)
    return record


def test_every_recorded_answer_is_read_or_has_a_reason() -> None:
    connection = Connection(id="sms", connector=CONNECTOR, settings=settings("twilio"), settings_digest="")
    files = sorted(shared("vendor", "twilio", "spec_examples").glob("*.json"))
    counts: Counter[str] = Counter()

    for file in files:
        events = CONNECTOR.recognise(file.name, file.read_bytes())
        assert events, file.name
        for event in events:
            found = read_event(connection, event)
            assert not found.faults, (file.name, found.faults)
            counts[event.kind] += 1

    assert len(files) == 21
    assert counts["other"] == 0
    assert counts["message"] >= 8


@pytest.mark.parametrize("arrival", list(permutations(["queued", "sent", "delivered", "failed"])))
def test_a_message_never_goes_back_whatever_order_its_words_come_in(arrival: tuple[str, ...]) -> None:
    held: Record | None = None
    for word in arrival:
        record = status(word)
        held = record if held is None or record.version > held.version else held

    assert isinstance(held, MessageRecord)
    assert held.status is MessageStatus.DELIVERED


def test_a_status_belongs_to_the_order_that_its_address_names() -> None:
    record = status("delivered")

    (group,) = partition([ORDER, record])
    (message,) = fold_order(group).messages
    assert (message.occasion, message.status) == ("confirmed", MessageStatus.DELIVERED)


def test_a_failure_says_why_and_an_opt_out_is_no_failure() -> None:
    assert (status("failed", ErrorCode="30003").status, status("failed", ErrorCode="30003").detail) == (
        MessageStatus.FAILED,
        "30003",
    )
    assert status("failed", ErrorCode="21610").status is MessageStatus.SUPPRESSED


def test_a_new_status_and_a_message_of_others_are_ignored_with_a_reason() -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "teleported", "To": "+1"}
    (new,) = read("status", {"form": form, "url": ORIGIN})
    (others,) = read("status", {"form": form | {"MessageStatus": "sent"}, "url": {}})

    assert isinstance(new, Ignored)
    assert isinstance(others, Ignored)


def test_our_own_message_with_a_status_that_we_do_not_know_is_a_record_all_the_same() -> None:
    (record,) = read("sent", {**ORIGIN, "message": {"sid": "SM1", "status": "teleported", "to": "+49301234567"}})

    assert (record.version, record.status) == (1, MessageStatus.QUEUED)
    assert replace(record, version=20).source == status("queued").source


def inbound(text: str, date: str = "Sun, 22 Nov 2026 12:00:00 +0000") -> dict[str, Any]:
    return {
        "sid": "SM2",
        "direction": "inbound",
        "from": "+49301234567",
        "to": "+15005550006",
        "body": text,
        "date_created": date,
    }


def test_an_opt_out_is_kept_until_the_person_opts_in_again() -> None:
    (out,) = read("message", inbound(" stop "))
    (back,) = read("message", inbound("START", "Sun, 22 Nov 2026 12:00:05 +0000"))

    assert isinstance(out, CustomerRecord)
    assert (out.phone, out.tags) == ("+49301234567", ("sms_opted_out",))
    assert back.tags == ()
    assert back.version > out.version


@pytest.mark.parametrize("text", ["Stop please", "Danke!", ""])
def test_any_other_answer_is_no_opt_out(text: str) -> None:
    (found,) = read("message", inbound(text))

    assert isinstance(found, Ignored)


def test_an_answer_is_asked_for_since_its_webhook_has_no_time() -> None:
    assert read("inbound", {"MessageSid": "SM2"}) == [Hint(kind="message", external_id="SM2")]


@pytest.mark.parametrize("body", JUNK)
def test_a_file_of_junk_is_read_as_what_its_name_says_and_ends_in_a_reason(body: bytes) -> None:
    connection = Connection(id="c", connector=CONNECTOR, settings=settings("twilio"), settings_digest="")

    events = CONNECTOR.recognise("message.json", body)

    assert events
    for event in events:
        found = read_event(connection, event)
        assert found.faults or found.ignored
        assert not any("failed:" in fault for fault in found.faults), found.faults


def test_a_time_of_sending_without_a_zone_is_a_fault() -> None:
    with pytest.raises(Unreadable, match="at"):
        read("sent", {**ORIGIN, "at": "2026-11-22T12:00:00", "message": {"sid": "SM1"}})
