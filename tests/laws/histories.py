"""Whole histories of a few orders that share customers and payments: what systems may say, as a Hypothesis strategy."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from hub.decide.codec import digest, encode
from hub.domain.money import Money
from hub.domain.records import (
    CancellationRecord,
    CreditNoteRecord,
    DisputeRecord,
    DisputeStatus,
    HoldReleaseRecord,
    InvoicePaymentRecord,
    InvoiceStatus,
    Kind,
    OrderRecord,
    PaymentStatus,
    Record,
    RefundRequestRecord,
    RefundStatus,
    ShipmentStatus,
    Source,
    vendor_key,
)
from tests.building import at, customer, invoice, order, payment, refund, shipment

NUMBERS = ("1001", "1002", "1003")
PAYMENTS = ("pi_1", "pi_2")
CURRENCIES = ("EUR", "USD", "JPY")
Draw = st.DrawFn


def newest(records: Iterable[Record]) -> list[Record]:
    """One per source: by version, and by content where versions tie."""
    held: dict[Source, Record] = {}
    for record in sorted(records, key=lambda each: (each.source, each.version, digest(encode(each)))):
        held[record.source] = record
    return list(held.values())


@st.composite
def histories(draw: Draw) -> list[Record]:
    records: list[Record] = []
    for number in NUMBERS[: draw(st.integers(1, 3))]:
        records += draw(sales(number))
    for external_id in PAYMENTS[: draw(st.integers(0, 2))]:
        records += draw(payments(external_id))
    records += draw(st.lists(people(), max_size=3))
    return records


def _versions(draw: Draw, most: int = 3) -> list[int]:
    """Versions may tie: vendors' clocks are coarse."""
    return draw(st.lists(st.integers(1, 4), min_size=1, max_size=most))


@st.composite
def sales(draw: Draw, number: str) -> list[Record]:
    """A store's order with its edits, and what other systems say with a reference to it."""
    currency = draw(st.sampled_from(CURRENCIES))
    records: list[Record] = []
    for version in _versions(draw):
        total = draw(st.sampled_from([0, 1, 9_000, 10_000, 20_000]))
        records.append(
            order(
                number,
                version=version,
                currency=currency,
                total=total,
                # A sum that does not add up is a hold, not a fault.
                subtotal=Money(total + draw(st.sampled_from([0, 0, 0, 5])), currency),
                claims=tuple(vendor_key("stripe", each) for each in draw(st.sets(st.sampled_from(PAYMENTS)))),
                customer=draw(st.sampled_from([None, Source("shop", Kind.CUSTOMER, "c1")])),
                cancelled_at=draw(st.sampled_from([None, None, at(40)])),
                deleted=draw(st.sampled_from([False] * 5 + [True])),
                note=draw(st.sampled_from(["", "please ring"])),
            )
        )
    assert isinstance(records[0], OrderRecord)
    records += draw(st.lists(_about(records[0]), max_size=5))
    return records


@st.composite
def _about(draw: Draw, sale: OrderRecord) -> Record:
    """Something that another system, or the hub itself, says of the order. The same external ids come back often."""
    version, one_or_two = draw(st.integers(1, 4)), draw(st.integers(1, 2))
    suffix = f"{sale.source.external_id}-{one_or_two}"
    key, currency = sale.source.key, sale.currency
    common: dict[str, Any] = {
        "version": version,
        "claims": (key,),
        "created_at": at(20),
        "updated_at": at(20 + version),
    }
    hub: dict[str, Any] = {**common, "version": 1, "updated_at": at(20), "by": "ops"}
    some = Money(draw(st.sampled_from([1, 500, 10_000])), currency)
    match draw(st.sampled_from(list(Kind))):
        case Kind.ORDER:  # another system's word for the same sale; the hub's own ids were told to callers
            connection = draw(st.sampled_from(["hub", "pos"]))
            claims = draw(st.sampled_from([(key,), ()]))
            return order(f"x{suffix}", connection=connection, currency=currency, version=version, claims=claims)
        case Kind.PAYMENT:  # what the store believes of a payment
            claims = (key, vendor_key("stripe", draw(st.sampled_from(PAYMENTS))))
            return payment(f"tx_{suffix}", connection="shop", version=version, authority=False, claims=claims)
        case Kind.SHIPMENT:
            return shipment(
                f"s{suffix}",
                of=sale,
                version=version,
                connection=draw(st.sampled_from(["shop", "carrier"])),
                status=draw(st.sampled_from(list(ShipmentStatus))),
                tracking=draw(st.sampled_from([(), ("TN1",), ("TN1", "TN2")])),
                deleted=draw(st.sampled_from([False, False, True])),
            )
        case Kind.INVOICE:
            status = draw(st.sampled_from(list(InvoiceStatus)))
            return invoice(f"i{suffix}", of=key, version=version, currency=currency, status=status, balance=some.minor)
        case Kind.INVOICE_PAYMENT:
            return InvoicePaymentRecord(source=Source("books", Kind.INVOICE_PAYMENT, suffix), amount=some, **common)
        case Kind.CREDIT_NOTE:
            source = Source("books", Kind.CREDIT_NOTE, suffix)
            return CreditNoteRecord(source=source, number=suffix, total=some, balance=some, **common)
        case Kind.CANCELLATION:
            return CancellationRecord(source=Source("hub", Kind.CANCELLATION, suffix), **hub)
        case Kind.HOLD_RELEASE:
            return HoldReleaseRecord(source=Source("hub", Kind.HOLD_RELEASE, suffix), hold=f"hld_{version}", **hub)
        case Kind.REFUND_REQUEST:
            source = Source("hub", Kind.REFUND_REQUEST, suffix)
            return RefundRequestRecord(source=source, amount=some, payment=payment("pi_1").source.key, **hub)
        case _:
            return refund(f"re_{suffix}", of="pi_1", connection="shop", amount=500, version=version, authority=False)


@st.composite
def payments(draw: Draw, external_id: str) -> list[Record]:
    """A processor's payment from its beginning, with refunds and a dispute; in one of a few currencies."""
    currency = draw(st.sampled_from(CURRENCIES))
    key = vendor_key("stripe", external_id)
    records: list[Record] = []
    for version in _versions(draw, most=4):
        captured = draw(st.sampled_from([0, 9_000, 10_000]))
        status = draw(st.sampled_from(list(PaymentStatus)))
        records.append(
            payment(
                external_id,
                version=version,
                currency=currency,
                captured=captured,
                refunded=draw(st.sampled_from([0, 500, captured])),
                status=status,
                can_capture=status is PaymentStatus.AUTHORIZED,
            )
        )
    charge = payment(f"ch_{external_id}", currency=currency, captured=9_000, claims=(key,))
    records += draw(st.lists(st.just(charge), max_size=1))
    for number in range(draw(st.integers(0, 3))):
        ended = draw(st.sampled_from(list(RefundStatus)))
        version = draw(st.integers(1, 2))
        records.append(
            refund(f"re_{number}", of=external_id, currency=currency, amount=500, version=version, status=ended)
        )
    for version in draw(st.lists(st.integers(1, 3), max_size=2)):
        records.append(
            DisputeRecord(
                source=Source("pay", Kind.DISPUTE, f"dp_{external_id}"),
                version=version,
                claims=(key,),
                created_at=at(50),
                updated_at=at(50) + timedelta(seconds=version),
                status=draw(st.sampled_from(list(DisputeStatus))),
                amount=Money(500, currency),
                payment=key,
            )
        )
    return records


@st.composite
def people(draw: Draw) -> Record:
    """A store's customer, and the books' one that refers to it, or does not any more."""
    version = draw(st.integers(1, 3))
    name = draw(st.sampled_from(["Ada Lovelace", "Ada King", ""]))
    known = customer("c1", version=version, name=name, deleted=draw(st.booleans()))
    in_books = customer("9", connection="books", version=version, name=name, email="books@example.com")
    claims = draw(st.sampled_from([(), (customer("c1").source.key,)]))
    return draw(st.sampled_from([known, replace(in_books, claims=claims)]))
