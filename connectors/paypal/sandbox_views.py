"""The stand-in's things as PayPal's API shows them: with links, related ids and breakdowns."""

from decimal import Decimal

from connectors.paypal.sandbox_ledger import Ledger, Thing, money, value

_PAYMENTS = "/v2/payments"
_PAYEE = {"email_address": "seller@example.com", "merchant_id": "7XK2M4ZQ9RTLA"}


def _link(base: str, path: str, rel: str = "self", method: str = "GET") -> Thing:
    return {"href": f"{base}{path}", "rel": rel, "method": method}


def _shown(thing: Thing, *hidden: str) -> Thing:
    return {name: found for name, found in thing.items() if name not in hidden and found is not None}


def order(ledger: Ledger, thing: Thing, base: str) -> Thing:
    unit = {"reference_id": "default", "payee": _PAYEE, **thing["unit"]}
    payments = {}
    for name, items, show in (
        ("authorizations", ledger.authorizations, authorization),
        ("captures", ledger.captures, capture),
        ("refunds", ledger.refunds, refund),
    ):
        of = [show(ledger, each, base) for each in items.values() if _order_of(ledger, each) == thing["id"]]
        if of:
            payments[name] = of
    if payments:
        unit["payments"] = payments
    path = f"/v2/checkout/orders/{thing['id']}"
    return {**_shown(thing, "unit"), "purchase_units": [unit], "links": [_link(base, path)]}


def _order_of(ledger: Ledger, thing: Thing) -> str:
    found: str = thing["order"] if "order" in thing else ledger.captures[thing["capture"]]["order"]
    return found


def authorization(_: Ledger, thing: Thing, base: str) -> Thing:
    path = f"{_PAYMENTS}/authorizations/{thing['id']}"
    links = [
        _link(base, path),
        _link(base, f"{path}/capture", "capture", "POST"),
        _link(base, f"{path}/void", "void", "POST"),
        _link(base, f"/v2/checkout/orders/{thing['order']}", "up"),
    ]
    related = {"related_ids": {"order_id": thing["order"]}}
    return {**_shown(thing, "order"), "supplementary_data": related, "links": links}


def capture(_: Ledger, thing: Thing, base: str) -> Thing:
    path, held = f"{_PAYMENTS}/captures/{thing['id']}", thing.get("authorization")
    up = f"{_PAYMENTS}/authorizations/{held}" if held else f"/v2/checkout/orders/{thing['order']}"
    related = {"order_id": thing["order"], **({"authorization_id": held} if held else {})}
    fee = (value(thing) * Decimal("0.03")).quantize(
        Decimal("1") if "." not in thing["amount"]["value"] else Decimal("0.01")
    )
    currency = thing["amount"]["currency_code"]
    return {
        **_shown(thing, "order", "authorization"),
        "seller_protection": {"status": "ELIGIBLE", "dispute_categories": ["ITEM_NOT_RECEIVED"]},
        "seller_receivable_breakdown": {
            "gross_amount": thing["amount"],
            "paypal_fee": money(fee, currency),
            "net_amount": money(value(thing) - fee, currency),
        },
        "supplementary_data": {"related_ids": related},
        "links": [_link(base, path), _link(base, f"{path}/refund", "refund", "POST"), _link(base, up, "up")],
    }


def refund(ledger: Ledger, thing: Thing, base: str) -> Thing:
    capture_of = ledger.captures[thing["capture"]]
    total = money(ledger.given_back(capture_of), thing["amount"]["currency_code"])
    links = [
        _link(base, f"{_PAYMENTS}/refunds/{thing['id']}"),
        _link(base, f"{_PAYMENTS}/captures/{thing['capture']}", "up"),
    ]
    breakdown = {"gross_amount": thing["amount"], "net_amount": thing["amount"], "total_refunded_amount": total}
    return {**_shown(thing, "capture"), "seller_payable_breakdown": breakdown, "links": links}


def dispute(ledger: Ledger, thing: Thing, base: str) -> Thing:
    about = ledger.captures[thing["capture"]]
    named = {"custom": about["custom_id"]} if about.get("custom_id") else {}
    disputed = {"seller_transaction_id": about["id"], "gross_amount": about["amount"], **named}
    path = f"/v1/customer/disputes/{thing['dispute_id']}"
    return {**_shown(thing, "capture"), "disputed_transactions": [disputed], "links": [_link(base, path)]}


def dispute_row(ledger: Ledger, thing: Thing, base: str) -> Thing:
    return _shown(dispute(ledger, thing, base), "disputed_transactions", "dispute_outcome")


def transaction(ledger: Ledger, thing: Thing, code: str) -> Thing:
    given = code == "T1107"
    amount = money(-value(thing) if given else value(thing), thing["amount"]["currency_code"])
    about = ledger.captures[thing["capture"]]["id"] if given else ""
    return {
        "transaction_info": {
            "transaction_id": thing["id"],
            **({"paypal_reference_id": about, "paypal_reference_id_type": "TXN"} if about else {}),
            "transaction_event_code": code,
            "transaction_initiation_date": thing["create_time"],
            "transaction_updated_date": thing["update_time"],
            "transaction_amount": amount,
            "transaction_status": "S",
        }
    }


VIEWS = {
    "checkout-order": order,
    "authorization": authorization,
    "capture": capture,
    "refund": refund,
    "dispute": dispute,
}
