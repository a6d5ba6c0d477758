"""The books behind the sandbox: documents, what is due on them, and what Xero refuses."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from connectors.xero.wire import milliseconds
from hub.domain.clock import Clock

Json = dict[str, Any]

IDS = {"Invoices": "InvoiceID", "CreditNotes": "CreditNoteID", "Payments": "PaymentID", "Contacts": "ContactID"}
ACCOUNTS = {
    "200": ("Sales", "REVENUE"),
    "260": ("Other Revenue", "REVENUE"),
    "820": ("Sales Tax", "CURRLIAB"),
    "090": ("Clearing Account", "BANK"),
}
RATES = {"NONE": Decimal(0), "OUTPUT": Decimal(10), "ZERORATEDOUTPUT": Decimal(0)}  # per cent
_CENT = Decimal("0.01")
_SALE = {
    *("Type", "Contact", "LineItems", "Date", "DueDate", "LineAmountTypes", "Reference", "CurrencyCode", "Status"),
    *("InvoiceID", "InvoiceNumber", "Url", "CreditNoteID", "CreditNoteNumber"),
}
_PERSON = {"ContactID", "ContactNumber", "Name", "FirstName", "LastName", "EmailAddress", "Phones", "Addresses"}
_LINE = {"Description", "Quantity", "UnitAmount", "LineAmount", "TaxType", "TaxAmount", "AccountCode", "AccountID"}


class Invalid(Exception):
    """(message, element): a validation error, of which the vendor shows the element that it was given."""


@dataclass
class Books:
    now: Clock
    changed: Callable[[str, str, str], None]  # (list, id, "CREATE" or "UPDATE"): what webhooks tell
    currencies: tuple[str, ...]
    objects: dict[str, dict[str, Json]] = field(default_factory=lambda: {plural: {} for plural in IDS})
    last_id: int = 100
    last_ms: int = 0

    def time(self) -> str:
        """No two changes have the same."""
        self.last_ms = max(self.last_ms + 1, milliseconds(self.now()))
        return f"/Date({self.last_ms}+0000)/"

    def save(self, plural: str, said: Json, id: str = "") -> Json:
        """Creates, or changes what has this id. Raises `Invalid`; `KeyError` where there is no such thing."""
        old = self.objects[plural][id] if id else None
        do = {"Contacts": self._contact, "Payments": self._payment}.get(plural)
        each = do(said, old) if do else self._document(plural, said, old)
        each["UpdatedDateUTC"] = self.time()
        self.objects[plural][each[IDS[plural]]] = each
        if plural == "Payments":
            self.rebalance(each["Invoice"]["InvoiceID"])
            self.changed("Invoices", each["Invoice"]["InvoiceID"], "UPDATE")
        else:
            self.rebalance(each[IDS[plural]])
            self.changed(plural, each[IDS[plural]], "UPDATE" if old else "CREATE")
        return each

    def rebalance(self, id: str) -> None:
        each = self.objects["Invoices"].get(id)
        if each is None:
            return
        live = [pay for pay in self.objects["Payments"].values() if pay["Invoice"]["InvoiceID"] == id]
        live = [pay for pay in live if pay["Status"] == "AUTHORISED"]
        kept = ("PaymentID", "Date", "Amount", "Reference", "CurrencyRate")
        each["Payments"] = [{name: pay[name] for name in kept} for pay in live]
        each["AmountPaid"] = sum((pay["Amount"] for pay in live), Decimal("0.00"))
        each["AmountDue"] = each["Total"] - each["AmountPaid"]
        if each["Status"] in ("AUTHORISED", "PAID"):
            each["Status"] = "AUTHORISED" if each["AmountDue"] else "PAID"
        each["UpdatedDateUTC"] = self.time()

    def _id(self) -> str:
        self.last_id += 1
        return str(UUID(int=self.last_id))

    def _contact(self, said: Json, old: Json | None) -> Json:
        _only(said, _PERSON | {"ContactStatus"})
        each = {"ContactID": self._id(), "ContactStatus": "ACTIVE", **(old or {})}
        each |= {name: value for name, value in said.items() if name != "ContactID"}
        name = str(each.get("Name", ""))
        if not name or len(name) > 255:
            raise Invalid("The contact name cannot be empty or longer than 255 characters.", said)
        others = [other for other in self.objects["Contacts"].values() if other["ContactID"] != each["ContactID"]]
        for other in others:
            if other["ContactStatus"] == each["ContactStatus"] == "ACTIVE" and _same(other["Name"], name):
                words = f"The contact name {name} is already assigned to another contact."
                raise Invalid(f"{words} The contact name must be unique across all active contacts.", said)
            if each.get("ContactNumber") and other.get("ContactNumber") == each["ContactNumber"]:
                raise Invalid("The contact number is already assigned to another contact.", said)
        if len(each.get("ContactNumber", "")) > 50:
            raise Invalid("The contact number is longer than 50 characters.", said)
        return each

    def _document(self, plural: str, said: Json, old: Json | None) -> Json:
        _only(said, _SALE)
        if old is not None and old["Status"] in ("VOIDED", "DELETED", "PAID"):
            raise Invalid(f"{plural} not of valid status for modification", said)
        if old is not None and "Status" in said and said["Status"] in ("VOIDED", "DELETED"):
            return self._ended(old, said)
        id_name, number = IDS[plural], plural.removesuffix("s") + "Number"
        start: Json = {id_name: self._id(), number: f"{plural[:2].upper()}-{self.last_id:04}", "Status": "DRAFT"}
        start |= {"CurrencyRate": Decimal(1), "LineAmountTypes": "Exclusive", "CurrencyCode": self.currencies[0]}
        each = {**start, **(old or {}), **{name: value for name, value in said.items() if name != id_name}}
        each["Contact"] = self._live_contact(each, said)
        if each["CurrencyCode"] not in self.currencies:
            raise Invalid(f"Organisation is not subscribed to currency {each['CurrencyCode']}", said)
        others = [other for other in self.objects[plural].values() if other[id_name] != each[id_name]]
        if any(other[number] == each[number] for other in others if other["Status"] != "DELETED"):
            raise Invalid(f"{plural.removesuffix('s')} # must be unique.", said)
        for name in ("Date", "DueDate"):
            if name in said or name not in each:
                self._set_day(each, name, said)
        each["LineItems"] = [self._line(line, each["LineAmountTypes"], said) for line in each.get("LineItems", [])]
        if not each["LineItems"]:
            raise Invalid("One or more line items must be specified", said)
        self._sum(each)
        if each["Total"] < 0:
            raise Invalid("The document total must not be less than 0", said)
        if plural == "CreditNotes":
            each |= {"RemainingCredit": each["Total"], "Allocations": [], "Payments": []}
        else:
            each |= {"AmountCredited": Decimal("0.00"), "CreditNotes": []}
            self._check_due(each, said)
        return each

    def _ended(self, old: Json, said: Json) -> Json:
        right = {"VOIDED": ("AUTHORISED",), "DELETED": ("DRAFT", "SUBMITTED")}[said["Status"]]
        if old["Status"] not in right or old.get("Payments"):
            raise Invalid("Invoice not of valid status for modification", said)
        return {**old, "Status": said["Status"]}

    def _check_due(self, each: Json, said: Json) -> None:
        paid = [pay["Amount"] for pay in each.get("Payments", [])]
        if sum(paid, Decimal(0)) > each["Total"]:
            raise Invalid("The invoice is paid by more than its new total", said)
        if each["Status"] == "AUTHORISED" and not each.get("DueDate"):
            raise Invalid("The DueDate must be specified for an approved invoice", said)

    def _live_contact(self, each: Json, said: Json) -> Json:
        found = self.objects["Contacts"].get(each.get("Contact", {}).get("ContactID", ""))
        if found is None or found["ContactStatus"] != "ACTIVE":
            raise Invalid("A Contact must be specified for this type of transaction", said)
        return {"ContactID": found["ContactID"], "Name": found["Name"]}

    def _set_day(self, each: Json, name: str, said: Json) -> None:
        text = said.get(name) or (self.now().date().isoformat() if name == "Date" else "")
        if not text:
            return
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            raise Invalid(f"{name}: the date is not of the form YYYY-MM-DD", said)
        at = datetime.fromisoformat(text).replace(tzinfo=UTC)
        each |= {f"{name}String": f"{text}T00:00:00", name: f"/Date({milliseconds(at)}+0000)/"}

    def _line(self, line: Json, amounts: str, said: Json) -> Json:
        extra = line.keys() - _LINE - {"LineItemID"}
        if extra or not line.get("Description"):
            raise Invalid(f"Line: {sorted(extra) or 'Description must be at least 1 character'}", said)
        if line.get("AccountCode") not in ACCOUNTS:
            raise Invalid(f"Account code '{line.get('AccountCode')}' is not a valid code for this document.", said)
        amount = Decimal(line.get("Quantity", 1)) * Decimal(line["UnitAmount"])
        if Decimal(line.get("LineAmount", amount)) != amount:
            words = f"The line total {line['LineAmount']} does not match the expected line total {amount}"
            raise Invalid(words, said)
        kind = line.get("TaxType", "NONE")
        if kind not in RATES:
            raise Invalid(f"TaxType code '{kind}' does not exist or cannot be used", said)
        part = RATES[kind] / (100 + RATES[kind] if amounts == "Inclusive" else 100)
        tax = Decimal(line.get("TaxAmount", amount * part)).quantize(_CENT, ROUND_HALF_UP)
        if amounts == "NoTax":
            tax = Decimal("0.00")
        if tax and not RATES[kind]:
            raise Invalid(f"The TaxAmount must be 0 where the TaxType is {kind}", said)
        return {**line, "LineItemID": line.get("LineItemID") or self._id(), "LineAmount": amount, "TaxAmount": tax}

    def _sum(self, each: Json) -> None:
        amounts = sum((line["LineAmount"] for line in each["LineItems"]), Decimal("0.00")).quantize(_CENT)
        tax = sum((line["TaxAmount"] for line in each["LineItems"]), Decimal("0.00"))
        inside = each["LineAmountTypes"] == "Inclusive"
        each["SubTotal"] = amounts - tax if inside else amounts
        each["TotalTax"] = tax
        each["Total"] = amounts if inside else amounts + tax

    def _payment(self, said: Json, old: Json | None) -> Json:
        if old is not None:
            if said.get("Status") != "DELETED" or old["Status"] == "DELETED":
                raise Invalid("Payment not of valid status for modification", said)
            return {**old, "Status": "DELETED"}
        _only(said, {"Invoice", "Account", "Date", "Amount", "Reference"})
        invoice = self.objects["Invoices"].get(said.get("Invoice", {}).get("InvoiceID", ""))
        if invoice is None or invoice["Status"] != "AUTHORISED":
            raise Invalid("Invoice could not be found, or is not of valid status for payment", said)
        code = said.get("Account", {}).get("Code")
        if ACCOUNTS.get(code, ("", ""))[1] != "BANK":
            raise Invalid("Account could not be found, or is not enabled for payments", said)
        amount = Decimal(said.get("Amount", 0)).quantize(_CENT)
        if not 0 < amount <= invoice["AmountDue"]:
            raise Invalid("Payment amount exceeds the amount outstanding on this document", said)
        inner = {name: invoice[name] for name in ("Type", "InvoiceID", "InvoiceNumber", "CurrencyCode")}
        each: Json = {"PaymentID": self._id(), "Status": "AUTHORISED", "PaymentType": "ACCRECPAYMENT"}
        each |= {"Amount": amount, "BankAmount": amount, "CurrencyRate": Decimal(1), "Invoice": inner}
        each |= {"Reference": said.get("Reference", ""), "Account": {"Code": code}}
        self._set_day(each, "Date", said)
        del each["DateString"]
        return each


def _only(said: Json, known: set[str]) -> None:
    if extra := said.keys() - known:
        raise Invalid(f"not known: {sorted(extra)}", said)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
