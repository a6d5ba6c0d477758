"""What any books can be asked to do. Content is compared as it is written: the order of fields is part of it."""

from dataclasses import dataclass
from typing import ClassVar

from hub.domain.commands import Command
from hub.domain.records import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePerson(Command):
    """The common part, under each vendor's own action. Subject: our customer."""

    name: str
    company: str = ""
    email: str = ""
    phone: str = ""
    address: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidInvoice(Command):
    """Target: the invoice."""

    action: ClassVar[str] = "invoice.void"
