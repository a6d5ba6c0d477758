import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.stripe import CONNECTOR
from hub.connector import Event, Faulty, Hint, Ignored
from hub.domain.errors import Unreadable
from hub.domain.money import Money
from hub.domain.records import (
    CustomerRecord,
    DisputeRecord,
    DisputeStatus,
    Kind,
    PaymentRecord,
    PaymentStatus,
    Record,
    RefundRecord,
    RefundStatus,
    Source,
    vendor_key,
)
from tests.connectors.stripe.support import (
    START,
    VERSIONS,
    Time,
    changed,
    final,
    last,
    newest,
    only,
    payment,
    read,
    read_all,
    sandbox,
    told,
)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"currency": "zzz"}, "data.object.currency"),
        ({"currency": "clf"}, "data.object.currency"),  # ISO 4217 has it, how Stripe counts it is not known
        ({"amount": "10.00"}, "data.object.amount"),
        ({"amount": 10**30}, "data.object.amount"),
        ({"status": "levitating"}, "data.object.status"),
        ({"created": 10**17}, "data.object.created"),
        ({"customer": 7}, "data.object.customer"),
        ({"object": "invoice"}, "data.object.object"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_path_of_the_fault(fields: dict[str, Any], path: str) -> None:
    stripe = sandbox()
    stripe.pay(1990, "eur")

    with pytest.raises(Unreadable, match=path.replace(".", r"\.")):
        read(changed(last(stripe, "payment_intent.succeeded"), **fields))


def test_a_bad_refund_does_not_spoil_its_charge_or_its_siblings() -> None:
    stripe = sandbox(VERSIONS[0])
    pi = stripe.pay(1990, "eur")["payment_intent"]
    stripe.refund(pi, 100)
    stripe.refund(pi, 200)
    event = last(stripe, "charge.refunded")
    refunds = json.loads(event.body)["data"]["object"]["refunds"]
    refunds["data"][0]["currency"] = "zzz"

    found = read(changed(event, refunds=refunds))

    assert [faulty.path for faulty in only(Faulty, found)] == [
        "data.object.refunds.data[0].currency: 'ZZZ' is not an ISO 4217 currency"
    ]
    assert len(only(PaymentRecord, found)) == 1
    assert [refund.amount for refund in only(RefundRecord, found)] == [Money(100, "EUR")]


def test_an_event_of_a_connected_account_is_none_of_this_one() -> None:
    stripe = sandbox()
    stripe.pay(1990, "eur")
    whole = json.loads(told(stripe)[0].body) | {"account": "acct_other"}

    [ignored] = read(Event(kind="payment_intent.created", body=json.dumps(whole).encode()))

    assert isinstance(ignored, Ignored)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_intent_and_its_charge_are_one_payment_by_their_claims(version: str) -> None:
    stripe = sandbox(version)
    ids = stripe.pay(1990, "eur", email="ann@example.com", metadata={"order_id": " 820 ", "orderhub_order": "ord_x"})
    reference = {"metadata": "order_id", "connection": "shop"}

    found = newest(only(Record, read_all(told(stripe), order_reference=reference)))

    shared_claim = vendor_key("stripe", ids["payment_intent"])
    store_order = Source("shop", Kind.ORDER, "820").key
    assert {source.external_id for source in found} == set(ids.values())
    for record in map(payment, found.values()):
        own = vendor_key("stripe", record.source.external_id)
        assert set(record.claims) == {own, shared_claim, store_order}
        assert record.authority
        assert (record.status, record.captured) == (PaymentStatus.CAPTURED, Money(1990, "EUR"))
        assert (record.test, record.email) == (True, "ann@example.com")


def test_our_own_order_id_in_the_metadata_is_a_claim_and_a_made_up_one_is_not() -> None:
    stripe = sandbox()
    ours = "ord_" + "0" * 26
    stripe.pay(100, "eur", metadata={"orderhub_order": ours})
    [record, *_] = only(PaymentRecord, read(last(stripe, "payment_intent.succeeded")))

    assert ours in record.claims


@pytest.mark.parametrize("version", VERSIONS)
def test_an_authorisation_can_be_captured_until_it_is_let_go_and_is_then_no_refund(version: str) -> None:
    time = Time()
    stripe = sandbox(version, time)
    ids = stripe.pay(1990, "eur", capture=False)
    held = final(stripe)
    time.forward(seconds=2)
    stripe.cancel(ids["payment_intent"])
    gone = final(stripe)

    assert all(payment(record).can_capture for record in held.values())
    assert {payment(record).authorized for record in held.values()} == {Money(1990, "EUR")}
    for record in only(PaymentRecord, gone.values()):
        assert (record.status, record.can_capture) == (PaymentStatus.CANCELLED, False)
        assert (record.authorized.minor, record.captured.minor, record.refunded.minor) == (0, 0, 0)
    assert all(refund.deleted for refund in only(RefundRecord, gone.values()))


def test_what_a_partial_capture_released_is_no_refund_and_a_real_one_after_it_is() -> None:
    stripe = sandbox(VERSIONS[0])
    ids = stripe.pay(1000, "eur", capture=False)
    stripe.capture(ids["payment_intent"], 800)
    stripe.refund(ids["payment_intent"], 200)

    charge = payment(final(stripe)[ids["charge"]])
    refunds = [record for record in only(RefundRecord, final(stripe).values()) if not record.deleted]

    assert (charge.captured, charge.refunded) == (Money(800, "EUR"), Money(200, "EUR"))
    assert (charge.authorized, charge.can_capture) == (Money(800, "EUR"), False)
    assert [refund.amount for refund in refunds] == [Money(200, "EUR")]


def test_a_partial_capture_told_without_its_refunds_asks_for_the_charge() -> None:
    stripe = sandbox()
    ids = stripe.pay(1000, "eur", capture=False)
    stripe.capture(ids["payment_intent"], 800)

    assert Hint(kind="charge", external_id=ids["charge"]) in read(last(stripe, "charge.captured"))


@pytest.mark.parametrize("kind", ["refund.failed", "charge.refund.updated"])
def test_a_failed_refund_asks_for_the_charge_since_its_sum_falls(kind: str) -> None:
    stripe = sandbox()
    ids = stripe.pay(1990, "eur")
    refund = stripe.refund(ids["payment_intent"])
    stripe.fail_refund(refund["id"])

    [record, hint] = read(last(stripe, kind))

    assert isinstance(record, RefundRecord)
    assert (record.status, record.payment) == (RefundStatus.FAILED, vendor_key("stripe", ids["payment_intent"]))
    assert hint == Hint(kind="charge", external_id=ids["charge"])


def test_a_refund_that_we_asked_for_says_for_which_request() -> None:
    stripe = sandbox()
    ids = stripe.pay(1990, "eur")
    stripe.ledger.refund(stripe.ledger.find("charge", ids["charge"]), 90, metadata={"orderhub_request": "req_1"})

    [record] = read(last(stripe, "refund.created"))

    assert isinstance(record, RefundRecord)
    assert (record.request, record.amount) == ("req_1", Money(90, "EUR"))


def test_a_dispute_is_open_until_it_is_won_or_lost() -> None:
    stripe = sandbox()
    ids = stripe.pay(1990, "eur")
    dispute = stripe.dispute(ids["payment_intent"])
    [opened] = only(DisputeRecord, read(last(stripe, "charge.dispute.created")))
    stripe.close_dispute(dispute["id"], won=False)

    closed = final(stripe)[dispute["id"]]

    assert (opened.status, opened.payment) == (DisputeStatus.OPEN, vendor_key("stripe", ids["payment_intent"]))
    assert opened.respond_by
    assert isinstance(closed, DisputeRecord)
    assert closed.status is DisputeStatus.LOST


def test_a_checkout_session_brings_its_references_to_the_intent_and_no_authority() -> None:
    stripe = sandbox()
    ids = stripe.checkout(1990, "eur", client_reference_id="820")
    reference = {"metadata": "order_id", "connection": "shop", "client_reference_id": True}

    [record] = read(last(stripe, "checkout.session.completed"), order_reference=reference)

    assert isinstance(record, PaymentRecord)
    assert not record.authority
    assert Source("shop", Kind.ORDER, "820").key in record.claims
    assert vendor_key("stripe", ids["payment_intent"]) in record.claims


def test_a_declined_card_is_a_failed_payment_with_the_reason() -> None:
    stripe = sandbox()
    ids = stripe.pay(1990, "eur", decline=True)

    for record in map(payment, final(stripe).values()):
        assert (record.status, record.captured.minor) == (PaymentStatus.FAILED, 0)
        assert "Your card was declined." in record.failure
    assert set(ids.values()) == set(final(stripe))


def test_a_deleted_customer_counts_for_nothing_any_more() -> None:
    stripe = sandbox()
    customer = stripe.customer(email="ann@example.com", name="Ann")
    [known] = read(last(stripe, "customer.created"))
    [gone] = read(Event(kind="customer", body=json.dumps({"id": customer["id"], "deleted": True}).encode(), at=START))

    assert isinstance(known, CustomerRecord)
    assert isinstance(gone, CustomerRecord)
    assert (known.email, known.deleted, gone.deleted) == ("ann@example.com", False, True)
    assert gone.version > known.version


def test_a_thin_event_is_a_hint_to_fetch_what_it_names() -> None:
    thin = {
        "id": "evt_1",
        "object": "v2.core.event",
        "type": "v1.charge.captured",
        "related_object": {"id": "ch_1", "type": "charge", "url": "/v1/charges/ch_1"},
    }

    assert read(Event(kind="v1.charge.captured", body=json.dumps(thin).encode())) == [
        Hint(kind="charge", external_id="ch_1")
    ]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = ["amount", "currency", "status", "created", "metadata", "customer", "charges", "latest_charge", "id"]


@given(st.sampled_from(_FIELDS), _JSON)
def test_no_value_anywhere_in_an_intent_is_answered_by_another_exception(field: str, value: Any) -> None:
    stripe = sandbox(VERSIONS[0])
    stripe.pay(1990, "eur")

    try:
        found = read(changed(last(stripe, "payment_intent.succeeded"), **{field: value}))
    except Unreadable as fault:
        assert "data.object" in str(fault)
    else:
        assert found


def test_every_kind_that_is_ignored_says_why_and_none_is_read_as_well() -> None:
    assert all(CONNECTOR.ignored.values())
    assert not set(CONNECTOR.ignored) & set(CONNECTOR.read)
    assert msgspec.json.encode(dict(CONNECTOR.ignored))
