"""What EasyPost should be asked to do for an order: buy its label, give back the label of one that was cancelled."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from connectors.easypost.commands import BuyLabel, RefundLabel
from connectors.easypost.settings import EasyPostSettings
from hub.connector import OrderView
from hub.domain.commands import Command, Mismatch
from hub.domain.order import PaymentState
from hub.domain.records import Address, RefundRecord, RefundStatus, ShipmentRecord, ShipmentStatus


def plan(view: OrderView) -> Iterator[Command | Mismatch]:
    settings: EasyPostSettings = view.settings
    if view.order.test and settings.mode != "test":
        return
    if view.order.cancelled_at is not None:
        yield from _give_back(view)
    elif settings.buy_labels == "when_ready":
        yield from _buy(view, settings)


def _buy(view: OrderView, settings: EasyPostSettings) -> Iterator[Command | Mismatch]:
    """Any parcel that is told of, whoever told, means that somebody has taken this order in hand."""
    order, units = view.order, _units_left(view)
    parcels = [record for record in (*view.said, *view.others) if isinstance(record, ShipmentRecord)]
    if any(_stands(parcel) for parcel in parcels if not parcel.inbound):
        return
    # All else that is unpaid holds the order.
    if not order.may_fulfil or order.payment_state is PaymentState.REFUNDED or not units:
        return
    if (to := order.shipping_address) is None:
        return
    if cannot := _unfit(to, settings):
        yield Mismatch(about="shipping label", expected="bought", found=cannot)
        return
    weight = max(settings.parcel.weight_per_unit * units, settings.parcel.weight_at_least)
    yield BuyLabel(
        order=order.id,
        to=replace(to, name=to.name or to.company or order.name, phone=to.phone or order.phone),
        email=order.email,
        weight=f"{weight:f}",
        replaces=tuple(parcel.source.external_id for parcel in parcels if parcel.source.connection == view.connection),
    )


def _units_left(view: OrderView) -> int:
    """Of what has to be shipped, less what was given back."""
    returned: Counter[str] = Counter()
    for record in (*view.said, *view.others):
        if isinstance(record, RefundRecord) and record.status not in (RefundStatus.FAILED, RefundStatus.CANCELLED):
            for line_id, quantity in record.lines:
                returned[line_id] += quantity
    return sum(max(0, line.quantity - returned[line.id]) for line in view.order.lines if line.fulfillable)


def _unfit(to: Address, settings: EasyPostSettings) -> str:
    """Why no label can be bought for this address, or "". A person can mend it in the store, or buy by hand."""
    missing = [name for name in ("line1", "city", "country") if not getattr(to, name)]
    if missing:
        return f"an address without {', '.join(missing)}"
    if settings.ship_from and to.country != settings.ship_from.country:
        return f"a parcel from {settings.ship_from.country} to {to.country} needs customs papers: buy it by hand"
    return ""


def _give_back(view: OrderView) -> Iterator[Command | Mismatch]:
    """Labels that people bought are theirs to give back."""
    for record in view.said:
        if not isinstance(record, ShipmentRecord) or record.inbound or record.status is not ShipmentStatus.PENDING:
            continue
        shipment = record.source.external_id
        if record.detail.startswith("refund_"):
            # Asking again sometimes helps (docs.easypost.com/docs/shipping-refund): a person decides.
            word = record.detail.removeprefix("refund_")
            yield Mismatch(
                about="label of a cancelled order", expected="given back", found=f"{shipment}: refund {word}"
            )
        elif any(claim.startswith("ord_") for claim in record.claims):
            yield RefundLabel(target=shipment)
        else:
            yield Mismatch(
                about="label of a cancelled order", expected="given back", found=f"{shipment}, bought by hand"
            )


def _stands(record: ShipmentRecord) -> bool:
    return record.status is not ShipmentStatus.CANCELLED
