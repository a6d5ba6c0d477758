"""The sandbox's answers in the vendor's shapes (wc/v3 item schemas)."""

import json
from datetime import datetime
from typing import Any

from connectors.woocommerce.sandbox_store import Customer, Line, Order, Refund, Webhook
from hub.domain.money import Money


def encode(said: Any) -> bytes:
    """As PHP's `json_encode` writes it: slashes and everything beyond ASCII escaped."""
    return json.dumps(said, separators=(",", ":")).replace("/", "\\/").encode()


def order(said: Order, store: str) -> dict[str, Any]:
    def money(minor: int) -> str:
        return Money(minor, said.currency).major

    discount = sum(line.discount for line in said.lines)
    return {
        "id": said.id,
        "parent_id": 0,
        "status": said.status,
        "currency": said.currency,
        "version": "11.1.0",
        "prices_include_tax": said.prices_include_tax,
        **_dates(date_created=said.created_at, date_modified=said.modified_at),
        "discount_total": money(discount),
        "discount_tax": money(0),
        "shipping_total": money(said.shipping),
        "shipping_tax": money(0),
        "cart_tax": money(said.tax),
        "total": money(said.total),
        "total_tax": money(said.tax),
        "customer_id": said.customer,
        "order_key": f"wc_order_{said.id}",
        "billing": said.billing,
        "shipping": said.delivery,
        "payment_method": said.payment_method,
        "payment_method_title": said.payment_method.replace("_", " ").title(),
        "transaction_id": said.transaction_id,
        "customer_ip_address": "203.0.113.7",
        "customer_user_agent": "",
        "created_via": "checkout",
        "customer_note": said.note,
        **_dates(date_completed=said.completed_at, date_paid=said.paid_at),
        "cart_hash": "",
        "number": str(said.id),
        "meta_data": fields(said.fields),
        "line_items": [line(each, said.currency) for each in said.lines],
        "tax_lines": [],
        "shipping_lines": [
            {
                "id": said.id * 10,
                "method_title": "Flat rate",
                "method_id": "flat_rate",
                "instance_id": "1",
                "total": money(said.shipping),
                "total_tax": money(0),
                "taxes": [],
                "meta_data": [],
            }
        ],
        "fee_lines": [
            {
                "id": said.id * 10 + 1,
                "name": "Fee",
                "tax_class": "",
                "tax_status": "none",
                "total": money(said.fee),
                "total_tax": money(0),
                "taxes": [],
                "meta_data": [],
            }
        ]
        if said.fee
        else [],
        "coupon_lines": [
            {
                "id": said.id * 10 + 2,
                "code": said.coupon,
                "discount": money(discount),
                "discount_tax": money(0),
                "meta_data": [],
            }
        ]
        if said.coupon
        else [],
        "refunds": [{"id": each.id, "reason": each.reason, "total": money(-each.amount)} for each in said.refunds],
        "payment_url": f"{store}/checkout/order-pay/{said.id}/",
        "is_editable": said.status in ("pending", "on-hold", "auto-draft"),
        "needs_payment": said.status in ("pending", "failed") and said.total > 0,
        "needs_processing": said.needs_processing,
        "currency_symbol": said.currency,
        "_links": _links(store, f"orders/{said.id}", "orders"),
    }


def line(said: Line, currency: str) -> dict[str, Any]:
    def money(minor: int) -> str:
        return Money(minor, currency).major

    return {
        "id": said.id,
        "name": said.title,
        "product_id": said.id,
        "variation_id": 0,
        "quantity": said.quantity,
        "tax_class": "",
        "subtotal": money(said.subtotal),
        "subtotal_tax": money(said.tax),
        "total": money(said.total),
        "total_tax": money(said.tax),
        "taxes": [],
        "meta_data": [],
        "sku": said.sku,
        # The one float of the API: what a piece costs after coupons, rounded to six decimals.
        "price": round(float(money(said.total)) / said.quantity, 6) if said.quantity else 0,
        "image": {"id": 0, "src": ""},
        "parent_name": "",
    }


def refund(said: Refund, of: Order, store: str) -> dict[str, Any]:
    def money(minor: int) -> str:
        return Money(minor, of.currency).major

    lines = []
    for place, (each, quantity) in enumerate(said.lines):
        part = each.total * quantity // each.quantity
        told = line(each, of.currency) | {
            "id": said.id * 10 + place,
            "quantity": -quantity,
            "subtotal": money(-part),
            "total": money(-part),
            "subtotal_tax": money(0),
            "total_tax": money(0),
            "meta_data": [{"id": said.id * 10 + place, "key": "_refunded_item_id", "value": str(each.id)}],
        }
        lines.append(told)
    return {
        "id": said.id,
        **_dates(date_created=said.at),
        "amount": money(said.amount),
        "reason": said.reason,
        "refunded_by": 1,
        "refunded_payment": said.by_gateway,
        "meta_data": fields(said.fields),
        "line_items": lines,
        "_links": _links(store, f"orders/{of.id}/refunds/{said.id}", f"orders/{of.id}/refunds"),
    }


def customer(said: Customer, store: str) -> dict[str, Any]:
    return {
        "id": said.id,
        **_dates(date_created=said.created_at, date_modified=said.modified_at),
        "email": said.email,
        "first_name": said.billing["first_name"],
        "last_name": said.billing["last_name"],
        "role": "customer",
        "username": said.email.partition("@")[0],
        "billing": said.billing,
        "shipping": {name: value for name, value in said.billing.items() if name != "email"},
        "is_paying_customer": True,
        "avatar_url": "https://avatars.example/0",
        "meta_data": [],
        "_links": _links(store, f"customers/{said.id}", "customers"),
    }


def webhook(said: Webhook, store: str) -> dict[str, Any]:
    """Without the secret, which the API never shows."""
    resource, _, event = said.topic.partition(".")
    return {
        "id": said.id,
        "name": said.name,
        "status": said.status,
        "topic": said.topic,
        "resource": resource,
        "event": event,
        "hooks": [f"woocommerce_{resource}_{event}"],
        "delivery_url": said.delivery_url,
        **_dates(date_created=said.at, date_modified=said.at),
        "_links": _links(store, f"webhooks/{said.id}", "webhooks"),
    }


def fields(said: dict[str, tuple[int, Any]]) -> list[dict[str, Any]]:
    return [{"id": number, "key": name, "value": value} for name, (number, value) in said.items()]


def _dates(**times: datetime | None) -> dict[str, str | None]:
    """Twice each, without a zone: the store's own time, which is UTC here, and UTC."""
    told = {name: at.strftime("%Y-%m-%dT%H:%M:%S") if at else None for name, at in times.items()}
    return told | {f"{name}_gmt": value for name, value in told.items()}


def _links(store: str, me: str, collection: str) -> dict[str, Any]:
    base = f"{store}/wp-json/wc/v3"
    return {"self": [{"href": f"{base}/{me}"}], "collection": [{"href": f"{base}/{collection}"}]}
