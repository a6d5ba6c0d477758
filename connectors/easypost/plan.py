"""What EasyPost should be asked to do for an order: buy its label, give back the label of one that was cancelled."""

from collections.abc import Iterator

from connectors.easypost.commands import BuyLabel, RefundLabel
from connectors.easypost.settings import EasyPostSettings
from connectors.shipping.plan import parcels, sending, stands
from connectors.shipping.references import is_ours
from hub.connector import OrderView
from hub.domain.commands import Command, Mismatch
from hub.domain.records import Address, ShipmentRecord, ShipmentStatus


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
    known, due = list(parcels(view)), sending(view, settings.parcel)
    if due is None or any(stands(parcel) for parcel in known if not parcel.inbound):
        return
    if cannot := _unfit(due.to, settings):
        yield Mismatch(about="shipping label", expected="bought", found=cannot)
        return
    yield BuyLabel(
        order=view.order.id,
        to=due.to,
        email=view.order.email,
        weight=due.weight,
        replaces=tuple(parcel.source.external_id for parcel in known if parcel.source.connection == view.connection),
    )


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
        elif is_ours(record):
            yield RefundLabel(target=shipment)
        else:
            yield Mismatch(
                about="label of a cancelled order", expected="given back", found=f"{shipment}, bought by hand"
            )
