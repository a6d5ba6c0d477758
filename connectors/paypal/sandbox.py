"""A stand-in of PayPal: Orders v2, Payments v2, disputes, webhooks with certificates, transaction search, for one app.

Acts, for whoever plays buyers and shop keepers (amounts as decimal text): `pay`, `capture`, `void`, `refund`,
`fail_refund`, `dispute`, `resolve_dispute`, `unsubscribe`.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.routing import Route

from connectors.paypal.inbound import signed_text
from connectors.paypal.sandbox_api import Api
from connectors.paypal.sandbox_keys import keys
from connectors.paypal.sandbox_ledger import Ledger, Thing, money
from connectors.paypal.sandbox_views import VIEWS
from connectors.paypal.sandbox_webhooks import Webhooks
from hub.sandbox import Act, Sandbox

NAME = "messageverificationcerts.paypal.com"


@dataclass(eq=False)
class PayPalSandbox(Sandbox):
    """`secret` is the webhook's id. `root_file`: where the root certificate is written, for `trusted_roots`."""

    secret: str = "4JH86294D6297924G"
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"
    address: str = "http://127.0.0.1:8080"  # where it is reached: links and the certificate's address begin with it
    webhook_url: str = "https://hub.example/webhooks/paypal"
    root_file: str = ""
    ledger: Ledger = field(init=False)
    webhooks: Webhooks = field(init=False)

    def __post_init__(self) -> None:
        self._keys = keys(NAME)
        if self.root_file:
            Path(self.root_file).write_bytes(self._keys.root)
        self.ledger = Ledger(now=self.now, tell=self._tell)
        self.webhooks = Webhooks(lambda: self.ledger, self.secret, self.webhook_url)
        self.api = Api(
            self.ledger, self.webhooks, self.client_id, self.client_secret, lambda: self.address, self._keys.chain
        )
        super().__post_init__()

    @property
    def root(self) -> str:
        """PEM of the root that its signatures stand on."""
        return self._keys.root.decode()

    def routes(self) -> list[Route]:
        return self.api.routes()

    def is_write(self, method: str, path: str) -> bool:
        return super().is_write(method, path) and path != "/v1/oauth2/token"

    def acts(self) -> Mapping[str, Act]:
        return {
            "pay": self.pay,
            "capture": self.capture,
            "void": self.void,
            "refund": self.refund,
            "fail_refund": self.fail_refund,
            "dispute": self.dispute,
            "resolve_dispute": self.resolve_dispute,
            "unsubscribe": self.unsubscribe,
        }

    def state(self) -> dict[str, Any]:
        """Without the events: they are what was told, not what is."""
        ledger = self.ledger
        return {
            "orders": list(ledger.orders.values()),
            "authorizations": list(ledger.authorizations.values()),
            "captures": list(ledger.captures.values()),
            "refunds": list(ledger.refunds.values()),
            "disputes": list(ledger.disputes.values()),
            "webhooks": list(self.webhooks.hooks.values()),
        }

    # ------------------------------------------------------------------------------------------------------- acts

    def pay(
        self,
        amount: str,
        currency: str,
        capture: bool = True,
        custom_id: str = "",
        invoice_id: str = "",
        email: str = "buyer@example.com",
        decline: bool = False,
    ) -> Thing:
        """An order that a buyer approves; taken at once, or only held."""
        unit = {"amount": money(amount, currency), "custom_id": custom_id, "invoice_id": invoice_id}
        unit = {name: found for name, found in unit.items() if found}
        name = {"given_name": "Ada", "surname": "Example"}
        payer = {"email_address": email, "payer_id": "QYR5Z8XDVJNXQ", "name": name}
        order = self.ledger.create_order("CAPTURE" if capture else "AUTHORIZE", unit, payer)
        if capture:
            return {"order": order["id"], "capture": self.ledger.capture_order(order, decline=decline)["id"]}
        return {"order": order["id"], "authorization": self.ledger.authorize(order)["id"]}

    def capture(self, authorization: str, amount: str = "", final: bool = True) -> Thing:
        held = self.ledger.find(self.ledger.authorizations, authorization)
        given = money(amount, held["amount"]["currency_code"]) if amount else None
        return {"capture": self.ledger.capture(held, given, final=final)["id"]}

    def void(self, authorization: str) -> Thing:
        return {"status": self.ledger.void(self.ledger.find(self.ledger.authorizations, authorization))["status"]}

    def refund(self, capture: str, amount: str = "", status: str = "COMPLETED") -> Thing:
        taken = self.ledger.find(self.ledger.captures, capture)
        given = money(amount, taken["amount"]["currency_code"]) if amount else None
        return {"refund": self.ledger.refund(taken, given, status=status)["id"]}

    def fail_refund(self, refund: str) -> Thing:
        return {"status": self.ledger.fail_refund(self.ledger.find(self.ledger.refunds, refund))["status"]}

    def dispute(self, capture: str) -> Thing:
        return {"dispute": self.ledger.dispute(self.ledger.find(self.ledger.captures, capture))["dispute_id"]}

    def resolve_dispute(self, dispute: str, won: bool) -> Thing:
        found = self.ledger.find(self.ledger.disputes, dispute)
        return {"status": self.ledger.resolve(found, won=won)["status"]}

    def unsubscribe(self) -> None:
        """Somebody takes all but one of the event types out of the subscription."""
        for hook in self.webhooks.hooks.values():
            hook["event_types"] = [{"name": "CUSTOMER.DISPUTE.CREATED"}]

    # --------------------------------------------------------------------------------------------------- webhooks

    def _tell(self, kind: str, resource_type: str, thing: Thing) -> None:
        resource = VIEWS[resource_type](self.ledger, thing, self.address)
        event, to = self.webhooks.told(kind, resource_type, resource, self.address)
        body = json.dumps(event).encode()
        for webhook_id in to:
            self.deliver(kind, self.signed(body, "" if webhook_id == self.webhooks.first else webhook_id), body)

    def signed(self, body: bytes, webhook_id: str = "") -> dict[str, str]:
        """The headers of a delivery that is sent now."""
        transmission, time = f"tx-{self.ledger.new_id()}", self.ledger.time()
        signature = self._keys.sign(signed_text(transmission, time, webhook_id or self.secret, body))
        return {
            "Content-Type": "application/json",
            "PAYPAL-TRANSMISSION-ID": transmission,
            "PAYPAL-TRANSMISSION-TIME": time,
            "PAYPAL-TRANSMISSION-SIG": base64.b64encode(signature).decode(),
            "PAYPAL-CERT-URL": f"{self.address}/v1/notifications/certs/CERT-sandbox",
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
            "PAYPAL-AUTH-VERSION": "v2",
        }
