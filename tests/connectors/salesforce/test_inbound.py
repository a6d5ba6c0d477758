from typing import Any

import pytest

from connectors.salesforce.inbound import ANSWER, HEADER, events, parse, sign, verify
from connectors.salesforce.sandbox import SalesforceSandbox
from hub.connector import Hint
from hub.domain.errors import Forged, Malformed, Unreadable
from tests.connectors.salesforce.org import NOON, ORG, SECRET, incoming, read, reasons, settings

CONTACT = "0035e0000000001AAA"


def message(*ids: str, objects: str = "Contact", **more: Any) -> bytes:
    sandbox = SalesforceSandbox(secret=SECRET, **more)
    sandbox.send(objects, list(ids) or [CONTACT])
    return sandbox.deliveries[0].body


def check(body: bytes, query: str = f"key={SECRET}", secrets: tuple[str, ...] = (SECRET,)) -> None:
    verify(incoming(body, query), list(secrets), settings(), NOON)


@pytest.mark.parametrize(
    "query", ["", "key=", "key=wrong", "KEY=the-key", "key=the-key2", "x=the-key", "key=%ff", "&" * 50]
)
def test_a_message_without_our_key_is_forged(query: str) -> None:
    with pytest.raises(Forged):
        check(message(), query)


def test_no_secret_lets_nobody_in_not_even_with_an_empty_key() -> None:
    for secrets in ((), ("",)):
        with pytest.raises(Forged):
            check(message(), "key=", secrets)


def test_the_second_key_counts_while_one_is_replaced() -> None:
    check(message(), secrets=("new", SECRET))


def test_a_message_of_another_org_is_forged_though_it_has_our_key() -> None:
    with pytest.raises(Forged, match="org"):
        check(message(organization_id="00D5e0000000002EAA"))


def test_an_org_that_is_written_with_fifteen_characters_is_the_same() -> None:
    verify(incoming(message()), [SECRET], settings(organization_id=ORG[:15]), NOON)


def test_a_key_with_odd_signs_is_read_out_of_the_address_as_it_was_put_in() -> None:
    sandbox = SalesforceSandbox(secret="ä+&/= %")
    sandbox.send("Contact", [CONTACT])

    verify(incoming(b"", sandbox.deliveries[0].query), ["ä+&/= %"], settings(), NOON)


def test_the_headers_of_a_trigger_prove_it_as_the_address_does() -> None:
    headers = dict(sign(settings(), "Contact", b"", NOON))

    verify(incoming(message(), "", **headers), [SECRET], settings(), NOON)
    with pytest.raises(Forged):
        verify(incoming(message(), "", **{HEADER: "x\ud800"}), [SECRET], settings(), NOON)
    assert HEADER not in sign(settings(webhook={}), "Contact", b"", NOON)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<a>",
        b"<a/>",
        b"\xff\xfe",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b"<a>" * 5000,
        message()[: len(message()) // 2],
        message().replace(b"soap/envelope", b"soap/other"),
        message().replace(b"notifications", b"nothing"),
        message().replace(b"sObject", b"other"),
        message().replace(b"<Id>04l", b"<Id>'; 04l"),
        message().replace(ORG.encode(), b""),
    ],
)
def test_what_is_no_outbound_message_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        events(incoming(body), settings())


@pytest.mark.parametrize(
    "declared",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE a SYSTEM "http://localhost/x">',
        b"<!DOCTYPE a>",
    ],
)
def test_entities_and_document_types_are_refused(declared: bytes) -> None:
    head, rest = message().split(b"?>", 1)

    with pytest.raises(Malformed):
        parse(head + b"?>" + declared + rest)


def test_each_of_a_hundred_notifications_is_an_event_of_its_own() -> None:
    ids = [f"0035e00000{number:05}AAA" for number in range(100)]

    found = events(incoming(message(*ids)), settings())

    assert len({event.key for event in found}) == 100
    assert [hint for event in found for hint in read("notification", event.body)] == [
        Hint(kind="customer", external_id=each) for each in ids
    ]


def test_a_message_that_comes_again_has_the_same_keys() -> None:
    body = message()

    assert [each.key for each in events(incoming(body), settings())] == [
        each.key for each in events(incoming(body), settings())
    ]


def test_nothing_of_a_message_is_kept_but_ids() -> None:
    body = (
        message()
        .replace(b'<SessionId xsi:nil="true"/>', b"<SessionId>00D!secret</SessionId>")
        .replace(b"</sf:Id>", b"</sf:Id><sf:Email>ada@example.com</sf:Email>")
    )

    (event,) = events(incoming(body), settings())

    assert b"secret" not in event.body and b"ada" not in event.body


def test_an_opportunity_is_a_deal_to_look_at_and_anything_else_is_ignored() -> None:
    (told,) = events(incoming(message(objects="Opportunity")), settings())
    (other,) = events(incoming(message(objects="Account")), settings())

    assert read("notification", told.body) == [Hint(kind="deal", external_id=CONTACT)]
    assert reasons(read("notification", other.body)) == ["of type 'Account': neither a contact nor an opportunity"]


def test_an_object_without_a_whole_id_is_parked_with_its_path() -> None:
    (event,) = events(incoming(message("003")), settings())

    with pytest.raises(Unreadable, match="18"):
        read("notification", event.body)


def test_the_answer_is_the_acknowledgement_that_salesforce_wants() -> None:
    from defusedxml.ElementTree import fromstring

    media_type, body = ANSWER

    assert media_type == "text/xml"
    outbound = "{http://soap.sforce.com/2005/09/outbound}"
    assert fromstring(body).findtext(f".//{outbound}notificationsResponse/{outbound}Ack") == "true"
