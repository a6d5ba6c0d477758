"""Fulfilments are parcels."""

from collections.abc import Iterator
from datetime import UTC

from connectors.shopify import rest_shapes as rest
from connectors.shopify.read_customer import version_of
from hub.connector import Reading
from hub.domain.records import Kind, ShipmentRecord, ShipmentStatus, Source, vendor_key

# What the carrier says of a fulfilment that succeeded. "Fulfilled" alone means that the store handed the goods over.
_CARRIER = {
    "label_printed": ShipmentStatus.PENDING,
    "label_purchased": ShipmentStatus.PENDING,
    "label_voided": ShipmentStatus.CANCELLED,
    "confirmed": ShipmentStatus.PENDING,
    "ready_for_pickup": ShipmentStatus.PENDING,
    "delivered": ShipmentStatus.DELIVERED,
    "picked_up": ShipmentStatus.DELIVERED,
    "failure": ShipmentStatus.FAILED,
    "not_delivered": ShipmentStatus.FAILED,
}
_STORE = {
    "cancelled": ShipmentStatus.CANCELLED,
    "error": ShipmentStatus.FAILED,
    "failure": ShipmentStatus.FAILED,
    "pending": ShipmentStatus.PENDING,
    "open": ShipmentStatus.PENDING,
}


def shipment(reading: Reading, order_id: str, said: rest.Fulfillment) -> Iterator[ShipmentRecord]:
    """Webhooks do not tell when a parcel was delivered; the time of the change that said so stands for it."""
    updated, created = said.updated_at or said.created_at, said.created_at or said.updated_at
    if updated is None or created is None:
        raise ValueError("a time is expected - at `$.updated_at`")
    numbers = said.tracking_numbers or ([said.tracking_number] if said.tracking_number else [])
    urls = said.tracking_urls or ([said.tracking_url] if said.tracking_url else [])
    status = _status(said)
    yield ShipmentRecord(
        source=Source(reading.connection, Kind.SHIPMENT, said.external_id),
        version=version_of(updated),
        claims=tuple(
            sorted(
                {
                    Source(reading.connection, Kind.ORDER, order_id).key,
                    *(vendor_key("tracking", number) for number in numbers if 0 < len(number) <= 255),
                }
            )
        ),
        created_at=created.astimezone(UTC),
        updated_at=updated.astimezone(UTC),
        url=f"https://{reading.settings.shop}/admin/orders/{order_id}",
        status=status,
        carrier=said.tracking_company or "",
        tracking_numbers=tuple(numbers),
        tracking_urls=tuple(urls),
        lines=tuple((line.external_id, line.quantity) for line in said.line_items or []),
        shipped_at=created.astimezone(UTC) if status in (ShipmentStatus.IN_TRANSIT, ShipmentStatus.DELIVERED) else None,
        delivered_at=updated.astimezone(UTC) if status is ShipmentStatus.DELIVERED else None,
    )


def _status(said: rest.Fulfillment) -> ShipmentStatus:
    if store := _STORE.get((said.status or "").lower()):
        return store
    return _CARRIER.get((said.shipment_status or "").lower(), ShipmentStatus.IN_TRANSIT)
