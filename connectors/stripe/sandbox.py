"""A stand-in of Stripe: its form-encoded API v1 and its signed webhooks, for one account in test mode.

Acts, for whoever plays customers and shop keepers (amounts in Stripe's units): `pay`, `capture`, `cancel`, `refund`,
`fail_refund`, `dispute`, `close_dispute`, `checkout`, `customer`, `update_customer`.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.routing import Route

from connectors.stripe.sandbox_api import Api
from connectors.stripe.sandbox_ledger import Ledger
from connectors.stripe.sandbox_shapes import Thing, view
from connectors.stripe.settings import API_VERSION
from hub.sandbox import Act, Sandbox


@dataclass(eq=False)
class StripeSandbox(Sandbox):
    """`api_version` is the webhook endpoint's, and the account's own for calls that name none."""

    api_key: str = "sk_test_sandbox"
    api_version: str = API_VERSION
    calls_per_second: int = 100  # beyond which it answers 429, as Stripe does; 0: no limit
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Ledger(now=self.now, tell=self._tell)
        self._api = Api(self.ledger, self.api_key, self.api_version, self.calls_per_second)
        super().__post_init__()

    def routes(self) -> list[Route]:
        return self._api.routes()

    def acts(self) -> Mapping[str, Act]:
        return {
            "pay": self.pay,
            "capture": self.capture,
            "cancel": self.cancel,
            "refund": self.refund,
            "fail_refund": self.fail_refund,
            "dispute": self.dispute,
            "close_dispute": self.close_dispute,
            "checkout": self.checkout,
            "customer": self.customer,
            "update_customer": self.update_customer,
        }

    def state(self) -> dict[str, Any]:
        """Without the events: they are what was told, not what is."""
        names = ("payment_intent", "charge", "refund", "dispute", "checkout.session", "customer")
        return {name: list(reversed(self.ledger.all(name))) for name in names}

    # ------------------------------------------------------------------------------------------------------- acts

    def pay(
        self,
        amount: int,
        currency: str,
        capture: bool = True,
        metadata: Mapping[str, str] | None = None,
        email: str | None = None,
        name: str | None = None,
        customer: str | None = None,
        decline: bool = False,
    ) -> Thing:
        intent = self.ledger.create_intent(
            amount=amount,
            currency=currency,
            capture_method="automatic_async" if capture else "manual",
            metadata=dict(metadata or {}),
            receipt_email=email,
            customer=customer,
        )
        charge = self.ledger.confirm(intent, decline=decline, email=email, name=name)
        return {"payment_intent": intent["id"], "charge": charge["id"]}

    def capture(self, payment_intent: str, amount: int | None = None) -> Thing:
        return dict(self.ledger.capture(self.ledger.find("payment_intent", payment_intent), amount))

    def cancel(self, payment_intent: str) -> Thing:
        return dict(self.ledger.cancel(self.ledger.find("payment_intent", payment_intent)))

    def refund(self, payment_intent: str, amount: int | None = None) -> Thing:
        intent = self.ledger.find("payment_intent", payment_intent)
        return dict(self.ledger.refund(self.ledger.find("charge", intent["latest_charge"]), amount))

    def fail_refund(self, refund: str) -> Thing:
        return dict(self.ledger.fail_refund(self.ledger.find("refund", refund)))

    def dispute(self, payment_intent: str) -> Thing:
        intent = self.ledger.find("payment_intent", payment_intent)
        return dict(self.ledger.dispute(self.ledger.find("charge", intent["latest_charge"])))

    def close_dispute(self, dispute: str, won: bool) -> Thing:
        return dict(self.ledger.close_dispute(self.ledger.find("dispute", dispute), won=won))

    def checkout(
        self,
        amount: int,
        currency: str,
        client_reference_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
        email: str | None = None,
    ) -> Thing:
        """A Checkout session, made and paid at once."""
        session = self.ledger.create_session(
            amount=amount,
            currency=currency,
            client_reference_id=client_reference_id,
            metadata=dict(metadata or {}),
        )
        intent = self.ledger.pay_session(session, email)
        return {"session": session["id"], "payment_intent": intent["id"], "charge": intent["latest_charge"]}

    def customer(self, email: str | None = None, name: str | None = None) -> Thing:
        return dict(self.ledger.create_customer(email=email, name=name))

    def update_customer(self, customer: str, email: str | None = None, name: str | None = None) -> Thing:
        found = self.ledger.find("customer", customer)
        return dict(self.ledger.update_customer(found, email=email, name=name))

    # --------------------------------------------------------------------------------------------------- webhooks

    def _tell(self, kind: str, thing: Thing) -> None:
        shown = view(thing, self.api_version, self.ledger.find, self.ledger.inner)
        event: Thing = {
            "id": self.ledger.new_id("evt"),
            "object": "event",
            "api_version": self.api_version,
            "created": self.ledger.seconds(),
            "data": {"object": json.loads(json.dumps(shown))},  # as it is now, whatever comes
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        self.ledger.keep(event)
        body = json.dumps(event, indent=2).encode()
        self.deliver(kind, self.signed(body), body)

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers of a delivery that is sent now."""
        seconds = self.ledger.seconds()
        digest = hmac.new(self.secret.encode(), b"%d.%b" % (seconds, body), hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": f"t={seconds},v1={digest}",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
