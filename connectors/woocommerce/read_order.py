"""Orders: the sale as it was made, with what was given back beside it.

**Sums.** `total` is what the buyer owes; refunds do not lower it. Line, shipping and fee totals are always without tax,
whatever `prices_include_tax` says: that only tells how the catalogue is written. So tax is part of the sum.

**Coupons** are in the lines (`subtotal` before, `total` after). What the plug-in Gift Cards took off is a negative fee.

**Unit prices.** The store keeps totals of lines, and `price` is a rounded quotient. Where a line's subtotal does not
divide into whole minor units, the unit price is the next whole one up and the difference is part of the line's
discount: `quantity × unit_price - discount` is the line's exact total, always.

**Fractions of a piece** (1.5 m of cloth, a plug-in's quantity) are one piece with the quantity in its title.

Amounts with more decimals than the currency has are refused, never rounded: the store's "number of decimals" then has
to be set to the currency's.
"""

import html
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

from connectors.woocommerce import shapes
from connectors.woocommerce.read_customer import SECOND, address, customer_of
from connectors.woocommerce.read_payment import payment, refunds
from connectors.woocommerce.read_shipment import shipments
from connectors.woocommerce.shapes import amount, items, metas, moment, one, text
from hub.connector import Faulty, Hint, Ignored, Reading
from hub.domain.ids import ORDER_ID
from hub.domain.money import Money
from hub.domain.records import CustomerRecord, Kind, Line, OrderRecord, Record, Source

HOLD_TAG = "orderhub-hold"
HOLD_FIELD = "orderhub_hold"  # "held 3" or "released 4": the number grows, so that states have an order
TRACKING_FIELD = "_orderhub_tracking_"  # with the tracking number behind it
STATUS_TAG = "status:"
TRACKING_TAG = "tracking:"
_ORDER_FIELD = "_orderhub_order"  # in which an order placed through the hub carries its id
_DRAFTS = ("auto-draft", "checkout-draft", "draft", "new")
_PROGRESS = {
    "pending": 1,
    "failed": 2,
    "on-hold": 3,
    "processing": 5,
    "completed": 6,
    "cancelled": 7,
    "refunded": 8,
    "trash": 9,
}
_OTHER = 4  # a status that a plug-in added: between paid for and done


def order_records(reading: Reading, said: shapes.Order) -> Iterator[Record | Hint | Ignored | Faulty]:
    """Raises `ValueError` where the sale itself cannot be read; a refund that cannot is `Faulty`, the rest stands."""
    if said.status in _DRAFTS:
        yield Ignored(reason="a checkout that nobody has finished")
        return
    order, customer = _order(reading, said)
    yield order
    if customer:
        yield customer
    given_back = items(said.refunds, shapes.Refund, "refunds")
    paid = payment(reading, said, order, given_back)
    if paid:
        yield paid
    yield from refunds(reading, said, order, paid, given_back)
    yield from shipments(reading, said, order)
    if any(not each.whole for each in given_back):
        yield Hint(kind="order", external_id=str(said.id))  # when, of which lines: only the API tells


def _order(reading: Reading, said: shapes.Order) -> tuple[OrderRecord, CustomerRecord | None]:
    created = moment(said.date_created_gmt, "date_created_gmt")
    updated = moment(said.date_modified_gmt, "date_modified_gmt") or created
    if updated is None:
        raise ValueError("a time is expected - at `$.date_modified_gmt`")
    created = created or updated
    currency, fields = said.currency.upper(), metas(said.meta_data)

    def money(told: Decimal, path: str) -> Money:
        try:
            return Money.parse(told, currency)
        except ValueError as fault:
            raise ValueError(f"{fault} - at `$.{path}`") from fault

    lines = _lines(said, currency)
    fees = Decimal(0)
    for fee in items(said.fee_lines, shapes.FeeLine, "fee_lines"):
        fees += amount(fee.total, "fee_lines.total")
    cards = items(said.gift_cards, shapes.GiftCard, "gift_cards")
    fees -= sum((amount(each.amount, "gift_cards.amount") for each in cards), Decimal(0))
    source, customer = customer_of(reading, said, created, updated)
    ship_to, bill_to = address(said.shipping), address(said.billing)
    billing = one(said.billing, shapes.Address)
    over = said.status in ("completed", "refunded")
    cancelled = said.status == "cancelled"
    order = OrderRecord(
        source=Source(reading.connection, Kind.ORDER, str(said.id)),
        version=_version(said, updated, fields),
        claims=_claims(fields),
        created_at=created,
        updated_at=updated,
        url=f"{reading.settings.store}/wp-admin/post.php?post={said.id}&action=edit",
        deleted=said.status == "trash",
        number=f"#{text(said.number) or said.id}",
        currency=currency,
        total=money(amount(said.total, "total"), "total"),
        subtotal=sum((line.total for line in lines), start=Money.zero(currency)),
        discount=Money.zero(currency),
        tax=money(amount(said.total_tax, "total_tax"), "total_tax"),
        shipping=money(amount(said.shipping_total, "shipping_total"), "shipping_total"),
        fees=money(fees, "fee_lines") if fees else None,
        placed_at=created,
        # The store keeps no time of a cancellation; the order's last change is the nearest that it tells.
        cancelled_at=updated if cancelled else None,
        cancel_reason="cancelled in the store" if cancelled else "",
        closed_at=(moment(said.date_completed_gmt, "date_completed_gmt") or updated) if over else None,
        lines=lines,
        email=text(billing.email),
        phone=text(billing.phone),
        name=next((each.name for each in (bill_to, ship_to) if each and each.name), ""),
        customer=source,
        shipping_address=ship_to,
        billing_address=bill_to,
        tags=_tags(said, fields),
        note=text(said.customer_note),
        channel=text(said.created_via),
        test=text(fields.get("_wcpay_mode")) == "test",
    )
    return order, customer


def _lines(said: shapes.Order, currency: str) -> tuple[Line, ...]:
    if not isinstance(said.line_items, list | dict):
        raise ValueError("a list is expected - at `$.line_items`")
    # Of goods that are all virtual and downloadable the store says that they need no processing.
    shipped = said.needs_processing is not False
    return tuple(
        _line(each, currency, f"line_items[{place}]", shipped=shipped)
        for place, each in enumerate(items(said.line_items, shapes.LineItem, "line_items"))
    )


def _line(item: shapes.LineItem, currency: str, path: str, *, shipped: bool) -> Line:
    def money(told: Decimal, name: str) -> Money:
        try:
            return Money.parse(told, currency)
        except ValueError as fault:
            raise ValueError(f"{fault} - at `$.{path}.{name}`") from fault

    told = amount(item.quantity, f"{path}.quantity")
    title = html.unescape(text(item.name))  # WordPress keeps titles escaped
    whole = told == int(told)
    quantity = int(told) if whole else 1
    before = money(amount(item.subtotal, f"{path}.subtotal"), "subtotal")
    total = money(amount(item.total, f"{path}.total"), "total")
    unit = _unit_price(before, quantity)
    return Line(
        id=str(item.id),
        title=title if whole else f"{title} × {told.normalize():f}",
        sku=text(item.sku),
        quantity=quantity,
        unit_price=unit,
        discount=Money(unit.minor * quantity, currency) - total,
        tax=money(amount(item.total_tax, f"{path}.total_tax"), "total_tax"),
        total=total,
        fulfillable=shipped,
    )


def _unit_price(subtotal: Money, quantity: int) -> Money:
    if quantity == 0:
        return Money.zero(subtotal.currency)
    each = (Decimal(subtotal.minor) / quantity).to_integral_value(rounding=ROUND_CEILING)
    return Money(int(each), subtotal.currency)


def _version(said: shapes.Order, updated: datetime, fields: dict[str, Any]) -> int:
    """The time of the last change, then what only grows.

    Refunds and, in stores that keep orders as posts, custom fields do not touch the time: of two states of one time the
    one with more refunds, more parcels or a newer hold mark is the later one.
    """
    given_back = len(items(said.refunds, shapes.Refund, "refunds"))
    parcels = sum(name.startswith(TRACKING_FIELD) for name in fields)
    rank = min(hold_revision(fields), 9_999) * 10_000
    rank += min(parcels, 19) * 500 + min(given_back, 49) * 10 + _PROGRESS.get(said.status, _OTHER)
    return int(updated.timestamp()) * SECOND + rank


def hold_revision(fields: dict[str, Any]) -> int:
    found = re.fullmatch(r"(?:held|released) ([0-9]{1,9})", text(fields.get(HOLD_FIELD)), re.ASCII)
    return int(found[1]) if found else 0


def is_held(fields: dict[str, Any]) -> bool:
    return text(fields.get(HOLD_FIELD)).startswith("held")


def _tags(said: shapes.Order, fields: dict[str, Any]) -> tuple[str, ...]:
    tags = {f"{STATUS_TAG}{said.status}"}
    tags |= {f"{TRACKING_TAG}{name.removeprefix(TRACKING_FIELD)}" for name in fields if name.startswith(TRACKING_FIELD)}
    return tuple(sorted(tags | ({HOLD_TAG} if is_held(fields) else set())))


def _claims(fields: dict[str, Any]) -> tuple[str, ...]:
    ours = text(fields.get(_ORDER_FIELD))
    return (ours,) if ORDER_ID.fullmatch(ours) else ()
