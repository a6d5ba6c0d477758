"""Names and addresses as a CRM has them, and the note of what we wrote: what tells our words from those of people."""

import hashlib
import re
from collections.abc import Mapping

from hub.domain.records import Address

_MARK = re.compile(r"\b(name|company|phone|address):([0-9a-f]{12})\b")
_CUSTOMERS = re.compile(r"\bcus_[0-9a-z]{1,40}\b")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LINES = re.compile(r"\s*[\r\n]+\s*")


def joined(*parts: str | None) -> str:
    """A name of its parts."""
    return " ".join(part.strip() for part in parts if part and part.strip())


def address_of(
    *, street: str | None, city: str | None, region: str | None, postal_code: str | None, country: str | None
) -> Address | None:
    """`None`: there is none."""
    code = (country or "").strip().upper()
    found = Address(
        line1=_LINES.sub(", ", (street or "").strip()),
        city=(city or "").strip(),
        region=(region or "").strip(),
        postal_code=(postal_code or "").strip(),
        country=code if _COUNTRY.fullmatch(code) else "",  # people write it out: "Germany"
    )
    return None if found == Address() else found


def flat(address: Address) -> Address:
    """As it reads back: one line for the street, and neither name, company nor phone in it."""
    street = ", ".join(part for part in (address.line1.strip(), address.line2.strip()) if part)
    return Address(
        line1=_LINES.sub(", ", street),
        city=address.city.strip(),
        region=address.region.strip(),
        postal_code=address.postal_code.strip(),
        country=address.country,
    )


def customers_in(text: str | None) -> tuple[str, ...]:
    """A person with two accounts in stores is one contact: it carries both ids."""
    return tuple(sorted(set(_CUSTOMERS.findall(text or ""))))


def digest(value: str | Address) -> str:
    """Of an address: as it reads back."""
    if isinstance(value, Address):
        value = "\0".join((value.line1, value.city, value.region, value.postal_code, value.country))
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def marks(note: str) -> dict[str, str]:
    """By field, the digest of what we wrote last: what people have written since does not match it."""
    return dict(_MARK.findall(note))


def note(written: Mapping[str, str]) -> str:
    return " ".join(f"{field}:{written[field]}" for field in sorted(written))
