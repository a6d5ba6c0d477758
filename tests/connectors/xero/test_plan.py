from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.books.commands import VoidInvoice
from connectors.xero.commands import (
    CreateContact,
    CreateCreditNote,
    CreateInvoice,
    RecordPayment,
    UpdateInvoice,
)
from connectors.xero.lines import credit_lines, invoice_lines
from connectors.xero.sandbox import WALK_IN
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
from tests.connectors.xero.office import planned, settings, view

HEAD: dict[str, Any] = {"version": 1, "created_at": NOON, "updated_at": NOON}
UNPAID: dict[str, Any] = {"payment_state": PaymentState.UNPAID, "captured": usd(0)}
RATE: dict[str, Any] = {"tax": "rate", "tax_type": "OUTPUT", "no_tax_type": "NONE"}


def hold(kind: HoldKind = HoldKind.INVARIANT_BROKEN, **more: Any) -> Hold:
    return Hold(id="hld_1", kind=kind, reason="why", **more)


def booked(total: int = 10_000, balance: int | None = None, **more: Any) -> InvoiceRecord:
    """Last changed before the order was."""
    plain = InvoiceRecord(
        **HEAD | {"updated_at": NOON - timedelta(minutes=1)},
        source=Source("books", Kind.INVOICE, "8"),
        claims=(SALE.key,),
        number="1",
        status=InvoiceStatus.OPEN,
        total=usd(total),
        balance=usd(total if balance is None else balance),
        customer=Source("books", Kind.CUSTOMER, WALK_IN),
    )
    return replace(plain, **more)


def paid(minor: int, reference: str = PAID.key, id: str = "9") -> InvoicePaymentRecord:
    source = Source("books", Kind.INVOICE_PAYMENT, id)
    return InvoicePaymentRecord(**HEAD, source=source, amount=usd(minor), invoices=("8",), reference=reference)


def known(id: str = "55", claims: tuple[str, ...] = ()) -> CustomerRecord:
    return CustomerRecord(**HEAD, source=Source("books", Kind.CUSTOMER, id), claims=claims)


@pytest.mark.parametrize(
    "not_booked",
    [
        order(test=True),
        order(sources=()),
        order(**UNPAID),
        order(holds=(hold(),)),
        order(cancelled_at=NOON, captured=usd(0)),
        order(captured=usd(9_999)),
    ],
    ids=["a test", "no sale", "unpaid", "held", "cancelled before any payment", "a cent too little"],
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
    (foreign,) = planned(view(order(currency="GBP")))
    (dinar,) = planned(view(order(currency="KWD"), chosen=settings(currencies=["KWD"])))
    (mixed,) = planned(view(order(lines=(line(5, currency="EUR"),))))

    assert all(isinstance(each, Mismatch) for each in (foreign, dinar, mixed))


def test_a_contact_comes_before_the_invoice_and_serves_every_currency() -> None:
    (wish,) = planned(view(order(), customer=person()))
    (euro,) = planned(view(order(currency="EUR"), customer=person(), customer_said=(known(),)))

    assert isinstance(wish, CreateContact) and (wish.subject, wish.name) == (person().id, "Ann O'Hara")
    assert isinstance(euro, CreateInvoice) and euro.contact == "55"


def test_of_two_contacts_of_one_person_ours_is_taken() -> None:
    (wish,) = planned(view(order(), customer=person(), customer_said=(known("54"), known("55", (person().id,)))))

    assert isinstance(wish, CreateInvoice) and wish.contact == "55"


def test_a_sale_without_a_customer_goes_to_the_walk_in_contact() -> None:
    (wish,) = planned(view(order()))
    (missing,) = planned(view(order(), chosen=settings(walk_in_contact=None)))

    assert isinstance(wish, CreateInvoice) and wish.contact == WALK_IN
    assert isinstance(missing, Mismatch)


def test_an_invoice_names_its_order_and_is_numbered_by_xero_unless_told_otherwise() -> None:
    (wish,) = planned(view(order(number='#10"01')))
    (numbered,) = planned(view(order(), chosen=settings(invoice_numbers="order", due_days=14)))

    assert isinstance(wish, CreateInvoice) and isinstance(numbered, CreateInvoice)
    assert (wish.reference, wish.number, wish.due) == (f"{SALE.key} #1001", "", "2026-11-22")
    assert (numbered.number, numbered.due) == ("#1001", "2026-12-06")


PARTS: dict[str, Any] = {"discount": usd(500), "shipping": usd(799), "tip": usd(100), "fees": usd(-1)}


def sale(included: bool, taxes: tuple[int, int], wrong_by: int = 0, **more: Any) -> Order:
    total = 3 * 333 - 1 + 7000 - 500 + 799 + 100 - 1 + (0 if included else 840) + wrong_by
    lines = (line(333, 3, 1, tax=taxes[0]), line(7000, tax=taxes[1]))
    return order(total, lines=lines, tax_included=included, tax=usd(840), **PARTS | more)


@pytest.mark.parametrize("chosen", [{}, {"tax_account": "820"}, RATE], ids=["one account", "tax account", "rates"])
@pytest.mark.parametrize("included", [True, False])
@pytest.mark.parametrize("taxes", [(0, 0), (100, 700), (140, 700)], ids=["untold", "some told", "all told"])
@pytest.mark.parametrize("wrong_by", [0, 3])
def test_the_lines_and_their_tax_sum_up_to_the_order(
    chosen: dict[str, Any], included: bool, taxes: tuple[int, int], wrong_by: int
) -> None:
    this = sale(included, taxes, wrong_by)

    amounts, lines = invoice_lines(this, settings(**chosen))

    tax = sum((each.tax for each in lines if each.tax is not None), start=usd(0))
    net = sum((each.amount for each in lines), start=usd(0))
    assert net + (tax if amounts == "Exclusive" else usd(0)) == this.total
    assert amounts == ("NoTax" if not chosen.get("tax") else "Inclusive" if included else "Exclusive")
    assert tax == usd(840 if chosen.get("tax") else 0)
    assert sum((each.amount for each in lines if each.account == "820"), start=usd(0)) == usd(
        840 if "tax_account" in chosen else 0
    )
    assert all(
        each.quantity is None or each.unit_price.minor * each.quantity == each.amount.minor
        for each in lines
        if each.unit_price
    )


def test_what_lines_do_not_tell_of_the_tax_is_on_shipping_and_the_discount_lowers_what_is_taxed() -> None:
    _, lines = invoice_lines(sale(False, (100, 700)), settings(**RATE))

    by_text = {each.text: each for each in lines}
    assert (by_text["Shipping"].tax_type, by_text["Shipping"].tax) == ("OUTPUT", usd(40))
    assert (by_text["Discount"].tax_type, by_text["Discount"].tax) == ("OUTPUT", usd(0))
    assert (by_text["Tip"].tax_type, by_text["Tip"].tax) == ("NONE", usd(0))


@pytest.mark.parametrize("chosen", [{}, RATE])
@pytest.mark.parametrize("more", [{}, {"tax": usd(10)}, {"tax": usd(10), "shipping": usd(90)}])
def test_an_order_without_lines_is_booked_all_the_same(chosen: dict[str, Any], more: dict[str, Any]) -> None:
    amounts, lines = invoice_lines(order(100, lines=(), **more), settings(**chosen))

    tax = sum((each.tax for each in lines if each.tax is not None), start=usd(0))
    net = sum((each.amount for each in lines), start=usd(0))
    assert net + (tax if amounts == "Exclusive" else usd(0)) == usd(100)
    assert lines and all(each.text for each in lines)


def test_the_tax_of_a_refund_is_the_orders_in_proportion_and_all_of_it_in_the_end() -> None:
    this = order(10_840, tax=usd(840), lines=(line(10_000, tax=840),))

    whole = credit_lines(this, refund(10_840), settings(**RATE))[1][0]
    half = credit_lines(this, refund(5_420), settings(**RATE))[1][0]
    plain = credit_lines(this, refund(5_420), settings(refund_account="260"))

    assert (whole.tax, half.tax) == (usd(840), usd(420))
    assert plain[0] == "NoTax" and (plain[1][0].account, plain[1][0].tax) == ("260", None)


def test_split_payments_are_booked_up_to_the_open_balance() -> None:
    second = Source("cards", Kind.PAYMENT, "pi_2")
    this = order(payments=(payment(6_000), payment(6_000, second)))

    wishes = planned(view(this, (booked(),)))

    assert sorted((each.target, each.amount.minor) for each in wishes if isinstance(each, RecordPayment)) == sorted(
        [(min(PAID.key, second.key), 6_000), (max(PAID.key, second.key), 4_000)]
    )


def test_a_payment_is_booked_once_even_while_the_invoice_still_shows_the_old_balance() -> None:
    second = Source("cards", Kind.PAYMENT, "pi_2")
    this = order(payments=(payment(6_000), payment(6_000, second)))

    (wish,) = planned(view(this, (booked(), paid(6_000))))

    assert isinstance(wish, RecordPayment)
    assert (wish.target, wish.amount) == (second.key, usd(4_000))


@pytest.mark.parametrize(
    "more", [{"verified": False}, {"captured": Money(0, "USD")}, {"captured": Money(10_000, "EUR")}]
)
def test_a_payment_that_is_not_sure_is_not_booked(more: dict[str, Any]) -> None:
    assert planned(view(order(payments=(payment(**more),)), (booked(),))) == []


def test_a_payment_that_was_booked_under_an_earlier_name_is_not_booked_again() -> None:
    """A payment is named by what its tellers know: a PayPal capture names the authorization, later its order."""
    unpaid: dict[str, Any] = {"payment_state": PaymentState.PARTIALLY_PAID, "captured": usd(3_000)}
    early, late = payment(3_000, id="pay_1early"), payment(3_000, id="pay_2late")
    entry = paid(3_000, "pay_1early")
    before = view(order(payments=(early,), **unpaid), (booked(balance=7_000), entry))
    after = view(order(payments=(late,), **unpaid), (booked(balance=7_000), entry))
    another = view(order(payments=(late, replace(late, id="pay_3more")), **unpaid), (booked(balance=7_000), entry))

    assert planned(before) == planned(after) == []
    assert [each.amount for each in planned(another) if isinstance(each, RecordPayment)] == [usd(3_000)]


def test_a_payment_booked_with_another_amount_is_a_mismatch() -> None:
    (found,) = planned(view(order(payments=(payment(),)), (booked(balance=1_000), paid(9_000))))

    assert isinstance(found, Mismatch) and (found.expected, found.found) == ("100.00 USD", "90.00 USD")


def test_a_payment_that_the_invoice_no_longer_shows_is_for_a_person_until_its_own_record_comes() -> None:
    this = order(payments=(payment(),))

    (found,) = planned(view(this, (booked(version=2), paid(10_000))))

    assert isinstance(found, Mismatch) and (found.expected, found.found) == ("100.00 USD", "0.00 USD")
    assert planned(view(this, (booked(version=1), paid(10_000)))) == []


def test_a_paid_order_whose_invoice_people_keep_as_a_draft_is_for_a_person() -> None:
    (found,) = planned(view(order(payments=(payment(),)), (booked(status=InvoiceStatus.DRAFT),)))

    assert isinstance(found, Mismatch) and found.found == "a draft"


def test_each_refund_is_credited_once() -> None:
    this = order(refunds=(refund(2_500),))
    source = Source("books", Kind.CREDIT_NOTE, "7")
    note = CreditNoteRecord(**HEAD, source=source, number="1", total=usd(2_500), balance=usd(0), reference=BACK.key)

    (wish,) = planned(view(this, (booked(balance=0),)))

    assert isinstance(wish, CreateCreditNote)
    assert (wish.target, wish.total, wish.reference) == (BACK.key, usd(2_500), f"{SALE.key} {BACK.key}")
    assert planned(view(this, (booked(balance=0), note))) == []
    (found,) = planned(view(this, (booked(balance=0), replace(note, total=usd(1)))))
    assert isinstance(found, Mismatch)


@pytest.mark.parametrize("status", [RefundStatus.FAILED, RefundStatus.CANCELLED])
def test_a_credit_note_of_a_refund_that_came_to_nothing_is_for_a_person(status: RefundStatus) -> None:
    """PayPal, for one, tells days later that a refund did not go through: the books would owe what nobody got."""
    this = order(refunds=(refund(2_500, status=status),))
    source = Source("books", Kind.CREDIT_NOTE, "7")
    note = CreditNoteRecord(**HEAD, source=source, number="1", total=usd(2_500), balance=usd(0), reference=BACK.key)

    (found,) = planned(view(this, (booked(balance=0), note)))

    assert isinstance(found, Mismatch)
    assert (found.expected, found.found) == ("none, as the refund " + status, "25.00 USD")
    assert planned(view(this, (booked(balance=0), replace(note, void=True)))) == []


def test_a_hold_stops_payments_and_credits_too() -> None:
    this = order(payments=(payment(),), refunds=(refund(1),), holds=(hold(),))

    assert planned(view(this, (booked(),))) == []


def test_an_unpaid_invoice_of_a_cancelled_order_is_voided_and_a_paid_one_is_shown() -> None:
    this = order(cancelled_at=NOON, **UNPAID)
    (wish,) = planned(view(this, (booked(),)))
    (found,) = planned(view(this, (booked(balance=0),)))

    assert isinstance(wish, VoidInvoice) and wish.target == "8"
    assert isinstance(found, Mismatch)
    assert planned(view(this, (booked(status=InvoiceStatus.VOID, balance=0),))) == []


def test_an_edited_order_changes_its_unpaid_invoice_but_never_a_paid_foreign_or_later_edited_one() -> None:
    (wish,) = planned(view(order(12_000), (booked(),)))

    assert isinstance(wish, UpdateInvoice) and wish.total == usd(12_000)
    for other in (booked(balance=0), booked(claims=()), booked(updated_at=NOON)):
        (found,) = planned(view(order(12_000), (other,)))
        assert isinstance(found, Mismatch) and found.found == "100.00 USD"
    (found,) = planned(view(order(12_000), (booked(), paid(1))))
    assert isinstance(found, Mismatch)


def test_a_second_or_a_voided_invoice_is_for_a_person_to_judge() -> None:
    twin = booked(source=Source("books", Kind.INVOICE, "9"))
    void = booked(status=InvoiceStatus.VOID, balance=0)

    for said in ((booked(), twin), (void,)):
        (found,) = planned(view(order(payments=(payment(),)), said))
        assert isinstance(found, Mismatch)


def test_the_day_is_the_organisations_own() -> None:
    late = order(placed_at=NOON.replace(hour=3))
    (wish,) = planned(view(late, chosen=settings(timezone="America/Los_Angeles")))

    assert isinstance(wish, CreateInvoice) and wish.date == "2026-11-21"
