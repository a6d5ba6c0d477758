"""Parcels: WooCommerce itself keeps none. The plug-in Shipment Tracking, and others like it, keep theirs in a field."""

from collections.abc import Iterator
from typing import Any

import msgspec

from connectors.woocommerce import shapes
from connectors.woocommerce.shapes import items, metas, text
from hub.connector import Faulty, Reading
from hub.domain.clock import from_unix
from hub.domain.records import Kind, OrderRecord, ShipmentRecord, ShipmentStatus, Source

_FIELD = "_wc_shipment_tracking_items"


class Tracking(msgspec.Struct):
    tracking_number: Any = None
    tracking_provider: Any = None
    custom_tracking_provider: Any = None
    custom_tracking_link: Any = None
    date_shipped: Any = None  # Unix seconds, as text


def shipments(reading: Reading, said: shapes.Order, order: OrderRecord) -> Iterator[ShipmentRecord | Faulty]:
    """Parcels that left, as staff entered them: the store was told, it tracks nothing."""
    try:
        told = items(metas(said.meta_data).get(_FIELD), Tracking, f"meta_data.{_FIELD}")
    except ValueError as fault:
        yield Faulty(path=str(fault))
        return
    for each in told:
        number = text(each.tracking_number)
        if not number:
            continue
        seconds = text(each.date_shipped)
        shipped = from_unix(int(seconds)) if seconds.isdecimal() and len(seconds) <= 10 else None
        link = text(each.custom_tracking_link)
        yield ShipmentRecord(
            source=Source(reading.connection, Kind.SHIPMENT, f"{said.id}:{number}"[:255]),
            version=order.version,
            claims=(order.source.key,),
            created_at=order.created_at,
            updated_at=order.updated_at,
            url=order.url,
            status=ShipmentStatus.IN_TRANSIT,
            carrier=text(each.tracking_provider) or text(each.custom_tracking_provider),
            tracking_numbers=(number,),
            tracking_urls=(link,) if link.startswith("https://") else (),
            shipped_at=shipped,
        )
