"""What a CRM can be asked to do; vendors add fields. In an update, `""` and `None` leave a field as it is."""

from dataclasses import dataclass
from typing import ClassVar

from hub.domain.commands import Command
from hub.domain.money import Money
from hub.domain.records import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who a contact is: its e-mail address names it, the rest fills what is empty."""

    email: str = ""
    name: str = ""
    phone: str = ""
    address: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveContact(Command):
    """Subject: our customer. Makes the contact of this person, or takes over and fills the one that there is."""

    action: ClassVar[str] = "contact.save"

    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateContact(Command):
    """Subject: our customer. Target: the contact."""

    action: ClassVar[str] = "contact.update"

    name: str = ""
    phone: str = ""
    address: Address | None = None
    wrote: str  # the note of what is ours then


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateDeal(Command):
    """With a contact: the one of our customer, by its id, or `guest`, who has no record with us."""

    action: ClassVar[str] = "deal.create"

    name: str
    amount: Money
    stage: str
    contact: str = ""
    guest: Person | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateDeal(Command):
    """Target: the deal."""

    action: ClassVar[str] = "deal.update"

    amount: Money | None = None
    stage: str = ""
    contact: str = ""
