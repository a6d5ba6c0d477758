"""The properties of contacts and deals that we read, and the four of our own that an account has to have."""

from collections.abc import Mapping
from typing import Any

CUSTOMER = "orderhub_customer"  # of a contact: the ids of our customers that it is, with blanks between
WROTE = "orderhub_wrote"  # of a contact: what we wrote last, as digests
ORDER = "orderhub_order"  # of a deal: the id of our order; unique
COMMAND = "orderhub_command"  # of a deal: the command that made it

MERGED = "hs_merged_object_ids"

CONTACT = (
    "email",
    "firstname",
    "lastname",
    "company",
    "phone",
    "address",
    "city",
    "state",
    "zip",
    "country",
    "hs_country_region_code",
    "createdate",
    "lastmodifieddate",
    MERGED,
    CUSTOMER,
    WROTE,
)
DEAL = (
    "dealname",
    "amount",
    "deal_currency_code",
    "pipeline",
    "dealstage",
    "closedate",
    "createdate",
    "hs_lastmodifieddate",
    MERGED,
    ORDER,
    COMMAND,
)
PROPERTIES = {"contacts": CONTACT, "deals": DEAL}
MODIFIED = {"contacts": "lastmodifieddate", "deals": "hs_lastmodifieddate"}


def _text(name: str, label: str, group: str, why: str, *, unique: bool = False) -> Mapping[str, Any]:
    """A `PropertyCreate`. Whether values are unique can be said at creation only."""
    return {
        "name": name,
        "label": label,
        "description": why,
        "groupName": group,
        "type": "string",
        "fieldType": "text",
        "hasUniqueValue": unique,
        "formField": False,
    }


OWN: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "contacts": (
        _text(CUSTOMER, "Orderhub customer", "contactinformation", "Which customer of the order hub this is."),
        _text(WROTE, "Orderhub: fields written", "contactinformation", "Tells fields of the hub from those of people."),
    ),
    "deals": (
        _text(ORDER, "Orderhub order", "dealinformation", "The order that this deal is.", unique=True),
        _text(COMMAND, "Orderhub command", "dealinformation", "What the hub was doing when it made this deal."),
    ),
}
