"""A Xero contact as a customer, and a customer's name as a contact's: `Name` is unique among active contacts."""

import re

from connectors.xero import wire
from connectors.xero.reference import customer_of
from hub.connector import Reading
from hub.domain.records import Address, CustomerRecord, Kind, Source

_NAME = 255  # characters
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]+")
_SUFFIX = re.compile(r" \([0-9a-z]{8}\)$")


def read_person(reading: Reading, said: wire.Person) -> CustomerRecord:
    """Contacts are never deleted but archived: then no new document takes them."""
    at = wire.parse_date(said.updated)
    person = " ".join(part for part in (said.first, said.last) if part)
    ours = customer_of(said.number)
    name = _SUFFIX.sub("", said.name) if ours and said.name.endswith(f" ({ours[0][-8:]})") else said.name
    return CustomerRecord(
        source=Source(reading.connection, Kind.CUSTOMER, wire.uuid(said.id)),
        version=max(0, wire.milliseconds(at)),
        claims=ours,
        created_at=at,  # Xero does not say
        updated_at=at,
        deleted=said.status in ("ARCHIVED", "GDPRREQUEST"),
        name=person or name,
        company=name if person and person != name else "",
        email=said.email or "",
        phone=next((text for each in said.phones if (text := _phone(each))), ""),
        addresses=tuple(dict.fromkeys(found for each in said.addresses if (found := _address(each)) != Address())),
    )


def names(name: str, subject: str) -> tuple[str, str]:
    """As people say it; and with a part of our id, for when that is taken."""
    plain = _BLANK.sub(" ", name).strip()[:_NAME] or "Customer"
    tail = f" ({subject[-8:]})"
    return plain, plain[: _NAME - len(tail)].rstrip() + tail


def first_and_last(name: str) -> tuple[str, str]:
    """Put together again with a blank, they are the name."""
    first, _, last = _BLANK.sub(" ", name).strip().rpartition(" ")
    return (first[:_NAME], last[:_NAME]) if first else (last[:_NAME], "")


def _phone(said: wire.Phone) -> str:
    """Only `DEFAULT` and `MOBILE`: the others are a fax, or somebody's desk."""
    parts = (said.country, said.area, said.number)
    return " ".join(part for part in parts if part) if said.number and said.type in ("DEFAULT", "MOBILE") else ""


def _address(said: wire.Address) -> Address:
    country = said.country or ""  # free text there
    return Address(
        name=said.attention or "",
        line1=said.line1 or "",
        line2=said.line2 or "",
        city=said.city or "",
        region=said.region or "",
        postal_code=said.postal_code or "",
        country=country if len(country) == 2 and country.isupper() else "",
    )
