"""What HubSpot can be asked to do: contacts with a company of their own, and deals in a pipeline."""

from dataclasses import dataclass

from connectors.crm import commands as crm


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(crm.Person):
    company: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveContact(crm.SaveContact):
    """Makes the contact of this e-mail address, or fills the one that there is."""

    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateContact(crm.UpdateContact):
    company: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateDeal(crm.CreateDeal):
    guest: Person | None = None
    pipeline: str
    closed_at: str  # RFC 3339: when the order was placed


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateDeal(crm.UpdateDeal):
    pipeline: str = ""
