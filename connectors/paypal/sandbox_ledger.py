"""What PayPal's stand-in holds, and the rules by which it moves: nothing is captured or refunded beyond what there is.
Each move says which events PayPal would send. A refusal is worded as the specification words it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.domain.clock import Clock

Thing = dict[str, Any]
Tell = Callable[[str, str, Thing], None]  # (event type, resource type, the resource as it is now)

_WHOLE = ("HUF", "JPY", "TWD")
_LETTERS = "0123456789ABCDEFGHJKLMNPRSTUVWXY"


class ApiError(Exception):
    """PayPal's own refusal."""

    def __init__(self, status: int, name: str, message: str, issue: str = "", words: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.error: Thing = {"name": name, "message": message}
        if issue:
            self.error["details"] = [{"issue": issue, **({"description": words} if words else {})}]


def refused(issue: str, words: str = "") -> ApiError:
    message = "The requested action could not be performed, semantically incorrect, or failed business validation."
    return ApiError(422, "UNPROCESSABLE_ENTITY", message, issue, words)


def missing() -> ApiError:
    words = "Specified resource ID does not exist. Please check the resource ID and try again."
    return ApiError(404, "RESOURCE_NOT_FOUND", "The specified resource does not exist.", "INVALID_RESOURCE_ID", words)


def money(value: Decimal | str, currency: str) -> Thing:
    if currency in _WHOLE:
        return {"currency_code": currency, "value": f"{Decimal(value):.0f}"}
    return {"currency_code": currency, "value": f"{Decimal(value):.2f}"}


def value(thing: Thing, name: str = "amount") -> Decimal:
    return Decimal(thing[name]["value"])


@dataclass(eq=False, kw_only=True)
class Ledger:
    now: Clock
    tell: Tell
    orders: dict[str, Thing] = field(default_factory=dict)
    authorizations: dict[str, Thing] = field(default_factory=dict)
    captures: dict[str, Thing] = field(default_factory=dict)
    refunds: dict[str, Thing] = field(default_factory=dict)
    disputes: dict[str, Thing] = field(default_factory=dict)
    made: int = 0

    def time(self) -> str:
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def new_id(self) -> str:
        self.made += 1
        number = int.from_bytes(hashlib.sha256(f"paypal{self.made}".encode()).digest()[:11], "big")
        return "".join(_LETTERS[number >> 5 * place & 31] for place in range(17))

    def find(self, what: dict[str, Thing], external_id: str) -> Thing:
        if external_id not in what:
            raise missing()
        return what[external_id]

    def amount(self, given: Thing | None, currency: str, mismatch: ApiError) -> Decimal | None:
        """Checked as PayPal checks it; `None` where none is given."""
        if given is None:
            return None
        if given["currency_code"] != currency:
            raise mismatch
        try:
            found = Decimal(given["value"])
        except InvalidOperation:
            found = Decimal(0)
        if found <= 0:
            words = "Must be greater than zero. If the currency supports decimals, only two decimal place precision"
            raise refused("CANNOT_BE_ZERO_OR_NEGATIVE", f"{words} is supported.")
        if currency in _WHOLE and "." in given["value"]:
            page = "https://developer.paypal.com/docs/api/reference/currency-codes/"
            words = f"Currency does not support decimals. Please refer to {page} for more information."
            raise refused("DECIMALS_NOT_SUPPORTED", words)
        return found

    # ------------------------------------------------------------------------------------------------------ orders

    def create_order(self, intent: str, unit: Thing, payer: Thing | None = None) -> Thing:
        order: Thing = {
            "id": self.new_id(),
            "intent": intent,
            "status": "APPROVED" if payer else "CREATED",
            "unit": unit,
            "payer": payer,
            "create_time": self.time(),
            "update_time": None,
        }
        self.orders[order["id"]] = order
        if payer:
            self.tell("CHECKOUT.ORDER.APPROVED", "checkout-order", order)
        return order

    def _paid(self, order: Thing) -> None:
        order |= {"status": "COMPLETED", "update_time": self.time()}

    def _for_order(self, order: Thing) -> Thing:
        unit = order["unit"]
        named = {name: unit[name] for name in ("custom_id", "invoice_id") if unit.get(name)}
        return {
            "id": self.new_id(),
            "order": order["id"],
            **named,
            "create_time": self.time(),
            "update_time": self.time(),
        }

    def authorize(self, order: Thing) -> Thing:
        if order["status"] != "APPROVED":
            raise refused("ORDER_NOT_APPROVED", "Payer has not yet approved the Order for payment.")
        amount = order["unit"]["amount"]
        ends = (self.now() + timedelta(days=29)).strftime("%Y-%m-%dT%H:%M:%SZ")
        held = {**self._for_order(order), "status": "CREATED", "amount": amount, "expiration_time": ends}
        self.authorizations[held["id"]] = held
        self._paid(order)
        self.tell("PAYMENT.AUTHORIZATION.CREATED", "authorization", held)
        return held

    def capture_order(self, order: Thing, *, decline: bool = False) -> Thing:
        if order["status"] == "COMPLETED":
            raise refused("ORDER_ALREADY_CAPTURED", "Order already captured.")
        if order["status"] != "APPROVED":
            raise refused("ORDER_NOT_APPROVED", "Payer has not yet approved the Order for payment.")
        status = "DECLINED" if decline else "COMPLETED"
        taken = self._captured(order, order["unit"]["amount"], status=status, final=True)
        self._paid(order)
        if not decline:
            self.tell("CHECKOUT.ORDER.COMPLETED", "checkout-order", order)
        self.tell(f"PAYMENT.CAPTURE.{status}", "capture", taken)
        return taken

    def _captured(self, order: Thing, amount: Thing, *, status: str, final: bool, held: str = "") -> Thing:
        taken = {**self._for_order(order), "status": status, "amount": amount, "final_capture": final}
        if held:
            taken["authorization"] = held
        self.captures[taken["id"]] = taken
        return taken

    # ---------------------------------------------------------------------------------------------- authorizations

    def capture(self, held: Thing, given: Thing | None = None, *, final: bool = False) -> Thing:
        if held["status"] == "CAPTURED":
            raise refused("AUTHORIZATION_ALREADY_CAPTURED", "Authorization has previously been captured.")
        if held["status"] == "VOIDED":
            raise refused("AUTHORIZATION_VOIDED", "A voided authorization cannot be captured or reauthorized. ")
        currency = held["amount"]["currency_code"]
        words = "Currency of capture must be the same as currency of authorization."
        taken = sum(
            (value(each) for each in self.captures.values() if each.get("authorization") == held["id"]), Decimal()
        )
        left = value(held) - taken
        amount = self.amount(given, currency, refused("AUTH_CAPTURE_CURRENCY_MISMATCH", words)) or left
        if amount > left:
            raise refused("MAX_CAPTURE_AMOUNT_EXCEEDED")
        whole = final or amount == left
        order = self.orders[held["order"]]
        done = self._captured(order, money(amount, currency), status="COMPLETED", final=whole, held=held["id"])
        held |= {"status": "CAPTURED" if whole else "PARTIALLY_CAPTURED", "update_time": self.time()}
        self.tell("PAYMENT.CAPTURE.COMPLETED", "capture", done)
        return done

    def void(self, held: Thing) -> Thing:
        if held["status"] == "VOIDED":
            words = "Authorization has been previously voided and hence cannot be voided again."
            raise refused("PREVIOUSLY_VOIDED", words)
        if held["status"] != "CREATED":
            words = "Authorization has been previously captured and hence cannot be voided."
            raise refused("PREVIOUSLY_CAPTURED", words)
        held |= {"status": "VOIDED", "update_time": self.time()}
        self.tell("PAYMENT.AUTHORIZATION.VOIDED", "authorization", held)
        return held

    # ---------------------------------------------------------------------------------------------------- refunds

    def given_back(self, capture: Thing) -> Decimal:
        lost = ("FAILED", "CANCELLED")
        of = (each for each in self.refunds.values() if each["capture"] == capture["id"] and each["status"] not in lost)
        return sum((value(each) for each in of), Decimal())

    def refund(self, capture: Thing, given: Thing | None = None, *, status: str = "COMPLETED", **named: str) -> Thing:
        if capture["status"] not in ("COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"):
            raise refused("REFUND_NOT_ALLOWED", "Capture cannot be refunded.")
        left = value(capture) - self.given_back(capture)
        if not left:
            raise refused("CAPTURE_FULLY_REFUNDED", "The capture has already been fully refunded")
        currency = capture["amount"]["currency_code"]
        words = "Refund must be in the same currency as the capture"
        amount = self.amount(given, currency, refused("REFUND_CAPTURE_CURRENCY_MISMATCH", words)) or left
        if amount > left:
            words = "The refund amount must be less than or equal to the capture amount that has not yet been refunded."
            raise refused("REFUND_AMOUNT_EXCEEDED", words)
        head = {name: text for name, text in named.items() if text}
        refund = {
            "id": self.new_id(),
            "capture": capture["id"],
            "status": status,
            "amount": money(amount, currency),
            "create_time": self.time(),
            "update_time": self.time(),
            **head,
        }
        self.refunds[refund["id"]] = refund
        self._recount(capture)
        kind = "PAYMENT.CAPTURE.REFUNDED" if status == "COMPLETED" else "PAYMENT.REFUND.PENDING"
        self.tell(kind, "refund", refund)
        return refund

    def fail_refund(self, refund: Thing) -> Thing:
        refund |= {"status": "FAILED", "update_time": self.time()}
        self._recount(self.captures[refund["capture"]])
        self.tell("PAYMENT.REFUND.FAILED", "refund", refund)
        return refund

    def _recount(self, capture: Thing) -> None:
        given = self.given_back(capture)
        status = "REFUNDED" if given == value(capture) else "PARTIALLY_REFUNDED" if given else "COMPLETED"
        capture |= {"status": status, "update_time": self.time()}

    # --------------------------------------------------------------------------------------------------- disputes

    def dispute(self, capture: Thing) -> Thing:
        self.made += 1
        dispute: Thing = {
            "dispute_id": f"PP-D-{10_000 + self.made}",
            "capture": capture["id"],
            "create_time": self.time(),
            "update_time": self.time(),
            "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
            "status": "OPEN",
            "dispute_amount": capture["amount"],
        }
        self.disputes[dispute["dispute_id"]] = dispute
        self.tell("CUSTOMER.DISPUTE.CREATED", "dispute", dispute)
        return dispute

    def resolve(self, dispute: Thing, *, won: bool) -> Thing:
        outcome = {"outcome_code": "RESOLVED_SELLER_FAVOUR" if won else "RESOLVED_BUYER_FAVOUR"}
        dispute |= {"status": "RESOLVED", "dispute_outcome": outcome, "update_time": self.time()}
        self.tell("CUSTOMER.DISPUTE.RESOLVED", "dispute", dispute)
        return dispute
