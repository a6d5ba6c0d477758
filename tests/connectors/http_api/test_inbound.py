import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from connectors.http_api.inbound import sign
from connectors.http_api.settings import HttpSettings
from hub.connector import Event, Hint, Incoming, Reading
from hub.domain.errors import Forged, Malformed, Unreadable
from hub.domain.records import CustomerRecord, DealRecord
from tests.connectors.http_api.calendar import SECRET
from tests.connectors.http_api.place import NOON, connector, incoming, records, secrets_of, settings

DEAL = {"deal": {"fields": {"id": "id", "name": "name", "stage": "stage", "updated_at": "at"}, "fetch": "/deals/{id}"}}
BODY = b'{"id": 1, "name": "N", "stage": "s", "at": "2026-11-22T12:00:00Z"}'
STAMPED = {"timestamp_header": "X-Time", "signed": "{timestamp}.{body}"}
SCHEMES: dict[str, dict[str, Any]] = {
    "hex": {"scheme": "hmac-sha256-hex", "header": "X-Sig"},
    "prefixed": {"scheme": "hmac-sha256-hex", "header": "X-Sig", "prefix": "sha256="},
    "base64": {"scheme": "hmac-sha256-base64", "header": "X-Sig", **STAMPED},
    "sha1": {"scheme": "hmac-sha1-hex", "header": "X-Sig"},
    "id": {
        "scheme": "hmac-sha256-hex",
        "header": "X-Sig",
        "timestamp_header": "X-Time",
        "id_header": "X-Id",
        "signed": "{id}.{timestamp}.{body}",
    },
    "bearer": {"scheme": "bearer"},
    "token": {"scheme": "bearer", "header": "X-Token"},
    "basic": {"scheme": "basic", "secrets": ["user:password"]},
    "standard": {"scheme": "standard-webhooks", "secrets": [SECRET]},
}
SIGNED = [name for name in SCHEMES if name not in ("bearer", "token", "basic")]
TIMED = ("base64", "id", "standard")


def of(name: str, **more: Any) -> HttpSettings:
    webhook = {"secrets": ["first", "second"], "kind": "'deal'"} | SCHEMES[name] | more
    return settings(webhook=webhook, read=DEAL)


def verify(
    given: HttpSettings, request: Incoming, secrets: list[str] | None = None, late: timedelta = timedelta()
) -> None:
    inbound = connector(given).inbound
    assert inbound
    inbound.verify(request, secrets_of(given) if secrets is None else secrets, given, NOON + late)


def events(given: HttpSettings, body: bytes, headers: Any = None) -> list[Event]:
    inbound = connector(given).inbound
    assert inbound
    return list(inbound.events(incoming(body, headers or {}), given))


@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize("junk", ["", "x", "é", "sha256=", "v1,", "v1,x", "Basic", "\ud800", "0" * 5000])
def test_an_odd_signature_is_forged_and_nothing_else(name: str, junk: str) -> None:
    given = of(name)
    genuine = sign(given, "deal", BODY, NOON)

    with pytest.raises(Forged):
        verify(given, incoming(BODY, dict.fromkeys(genuine, junk)))
    with pytest.raises(Forged):
        verify(given, incoming(BODY, {}))


@pytest.mark.parametrize("name", SIGNED)
def test_a_changed_byte_is_forged(name: str) -> None:
    given = of(name)

    with pytest.raises(Forged):
        verify(given, incoming(BODY + b" ", sign(given, "deal", BODY, NOON)))


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_time_too_far_from_now_is_forged_either_way(name: str, minutes: int) -> None:
    given = of(name)
    request = incoming(BODY, sign(given, "deal", BODY, NOON))

    verify(given, request, late=timedelta(minutes=minutes * 0.8))
    with pytest.raises(Forged):
        verify(given, request, late=timedelta(minutes=minutes))


@pytest.mark.parametrize("name", TIMED)
def test_a_time_or_an_id_that_was_changed_is_forged(name: str) -> None:
    given = of(name)
    genuine = dict(sign(given, "deal", BODY, NOON))

    for header in ("X-Time", "X-Id", "webhook-id", "webhook-timestamp"):
        if header.lower() in genuine or header in genuine:
            with pytest.raises(Forged):
                verify(given, incoming(BODY, genuine | {header.lower(): "1795348801"}))


@pytest.mark.parametrize("name", SCHEMES)
def test_a_genuine_delivery_passes_by_any_current_secret_and_nobody_passes_without_one(name: str) -> None:
    given = of(name)
    request = incoming(BODY, sign(given, "deal", BODY, NOON))

    verify(given, request)
    verify(given, request, secrets=["whsec_AAAA", *secrets_of(given)[:1]])
    with pytest.raises(Forged):
        verify(given, request, secrets=[])


def test_signatures_are_those_that_others_make() -> None:
    by_hand = hmac.new(b"first", BODY, hashlib.sha256).hexdigest()
    verify(of("prefixed"), incoming(BODY, {"X-Sig": f"sha256={by_hand.upper()}"}))

    stamp = str(int(NOON.timestamp()))
    digest = hmac.new(b"second", stamp.encode() + b"." + BODY, hashlib.sha256).digest()
    verify(of("base64"), incoming(BODY, {"X-Sig": base64.b64encode(digest).decode(), "X-Time": stamp}))

    verify(of("basic"), incoming(BODY, {"Authorization": "Basic dXNlcjpwYXNzd29yZA=="}))
    verify(of("token"), incoming(BODY, {"X-Token": "first"}))


def test_the_signature_of_standard_webhooks_is_that_of_its_own_library() -> None:
    from standardwebhooks.webhooks import Webhook

    signature = Webhook(SECRET).sign("msg_1", NOON, BODY.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(NOON.timestamp()))}

    verify(of("standard"), incoming(BODY, headers | {"webhook-signature": f"v1a,x v1,AAAA {signature}"}))


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 5000])
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        events(of("hex"), body)


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"1", b"{}", b'{"type": 7}', b'{"data": [1, null]}'])
def test_an_oddity_is_kept_as_what_does_not_say_what_it_is(body: bytes) -> None:
    given = of("hex", kind="type", items="data")

    for event in events(given, body):
        assert event.key
        assert event.kind in connector(given).ignored


def test_a_word_that_the_table_lacks_is_ignored_by_its_name() -> None:
    given = of("hex", kind="type", kinds={"changed": "deal"})

    (event,) = events(given, b'{"type": "exploded"}')

    assert event.kind == "exploded (not in kinds)"
    assert event.kind not in connector(given).read


def test_a_batch_is_one_event_each_with_keys_that_come_again() -> None:
    given = of("hex", kind="kind", kinds={"d": "deal"}, items="things")
    body = json.dumps({"things": [{"kind": "d", "id": 1}, {"kind": "d", "id": 2}, {"kind": "e", "id": 1}]}).encode()

    first, again = events(given, body), events(given, body)

    assert [(event.kind, event.key) for event in first] == [(event.kind, event.key) for event in again]
    assert len({event.key for event in first}) == 3
    assert first[0].body == b'{"kind":"d","id":1}'


def test_the_kind_may_stand_in_a_header_and_the_time_in_the_body() -> None:
    given = of("hex", kind='_headers."x-topic"', at="sent")

    (event,) = events(given, b'{"sent": 1795348800, "id": 1}', {"X-Topic": "deal"})

    assert event.kind == "deal"
    assert event.at is not None
    assert int(event.at.timestamp()) == 1795348800


def test_a_key_of_the_systems_own_makes_it_the_same_delivery() -> None:
    given = of("hex", key="delivery")

    (one,), (other,) = (events(given, json.dumps({"delivery": "d1", "try": n}).encode()) for n in (1, 2))

    assert one.key == other.key


def test_what_nobody_signed_is_a_hint_to_ask_and_nothing_more() -> None:
    webhook = {"scheme": "none", "kind": "'deal'", "thin": True, "id": "id", "gone": "gone"}
    given = settings(webhook=webhook, read=DEAL)
    made, reading = connector(given), Reading(connection="there", settings=given)

    (event,), (again,) = events(given, BODY), events(given, BODY)
    (lost,) = events(given, b'{"id": 1, "gone": true}')

    assert list(made.read[event.kind](reading, event.body)) == [Hint(kind="deal", external_id="1")]
    assert list(made.read[lost.kind](reading, lost.body)) == [Hint(kind="deal", external_id="1", gone=True)]
    assert event.key != again.key, "the same words a second time may tell of a second change"
    with pytest.raises(Unreadable, match=r"webhook\.id"):
        list(made.read[event.kind](reading, b"{}"))


def test_reading_a_batch_gives_records_of_several_kinds() -> None:
    read = DEAL | {"customer": {"fields": {"id": "id", "name": "name", "updated_at": "at"}}}
    webhook = {"scheme": "bearer", "secrets": ["s"], "kind": "type", "items": "things"}
    given = settings(webhook=webhook, read=read)
    thing = json.loads(BODY)
    body = json.dumps({"things": [thing | {"type": "deal"}, thing | {"type": "customer"}]}).encode()
    made, reading = connector(given), Reading(connection="there", settings=given)

    found = [each for event in events(given, body) for each in made.read[event.kind](reading, event.body)]

    assert [type(each) for each in records(found)] == [DealRecord, CustomerRecord]


def test_a_file_is_recognised_by_its_name_or_by_the_word_in_it() -> None:
    given = of("hex", kind="type", kinds={"changed": "deal"})
    made = connector(given)

    assert [event.kind for event in made.recognise("deal.2.json", BODY)] == ["deal"]
    assert [event.kind for event in made.recognise("x.json", b'{"type": "changed"}')] == ["deal"]
    assert made.recognise("x.json", BODY)[0].kind == "unnamed"
