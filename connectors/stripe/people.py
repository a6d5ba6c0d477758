"""Customers."""

from collections.abc import Iterator

import msgspec

from connectors.processors.decode import at, decode
from connectors.stripe.context import VENDOR, Context, address, page
from connectors.stripe.decode import moment
from connectors.stripe.shapes import CustomerShape, Raw
from hub.domain.errors import Unreadable
from hub.domain.records import CustomerRecord, Kind, Record, vendor_key

_customer = msgspec.json.Decoder(CustomerShape).decode


def read_customer(body: bytes | Raw, context: Context) -> Iterator[Record]:
    customer = decode(_customer, body, context.path)
    created = customer.created
    if created is None:
        if context.said is None:
            raise Unreadable(f"{at(context.path, 'created')}: absent, and nothing else tells the time")
        created = int(context.said.timestamp())
    deleted = customer.deleted or context.event == "customer.deleted"
    shipping = customer.shipping
    places = (
        address(customer.address, customer.name, customer.phone),
        address(shipping.address, shipping.name, shipping.phone) if shipping else None,
    )
    yield CustomerRecord(
        source=context.source(Kind.CUSTOMER, customer.id),
        version=context.version(created, 900_000 if deleted else 0),
        claims=(vendor_key(VENDOR, customer.id),),
        created_at=moment(created, context.path),
        updated_at=context.updated(created),
        url=page(not customer.livemode, f"customers/{customer.id}"),
        deleted=deleted,
        name=customer.name or "",
        email=customer.email or "",
        phone=customer.phone or "",
        addresses=tuple(dict.fromkeys(place for place in places if place)),
        note=customer.description or "",
    )
