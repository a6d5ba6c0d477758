"""The fields that we read and write, and the note of what we wrote: how our words become Salesforce's, and back."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.shapes import Contact
from hub.domain.ids import derived_id
from hub.domain.records import Address

KEY = "Orderhub_Contact__c"  # of a contact, an external id: what makes it the only one of its e-mail address
CUSTOMER = "Orderhub_Customer__c"  # of a contact: the ids of our customers that it is, with blanks between
WROTE = "Orderhub_Wrote__c"  # of a contact: what we wrote last, as digests
ORDER = "Orderhub_Order__c"  # of an opportunity, an external id: our order
COMMAND = "Orderhub_Command__c"  # of an opportunity: the command that made it

# By object, our own fields; `True`: an external id with unique values.
OWN: Mapping[str, Mapping[str, bool]] = {
    "Contact": {KEY: True, CUSTOMER: False, WROTE: False},
    "Opportunity": {ORDER: True, COMMAND: False},
}

_COMMON = "Id, CreatedDate, SystemModstamp, IsDeleted"
_CONTACT = (
    f"{_COMMON}, MasterRecordId, FirstName, LastName, Email, Phone, MailingStreet, MailingCity, MailingState, "
    f"MailingPostalCode, MailingCountry, AccountId, Account.Name, {KEY}, {CUSTOMER}, {WROTE}"
)
_ROLES = "(SELECT Id, ContactId, IsPrimary FROM OpportunityContactRoles)"
_OPPORTUNITY = f"{_COMMON}, Name, StageName, Amount, CloseDate, {ORDER}, {COMMAND}, {_ROLES}"

_MARK = re.compile(r"\b(name|phone|address):([0-9a-f]{12})\b")
_CUSTOMERS = re.compile(r"\bcus_[0-9a-z]{1,40}\b")
_COUNTRY = re.compile(r"[A-Z]{2}")
_CODE = re.compile(r"[A-Z0-9]{1,3}")
_LINES = re.compile(r"\s*[\r\n]+\s*")


def selected(objects: str, settings: SalesforceSettings) -> str:
    """What a query asks for. A field that the org does not have is an error, so settings say which there are."""
    if objects == "Contact":
        return _CONTACT + (", MailingStateCode, MailingCountryCode" if settings.picklist_addresses else "")
    return _OPPORTUNITY + (", CurrencyIsoCode" if settings.multicurrency else "")


def contact_key(email: str, customer: str) -> str:
    """The same for every writing of an address in upper and lower case; without any, our customer's id.

    A digest: an address has signs that mean something in a path, and is no business of any proxy's log.
    """
    return derived_id("con", email.lower()) if email else customer


def name_of(contact: Contact) -> str:
    return " ".join(part.strip() for part in (contact.first_name, contact.last_name) if part and part.strip())


def named(name: str) -> dict[str, str | None]:
    """The last word is the family name, which Salesforce requires. At most 40 and 80 characters."""
    first, _, last = name.rpartition(" ")
    return {"FirstName": first[:40].strip() or None, "LastName": last[:80]}


def short_name(name: str) -> str:
    """As it reads back."""
    parts = named(" ".join(name.split()))
    return " ".join(part for part in (parts["FirstName"], parts["LastName"]) if part)


def address_of(contact: Contact) -> Address | None:
    country = (contact.mailing_country_code or contact.mailing_country or "").strip().upper()
    found = Address(
        line1=_LINES.sub(", ", (contact.mailing_street or "").strip()),
        city=(contact.mailing_city or "").strip(),
        region=(contact.mailing_state_code or contact.mailing_state or "").strip(),
        postal_code=(contact.mailing_postal_code or "").strip(),
        country=country if _COUNTRY.fullmatch(country) else "",  # people write it out: "Germany"
    )
    return None if found == Address() else found


def flat(address: Address) -> Address:
    """As it reads back: one field for the street, and neither name, company nor phone."""
    street = ", ".join(part for part in (address.line1.strip(), address.line2.strip()) if part)
    return Address(
        line1=_LINES.sub(", ", street)[:255].strip(),
        city=address.city.strip()[:40].strip(),
        region=address.region.strip()[:80].strip(),
        postal_code=address.postal_code.strip()[:20].strip(),
        country=address.country,
    )


def addressed(address: Address, settings: SalesforceSettings) -> dict[str, str]:
    said = flat(address)
    country, state = "MailingCountry", "MailingState"
    if settings.picklist_addresses:  # an org with picklists takes no free text for these two
        country = "MailingCountryCode"
        state = "MailingStateCode" if _CODE.fullmatch(said.region) else state
    fields = {
        "MailingStreet": said.line1,
        "MailingCity": said.city,
        state: said.region,
        "MailingPostalCode": said.postal_code,
        country: said.country,
    }
    return {name: value for name, value in fields.items() if value or not settings.picklist_addresses}


def customers_of(contact: Contact) -> tuple[str, ...]:
    """A person with two accounts in stores is one contact: it carries both ids."""
    return tuple(sorted(set(_CUSTOMERS.findall(contact.customers or ""))))


def digest(value: str | Address) -> str:
    if isinstance(value, Address):
        said = flat(value)
        value = "\0".join((said.line1, said.city, said.region, said.postal_code, said.country))
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def marks(note: str) -> dict[str, str]:
    """By field, the digest of what we wrote last: what people have written since does not match it."""
    return dict(_MARK.findall(note))


def note(written: Mapping[str, str]) -> str:
    return " ".join(f"{field}:{written[field]}" for field in sorted(written))


Fields = dict[str, Any]
"""What is written into one object, by Salesforce's names."""
