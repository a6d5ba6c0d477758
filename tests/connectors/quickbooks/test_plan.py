from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.books.commands import VoidInvoice
from connectors.quickbooks.commands import (
    CreateCreditMemo,
    CreateCustomer,
    CreateInvoice,
    RecordPayment,
    UpdateInvoice,
)
from connectors.quickbooks.lines import invoice_lines
from hub.domain.commands import Mismatch
from hub.domain.money import Money
from hub.domain.order import Hold, HoldKind, Order, PaymentState
from hub.domain.records import (
    CreditNoteRecord,
    CustomerRecord,
    InvoicePaymentRecord,
    InvoiceRecord,
    InvoiceStatus,
    Kind,
    RefundStatus,
    Source,
)
from tests.connectors.books.sales import BACK, NOON, PAID, SALE, line, order, payment, person, refund, usd
from tests.connectors.quickbooks.company import planned, settings, view

HEAD: dict[str, Any] = {"version": 1, "created_at": NOON, "updated_at": NOON}
UNPAID: dict[str, Any] = {"payment_state": PaymentState.UNPAID, "captured": usd(0)}


def hold(kind: HoldKind = HoldKind.INVARIANT_BROKEN, **more: Any) -> Hold:
    return Hold(id="hld_1", kind=kind, reason="why", **more)


def booked(total: int = 10_000, balance: int | None = None, **more: Any) -> InvoiceRecord:
    plain = InvoiceRecord(
        **HEAD,
        source=Source("books", Kind.INVOICE, "8"),
        claims=(SALE.key,),
        number="1",
        status=InvoiceStatus.OPEN,
        total=usd(total),
        balance=usd(total if balance is None else balance),
        customer=Source("books", Kind.CUSTOMER, "1"),
    )
    return replace(plain, **more)


def paid(minor: int, reference: str = PAID.key, id: str = "9") -> InvoicePaymentRecord:
    source = Source("books", Kind.INVOICE_PAYMENT, id)
    return InvoicePaymentRecord(**HEAD, source=source, amount=usd(minor), invoices=("8",), reference=reference)


def known(currency: str = "USD", id: str = "55") -> CustomerRecord:
    return CustomerRecord(**HEAD, source=Source("books", Kind.CUSTOMER, id), claims=(person().id,), currency=currency)


@pytest.mark.parametrize(
    "not_booked",
    [
        order(test=True),
        order(sources=()),
        order(**UNPAID),
        order(holds=(hold(),)),
        order(cancelled_at=NOON, captured=usd(0)),
    ],
    ids=["a test", "no sale", "unpaid", "held", "cancelled before any payment"],
)
def test_no_document_is_made_for(not_booked: Order) -> None:
    assert planned(view(not_booked)) == []


def test_a_sale_before_the_first_day_is_left_alone() -> None:
    assert planned(view(order(), chosen=settings(from_date="2026-11-23"))) == []


def test_a_payment_that_is_not_verified_does_not_hold_an_invoice_written_before_payment() -> None:
    chosen = settings(invoice="when_placed")
    waiting = order(**UNPAID, holds=(hold(HoldKind.PAYMENT_NOT_VERIFIED),))
    broken = order(**UNPAID, holds=(hold(),))

    assert [type(each) for each in planned(view(waiting, chosen=chosen))] == [CreateInvoice]
    assert planned(view(broken, chosen=chosen)) == []


def test_a_currency_that_the_books_do_not_have_is_for_a_person_to_see() -> None:
    (foreign,) = planned(view(order(currency="EUR"), chosen=settings(multicurrency=False)))
    (dinar,) = planned(view(order(currency="KWD")))
    (mixed,) = planned(view(order(lines=(line(5, currency="EUR"),))))

    assert all(isinstance(each, Mismatch) for each in (foreign, dinar, mixed))


def test_a_customer_comes_before_the_invoice() -> None:
    (wish,) = planned(view(order(), customer=person()))

    assert isinstance(wish, CreateCustomer)
    assert (wish.subject, wish.target, wish.name) == (person().id, "USD", "Ann O'Hara")


def test_a_second_currency_is_a_second_customer() -> None:
    (euro,) = planned(view(order(currency="EUR"), customer=person(), customer_said=(known(),)))
    (wish,) = planned(view(order(), customer=person(), customer_said=(known("EUR", "54"), known(id="57"), known())))

    assert isinstance(euro, CreateCustomer) and euro.target == "EUR"
    assert isinstance(wish, CreateInvoice) and wish.customer == "55"


def test_a_sale_without_a_customer_goes_to_the_walk_in_one_of_its_currency() -> None:
    (wish,) = planned(view(order()))
    (missing,) = planned(view(order(currency="EUR")))
    (euro,) = planned(view(order(currency="EUR"), chosen=settings(walk_in_customer_ids={"EUR": "44"})))

    assert isinstance(wish, CreateInvoice) and wish.customer == "1" and wish.subject == SALE.key
    assert isinstance(missing, Mismatch)
    assert isinstance(euro, CreateInvoice) and euro.customer == "44"


@pytest.mark.parametrize("tax_item", [None, "9"])
@pytest.mark.parametrize("included", [True, False])
@pytest.mark.parametrize("wrong_by", [0, 3])
def test_the_lines_of_an_invoice_sum_up_to_the_order(tax_item: str | None, included: bool, wrong_by: int) -> None:
    parts: dict[str, Any] = {
        "discount": usd(500),
        "shipping": usd(799),
        "tax": usd(840),
        "tip": usd(100),
        "fees": usd(-1),
    }
    total = 3 * 333 - 1 + 7000 - 500 + 799 + 100 - 1 + (0 if included else 840) + wrong_by
    sale = order(total, lines=(line(333, 3, 1), line(7000)), tax_included=included, **parts)

    lines = invoice_lines(sale, settings(tax_item_id=tax_item))

    assert sum((each.amount for each in lines), start=usd(0)) == usd(total)
    assert all(
        each.quantity is None or each.unit_price.minor * each.quantity == each.amount.minor
        for each in lines
        if each.unit_price
    )
    booked_tax = sum((each.amount for each in lines if each.item == "9"), start=usd(0))
    assert booked_tax == usd(840 if tax_item else 0)


def test_an_order_without_lines_is_one_line_of_its_total() -> None:
    (only,) = invoice_lines(order(0, lines=()), settings())

    assert only.amount == usd(0)


def test_split_payments_are_booked_up_to_the_open_balance() -> None:
    second = Source("cards", Kind.PAYMENT, "pi_2")
    sale = order(payments=(payment(6_000), payment(6_000, second)))

    wishes = planned(view(sale, (booked(),)))

    assert sorted((each.target, each.amount.minor) for each in wishes if isinstance(each, RecordPayment)) == sorted(
        [(min(PAID.key, second.key), 6_000), (max(PAID.key, second.key), 4_000)]
    )


def test_a_payment_is_booked_once_even_while_the_invoice_still_shows_the_old_balance() -> None:
    second = Source("cards", Kind.PAYMENT, "pi_2")
    sale = order(payments=(payment(6_000), payment(6_000, second)))

    (wish,) = planned(view(sale, (booked(), paid(6_000))))

    assert isinstance(wish, RecordPayment)
    assert (wish.target, wish.amount) == (second.key, usd(4_000))


def test_a_payment_that_was_booked_under_an_earlier_name_is_not_booked_again() -> None:
    """A payment is named by what its tellers know: a PayPal capture names the authorization, later its order."""
    late = payment(3_000, id="pay_2late")
    entry = paid(3_000, "pay_1early")
    after = view(order(payments=(late,)), (booked(balance=7_000), entry))
    another = view(order(payments=(late, replace(late, id="pay_3more"))), (booked(balance=7_000), entry))

    assert planned(after) == []
    assert [each.amount for each in planned(another) if isinstance(each, RecordPayment)] == [usd(3_000)]


@pytest.mark.parametrize(
    "more", [{"verified": False}, {"captured": Money(0, "USD")}, {"captured": Money(10_000, "EUR")}]
)
def test_a_payment_that_is_not_sure_is_not_booked(more: dict[str, Any]) -> None:
    assert planned(view(order(payments=(payment(**more),)), (booked(),))) == []


def test_a_payment_booked_with_another_amount_is_a_mismatch() -> None:
    (found,) = planned(view(order(payments=(payment(),)), (booked(balance=1_000), paid(9_000))))

    assert isinstance(found, Mismatch) and (found.expected, found.found) == ("100.00 USD", "90.00 USD")


def test_each_refund_is_credited_once() -> None:
    sale = order(refunds=(refund(2_500),))
    source = Source("books", Kind.CREDIT_NOTE, "7")
    note = CreditNoteRecord(**HEAD, source=source, number="1", total=usd(2_500), balance=usd(0), reference=BACK.key)

    (wish,) = planned(view(sale, (booked(balance=0),)))

    assert isinstance(wish, CreateCreditMemo)
    assert (wish.target, wish.total, wish.customer) == (BACK.key, usd(2_500), "1")
    assert planned(view(sale, (booked(balance=0), note))) == []
    (found,) = planned(view(sale, (booked(balance=0), replace(note, total=usd(1)))))
    assert isinstance(found, Mismatch)


@pytest.mark.parametrize("status", [RefundStatus.FAILED, RefundStatus.CANCELLED])
def test_a_credit_memo_of_a_refund_that_came_to_nothing_is_for_a_person(status: RefundStatus) -> None:
    """PayPal, for one, tells days later that a refund did not go through: the books would owe what nobody got."""
    sale = order(refunds=(refund(2_500, status=status),))
    source = Source("books", Kind.CREDIT_NOTE, "7")
    note = CreditNoteRecord(**HEAD, source=source, number="1", total=usd(2_500), balance=usd(0), reference=BACK.key)

    (found,) = planned(view(sale, (booked(balance=0), note)))

    assert isinstance(found, Mismatch)
    assert (found.expected, found.found) == ("none, as the refund " + status, "25.00 USD")
    assert planned(view(sale, (booked(balance=0), replace(note, void=True)))) == []


def test_a_hold_stops_payments_and_credits_too() -> None:
    sale = order(payments=(payment(),), refunds=(refund(1),), holds=(hold(),))

    assert planned(view(sale, (booked(),))) == []


def test_an_unpaid_invoice_of_a_cancelled_order_is_voided_and_a_paid_one_is_shown() -> None:
    sale = order(cancelled_at=NOON, **UNPAID)
    (wish,) = planned(view(sale, (booked(),)))
    (found,) = planned(view(sale, (booked(balance=0),)))

    assert isinstance(wish, VoidInvoice) and wish.target == "8"
    assert isinstance(found, Mismatch)
    assert planned(view(sale, (booked(status=InvoiceStatus.VOID, total=0, balance=0),))) == []


def test_an_edited_order_changes_its_unpaid_invoice_but_never_a_paid_or_foreign_one() -> None:
    (wish,) = planned(view(order(12_000), (booked(),)))

    assert isinstance(wish, UpdateInvoice) and wish.total == usd(12_000)
    for other in (booked(balance=0), booked(claims=())):
        (found,) = planned(view(order(12_000), (other,)))
        assert isinstance(found, Mismatch) and found.found == "100.00 USD"
    (found,) = planned(view(order(12_000), (booked(), paid(1))))
    assert isinstance(found, Mismatch)


def test_an_invoice_that_people_edited_is_not_changed_back_unless_the_order_was_edited_later() -> None:
    edited = booked(version=1_000)  # SyncToken 1

    (found,) = planned(view(order(12_000), (edited,)))
    (wish,) = planned(view(order(12_000), (replace(edited, updated_at=NOON - timedelta(seconds=1)),)))

    assert isinstance(found, Mismatch)
    assert isinstance(wish, UpdateInvoice)


def test_a_second_or_a_voided_invoice_is_for_a_person_to_judge() -> None:
    twin = booked(source=Source("books", Kind.INVOICE, "9"))
    void = booked(status=InvoiceStatus.VOID, total=0, balance=0)

    for said in ((booked(), twin), (void,)):
        (found,) = planned(view(order(payments=(payment(),)), said))
        assert isinstance(found, Mismatch)


def test_the_day_is_the_companys_own() -> None:
    late = order(placed_at=NOON.replace(hour=3))
    (wish,) = planned(view(late, chosen=settings(timezone="America/Los_Angeles")))

    assert isinstance(wish, CreateInvoice) and wish.date == "2026-11-21"


def test_a_document_number_is_only_given_when_asked_for_and_fits() -> None:
    (plain,) = planned(view(order()))
    (long,) = planned(view(order(number="#" + "9" * 30), chosen=settings(document_numbers="order")))

    assert isinstance(plain, CreateInvoice) and plain.number == ""
    assert isinstance(long, CreateInvoice) and len(long.number) == 21
