"""The fields that we read and write: how our words become Salesforce's, and back."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.crm import fields as crm
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

_CODE = re.compile(r"[A-Z0-9]{1,3}")


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
    return crm.joined(contact.first_name, contact.last_name)


def named(name: str) -> dict[str, str | None]:
    """The last word is the family name, which Salesforce requires. At most 40 and 80 characters."""
    first, _, last = name.rpartition(" ")
    return {"FirstName": first[:40].strip() or None, "LastName": last[:80]}


def short_name(name: str) -> str:
    """As it reads back."""
    return crm.joined(*named(" ".join(name.split())).values())


def address_of(contact: Contact) -> Address | None:
    return crm.address_of(
        street=contact.mailing_street,
        city=contact.mailing_city,
        region=contact.mailing_state_code or contact.mailing_state,
        postal_code=contact.mailing_postal_code,
        country=contact.mailing_country_code or contact.mailing_country,
    )


def flat(address: Address) -> Address:
    """As it reads back: no longer than the fields are."""
    said = crm.flat(address)
    return replace(
        said,
        line1=said.line1[:255].strip(),
        city=said.city[:40].strip(),
        region=said.region[:80].strip(),
        postal_code=said.postal_code[:20].strip(),
    )


def addressed(address: Address, settings: SalesforceSettings) -> dict[str, str]:
    """Of one that is flat."""
    country, state = "MailingCountry", "MailingState"
    if settings.picklist_addresses:  # an org with picklists takes no free text for these two
        country = "MailingCountryCode"
        state = "MailingStateCode" if _CODE.fullmatch(address.region) else state
    fields = {
        "MailingStreet": address.line1,
        "MailingCity": address.city,
        state: address.region,
        "MailingPostalCode": address.postal_code,
        country: address.country,
    }
    return {name: value for name, value in fields.items() if value or not settings.picklist_addresses}


Fields = dict[str, Any]
"""What is written into one object, by Salesforce's names."""
