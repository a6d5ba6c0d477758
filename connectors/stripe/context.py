"""What the readers of all Stripe objects share: when it was said, where it stands, whose it is."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from connectors.processors.versions import SECOND
from connectors.stripe.decode import moment
from connectors.stripe.settings import OrderReference
from connectors.stripe.shapes import AddressShape, Metadata
from hub.connector import Reading
from hub.domain.ids import ORDER_ID
from hub.domain.records import Address, Kind, Source, vendor_key

VENDOR = "stripe"
# Keys that we write into the metadata of what we create at Stripe.
ORDER, REQUEST, COMMAND = "orderhub_order", "orderhub_request", "orderhub_command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    reading: Reading
    path: str = ""  # where in the body the object stands
    said: datetime | None  # the event's `created`, or the time of the answer
    event: str = ""  # the event's type; "" for an answer of the API

    def inside(self, path: str) -> "Context":
        return replace(self, path=f"{self.path}.{path}" if self.path else path)

    def source(self, kind: Kind, external_id: str) -> Source:
        return Source(self.reading.connection, kind, external_id)

    def customer(self, external_id: str) -> Source | None:
        return self.source(Kind.CUSTOMER, external_id) if external_id else None

    def updated(self, created: int) -> datetime:
        """When this was so. An object without a time of its own answer was so when it was made, at the latest."""
        return self.said or moment(created, self.path)

    def version(self, created: int, rank: int) -> int:
        """Events of one second are told apart by how far the thing has come: `rank`, under a million."""
        return int(self.updated(created).timestamp()) * SECOND + rank

    def claims(self, *ids: str, metadata: Metadata = None, reference: str | None = None) -> tuple[str, ...]:
        """Identity keys: the ids of Stripe's own, and the orders that our and the store's references name."""
        keys = [vendor_key(VENDOR, each) for each in ids if each]
        ours = value(metadata, ORDER)
        if ORDER_ID.fullmatch(ours):
            keys.append(ours)
        store: OrderReference | None = self.reading.settings.order_reference
        if store:
            named = [value(metadata, store.metadata)]
            if store.client_reference_id:
                named.append((reference or "").strip())
            keys += [Source(store.connection, Kind.ORDER, each).key for each in named if each]
        return tuple(dict.fromkeys(keys))


def value(metadata: Metadata, key: str) -> str:
    """Trimmed; "" where it is absent or not a word."""
    found: Any = metadata.get(key) if isinstance(metadata, dict) else None
    return str(found).strip() if isinstance(found, str | int) and not isinstance(found, bool) else ""


def page(test: bool, path: str) -> str:
    """Of Stripe's dashboard, for people."""
    return f"https://dashboard.stripe.com/{'test/' if test else ''}{path}"


def address(shape: AddressShape | None, name: str | None = None, phone: str | None = None) -> Address | None:
    if shape is None:
        return None
    found = Address(
        name=name or "",
        line1=shape.line1 or "",
        line2=shape.line2 or "",
        city=shape.city or "",
        region=shape.state or "",
        postal_code=shape.postal_code or "",
        country=(shape.country or "").upper(),
        phone=phone or "",
    )
    return found if any((found.line1, found.city, found.postal_code, found.country)) else None
