"""Names and addresses: how our words become HubSpot's fields, and back."""

from connectors.crm import fields as crm
from connectors.hubspot.shapes import Properties
from hub.domain.records import Address


def name_of(fields: Properties) -> str:
    return crm.joined(fields.get("firstname"), fields.get("lastname"))


def named(name: str) -> dict[str, str]:
    """The last word is the family name: HubSpot has two fields, most systems one."""
    first, _, last = " ".join(name.split()).rpartition(" ")
    return {"firstname": first, "lastname": last} if first else {"firstname": last, "lastname": ""}


def address_of(fields: Properties) -> Address | None:
    return crm.address_of(
        street=fields.get("address"),
        city=fields.get("city"),
        region=fields.get("state"),
        postal_code=fields.get("zip"),
        country=(fields.get("hs_country_region_code") or "").strip() or fields.get("country"),
    )


def addressed(address: Address) -> dict[str, str]:
    """Of one that is flat."""
    return {
        "address": address.line1,
        "city": address.city,
        "state": address.region,
        "zip": address.postal_code,
        "country": address.country,
    }
