"""Customers and addresses. Only what every shape of a customer tells is read, so that all shapes give one record."""

from collections.abc import Iterator
from datetime import UTC, datetime

from connectors.shopify import rest_shapes as rest
from hub.connector import Reading
from hub.domain.records import Address, CustomerRecord, Kind, Source


def version_of(at: datetime, rank: int = 0) -> int:
    """Shopify's update times have whole seconds; `rank` (0 to 999) orders states within one."""
    return int(at.timestamp()) * 1000 + min(rank, 999)


def address(said: rest.Address | None) -> Address | None:
    if said is None:
        return None
    name = said.name or " ".join(part for part in (said.first_name, said.last_name) if part)
    return Address(
        name=name,
        company=said.company or "",
        line1=said.address1 or "",
        line2=said.address2 or "",
        city=said.city or "",
        region=said.province_code or said.province or "",
        postal_code=said.zip or "",
        country=(said.country_code or "").upper(),
        phone=said.phone or "",
    )


def customer_record(
    reading: Reading, said: rest.Customer, otherwise: datetime | None = None
) -> Iterator[CustomerRecord]:
    """`otherwise`: the time of the order that embeds a customer without times. Such a customer is of unknown age, so
    its version is 0: it never replaces one that says how old it is."""
    updated, created = said.updated_at or said.created_at, said.created_at or said.updated_at or otherwise
    if created is None:
        raise ValueError("a time is expected - at `$.updated_at`")
    home = address(said.default_address)
    yield CustomerRecord(
        source=customer_source(reading, said),
        version=version_of(updated) if updated else 0,
        created_at=created.astimezone(UTC),
        updated_at=(updated or created).astimezone(UTC),
        url=f"https://{reading.settings.shop}/admin/customers/{said.external_id}",
        name=" ".join(part for part in (said.first_name, said.last_name) if part) or (home.name if home else ""),
        company=home.company if home else "",
        email=said.email or "",
        phone=said.phone or "",
        addresses=(home,) if home else (),
        note=said.note or "",
    )


def customer_source(reading: Reading, said: rest.Customer) -> Source:
    return Source(reading.connection, Kind.CUSTOMER, said.external_id)


def guest_source(reading: Reading, email: str, phone: str) -> Source | None:
    """A guest is known by e-mail, else by phone; by neither: unknown. All orders of one address are one guest's."""
    contact = email.strip().lower() or phone.strip()
    return Source(reading.connection, Kind.CUSTOMER, f"guest:{contact}"[:255]) if contact else None


def guest_record(
    source: Source, order: rest.Order, email: str, phone: str, created: datetime, updated: datetime
) -> CustomerRecord:
    """What the guest's newest order says of them."""
    home = address(order.billing_address) or address(order.shipping_address)
    return CustomerRecord(
        source=source,
        version=version_of(updated),
        created_at=created,
        updated_at=updated,
        name=home.name if home else "",
        company=home.company if home else "",
        email=email,
        phone=phone,
        addresses=(home,) if home else (),
    )
