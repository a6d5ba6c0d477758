import json
from typing import Any

import pytest

from connectors.xero import CONNECTOR
from connectors.xero.inbound import SIGNATURE, events, sign, signature, verify
from connectors.xero.sandbox import TENANT, XeroSandbox
from hub.connector import Faulty, Hint, Ignored, Incoming
from hub.domain.errors import Forged, Malformed
from tests.connectors.books.sales import NOON
from tests.connectors.xero.office import reading, settings

KEY = "the-webhook-key"
ID = "717f2bfc-c6d4-41fd-b238-3f2f0c0cf777"


def incoming(body: bytes, **headers: str) -> Incoming:
    lower = {name.replace("_", "-"): value for name, value in headers.items()}
    return Incoming(method="POST", url="https://hub.example/webhooks/books", headers=lower, body=body)


def event(**more: Any) -> dict[str, Any]:
    plain = {
        "resourceUrl": f"https://api.xero.com/api.xro/2.0/Invoices/{ID}",
        "resourceId": ID,
        "eventDateUtc": "2026-11-22T12:00:00.123000",
        "eventType": "UPDATE",
        "eventCategory": "INVOICE",
        "tenantId": TENANT,
        "tenantType": "ORGANISATION",
    }
    return plain | more


def delivery(*told: Any, first: int = 7) -> bytes:
    last = first + max(len(told) - 1, 0)
    body = {"events": told, "firstEventSequence": first, "lastEventSequence": last, "entropy": "E"}
    return json.dumps(body).encode()


def said(body: bytes) -> list[Any]:
    found: list[Any] = []
    for each in events(incoming(body), settings()):
        found += CONNECTOR.read[each.kind](reading(), each.body)
    return found


@pytest.mark.parametrize("junk", ["", "x", "é", "\ud800", "a" * 5000, signature("another", b"{}")])
def test_what_is_not_signed_by_xero_is_forged(junk: str) -> None:
    with pytest.raises(Forged):
        verify(incoming(b"{}", x_xero_signature=junk), [KEY], settings(), NOON)


def test_without_a_secret_nobody_comes_in() -> None:
    with pytest.raises(Forged):
        verify(incoming(b"{}", x_xero_signature=signature("", b"{}")), ["", ""], settings(), NOON)


def test_an_intent_to_receive_passes_only_when_rightly_signed_and_keeps_nothing() -> None:
    sandbox = XeroSandbox(secret=KEY, now=lambda: NOON)
    sandbox.intend_to_receive()
    good, wrong = (incoming(each.body, x_xero_signature=each.headers[SIGNATURE]) for each in sandbox.deliveries)

    verify(good, [KEY], settings(), NOON)
    assert events(good, settings()) == []
    with pytest.raises(Forged):
        verify(wrong, [KEY], settings(), NOON)
    assert CONNECTOR.inbound is not None and CONNECTOR.inbound.answer == ("text/plain", b"")


def test_what_we_sign_ourselves_is_genuine() -> None:
    chosen = settings(webhook={"secrets": [KEY]})

    headers = dict(sign(chosen, "", b"{}", NOON))

    verify(incoming(b"{}", **headers), ["old", KEY], chosen, NOON)
    assert sign(settings(), "", b"{}", NOON) == {"content-type": "application/json"}


def test_the_same_event_in_another_delivery_is_the_same_event() -> None:
    one = events(incoming(delivery(event(), event(eventType="CREATE"))), settings())
    again = events(incoming(delivery(event(), first=90)), settings())

    assert one[0].key == again[0].key != one[1].key
    assert b'"firstEventSequence":8' in one[1].body


@pytest.mark.parametrize(
    "more",
    [
        {"resourceId": ID[:-1] + "8"},
        {"eventDateUtc": "2026-11-22T12:00:00.124000"},
        {"tenantId": ID},
        {"eventCategory": "CREDITNOTE"},
    ],
)
def test_events_that_differ_in_one_fact_are_two(more: dict[str, Any]) -> None:
    one, other = events(incoming(delivery(event(), event(**more))), settings())

    assert one.key != other.key


def test_each_change_is_a_hint_to_fetch() -> None:
    kinds = {"INVOICE": "invoice", "CREDITNOTE": "creditnote", "CONTACT": "contact"}

    found = said(delivery(*(event(eventCategory=name, resourceId=ID.upper()) for name in kinds)))

    assert found == [Hint(kind=kind, external_id=ID) for kind in kinds.values()]
    assert set(kinds.values()) <= set(CONNECTOR.fetch)


@pytest.mark.parametrize(
    "more",
    [
        {"tenantId": ID},
        {"eventCategory": "SUBSCRIPTION"},
        {"eventCategory": "SOMETHING_NEW"},
        {"eventCategory": "CREDITNOTE", "data": {"Type": "ACCPAYCREDIT", "Status": "DRAFT"}},
    ],
    ids=["another tenant", "our own subscription", "a new category", "a supplier's credit note"],
)
def test_what_is_of_no_use_is_ignored_with_a_reason(more: dict[str, Any]) -> None:
    (found,) = said(delivery(event(**more)))

    assert isinstance(found, Ignored) and found.reason


def test_one_odd_event_does_not_spoil_its_siblings() -> None:
    found = said(delivery(event(resourceId="../Accounts"), {"eventType": 1}, event()))

    assert [type(each) for each in found] == [Faulty, Faulty, Hint]


def test_a_body_that_is_not_json_is_malformed() -> None:
    for body in (b"", b"{", b"\xff", b'{"events":[' + b"[" * 3000):
        with pytest.raises(Malformed):
            events(incoming(body), settings())
