"""Stripe's objects as the stand-in shows them: new ones with all their usual fields, and views by API version."""

from collections.abc import Callable, Mapping
from typing import Any

Thing = dict[str, Any]

# The day on which `payment_intent.charges` and `charge.refunds` stopped being part of their objects.
_NO_LISTS_SINCE = "2022-11-15"
# The fields that came later than the list-bearing versions and would be unknown to them.
_NEW_DISPUTE_FIELDS = ("enhanced_eligibility_types",)

_NO_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def intent(*, id: str, created: int, amount: int, currency: str, capture_method: str, **given: Any) -> Thing:
    nothing = ("application", "application_fee_amount", "canceled_at", "cancellation_reason", "last_payment_error")
    more = ("next_action", "on_behalf_of", "processing", "review", "setup_future_usage", "shipping", "source")
    rest = ("statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group", "payment_method")
    return {
        **dict.fromkeys((*nothing, *more, *rest)),
        "id": id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "automatic_payment_methods": None,
        "capture_method": capture_method,
        "client_secret": f"{id}_secret_sandbox",
        "confirmation_method": "automatic",
        "created": created,
        "currency": currency,
        "latest_charge": None,
        "livemode": False,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "customer": None,
        "description": None,
        "receipt_email": None,
        "metadata": {},
        **given,
    }


def charge(*, id: str, created: int, payment: Thing, email: str | None, name: str | None, last4: str) -> Thing:
    nothing = ("application", "application_fee", "application_fee_amount", "failure_balance_transaction")
    more = ("failure_code", "failure_message", "on_behalf_of", "receipt_number", "review", "shipping", "source")
    rest = ("source_transfer", "statement_descriptor", "statement_descriptor_suffix", "transfer_data")
    return {
        **dict.fromkeys((*nothing, *more, *rest, "transfer_group", "balance_transaction")),
        "id": id,
        "object": "charge",
        "amount": payment["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": {"address": dict(_NO_ADDRESS), "email": email, "name": name, "phone": None},
        "calculated_statement_descriptor": "SANDBOX",
        "captured": False,
        "created": created,
        "currency": payment["currency"],
        "customer": payment["customer"],
        "description": payment["description"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(payment["metadata"]),
        "outcome": None,
        "paid": True,
        "payment_intent": payment["id"],
        "payment_method": payment["payment_method"],
        "payment_method_details": {"type": "card", "card": _card(last4)},
        "receipt_email": payment["receipt_email"],
        "receipt_url": None,
        "refunded": False,
        "status": "succeeded",
    }


def _card(last4: str) -> Thing:
    card = dict.fromkeys(("checks", "installments", "mandate", "three_d_secure", "wallet"))
    named = {"brand": "visa", "country": "US", "funding": "credit", "network": "visa", "last4": last4}
    return {**card, **named, "exp_month": 12, "exp_year": 2034, "fingerprint": "sandbox"}


def refund(*, id: str, created: int, of: Thing, amount: int, reason: str | None, metadata: Mapping[str, str]) -> Thing:
    return {
        "id": id,
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": of["id"],
        "created": created,
        "currency": of["currency"],
        "metadata": dict(metadata),
        "payment_intent": of["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def dispute(*, id: str, created: int, of: Thing, reason: str) -> Thing:
    details = {"due_by": created + 7 * 86_400, "has_evidence": False, "past_due": False, "submission_count": 0}
    texts = (
        "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure "
        "cancellation_rebuttal customer_communication customer_email_address customer_name customer_purchase_ip "
        "customer_signature duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id "
        "product_description receipt refund_policy refund_policy_disclosure refund_refusal_explanation service_date "
        "service_documentation shipping_address shipping_carrier shipping_date shipping_documentation "
        "shipping_tracking_number uncategorized_file uncategorized_text"
    )
    return {
        "id": id,
        "object": "dispute",
        "amount": of["amount_captured"],
        "balance_transactions": [],
        "charge": of["id"],
        "created": created,
        "currency": of["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(texts.split()),
        "evidence_details": details,
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": of["payment_intent"],
        "reason": reason,
        "status": "needs_response",
    }


def customer(*, id: str, created: int, **given: Any) -> Thing:
    return {
        "id": id,
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": created,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": id[-8:].upper(),
        "livemode": False,
        "metadata": {},
        "name": None,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        **given,
    }


def session(*, id: str, created: int, amount: int, currency: str, **given: Any) -> Thing:
    nothing = ("after_expiration", "allow_promotion_codes", "billing_address_collection", "cancel_url", "consent")
    more = ("consent_collection", "currency_conversion", "customer", "customer_email", "invoice", "locale", "url")
    rest = ("payment_link", "recovered_from", "setup_intent", "shipping_address_collection", "shipping_cost")
    last = ("submit_type", "subscription", "success_url", "client_reference_id", "customer_details", "payment_intent")
    return {
        **dict.fromkeys((*nothing, *more, *rest, *last)),
        "id": id,
        "object": "checkout.session",
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False, "status": None},
        "created": created,
        "currency": currency,
        "custom_fields": [],
        "custom_text": dict.fromkeys(("shipping_address", "submit", "terms_of_service_acceptance")),
        "customer_creation": "if_required",
        "expires_at": created + 86_400,
        "livemode": False,
        "metadata": {},
        "mode": "payment",
        "payment_method_collection": "if_required",
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        **given,
    }


Find = Callable[[str, str], Thing]  # (object's name, id) -> the object
Inner = Callable[[str, str], list[Thing]]  # (object's name, id of what it belongs to) -> newest first


def view(thing: Thing, version: str, find: Find, inner: Inner, expand: frozenset[str] = frozenset()) -> Thing:
    """The object as a reader of that API version sees it, with what was asked to be expanded."""
    shown = dict(thing)
    lists = version < _NO_LISTS_SINCE

    def nested(name: str, external_id: str, prefix: str) -> Thing:
        deeper = frozenset(each.removeprefix(prefix) for each in expand if each.startswith(prefix))
        return view(find(name, external_id), version, find, inner, deeper)

    if thing["object"] == "payment_intent" and lists:
        charges = [view(each, version, find, inner) for each in inner("charge", thing["id"])]
        shown["charges"] = listed(charges, False, f"/v1/charges?payment_intent={thing['id']}")
    if thing["object"] == "charge" and (lists or "refunds" in expand):
        shown["refunds"] = listed(inner("refund", thing["id"]), False, f"/v1/charges/{thing['id']}/refunds")
    if thing["object"] == "dispute" and lists:
        shown = {name: value for name, value in shown.items() if name not in _NEW_DISPUTE_FIELDS}
    for field, name in EXPANDABLE.get(thing["object"], {}).items():
        named = any(each == field or each.startswith(f"{field}.") for each in expand)
        if named and isinstance(shown.get(field), str):
            shown[field] = nested(name, shown[field], f"{field}.")
    return shown


EXPANDABLE: dict[str, dict[str, str]] = {
    "payment_intent": {"latest_charge": "charge", "customer": "customer"},
    "charge": {"payment_intent": "payment_intent", "customer": "customer"},
    "refund": {"charge": "charge", "payment_intent": "payment_intent"},
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "checkout.session": {"payment_intent": "payment_intent", "customer": "customer"},
}


def listed(items: list[Thing], more: bool, url: str) -> Thing:
    return {"object": "list", "data": items, "has_more": more, "url": url}
