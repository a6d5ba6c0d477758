from dataclasses import replace
from typing import Any

import pytest

from connectors.paypal.plan import CapturePayment, CreateRefund, VoidAuthorization, plan
from hub.domain.commands import Command, Mismatch
from hub.domain.money import Money
from hub.domain.records import (
    CancellationRecord,
    Kind,
    PaymentRecord,
    PaymentStatus,
    RefundRecord,
    RefundRequestRecord,
    RefundStatus,
    Source,
    vendor_key,
)
from tests.building import at, order, payment, refund, shipment, view
from tests.connectors.paypal.app import settings

ORDER = order(total=10_000)
SHIPPED = shipment(of=ORDER)
WHEN_SHIPPED = settings(capture="when_shipped")


def captured(external_id: str = "7CAP", amount: int = 10_000, currency: str = "EUR", **more: Any) -> PaymentRecord:
    fields: dict[str, Any] = {
        "claims": (vendor_key("paypal", external_id), vendor_key("paypal", "7ORD"), ORDER.source.key),
        "identity": vendor_key("paypal", "7ORD"),
    }
    return payment(f"captures/{external_id}", captured=amount, currency=currency, **(fields | more))


def held(amount: int = 10_000, **more: Any) -> PaymentRecord:
    fields: dict[str, Any] = {
        "claims": (vendor_key("paypal", "7AUT"), vendor_key("paypal", "7ORD"), ORDER.source.key),
        "identity": vendor_key("paypal", "7ORD"),
        "status": PaymentStatus.AUTHORIZED,
        "amount": Money(amount, "EUR"),
        "authorized": Money(amount, "EUR"),
        "can_capture": True,
    }
    return payment("authorizations/7AUT", captured=0, **(fields | more))


def given_back(external_id: str, amount: int, of: str = "7CAP", **more: Any) -> RefundRecord:
    keys = (vendor_key("paypal", external_id), vendor_key("paypal", of))
    fields: dict[str, Any] = {"claims": keys, "payment": keys[1]}
    return refund(external_id, amount=amount, **(fields | more))


def request(amount: int = 1_000, *, of: PaymentRecord, number: int = 1, currency: str = "EUR") -> RefundRequestRecord:
    return RefundRequestRecord(
        source=Source("hub", Kind.REFUND_REQUEST, f"rr_{number}"),
        version=1,
        claims=(ORDER.source.key,),
        created_at=at(30 + number),
        updated_at=at(30 + number),
        amount=Money(amount, currency),
        payment=of.source.key,
        reason="broken",
        by="ada",
    )


CANCELLATION = CancellationRecord(
    source=Source("hub", Kind.CANCELLATION, "can_1"),
    version=1,
    claims=(ORDER.source.key,),
    created_at=at(40),
    updated_at=at(40),
    by="ada",
)


def planned(*records: Any, given: Any = None) -> list[Command | Mismatch]:
    return list(plan(view(*records, of="pay", settings=given or settings())))


def commands(*records: Any, given: Any = None) -> list[Command]:
    return [each for each in planned(*records, given=given) if isinstance(each, Command)]


def test_more_than_is_left_is_refused_by_us() -> None:
    paid = captured()

    for records in (
        (ORDER, paid, request(10_001, of=paid)),
        (ORDER, paid, given_back("7REF", 9_500), request(501, of=paid)),
        (ORDER, captured(refunded=9_500), request(501, of=paid)),
    ):
        (found,) = planned(*records)
        assert isinstance(found, Mismatch)
        assert "left to refund" in found.found


def test_two_requests_that_are_too_much_together_are_not_both_asked() -> None:
    paid = captured()

    found = planned(ORDER, paid, request(6_000, of=paid), request(6_000, of=paid, number=2))

    assert [type(each) for each in found] == [CreateRefund, Mismatch]


def test_another_currency_or_a_part_that_paypal_cannot_pay_is_refused_by_us() -> None:
    huf_order, paid = order(total=10_000, currency="HUF"), captured(currency="HUF")

    (foreign,) = planned(ORDER, captured(), request(100, of=captured(), currency="USD"))
    (part,) = planned(huf_order, paid, request(150, of=paid, currency="HUF"))

    assert isinstance(foreign, Mismatch)
    assert isinstance(part, Mismatch)
    assert "no decimals in HUF" in part.found


def test_a_payment_of_another_connection_is_not_ours_to_refund() -> None:
    other = payment("pi_1", connection="other", claims=(ORDER.source.key,))

    assert planned(ORDER, other, request(of=other)) == []


def test_a_refund_request_is_answered_once_from_its_capture() -> None:
    paid = captured()
    (command,) = commands(ORDER, paid, request(of=paid))

    assert command == CreateRefund(
        target="rr_1",
        capture="7CAP",
        amount="10.00",
        currency="EUR",
        order=view(ORDER, of="pay", settings=None).order.id,
    )
    done = given_back("7REF", 1_000, request="rr_1")
    assert planned(ORDER, paid, done, request(of=paid)) == []


def test_a_request_whose_refund_failed_is_for_a_person_and_of_no_other_capture() -> None:
    one, two = captured("7ONE", 5_000), captured("7TWO", 5_000)
    failed = given_back("7REF", 5_000, of="7ONE", status=RefundStatus.FAILED, request="rr_1")
    since = given_back("7NEW", 5_000, of="7ONE")

    (found,) = planned(ORDER, one, two, failed, since, request(5_000, of=one))

    assert found == Mismatch(about="refund request rr_1", expected="50.00 EUR", found="7REF: failed")


def test_a_refund_that_failed_leaves_its_money_to_be_refunded() -> None:
    paid = captured()
    failed = given_back("7REF", 10_000, status=RefundStatus.FAILED)

    assert [type(each) for each in planned(ORDER, paid, failed, request(10_000, of=paid))] == [CreateRefund]


def test_of_several_captures_the_one_that_holds_enough_is_taken() -> None:
    small, large = captured("7AAA", 2_000), captured("7BBB", 8_000)

    (command,) = commands(ORDER, small, large, request(5_000, of=small))

    assert isinstance(command, CreateRefund)
    assert command.capture == "7BBB"


def test_what_is_held_is_taken_when_all_is_shipped_and_only_then() -> None:
    assert commands(ORDER, held(), given=WHEN_SHIPPED) == []
    assert commands(ORDER, held(), SHIPPED) == []
    assert commands(ORDER, held(), SHIPPED, given=WHEN_SHIPPED) == [
        CapturePayment(target="7AUT", amount="100.00", currency="EUR")
    ]


def test_not_more_than_is_due_or_still_held_is_taken() -> None:
    part = captured("7CAP", 3_000, authorized=Money(0, "EUR"))

    assert commands(ORDER, held(12_000), SHIPPED, given=WHEN_SHIPPED) == [
        CapturePayment(target="7AUT", amount="100.00", currency="EUR")
    ]
    assert commands(ORDER, held(), part, SHIPPED, given=WHEN_SHIPPED) == [
        CapturePayment(target="7AUT", amount="70.00", currency="EUR")
    ]


def test_what_was_taken_is_not_taken_again() -> None:
    ended = held(status=PaymentStatus.CAPTURED, can_capture=False, version=2)

    assert commands(ORDER, ended, captured(), SHIPPED, given=WHEN_SHIPPED) == []


def test_a_cancelled_order_lets_go_what_is_held_once() -> None:
    voided = held(status=PaymentStatus.CANCELLED, can_capture=False, authorized=Money(0, "EUR"))

    assert planned(ORDER, held(), CANCELLATION) == [VoidAuthorization(target="7AUT")]
    assert planned(ORDER, voided, CANCELLATION) == []


def test_money_that_a_cancelled_order_still_holds_is_shown_and_not_given_back_unasked() -> None:
    paid = captured()

    (left,) = planned(ORDER, paid, CANCELLATION)

    assert isinstance(left, Mismatch)
    assert left.found == "100.00 EUR"
    assert [type(each) for each in planned(ORDER, paid, CANCELLATION, request(10_000, of=paid))] == [CreateRefund]


@pytest.mark.parametrize(("environment", "count"), [("live", 0), ("sandbox", 1)])
def test_a_test_order_moves_nothing_in_a_live_account(environment: str, count: int) -> None:
    paid = captured()
    test = replace(ORDER, test=True)

    assert len(planned(test, paid, request(of=paid), given=settings(environment=environment))) == count
