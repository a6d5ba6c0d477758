"""An order body: the sale itself, and the payments, refunds, parcels and customer that it embeds.

**Which amounts.** The hub wants a sale after edits and before refunds. Shopify tells two others: `total_price`, "before
returns", which counts units that an edit took out, and `current_total_price`, which leaves out refunded ones as well.
Both an edit and a refund leave a *refund* behind that names the units; the difference is that an edit moves no money.
So the sale is what was before returns, less the units of refunds that moved no money. Units that were given back when
the order was cancelled stay in: a cancelled order is cancelled, not empty.

**Where discounts go.** Allocations of a line, also its share of a discount on the order, are the line's; a discount on
shipping lowers shipping; only what neither names (old or incomplete bodies) is the order's own.

All amounts are in the shop's currency. A body whose totals do not add up is read as it is: the hub holds the order.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from connectors.shopify import rest_shapes as rest
from connectors.shopify.read_customer import address, customer_record, customer_source, guest_record, guest_source
from connectors.shopify.read_customer import version_of as version_at
from connectors.shopify.read_payment import in_shop_currency, payments, refunds
from connectors.shopify.read_shipment import shipment
from hub.connector import Faulty, Hint, Ignored, Reading
from hub.domain.ids import ORDER_ID
from hub.domain.money import Money
from hub.domain.records import CustomerRecord, Kind, Line, OrderRecord, Record, Source

OUR_ATTRIBUTE = "orderhub_order"  # a cart or note attribute in which an order placed through the hub carries its id
_CANCELLING = timedelta(minutes=1)  # cancelling gives the units back at most so long before `cancelled_at`
_PROGRESS = {"authorized": 1, "partially_paid": 2, "paid": 3, "partially_refunded": 4, "refunded": 5, "voided": 5}


@dataclass(slots=True)
class _Removed:
    """Units of a line that an edit took out, with what they had cost."""

    quantity: int = 0
    subtotal: Decimal = rest.NO_MONEY
    tax: Decimal = rest.NO_MONEY


def order_records(reading: Reading, said: rest.Order) -> Iterator[Record | Hint | Ignored | Faulty]:
    """Raises `ValueError` where the sale itself cannot be read; a part that cannot is `Faulty`, its siblings stand."""
    order_id, currency = said.external_id, said.currency.upper()
    order, customer = _order(reading, said, currency)
    yield order
    if customer:
        yield customer
    steps = [*(said.transactions or []), *(step for refund in said.refunds or [] for step in refund.transactions or [])]
    if any(not in_shop_currency(step, currency) for step in steps):
        yield Hint(kind="order", external_id=order_id)
    else:
        yield from payments(reading, order_id, currency, said.transactions or [])
        yield from refunds(reading, order_id, currency, said.refunds or [])
    for parcel in said.fulfillments or []:
        try:
            yield from shipment(reading, order_id, parcel)
        except ValueError as fault:
            yield Faulty(path=f"fulfillment {parcel.id}: {fault}")


def _order(reading: Reading, said: rest.Order, currency: str) -> tuple[OrderRecord, CustomerRecord | None]:
    created, updated = said.created_at or said.processed_at, said.updated_at or said.created_at
    if created is None or updated is None:
        raise ValueError("a time is expected - at `$.updated_at`")
    created, updated = created.astimezone(UTC), updated.astimezone(UTC)
    removed = _removed(said)
    included = bool(said.taxes_included)

    def money(amount: Decimal) -> Money:
        return Money.parse(amount, currency)

    lines, line_discounts = _lines(said, currency, removed)
    shipping, shipping_discounts, shipping_gone = _shipping(said, included)
    gone = sum((each.subtotal + (0 if included else each.tax) for each in removed.values()), shipping_gone)
    discounts = rest.shop_amount(said.total_discounts_set, said.total_discounts)
    tip = _tip(said, lines, currency)
    fees = rest.NO_MONEY
    if not said.duties_included:
        fees += rest.shop_amount(said.original_total_duties_set, None)
    fees += rest.shop_amount(said.original_total_additional_fees_set, None)
    tax = rest.shop_amount(said.total_tax_set, said.total_tax) - sum(each.tax for each in removed.values())
    email, phone = said.email or said.contact_email or "", said.phone or ""
    source, customer = _customer(reading, said, email, phone, created, updated)
    ship_to, bill_to = address(said.shipping_address), address(said.billing_address)
    cancelled = said.cancelled_at.astimezone(UTC) if said.cancelled_at else None
    order = OrderRecord(
        source=Source(reading.connection, Kind.ORDER, said.external_id),
        version=version_at(updated, _rank(said)),
        claims=_claims(said),
        created_at=created,
        updated_at=updated,
        url=f"https://{reading.settings.shop}/admin/orders/{said.external_id}",
        number=said.name or (f"#{said.order_number}" if said.order_number else ""),
        currency=currency,
        total=money(rest.shop_amount(said.total_price_set, said.total_price) - gone),
        subtotal=sum((line.total for line in lines), start=Money.zero(currency)),
        discount=money(max(discounts - line_discounts - shipping_discounts, rest.NO_MONEY)),
        tax=money(tax),
        shipping=money(shipping),
        tip=money(tip) if tip else None,
        fees=money(fees) if fees else None,
        tax_included=included,
        placed_at=(said.processed_at or created).astimezone(UTC),
        cancelled_at=cancelled,
        cancel_reason=(said.cancel_reason or "").lower() if cancelled else "",
        closed_at=said.closed_at.astimezone(UTC) if said.closed_at else None,
        lines=lines,
        email=email,
        phone=phone,
        name=next((each.name for each in (bill_to, ship_to) if each and each.name), customer.name if customer else ""),
        customer=source,
        shipping_address=ship_to,
        billing_address=bill_to,
        tags=_tags(said.tags),
        note=said.note or "",
        channel=said.source_name or "",
        test=bool(said.test),
    )
    return order, customer


def _removed(said: rest.Order) -> dict[str, _Removed]:
    moneyless = [
        (at, refund)
        for refund in said.refunds or []
        if (at := refund.processed_at or refund.created_at)
        and not any(step.kind.lower() == "refund" for step in refund.transactions or [])
    ]
    since = _cancelling_since(said.cancelled_at, [at for at, _ in moneyless])
    removed: dict[str, _Removed] = defaultdict(_Removed)
    for at, refund in moneyless:
        for line in refund.refund_line_items or [] if since is None or at < since else []:
            entry = removed[line.line_id]
            entry.quantity += line.quantity
            entry.subtotal += rest.shop_amount(line.subtotal_set, line.subtotal)
            entry.tax += rest.shop_amount(line.total_tax_set, line.total_tax)
    return removed


def _cancelling_since(cancelled_at: datetime | None, times: list[datetime]) -> datetime | None:
    """From when on units went back because the order was cancelled: what was given back last, if it was just before."""
    if cancelled_at is None:
        return None
    just_before = [at for at in times if cancelled_at - _CANCELLING <= at <= cancelled_at]
    return max(just_before, default=cancelled_at)


def _lines(said: rest.Order, currency: str, removed: dict[str, _Removed]) -> tuple[tuple[Line, ...], Decimal]:
    """The lines, and what was taken off them before edits. Lines that were taken out whole are no lines any more."""
    lines: list[Line] = []
    discounts = rest.NO_MONEY
    for item in said.line_items or []:
        gone = removed.get(item.external_id, _Removed())
        price = rest.shop_amount(item.price_set, item.price)
        discount = _discount(item)
        discounts += discount
        quantity = item.quantity - gone.quantity
        if quantity <= 0 and item.quantity > 0:
            continue
        discount -= gone.quantity * price - gone.subtotal if gone.quantity else rest.NO_MONEY
        tax = sum((rest.shop_amount(tax.price_set, tax.price) for tax in item.tax_lines or []), rest.NO_MONEY)
        lines.append(
            Line(
                id=item.external_id,
                title=item.name or item.title or "",
                sku=item.sku or "",
                quantity=quantity,
                unit_price=Money.parse(price, currency),
                discount=Money.parse(discount, currency),
                tax=Money.parse(tax - gone.tax, currency),
                total=Money.parse(quantity * price - discount, currency),
                fulfillable=item.requires_shipping is not False and not item.gift_card,
            )
        )
    return tuple(lines), discounts


def _discount(item: rest.LineItem) -> Decimal:
    """Allocations hold the line's own discounts, too, where they are told at all."""
    if item.discount_allocations:
        return sum((rest.shop_amount(each.amount_set, each.amount) for each in item.discount_allocations), Decimal(0))
    return rest.shop_amount(item.total_discount_set, item.total_discount)


def _shipping(said: rest.Order, tax_included: bool) -> tuple[Decimal, Decimal, Decimal]:
    """(what is charged, what was taken off, what edits took out with its tax)"""
    charged, taken_off, gone = rest.NO_MONEY, rest.NO_MONEY, rest.NO_MONEY
    for line in said.shipping_lines or []:
        full = rest.shop_amount(line.price_set, line.price)
        told = line.discounted_price_set or line.discounted_price is not None
        price = rest.shop_amount(line.discounted_price_set, line.discounted_price) if told else full
        taken_off += full - price
        if line.is_removed:
            tax = sum((rest.shop_amount(tax.price_set, tax.price) for tax in line.tax_lines or []), rest.NO_MONEY)
            gone += price if tax_included else price + tax
        else:
            charged += price
    return charged, taken_off, gone


def _tip(said: rest.Order, lines: tuple[Line, ...], currency: str) -> Decimal:
    """A tip given at the checkout is a line as well as part of `total_tip_received`: what is a line counts there."""
    received = rest.shop_amount(said.total_tip_received_set, said.total_tip_received)
    in_lines = sum(
        (line.total.minor for line in lines if line.title == "Tip" and not line.sku and not line.fulfillable), 0
    )
    return max(received - Decimal(Money(in_lines, currency).major), rest.NO_MONEY)


def _customer(
    reading: Reading, said: rest.Order, email: str, phone: str, created: datetime, updated: datetime
) -> tuple[Source | None, CustomerRecord | None]:
    if said.customer and (said.customer.admin_graphql_api_id or said.customer.id is not None):
        return customer_source(reading, said.customer), next(customer_record(reading, said.customer, created))
    guest = guest_source(reading, email, phone)
    if guest is None:
        return None, None
    return guest, guest_record(guest, said, email, phone, created, updated)


def _claims(said: rest.Order) -> tuple[str, ...]:
    named = (str(each.value) for each in said.note_attributes or [] if each.name == OUR_ATTRIBUTE)
    return tuple(sorted({each for each in named if ORDER_ID.fullmatch(each)}))


def _rank(said: rest.Order) -> int:
    """Orders states within one second by what only grows: money and goods that moved, refunds, the end."""
    moved = len(said.refunds or []) + len(said.fulfillments or [])
    ends = 20 * bool(said.cancelled_at) + 10 * bool(said.closed_at)
    return _PROGRESS.get((said.financial_status or "").lower(), 0) + 6 * moved + ends


def _tags(said: str | list[str] | None) -> tuple[str, ...]:
    tags = said.split(",") if isinstance(said, str) else said or []
    return tuple(sorted({tag.strip() for tag in tags if tag.strip()}))
