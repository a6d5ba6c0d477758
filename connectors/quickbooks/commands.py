"""What the books can be asked to do, beside what all can. Amounts are exact; days are in the company's zone."""

from dataclasses import dataclass
from typing import ClassVar

from connectors.books.commands import CreatePerson
from hub.domain.commands import Command
from hub.domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class BookLine:
    text: str
    item: str
    amount: Money  # may be negative: a discount
    quantity: int | None = None  # None: the amount is not a whole price times a quantity
    unit_price: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCustomer(CreatePerson):
    """Subject: our customer. Target: the currency, as QuickBooks ties each customer to one."""

    action: ClassVar[str] = "customer.create"

    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateInvoice(Command):
    action: ClassVar[str] = "invoice.create"

    customer: str
    date: str
    number: str = ""  # "": QuickBooks numbers it
    lines: tuple[BookLine, ...]
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateInvoice(Command):
    """Target: the invoice. Its lines are replaced."""

    action: ClassVar[str] = "invoice.update"

    lines: tuple[BookLine, ...]
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPayment(Command):
    """Target: our payment. No money moves: the books learn that it has."""

    action: ClassVar[str] = "payment.record"

    customer: str
    invoice: str
    date: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCreditMemo(Command):
    """Target: our refund."""

    action: ClassVar[str] = "credit_memo.create"

    customer: str
    date: str
    lines: tuple[BookLine, ...]
    total: Money
