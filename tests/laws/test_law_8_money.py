"""Law 8: money is exact, and checked on every fold; a break becomes a hold or a drift, never a crash."""

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.quickbooks import CONNECTOR as QUICKBOOKS
from hub.decide.codec import decode_order, encode
from hub.decide.fold import fold_order
from hub.decide.identity import partition
from hub.domain.currencies import DECIMALS
from hub.domain.money import Money
from hub.domain.order import HoldKind, Order
from hub.domain.records import RECORDS, Line, OrderRecord, Record, vendor_key
from hub.pipeline.plan import wanted_of
from hub.pipeline.registry import Connection
from tests.building import at, invoice, order, payment, refund
from tests.laws.asking import commands, orders
from tests.laws.histories import histories, newest
from tests.small_hub import SmallHub

SALE = order(claims=(vendor_key("stripe", "pi_1"),))
EUR, USD = "EUR", "USD"


def euros(minor: int) -> Money:
    return Money(minor, EUR)


# ------------------------------------------------------------------------------------------------------- exact


@given(st.sampled_from(sorted(DECIMALS)), st.integers(-(2**62), 2**62))
def test_an_amount_survives_its_own_decimal_form(currency: str, minor: int) -> None:
    amount = Money.of_minor(minor, currency)

    assert Money.parse(amount.major, currency) == amount
    assert Decimal(amount.major).scaleb(DECIMALS[currency]) == minor


@pytest.mark.parametrize(
    ("major", "currency"),
    [
        *[("0.001", EUR), ("1.5", "JPY"), ("1.0001", "BHD"), ("1e2", EUR), ("NaN", EUR), ("1,00", EUR), ("", EUR)],
        *[("1_000", EUR), (" 1", EUR), ("٣", EUR), ("1.00", "MOON"), ("99999999999999999999", EUR)],
    ],
)
def test_what_is_no_exact_amount_is_refused_and_never_rounded(major: str, currency: str) -> None:
    with pytest.raises(ValueError):
        Money.parse(major, currency)


def test_two_currencies_are_never_added_or_compared() -> None:
    for operation in (Money.__add__, Money.__sub__, Money.__lt__, Money.__le__):
        with pytest.raises(ValueError, match="different currencies"):
            operation(Money(1, EUR), Money(1, USD))


def test_no_amount_of_a_record_is_a_float_or_a_bare_number() -> None:
    for record in {*RECORDS.values(), Line}:
        for field in fields(record):
            assert "float" not in str(field.type) and "Decimal" not in str(field.type)
            if field.name in ("amount", "total", "subtotal", "tax", "captured", "refunded", "balance", "unit_price"):
                assert "Money" in str(field.type), f"{record.__name__}.{field.name}"


async def test_a_refund_in_three_parts_adds_up_to_the_last_unit(house: SmallHub) -> None:
    parts = [refund(f"re_{number}", amount=amount) for number, amount in enumerate((3_333, 3_333, 3_334))]

    await house.say(SALE, payment(), *parts)

    [sale] = await orders(house.db)
    assert (sale.captured, sale.refunded) == (euros(10_000), euros(10_000))
    assert [each.refunded for each in sale.payments] == [euros(10_000)]


async def test_an_order_of_five_hundred_lines_adds_up(house: SmallHub) -> None:
    nothing = euros(0)
    lines = tuple(
        Line(id=f"{n}", title="x", quantity=n, unit_price=euros(1), discount=nothing, tax=nothing, total=euros(n))
        for n in range(1, 501)
    )
    whole = order(total=125_250, lines=lines)

    await house.say(whole)

    [sale] = await orders(house.db)
    assert all(hold.kind is not HoldKind.INVARIANT_BROKEN for hold in sale.holds)
    await house.say(replace(whole, version=2, lines=lines[:-1]))
    [sale] = await orders(house.db)
    assert [hold.kind for hold in sale.holds if "lines sum to" in hold.reason] == [HoldKind.INVARIANT_BROKEN]


# ---------------------------------------------------------------------------------------------- a break is a hold

PAID = payment()
BREAKS: dict[str, tuple[list[Record], str]] = {
    "given back more than captured": ([SALE, payment(refunded=10_001)], "given back of"),
    "refunds exceed the capture": ([SALE, PAID, refund(amount=6_000), refund("re_2", amount=6_000)], "given back of"),
    "captured more than the total": ([SALE, payment(captured=10_001)], "was taken for a total of"),
    "lines are not the subtotal": ([replace(SALE, subtotal=euros(9_000), total=euros(9_000)), PAID], "lines sum to"),
    "the sum is not the total": ([replace(SALE, tax=euros(1)), PAID], "the total says"),
    "a discount that is not taken off": ([replace(SALE, discount=euros(1)), PAID], "the total says"),
    "shipping that nobody charged": ([replace(SALE, shipping=euros(1)), PAID], "the total says"),
    "shipping in another currency": (
        [replace(SALE, shipping=Money(5, USD), discount=euros(5)), PAID],
        "amounts in USD beside a total in EUR",
    ),
    "paid in another currency": ([SALE, payment(currency=USD)], "is in USD, not EUR"),
    "a negative total": (
        [replace(SALE, total=euros(-1), discount=euros(10_001)), PAID],
        "the total is negative",
    ),
}


@pytest.mark.parametrize("name", BREAKS)
async def test_what_does_not_add_up_is_held_in_words_and_no_goods_leave(house: SmallHub, name: str) -> None:
    said, words = BREAKS[name]

    await house.say(*said)
    await house.settle()

    [sale] = await orders(house.db)
    [hold] = [each for each in sale.holds if words in each.reason]
    assert hold.kind is HoldKind.INVARIANT_BROKEN and hold.active
    assert "validated" not in {each.stage for each in sale.stages}
    assert await commands(house.db) == []


async def test_a_sum_that_is_mended_lifts_its_hold_and_goods_leave(house: SmallHub) -> None:
    await house.say(replace(SALE, tax=euros(1)), PAID)
    await house.settle()

    await house.say(replace(SALE, version=2))
    await house.settle()

    [sale] = await orders(house.db)
    assert sale.holds == ()
    assert [row.state for row in await commands(house.db)] == ["done"]


def test_tax_that_prices_hold_already_is_no_part_of_the_sum() -> None:
    [group] = partition([replace(SALE, tax=euros(1_597), tax_included=True), PAID])

    assert fold_order(group).holds == ()


def test_an_invoice_that_is_not_the_order_is_a_drift_for_a_person() -> None:
    settings = QUICKBOOKS.settings.model_validate(
        {"connector": "quickbooks", "realm_id": "1", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
        | {"item_id": "1", "currency": EUR, "walk_in_customer_id": "1"}
    )
    books = Connection(id="books", connector=QUICKBOOKS, settings=settings, settings_digest="")

    def drifts(total: int) -> list[str]:
        bill = invoice(of=SALE.source.key, total=total)
        [group] = partition([SALE, PAID, bill])
        return [each.about for each in wanted_of(books, fold_order(group), [SALE, PAID, bill], None, []).drifts]

    assert drifts(10_000) == []
    assert drifts(10_001) == ["invoice total"]


# -------------------------------------------------------------------------------------------------- never a crash

AMOUNTS = st.builds(Money, st.integers(-(2**62), 2**62), st.sampled_from([EUR, USD, "JPY"]))


@settings(max_examples=80, deadline=None)
@given(histories(), st.data())
def test_no_amounts_whatever_crash_the_fold(history: list[Record], data: st.DataObject) -> None:
    """Every amount of every record is replaced by any other one, in any currency: connectors have bugs too."""
    wild = [_wild(record, data) for record in newest(history)]

    for group in partition(wild):
        if group.id.startswith("ord_"):
            found = fold_order(group)
            assert decode_order(encode(found)) == found
            assert _sound(found) or any(hold.active for hold in found.holds)


def _wild(record: Record, data: st.DataObject) -> Record:
    changes: dict[str, Any] = {
        field.name: data.draw(AMOUNTS, label=f"{record.source} {field.name}")
        for field in fields(record)
        if isinstance(getattr(record, field.name), Money) and data.draw(st.booleans())
    }
    return replace(record, **changes)


def _sound(found: Order) -> bool:
    """The law in its own words, by other means than the fold's."""
    if not found.is_sale:
        return True
    parts = [found.subtotal, found.shipping, found.tip, found.fees, found.discount, found.total, found.tax]
    if {each.currency for each in parts} != {found.currency}:
        return False
    whole = sum(each.minor for each in parts[:4]) - found.discount.minor
    whole += 0 if found.tax_included else found.tax.minor
    return (
        whole == found.total.minor
        and sum(line.total.minor for line in found.lines) == found.subtotal.minor
        and found.total.minor >= 0
        and all(each.refunded.minor <= each.captured.minor for each in found.payments if each.verified)
    )


async def test_a_records_nonsense_is_kept_and_shown_and_its_neighbours_go_on(house: SmallHub) -> None:
    mixed = replace(payment("pi_9"), authorized=Money(5, USD), captured=Money(7, "JPY"), can_capture=True)
    odd = order("1009", claims=(vendor_key("stripe", "pi_9"),), shipping=Money(1, USD))

    await house.say(SALE, PAID, odd, mixed)
    await house.settle()

    by_number = {each.number: each for each in await orders(house.db)}
    assert by_number["#1001"].holds == ()
    assert any(hold.active for hold in by_number["#1009"].holds)
    assert isinstance(odd, OrderRecord) and odd.placed_at == at(0)
