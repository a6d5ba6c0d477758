import json
from datetime import UTC, datetime

import pytest

from connectors.quickbooks.inbound import events, signature, verify
from connectors.quickbooks.notices import read_notice
from hub.connector import Hint, Ignored, Incoming
from hub.domain.errors import Forged, Malformed, Unreadable
from hub.domain.records import CustomerRecord, InvoiceRecord
from tests.connectors.quickbooks.company import reading

NOW = datetime(2026, 11, 22, tzinfo=UTC)
REALM = "4620816365000000001"


def incoming(body: bytes, **headers: str) -> Incoming:
    return Incoming(method="POST", url="https://hub.example.com/w", headers=headers, body=body)


def cloud(
    type: str = "qbo.invoice.updated.v1", id: str = "264", realm: str = REALM, event: str = "e1"
) -> dict[str, str]:
    return {"id": event, "type": type, "intuitentityid": id, "intuitaccountid": realm, "time": "2026-11-22T08:15:30Z"}


def legacy(name: str = "Invoice", operation: str = "Update", **more: str) -> bytes:
    change = {"name": name, "id": "264", "operation": operation, "lastUpdated": "2026-11-22T08:15:30-0700", **more}
    return json.dumps({"eventNotifications": [{"realmId": REALM, "dataChangeEvent": {"entities": [change]}}]}).encode()


@pytest.mark.parametrize(
    "given", ["", "x", "ü", "\udcff", "=" * 5000, signature("other", b"{}"), signature("s", b"{} ")]
)
def test_any_other_signature_is_forged_and_nothing_else(given: str) -> None:
    with pytest.raises(Forged):
        verify(incoming(b"{}", **{"intuit-signature": given}), ["s"], None, NOW)


def test_without_a_secret_nothing_is_genuine() -> None:
    for secrets in ([], [""]):
        with pytest.raises(Forged):
            verify(incoming(b"{}", **{"intuit-signature": signature("", b"{}")}), secrets, None, NOW)


def test_either_of_two_live_secrets_is_enough() -> None:
    for secret in ("old", "new"):
        verify(incoming(b"{}", **{"intuit-signature": signature(secret, b"{}")}), ["new", "old"], None, NOW)


@pytest.mark.parametrize("body", [b"", b"{", b"[1,", b"\xff", b"[" * 100_000, b'["\xff"]'])
def test_what_is_not_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        events(incoming(body), None)


@pytest.mark.parametrize(
    "body", [b"1", b"{}", b"[1]", b'{"eventNotifications":[1]}', json.dumps([cloud(id="../1")]).encode()]
)
def test_json_of_another_form_is_kept_and_unreadable(body: bytes) -> None:
    (event,) = events(incoming(body), None)

    assert event.key
    with pytest.raises(Unreadable):
        read_notice(reading(), event.body)


def test_one_bad_item_leaves_its_siblings_alone() -> None:
    body = json.dumps([cloud(), 7, cloud(event="e2", id="265")]).encode()
    first, bad, last = events(incoming(body), None)

    assert list(read_notice(reading(), first.body)) == [Hint(kind="invoice", external_id="264")]
    assert list(read_notice(reading(), last.body)) == [Hint(kind="invoice", external_id="265")]
    with pytest.raises(Unreadable):
        read_notice(reading(), bad.body)


def test_the_same_event_has_the_same_key_in_any_delivery_and_another_event_another() -> None:
    alone = events(incoming(json.dumps([cloud()]).encode()), None)
    again = events(incoming(json.dumps([cloud(event="e2"), cloud()]).encode()), None)
    reused = events(incoming(json.dumps([cloud(id="9")]).encode()), None)

    assert alone[0].key == again[1].key
    assert len({alone[0].key, again[0].key, reused[0].key}) == 3


def test_an_event_of_another_company_is_ignored_with_the_reason() -> None:
    (found,) = read_notice(reading(), json.dumps(cloud(realm="1")).encode())

    assert found == Ignored(reason="of company 1, not of ours")


def test_an_entity_that_no_order_needs_is_ignored_with_the_reason() -> None:
    (found,) = read_notice(reading(), json.dumps(cloud(type="qbo.estimate.created.v1")).encode())

    assert found == Ignored(reason="estimate: of no use to an order")


@pytest.mark.parametrize(
    "body", [legacy(operation="Delete"), json.dumps(cloud(type="qbo.invoice.deleted.v1")).encode()]
)
def test_a_deleted_document_is_a_record_since_it_cannot_be_fetched(body: bytes) -> None:
    (found,) = read_notice(reading(), body)

    assert isinstance(found, InvoiceRecord)
    assert found.deleted and found.source.external_id == "264"


def test_both_forms_say_the_same() -> None:
    assert read_notice(reading(), legacy()) == read_notice(reading(), json.dumps(cloud()).encode())


def test_a_merge_fetches_the_one_that_stays_and_drops_the_other() -> None:
    stays, goes = read_notice(reading(), legacy("Customer", "Merge", deletedId="99"))

    assert stays == Hint(kind="customer", external_id="264")
    assert isinstance(goes, CustomerRecord) and goes.deleted and goes.source.external_id == "99"
