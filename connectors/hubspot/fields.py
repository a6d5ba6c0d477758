"""Names, addresses and the note of what we wrote: how our words become HubSpot's fields, and back."""

import hashlib
import re
from collections.abc import Mapping

from connectors.hubspot import properties
from connectors.hubspot.shapes import Properties
from hub.domain.records import Address

_MARK = re.compile(r"\b(name|company|phone|address):([0-9a-f]{12})\b")
_CUSTOMERS = re.compile(r"\bcus_[0-9a-z]{1,40}\b")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LINES = re.compile(r"\s*[\r\n]+\s*")


def name_of(fields: Properties) -> str:
    return " ".join(part for part in (_text(fields, "firstname"), _text(fields, "lastname")) if part)


def named(name: str) -> dict[str, str]:
    """The last word is the family name: HubSpot has two fields, most systems one."""
    first, _, last = " ".join(name.split()).rpartition(" ")
    return {"firstname": first, "lastname": last} if first else {"firstname": last, "lastname": ""}


def address_of(fields: Properties) -> Address | None:
    country = _text(fields, "hs_country_region_code").upper() or _text(fields, "country").upper()
    found = Address(
        line1=_LINES.sub(", ", _text(fields, "address")),
        city=_text(fields, "city"),
        region=_text(fields, "state"),
        postal_code=_text(fields, "zip"),
        country=country if _COUNTRY.fullmatch(country) else "",  # people write it out: "Germany"
    )
    return None if found == Address() else found


def flat(address: Address) -> Address:
    """As it reads back: HubSpot has one line for the street, and neither name, company nor phone in it."""
    street = ", ".join(part for part in (address.line1.strip(), address.line2.strip()) if part)
    return Address(
        line1=_LINES.sub(", ", street),
        city=address.city.strip(),
        region=address.region.strip(),
        postal_code=address.postal_code.strip(),
        country=address.country,
    )


def addressed(address: Address) -> dict[str, str]:
    said = flat(address)
    return {
        "address": said.line1,
        "city": said.city,
        "state": said.region,
        "zip": said.postal_code,
        "country": said.country,
    }


def customers_of(fields: Properties) -> tuple[str, ...]:
    """A person with two accounts in stores is one contact: it carries both ids."""
    return tuple(sorted(set(_CUSTOMERS.findall(_text(fields, properties.CUSTOMER)))))


def digest(value: str | Address) -> str:
    text = "\0".join(addressed(value).values()) if isinstance(value, Address) else value
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def marks(note: str) -> dict[str, str]:
    """By field, the digest of what we wrote last: what people have written since does not match it."""
    return dict(_MARK.findall(note))


def note(written: Mapping[str, str]) -> str:
    return " ".join(f"{field}:{written[field]}" for field in sorted(written))


def _text(fields: Properties, name: str) -> str:
    return (fields.get(name) or "").strip()
