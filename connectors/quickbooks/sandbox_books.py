"""The books behind the sandbox: objects, balances, links, versions, and what QuickBooks refuses."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from decimal import Decimal
from typing import Any

from hub.domain.clock import Clock

Json = dict[str, Any]

_PACIFIC = timezone(timedelta(hours=-8))  # the vendor answers in its own zone
_CENT = Decimal("0.01")
_COMMON = {"Id", "SyncToken", "sparse", "domain", "MetaData", "status"}
_NAME = {
    "DisplayName",
    "GivenName",
    "FamilyName",
    "CompanyName",
    "PrintOnCheckName",
    "PrimaryEmailAddr",
    "PrimaryPhone",
}
_SALE = {"CustomerRef", "CurrencyRef", "TxnDate", "DocNumber", "PrivateNote", "Line", "TotalAmt", "Balance"}
FIELDS = {
    "Customer": _COMMON | _NAME | {"Notes", "BillAddr", "ShipAddr", "CurrencyRef", "Active", "Balance", "Taxable"},
    "Invoice": _COMMON | _SALE | {"DueDate", "BillAddr", "ShipAddr", "LinkedTxn", "CustomerMemo"},
    "SalesReceipt": _COMMON | _SALE | {"LinkedTxn", "DepositToAccountRef"},
    "CreditMemo": _COMMON | _SALE | {"RemainingCredit", "LinkedTxn"},
    "RefundReceipt": _COMMON | _SALE | {"DepositToAccountRef", "LinkedTxn"},
    "Payment": _COMMON | (_SALE - {"Balance", "DocNumber"}) | {"UnappliedAmt", "PaymentRefNum", "DepositToAccountRef"},
    "Item": _COMMON | {"Name", "Active", "Type"},
}
_DETAIL = {"ItemRef", "Qty", "UnitPrice", "TaxCodeRef"}


class Declined(Exception):
    """(code, message, detail): a `Fault` with status 400."""


@dataclass
class Books:
    now: Clock
    changed: Callable[[str, str, str], None]  # (entity, id, operation): what webhooks tell
    currency: str = "USD"
    multicurrency: bool = True
    objects: dict[str, dict[str, Json]] = field(default_factory=lambda: {entity: {} for entity in FIELDS})
    deleted: dict[str, dict[str, Json]] = field(default_factory=lambda: {entity: {} for entity in FIELDS})
    last_id: int = 100

    def time(self) -> str:
        return self.now().astimezone(_PACIFIC).replace(microsecond=0).isoformat()

    def get(self, entity: str, id: str) -> Json:
        try:
            return self.objects[entity][id]
        except KeyError:
            detail = f"Object Not Found : Something you're trying to use has been made inactive. {entity} {id}"
            raise Declined("610", "Object Not Found", detail) from None

    def save(self, entity: str, said: Json) -> Json:
        """Create, or update with the current SyncToken: sparse or whole."""
        for name in said.keys() - FIELDS[entity]:
            detail = f'Property Name:Unrecognized field "{name}" (class com.intuit.schema.finance.v3.{entity})'
            raise Declined("2010", "Request has invalid or unsupported property", detail)
        if "Id" not in said:
            self.last_id += 1
            each: Json = {"domain": "QBO", "Id": str(self.last_id), "SyncToken": "0"}
            each["MetaData"] = {"CreateTime": self.time(), "LastUpdatedTime": self.time()}
        else:
            old = self.current(entity, said)
            kept = old if said.get("sparse") else {name: old[name] for name in ("Id", "MetaData", "domain")}
            each = {**kept, "SyncToken": str(int(old["SyncToken"]) + 1)}
        each |= {name: value for name, value in said.items() if name not in _COMMON} | {"sparse": False}
        self._check(entity, each)
        self.objects[entity][each["Id"]] = each
        self.touch(each)
        if entity == "Payment":
            self._apply(each)
        elif entity == "Invoice":
            self.rebalance(each["Id"])
        self.changed(entity, each["Id"], "Update" if "Id" in said else "Create")
        return each

    def current(self, entity: str, said: Json) -> Json:
        old = self.get(entity, str(said.get("Id", "")))
        if str(said.get("SyncToken")) != old["SyncToken"]:
            detail = "Stale Object Error : You and another person were working on this at the same time."
            raise Declined("5010", "Stale Object Error", detail)
        return old

    def void(self, entity: str, said: Json) -> Json:
        each = self.current(entity, said)
        each["PrivateNote"] = f"Voided - {note}" if (note := each.get("PrivateNote")) else "Voided"
        each["TotalAmt"] = Decimal("0.00")
        for line in each["Line"]:
            line["Amount"] = Decimal("0.00")
            line.get("SalesItemLineDetail", {}).pop("UnitPrice", None)
        for payment in self.objects["Payment"].values():
            payment["Line"] = [line for line in payment["Line"] if not _links(line, each["Id"])]
            payment["UnappliedAmt"] = payment["TotalAmt"] - _sum(payment["Line"])
        each["SyncToken"] = str(int(each["SyncToken"]) + 1)
        self.touch(each)
        self.rebalance(each["Id"])
        self.changed(entity, each["Id"], "Void")
        return each

    def delete(self, entity: str, said: Json) -> Json:
        each = self.current(entity, said)
        if entity in ("Customer", "Item"):
            raise Declined("2010", "Request has invalid or unsupported property", "Deleting a name is not supported")
        del self.objects[entity][each["Id"]]
        stub = {"domain": "QBO", "status": "Deleted", "Id": each["Id"]}
        self.deleted[entity][each["Id"]] = {**stub, "MetaData": {"LastUpdatedTime": self.time()}}
        if entity == "Payment":
            self._apply(each)
        self.changed(entity, each["Id"], "Delete")
        return stub

    def touch(self, each: Json) -> None:
        each["MetaData"]["LastUpdatedTime"] = self.time()

    def rebalance(self, invoice: str) -> None:
        each = self.objects["Invoice"].get(invoice)
        if each is None:
            return
        paid = [payment for payment in self.objects["Payment"].values() if _applied(payment, invoice)]
        each["LinkedTxn"] = [{"TxnId": payment["Id"], "TxnType": "Payment"} for payment in paid]
        each["Balance"] = each["TotalAmt"] - sum((_applied(payment, invoice) for payment in paid), Decimal("0.00"))

    def _apply(self, payment: Json) -> None:
        """A payment changes its invoices: their time moves, their SyncToken does not."""
        for invoice in {link["TxnId"] for line in payment["Line"] for link in line["LinkedTxn"]}:
            self.rebalance(invoice)
            if invoice in self.objects["Invoice"]:
                self.touch(self.objects["Invoice"][invoice])
                self.changed("Invoice", invoice, "Update")

    def _check(self, entity: str, each: Json) -> None:
        if entity == "Customer":
            self._check_customer(each)
            return
        customer = self._reference("Customer", each.get("CustomerRef"))
        each.setdefault("CurrencyRef", dict(customer["CurrencyRef"]))
        if each["CurrencyRef"]["value"] != customer["CurrencyRef"]["value"]:
            raise Declined("6000", "A business validation error has occurred", "The customer has another currency")
        each.setdefault("TxnDate", self.now().date().isoformat())
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", each["TxnDate"]) or len(each.get("PrivateNote", "")) > 4000:
            raise Declined("2050", "String length is either shorter or longer than supported", "TxnDate, PrivateNote")
        each.setdefault("DocNumber", each["Id"])
        if len(each["DocNumber"]) > 21:
            raise Declined("2050", "String length is either shorter or longer than supported", "DocNumber: 21")
        if entity == "Payment":
            del each["DocNumber"]
            self._check_payment(each)
            return
        each["Line"] = [self._line(number, line) for number, line in enumerate(_items(each.get("Line")), start=1)]
        each["TotalAmt"] = _sum(each["Line"])
        if each["TotalAmt"] < 0 or not each["Line"]:
            raise Declined("6000", "A business validation error has occurred", "Transaction amount must be 0 or more")
        each["Balance"] = each["TotalAmt"]
        each.setdefault("LinkedTxn", [])
        if entity == "CreditMemo":
            each["RemainingCredit"] = each["TotalAmt"]
        if entity in ("SalesReceipt", "RefundReceipt"):
            each["Balance"] = Decimal("0.00")

    def _check_customer(self, each: Json) -> None:
        name = each.get("DisplayName", "")
        if not name or len(name) > 500 or re.search(r"[:\t\n]", name):
            raise Declined("2040", "The name supplied has invalid chars", name[:80])
        others = (other for other in self.objects["Customer"].values() if other["Id"] != each["Id"])
        if any(other["DisplayName"].casefold() == name.casefold() for other in others):
            detail = (
                "The name supplied already exists. : Another customer, vendor or employee is already using this name."
            )
            raise Declined("6240", "Duplicate Name Exists Error", detail)
        each.setdefault("Active", True)
        each.setdefault("Balance", Decimal(0))
        each.setdefault("PrintOnCheckName", name)
        each.setdefault("CurrencyRef", {"value": self.currency})
        if each["CurrencyRef"]["value"] != self.currency and not self.multicurrency:
            raise Declined("6000", "A business validation error has occurred", "Multicurrency is not enabled")
        if len(each.get("Notes", "")) > 2000:
            raise Declined("2050", "String length is either shorter or longer than supported", "Notes: 2000")

    def _check_payment(self, each: Json) -> None:
        each["TotalAmt"] = Decimal(each.get("TotalAmt", 0)).quantize(_CENT)
        each["Line"] = [dict(line, Amount=Decimal(line["Amount"]).quantize(_CENT)) for line in _items(each.get("Line"))]
        each["UnappliedAmt"] = each["TotalAmt"] - _sum(each["Line"])
        for line in each["Line"]:
            for link in line["LinkedTxn"]:
                invoice = self.get("Invoice", link["TxnId"])
                before = _applied(self.objects["Payment"].get(each["Id"], {"Line": []}), link["TxnId"])
                if invoice["CustomerRef"]["value"] != each["CustomerRef"]["value"]:
                    raise Declined("6000", "A business validation error has occurred", "Invoice of another customer")
                if line["Amount"] > invoice["Balance"] + before:
                    raise Declined("6000", "A business validation error has occurred", "More than the open balance")
        if each["UnappliedAmt"] < 0:
            raise Declined("6000", "A business validation error has occurred", "More applied than was paid")

    def _line(self, number: int, line: Json) -> Json:
        detail = line.get("SalesItemLineDetail")
        if line.get("DetailType") != "SalesItemLineDetail" or not isinstance(detail, dict) or "Amount" not in line:
            raise Declined("2020", "Required param missing, need to supply the required value for the API", "Line")
        if detail.keys() - _DETAIL or len(line.get("Description", "")) > 4000:
            raise Declined("2010", "Request has invalid or unsupported property", str(sorted(detail)))
        self._reference("Item", detail.get("ItemRef"))
        amount = Decimal(line["Amount"]).quantize(_CENT)
        if "UnitPrice" in detail and Decimal(detail["UnitPrice"]) * Decimal(detail.get("Qty", 1)) != amount:
            raise Declined("6070", "Amount calculation incorrect in the request", f"Line {number}")
        return {**line, "Id": str(number), "LineNum": number, "Amount": amount}

    def _reference(self, entity: str, ref: Any) -> Json:
        found = self.objects[entity].get(str(ref.get("value"))) if isinstance(ref, dict) else None
        if found is None or not found.get("Active", True):
            raise Declined("2500", "Invalid Reference Id", f"Invalid Reference Id : {entity} {ref}")
        return found


def _items(lines: Any) -> list[Json]:
    return [line for line in lines or [] if line.get("DetailType") != "SubTotalLineDetail"]


def _sum(lines: list[Json]) -> Decimal:
    return sum((line["Amount"] for line in lines), Decimal("0.00"))


def _links(line: Json, invoice: str) -> bool:
    return any(link["TxnId"] == invoice and link["TxnType"] == "Invoice" for link in line.get("LinkedTxn", []))


def _applied(payment: Json, invoice: str) -> Decimal:
    return _sum([line for line in payment["Line"] if _links(line, invoice)])
