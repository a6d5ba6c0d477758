"""Customers and addresses, as they are and as an order tells of them."""

from datetime import datetime

from connectors.woocommerce import shapes
from connectors.woocommerce.shapes import moment, one, text
from hub.connector import Reading
from hub.domain.records import Address, CustomerRecord, Kind, Source

# Times have whole seconds. Below them a version has room for what tells states of one second apart.
SECOND = 10**8


def address(said: object) -> Address | None:
    """`None` where all is empty, as a shipping address is for goods that are not shipped."""
    told = one(said, shapes.Address)
    found = Address(
        name=" ".join(part for part in (text(told.first_name), text(told.last_name)) if part),
        company=text(told.company),
        line1=text(told.address_1),
        line2=text(told.address_2),
        city=text(told.city),
        region=text(told.state),
        postal_code=text(told.postcode),
        country=text(told.country).upper(),
        phone=text(told.phone),
    )
    return found if found != Address() else None


def customer_record(reading: Reading, said: shapes.Customer) -> CustomerRecord:
    created = moment(said.date_created_gmt, "date_created_gmt")
    updated = moment(said.date_modified_gmt, "date_modified_gmt") or created  # null until the first change
    if updated is None:
        raise ValueError("a time is expected - at `$.date_modified_gmt`")
    home, ship_to = address(said.billing), address(said.shipping)
    name = " ".join(part for part in (text(said.first_name), text(said.last_name)) if part)
    return CustomerRecord(
        source=Source(reading.connection, Kind.CUSTOMER, str(said.id)),
        version=int(updated.timestamp()) * SECOND + 1,
        created_at=created or updated,
        updated_at=updated,
        url=f"{reading.settings.store}/wp-admin/user-edit.php?user_id={said.id}",
        name=name or (home.name if home else ""),
        company=home.company if home else "",
        email=text(said.email),
        phone=home.phone if home else "",
        addresses=tuple(dict.fromkeys(each for each in (home, ship_to) if each)),
    )


def customer_of(
    reading: Reading, order: shapes.Order, created: datetime, updated: datetime
) -> tuple[Source | None, CustomerRecord | None]:
    """Whoever placed the order: a customer (version 0: the customer's own record always counts more), or a guest.

    All orders with one e-mail address, or else phone number, are one guest's.
    """
    number = text(order.customer_id)
    billing = one(order.billing, shapes.Address)
    home, email = address(order.billing), text(billing.email)
    phone = text(billing.phone)
    if number.isdecimal() and number.isascii() and int(number):
        source, version, updated = Source(reading.connection, Kind.CUSTOMER, str(int(number))), 0, created
    elif contact := email.lower() or phone:
        source = Source(reading.connection, Kind.CUSTOMER, f"guest:{contact}"[:255])
        version = int(updated.timestamp()) * SECOND
    else:
        return None, None
    return source, CustomerRecord(
        source=source,
        version=version,
        created_at=created,
        updated_at=updated,
        name=home.name if home else "",
        company=home.company if home else "",
        email=email,
        phone=phone,
        addresses=(home,) if home else (),
    )
