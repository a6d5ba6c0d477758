"""What Stripe's stand-in holds, and the rules by which it moves: nothing is refunded twice, captured twice or beyond
what was authorised. Each move says which events Stripe would send."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.stripe import sandbox_shapes as shapes
from connectors.stripe.sandbox_shapes import Thing
from hub.domain.clock import Clock

Tell = Callable[[str, Thing], None]  # (event type, the object as it is now)

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class ApiError(Exception):
    """Stripe's own refusal, as its API words it."""

    def __init__(self, status: int, kind: str, message: str, *, code: str = "", **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"type": kind, "message": message, **({"code": code} if code else {}), **more}


def invalid(message: str, *, code: str = "", param: str = "", status: int = 400) -> ApiError:
    return ApiError(status, "invalid_request_error", message, code=code, **({"param": param} if param else {}))


@dataclass(eq=False, kw_only=True)
class Ledger:
    now: Clock
    tell: Tell
    things: dict[str, dict[str, Thing]] = field(default_factory=dict)  # by object name, then id, oldest first
    made: int = 0

    def seconds(self) -> int:
        return int(self.now().timestamp())

    def new_id(self, prefix: str) -> str:
        self.made += 1
        number = int.from_bytes(hashlib.sha256(f"{prefix}{self.made}".encode()).digest()[:18], "big")
        return f"{prefix}_3S" + "".join(_BASE62[number // 62**place % 62] for place in range(22))

    def find(self, name: str, external_id: str, param: str = "id") -> Thing:
        try:
            return self.things[name][external_id]
        except KeyError:
            message = f"No such {name}: '{external_id}'"
            raise invalid(message, code="resource_missing", param=param, status=404) from None

    def all(self, name: str) -> list[Thing]:
        """Newest first."""
        return list(reversed(self.things.get(name, {}).values()))

    def inner(self, name: str, owner: str) -> list[Thing]:
        return [each for each in self.all(name) if owner in (each.get("payment_intent"), each.get("charge"))]

    def keep(self, thing: Thing) -> Thing:
        self.things.setdefault(thing["object"], {})[thing["id"]] = thing
        return thing

    # ------------------------------------------------------------------------------------------------- payments

    def create_intent(
        self, *, amount: int, currency: str, capture_method: str = "automatic_async", **given: Any
    ) -> Thing:
        if amount <= 0:
            raise invalid(
                "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
            )
        if given.get("customer"):
            self.find("customer", given["customer"], "customer")
        intent = self.keep(
            shapes.intent(
                id=self.new_id("pi"),
                created=self.seconds(),
                amount=amount,
                currency=currency.lower(),
                capture_method=capture_method,
                **{name: value for name, value in given.items() if value is not None},
            )
        )
        self.tell("payment_intent.created", intent)
        return intent

    def confirm(
        self, intent: Thing, *, decline: bool = False, email: str | None = None, name: str | None = None
    ) -> Thing:
        if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
            raise self._wrong_state(intent, "confirm")
        intent["payment_method"] = intent["payment_method"] or self.new_id("pm")
        charge = self.keep(
            shapes.charge(
                id=self.new_id("ch"),
                created=self.seconds(),
                payment=intent,
                email=email or intent["receipt_email"],
                name=name,
                last4="0002" if decline else "4242",
            )
        )
        intent["latest_charge"] = charge["id"]
        return self._decline(intent, charge) if decline else self._approve(intent, charge)

    def _decline(self, intent: Thing, charge: Thing) -> Thing:
        error = {
            "charge": charge["id"],
            "code": "card_declined",
            "decline_code": "generic_decline",
            "doc_url": "https://stripe.com/docs/error-codes/card-declined",
            "message": "Your card was declined.",
            "type": "card_error",
        }
        charge.update(paid=False, status="failed", failure_code=error["code"], failure_message=error["message"])
        intent.update(status="requires_payment_method", payment_method=None, last_payment_error=error)
        self.tell("charge.failed", charge)
        self.tell("payment_intent.payment_failed", intent)
        return charge

    def _approve(self, intent: Thing, charge: Thing) -> Thing:
        intent["last_payment_error"] = None
        if intent["capture_method"] == "manual":
            intent.update(status="requires_capture", amount_capturable=intent["amount"])
            self.tell("charge.succeeded", charge)
            self.tell("payment_intent.amount_capturable_updated", intent)
            return charge
        charge.update(captured=True, amount_captured=charge["amount"], balance_transaction=self.new_id("txn"))
        intent.update(status="succeeded", amount_received=intent["amount"])
        self.tell("charge.succeeded", charge)
        self.tell("payment_intent.succeeded", intent)
        return charge

    def capture(self, intent: Thing, amount: int | None = None) -> Thing:
        if intent["status"] != "requires_capture":
            raise self._wrong_state(intent, "capture")
        amount = intent["amount_capturable"] if amount is None else amount
        if not 0 < amount <= intent["amount_capturable"]:
            message = "Amount to capture is not within what is capturable."
            raise invalid(message, code="amount_too_large", param="amount_to_capture")
        charge = self.find("charge", intent["latest_charge"])
        charge.update(captured=True, amount_captured=amount, balance_transaction=self.new_id("txn"))
        intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
        self._release(charge, charge["amount"] - amount)
        self.tell("charge.captured", charge)
        self.tell("payment_intent.succeeded", intent)
        return intent

    def _release(self, charge: Thing, amount: int) -> None:
        """What was authorised and not taken: Stripe books it as a refund (`amount_refunded`, an entry of `refunds`)."""
        if amount <= 0:
            return
        self.keep(
            shapes.refund(
                id=self.new_id("re"), created=self.seconds(), of=charge, amount=amount, reason=None, metadata={}
            )
        )
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]

    def cancel(self, intent: Thing, reason: str | None = None) -> Thing:
        if intent["status"] in ("succeeded", "canceled", "processing"):
            raise self._wrong_state(intent, "cancel")
        held = intent["status"] == "requires_capture"
        intent.update(status="canceled", canceled_at=self.seconds(), cancellation_reason=reason, amount_capturable=0)
        if held:
            charge = self.find("charge", intent["latest_charge"])
            self._release(charge, charge["amount"])
            self.tell("charge.refunded", charge)
        self.tell("payment_intent.canceled", intent)
        return intent

    def _wrong_state(self, intent: Thing, verb: str) -> ApiError:
        message = f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}."
        return ApiError(
            400,
            "invalid_request_error",
            message,
            code="payment_intent_unexpected_state",
            payment_intent=dict(intent),
        )

    # ------------------------------------------------------------------------------------------ refunds, disputes

    def refund(
        self, charge: Thing, amount: int | None, *, reason: str | None = None, metadata: Mapping[str, str] | None = None
    ) -> Thing:
        left = charge["amount"] - charge["amount_refunded"]
        if charge["disputed"] and not self._won(charge):
            raise invalid("The charge has been charged back; cannot issue a refund.", code="charge_disputed")
        if not charge["captured"]:
            raise invalid("This payment was not captured: cancel its PaymentIntent.", code="charge_not_captured")
        if left <= 0:
            raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        amount = left if amount is None else amount
        if amount <= 0:
            raise invalid(
                "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
            )
        if amount > left:
            message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
            raise invalid(message, code="amount_too_large", param="amount")
        refund = self.keep(
            shapes.refund(
                id=self.new_id("re"),
                created=self.seconds(),
                of=charge,
                amount=amount,
                reason=reason,
                metadata=metadata or {},
            )
        )
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        self.tell("refund.created", refund)
        self.tell("charge.refunded", charge)
        return refund

    def fail_refund(self, refund: Thing) -> Thing:
        if refund["status"] != "succeeded":
            raise invalid(f"The refund is {refund['status']}.")
        charge = self.find("charge", refund["charge"])
        refund.update(status="failed", failure_reason="lost_or_stolen_card")
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
        for kind in ("refund.failed", "refund.updated", "charge.refund.updated"):
            self.tell(kind, refund)
        return refund

    def dispute(self, charge: Thing, reason: str = "fraudulent") -> Thing:
        if not charge["captured"] or charge["disputed"]:
            raise invalid("The charge cannot be disputed.")
        dispute = self.keep(shapes.dispute(id=self.new_id("du"), created=self.seconds(), of=charge, reason=reason))
        charge["disputed"] = True
        self.tell("charge.dispute.created", dispute)
        self.tell("charge.dispute.funds_withdrawn", dispute)
        return dispute

    def close_dispute(self, dispute: Thing, *, won: bool) -> Thing:
        if dispute["status"] in ("won", "lost"):
            raise invalid("The dispute is closed.")
        dispute["status"] = "won" if won else "lost"
        if won:
            self.tell("charge.dispute.funds_reinstated", dispute)
        self.tell("charge.dispute.closed", dispute)
        return dispute

    def _won(self, charge: Thing) -> bool:
        return any(each["status"] == "won" for each in self.inner("dispute", charge["id"]))

    # ----------------------------------------------------------------------------------------- customers, Checkout

    def create_customer(self, **given: Any) -> Thing:
        customer = self.keep(shapes.customer(id=self.new_id("cus"), created=self.seconds(), **given))
        self.tell("customer.created", customer)
        return customer

    def update_customer(self, customer: Thing, **given: Any) -> Thing:
        customer.update({name: value for name, value in given.items() if value is not None})
        self.tell("customer.updated", customer)
        return customer

    def create_session(self, *, amount: int, currency: str, **given: Any) -> Thing:
        session_id = self.new_id("cs_test")
        return self.keep(
            shapes.session(id=session_id, created=self.seconds(), amount=amount, currency=currency.lower(), **given)
        )

    def pay_session(self, session: Thing, email: str | None) -> Thing:
        if session["status"] != "open":
            raise invalid(f"The session is {session['status']}.")
        intent = self.create_intent(amount=session["amount_total"], currency=session["currency"])
        self.confirm(intent, email=email)
        who: Thing = {"address": None, "email": email, "name": None, "phone": None, "tax_exempt": "none", "tax_ids": []}
        session.update(status="complete", payment_status="paid", payment_intent=intent["id"], customer_details=who)
        self.tell("checkout.session.completed", session)
        return intent

    def expire_session(self, session: Thing) -> Thing:
        if session["status"] != "open":
            raise invalid('Only Checkout Sessions with a status in ["open"] can be expired.')
        session["status"] = "expired"
        self.tell("checkout.session.expired", session)
        return session
