import json
from datetime import timedelta
from typing import Any

import pytest

from connectors.hubspot import CONNECTOR
from connectors.hubspot.inbound import SIGNATURE, TIMESTAMP, decoded, events, sign, signature, verify
from hub.connector import Faulty, Hint, Ignored, Incoming
from hub.domain.errors import Forged, Malformed, Unreadable
from tests.connectors.hubspot.portal import NOON, SECRET, URL, incoming, read, settings

ITEM: dict[str, Any] = {
    "eventId": 1,
    "subscriptionId": 12,
    "portalId": 62515,
    "occurredAt": 1795348800000,
    "subscriptionType": "contact.propertyChange",
    "attemptNumber": 0,
    "objectId": 123,
    "propertyName": "phone",
    "propertyValue": "+49 1",
}


def body(*items: Any) -> bytes:
    return json.dumps(items).encode()


def signed(said: bytes, **more: Any) -> Incoming:
    return incoming(said, sign(settings(**more), "notice", said, NOON))


def hints(**more: Any) -> list[Any]:
    return read("notice", json.dumps(ITEM | more).encode())


@pytest.mark.parametrize("off", [timedelta(minutes=5, milliseconds=1), -timedelta(minutes=5, milliseconds=1)])
def test_a_delivery_signed_long_ago_or_ahead_of_time_is_forged(off: timedelta) -> None:
    with pytest.raises(Forged, match="tolerance"):
        verify(signed(body(ITEM)), [SECRET], settings(), NOON + off)


def test_the_tolerance_itself_is_still_good() -> None:
    verify(signed(body(ITEM)), [SECRET], settings(), NOON + timedelta(minutes=5))


@pytest.mark.parametrize("name", [SIGNATURE, TIMESTAMP])
def test_a_header_that_is_missing_is_forged(name: str) -> None:
    whole = signed(body(ITEM))
    headers = {key: value for key, value in whole.headers.items() if key != name}

    with pytest.raises(Forged):
        verify(incoming(whole.body, headers), [SECRET], settings(), NOON)


def test_another_time_in_the_header_breaks_the_signature() -> None:
    whole = signed(body(ITEM))
    later = str(int(whole.headers[TIMESTAMP]) + 1)

    with pytest.raises(Forged, match="not ours"):
        verify(incoming(whole.body, {**whole.headers, TIMESTAMP: later}), [SECRET], settings(), NOON)


def test_older_signatures_alone_let_nobody_in() -> None:
    headers = {"x-hubspot-signature": "0" * 64, "x-hubspot-signature-version": "v1"}

    with pytest.raises(Forged):
        verify(incoming(body(ITEM), headers), [SECRET], settings(), NOON)


def test_the_address_that_counts_is_the_one_of_the_app_and_not_the_one_that_a_proxy_shows() -> None:
    request = signed(body(ITEM))
    assert request.url != URL

    verify(request, [SECRET], settings(), NOON)
    with pytest.raises(Forged):
        verify(request, [SECRET], settings(webhook_url="https://other.example/"), NOON)


def test_escapes_in_the_address_are_decoded_as_the_vendor_lists_them() -> None:
    url = "https://hub.example/a%2fb%20c?x=%40"

    assert decoded(url) == "https://hub.example/a/b%20c?x=@"
    assert signature("s", "POST", url, b"{}", "1") == signature("s", "POST", decoded(url), b"{}", "1")


def test_a_new_attempt_with_another_event_id_is_the_same_event() -> None:
    first, again = ITEM, ITEM | {"attemptNumber": 3, "eventId": 99}

    assert events(signed(body(first)), None)[0].key == events(signed(body(again)), None)[0].key


@pytest.mark.parametrize(
    "other",
    [
        {"objectId": 124},
        {"occurredAt": 1795348800001},
        {"propertyName": "email"},
        {"portalId": 1},
        {"propertyValue": ""},
    ],
)
def test_events_that_share_an_id_are_told_apart_by_what_they_say(other: Any) -> None:
    one, two = events(signed(body(ITEM, ITEM | other)), None)

    assert one.key != two.key


def test_of_a_hundred_items_the_odd_second_one_alone_is_faulty() -> None:
    items = [ITEM | {"objectId": number} for number in range(1, 100)]
    found = events(signed(body(items[0], {"objectId": "?"}, *items[1:])), None)

    assert len(found) == 100 and len({each.key for each in found}) == 100
    with pytest.raises(Unreadable):
        list(read(found[1].kind, found[1].body))
    assert all(read(each.kind, each.body) for each in [found[0], *found[2:]])


@pytest.mark.parametrize("said", [b"", b"{", b"\xff\xfe", b"[" * 5000])
def test_what_is_no_json_is_refused_at_the_door(said: bytes) -> None:
    with pytest.raises(Malformed):
        events(incoming(said, {}), None)


def test_a_time_beyond_any_calendar_is_kept_and_parked_not_a_crash() -> None:
    (event,) = events(incoming(body(ITEM | {"occurredAt": 10**18}), {}), None)

    assert event.key and event.at is None


def test_an_event_of_another_account_is_ignored() -> None:
    (found,) = hints(portalId=1)

    assert isinstance(found, Ignored) and "account 1" in found.reason


@pytest.mark.parametrize("verb", ["creation", "propertyChange", "restore", "somethingNew"])
def test_whatever_is_said_of_a_contact_it_is_fetched(verb: str) -> None:
    assert hints(subscriptionType=f"contact.{verb}") == [Hint(kind="customer", external_id="123")]


@pytest.mark.parametrize("verb", ["deletion", "privacyDeletion"])
def test_a_deletion_is_a_hint_that_it_may_be_gone(verb: str) -> None:
    assert hints(subscriptionType=f"contact.{verb}") == [Hint(kind="customer", external_id="123", gone=True)]


def test_a_merge_hints_at_the_survivor_and_at_each_that_is_gone() -> None:
    said = hints(subscriptionType="contact.merge", primaryObjectId=5, mergedObjectIds=[6, 7], newObjectId=9, objectId=5)

    assert said == [
        Hint(kind="customer", external_id="9"),
        Hint(kind="customer", external_id="5", gone=True),
        Hint(kind="customer", external_id="6", gone=True),
        Hint(kind="customer", external_id="7", gone=True),
    ]


def test_a_merge_that_keeps_the_first_id_leaves_that_one_alive() -> None:
    said = hints(subscriptionType="deal.merge", primaryObjectId=5, mergedObjectIds=[6], newObjectId=None, objectId=5)

    assert said == [Hint(kind="deal", external_id="5"), Hint(kind="deal", external_id="6", gone=True)]


def test_generic_events_name_their_type_by_its_id() -> None:
    assert hints(subscriptionType="object.creation", objectTypeId="0-3") == [Hint(kind="deal", external_id="123")]
    assert isinstance(hints(subscriptionType="object.creation", objectTypeId="0-999")[0], Ignored)


def test_an_association_is_looked_at_from_the_deal() -> None:
    ends = {"objectId": None, "fromObjectId": 1, "toObjectId": 2}

    to = hints(subscriptionType="contact.associationChange", associationType="CONTACT_TO_DEAL", **ends)
    of = hints(subscriptionType="deal.associationChange", associationType="DEAL_TO_CONTACT", **ends)
    other = hints(subscriptionType="contact.associationChange", associationType="CONTACT_TO_COMPANY", **ends)

    assert to == [Hint(kind="deal", external_id="2")]
    assert of == [Hint(kind="deal", external_id="1")]
    assert isinstance(other[0], Ignored)


@pytest.mark.parametrize("junk", [b"", b"null", b"[]", b'"x"', b"1", b"{", b"\xff\xfe", b'{"id": 1e999}', b"[" * 500])
@pytest.mark.parametrize("kind", sorted(CONNECTOR.read))
def test_junk_is_unreadable_with_a_path_whatever_it_is_taken_for(kind: str, junk: bytes) -> None:
    with pytest.raises(Unreadable, match=r"^\$"):
        read(kind, junk)


def test_an_id_that_is_none_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="objectId"):
        hints(objectId=None)
    assert not any(isinstance(each, Faulty) for each in hints())
