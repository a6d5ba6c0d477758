"""The till: a connector of the kit's own, which takes orders and payments and says what became of them.

It has no API. What it says is put into the kit's hub as records, by words (`Wish.orders`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.card import CONNECTION, Made
from hub.connector import Category, ConnectionSettings, Connector, Headers, Limits, Way
from hub.domain.money import Money, decimals
from hub.domain.records import (
    Address,
    CancellationRecord,
    CustomerRecord,
    Kind,
    Line,
    OrderRecord,
    PaymentRecord,
    PaymentStatus,
    Record,
    RefundRecord,
    RefundRequestRecord,
    RefundStatus,
    ShipmentRecord,
    ShipmentStatus,
    Source,
    vendor_key,
)

TILL = "till"
HUB = "hub"  # the built-in connection, in whose name people ask

CONNECTOR = Connector(
    slug=TILL,
    title="The kit's till",
    category=Category.STORE,
    settings=ConnectionSettings,
    way=lambda _: Way(base_url="http://127.0.0.1", auth=Headers(headers={}), limits=Limits(requests=1)),
    read={},
    recognise=lambda *_: [],
)

WORDS = ("paid", "unpaid", "refunded", "cancelled", "shipped", "refund_requested", "cancel_requested")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What an order costs, in minor units of its currency. Two lines of goods: three of one thing, one of another."""

    number: str
    at: datetime
    currency: str = "USD"
    prices: tuple[int, int] = (1_250, 4_900)  # for one each
    tax: int = 700
    tax_included: bool = False
    shipping: int = 500
    discount: int = 300
    off: int = 0  # what the total says beyond the sum: an order that does not add up
    made: Made | None = None  # what the vendor has of it already: an order, or its payment
    version: int = 1

    @property
    def total(self) -> int:
        goods = 3 * self.prices[0] + self.prices[1]
        return goods + self.shipping - self.discount + (0 if self.tax_included else self.tax) + self.off

    def money(self, minor: int) -> Money:
        return Money(minor, self.currency)

    @property
    def theirs(self) -> str:
        """The key of what the vendor has of it; "": nothing."""
        return Source(CONNECTION, self.made.kind, self.made.external_id).key if self.made else ""

    @property
    def anchor(self) -> str:
        """The key by which the till's further records of this sale claim to be part of it."""
        return self.theirs if self.has(Kind.ORDER) else Source(TILL, Kind.ORDER, self.number).key

    def has(self, kind: Kind) -> bool:
        return self.made is not None and self.made.kind is kind


def scaled(minor: int, currency: str) -> int:
    """An amount that was thought in cents, in a currency of other decimals: 12.50 is 1250 JPY and 12500 KWD."""
    return minor * (10 if decimals(currency) == 3 else 1)


def records(sale: Sale, words: str) -> list[Record]:
    """All that the till and the people say of a sale: `paid+shipped`."""
    said = words.split("+")
    if unknown := set(said) - set(WORDS):
        raise ValueError(f"the till does not know {', '.join(sorted(unknown))}; it knows {', '.join(WORDS)}")
    told: list[Record] = []
    if not sale.has(Kind.ORDER):
        told += [_customer(sale), _order(sale, cancelled="cancelled" in said)]
    paid = "unpaid" not in said and not sale.has(Kind.PAYMENT)
    refunds = (sale.total // 4, sale.total // 5) if "refunded" in said else ()
    if paid:
        told.append(_payment(sale, sum(refunds)))
        told += [_refund(sale, number, amount) for number, amount in enumerate(refunds, 1)]
    if "shipped" in said:
        told.append(_parcel(sale))
    if "refund_requested" in said:
        told.append(refund_request(sale, sale.money(sale.total // 4)))
    if "cancel_requested" in said:
        told.append(
            CancellationRecord(**_head(sale, Kind.CANCELLATION, f"can_{sale.number}", HUB), reason="customer", by="kit")
        )
    return told


def refund_request(sale: Sale, amount: Money, number: int = 1) -> RefundRequestRecord:
    """Somebody asks the hub to give money back, from the vendor's payment or from the till's own."""
    payment = sale.theirs if sale.has(Kind.PAYMENT) else Source(TILL, Kind.PAYMENT, f"pay_{sale.number}").key
    head = _head(sale, Kind.REFUND_REQUEST, f"rr_{sale.number}_{number}", HUB)
    return RefundRequestRecord(**head, amount=amount, payment=payment, reason="requested_by_customer", by="kit")


# ---------------------------------------------------------------------------------------------------------- records


def _head(sale: Sale, kind: Kind, external_id: str, connection: str = TILL, *, claim: bool = True) -> dict[str, Any]:
    return {
        "source": Source(connection, kind, external_id),
        "version": sale.version,
        "claims": (sale.anchor,) if claim else (),
        "created_at": sale.at,
        "updated_at": sale.at + timedelta(seconds=sale.version),
    }


_ADDRESS = Address(
    name="Ada Example",
    line1="417 Montgomery Street",
    city="San Francisco",
    region="CA",
    postal_code="94104",
    country="US",
    phone="+14155550132",
)


def _customer(sale: Sale) -> CustomerRecord:
    head = _head(sale, Kind.CUSTOMER, f"c_{sale.number}", claim=False)
    return CustomerRecord(
        **head,
        name="Ada Example",
        email=f"ada.{sale.number}@example.com",
        phone="+14155550132",
        addresses=(_ADDRESS,),
    )


def _order(sale: Sale, *, cancelled: bool) -> OrderRecord:
    zero = sale.money(0)
    goods = ((sale.prices[0], 3, "MUG", "Mug"), (sale.prices[1], 1, "LAMP", "Lamp"))
    lines = tuple(
        Line(
            id=str(number),
            title=title,
            sku=sku,
            quantity=quantity,
            unit_price=sale.money(price),
            discount=zero,
            tax=sale.money(sale.tax) if number == 1 else zero,
            total=sale.money(price * quantity),
        )
        for number, (price, quantity, sku, title) in enumerate(goods, 1)
    )
    head = _head(sale, Kind.ORDER, sale.number, claim=False)
    return OrderRecord(
        **head | {"claims": (sale.theirs,) if sale.theirs else ()},
        number=f"#{sale.number}",
        currency=sale.currency,
        total=sale.money(sale.total),
        subtotal=sale.money(3 * sale.prices[0] + sale.prices[1]),
        discount=sale.money(sale.discount),
        tax=sale.money(sale.tax),
        shipping=sale.money(sale.shipping),
        tax_included=sale.tax_included,
        placed_at=sale.at,
        cancelled_at=sale.at + timedelta(hours=1) if cancelled else None,
        cancel_reason="customer" if cancelled else "",
        lines=lines,
        email=f"ada.{sale.number}@example.com",
        phone="+14155550132",
        name="Ada Example",
        customer=Source(TILL, Kind.CUSTOMER, f"c_{sale.number}"),
        shipping_address=_ADDRESS,
        billing_address=_ADDRESS,
        channel="web",
    )


def _payment(sale: Sale, refunded: int) -> PaymentRecord:
    key = vendor_key(TILL, f"pay_{sale.number}")
    head = _head(sale, Kind.PAYMENT, f"pay_{sale.number}")
    return PaymentRecord(
        **head | {"claims": (sale.anchor, key)},
        status=PaymentStatus.CAPTURED,
        amount=sale.money(sale.total),
        authorized=sale.money(sale.total),
        captured=sale.money(sale.total),
        refunded=sale.money(refunded),
        authority=True,
        identity=key,
        gateway="till",
        method="card",
        captured_at=sale.at,
    )


def _refund(sale: Sale, number: int, amount: int) -> RefundRecord:
    key = vendor_key(TILL, f"pay_{sale.number}")
    head = _head(sale, Kind.REFUND, f"ref_{sale.number}_{number}")
    return RefundRecord(
        **head | {"claims": (key,)},
        status=RefundStatus.SUCCEEDED,
        amount=sale.money(amount),
        payment=key,
        authority=True,
    )


def _parcel(sale: Sale) -> ShipmentRecord:
    number = f"TILL{sale.number:0>8}"
    head = _head(sale, Kind.SHIPMENT, f"parcel_{sale.number}")
    return ShipmentRecord(
        **head | {"claims": (sale.anchor, vendor_key("tracking", number))},
        status=ShipmentStatus.IN_TRANSIT,
        carrier="Tillpost",
        tracking_numbers=(number,),
        tracking_urls=(f"https://track.example/{number}",),
        shipped_at=sale.at + timedelta(hours=2),
    )
