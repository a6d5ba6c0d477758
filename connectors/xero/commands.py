"""What the books can be asked to do, beside what all can. Amounts are exact; days are in the organisation's zone."""

from dataclasses import dataclass
from typing import ClassVar

from connectors.books.commands import CreatePerson
from hub.domain.commands import Command
from hub.domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class BookLine:
    text: str
    account: str
    amount: Money  # may be negative: a discount. Without tax where the document's `amounts` are "Exclusive"
    quantity: int | None = None  # None: the amount is not a whole price times a quantity
    unit_price: Money | None = None
    tax_type: str = "NONE"
    tax: Money | None = None  # as the store charged it; None: the document knows no tax


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateContact(CreatePerson):
    """Subject: our customer."""

    action: ClassVar[str] = "contact.create"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateInvoice(Command):
    action: ClassVar[str] = "invoice.create"

    contact: str
    date: str
    due: str
    reference: str
    number: str = ""  # "": Xero numbers it
    amounts: str  # Xero's LineAmountTypes: "NoTax", "Exclusive" or "Inclusive"
    lines: tuple[BookLine, ...]
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateInvoice(Command):
    """Target: the invoice. Its lines are replaced."""

    action: ClassVar[str] = "invoice.update"

    amounts: str
    lines: tuple[BookLine, ...]
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPayment(Command):
    """Target: our payment. No money moves: the books learn that it has."""

    action: ClassVar[str] = "payment.record"

    invoice: str
    account: str
    date: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCreditNote(Command):
    """Target: our refund."""

    action: ClassVar[str] = "credit_note.create"

    contact: str
    date: str
    reference: str
    amounts: str
    lines: tuple[BookLine, ...]
    total: Money
