"""The shop's things as its webhooks show them: the REST shape of 2026-07, with the fields that Shopify always sends."""

import zlib
from datetime import datetime
from typing import Any

from connectors.shopify.sandbox_shop import Customer, Fulfilment, Line, Order, Refund, Transaction
from hub.domain.money import Money

_STAFF = 100_001  # who did it in the shop's admin
_CARD = {
    "avs_result_code": "Y",
    "buyer_action_info": None,
    "credit_card_bin": "424242",
    "credit_card_company": "Visa",
    "credit_card_expiration_month": 12,
    "credit_card_expiration_year": 2030,
    "credit_card_name": "Ada Example",
    "credit_card_number": "•••• •••• •••• 4242",
    "credit_card_wallet": "apple_pay",
    "cvv_result_code": "M",
    "payment_method_name": "visa",
}


def major(minor: int, currency: str) -> str:
    return Money(minor, currency).major


def time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def gid(kind: str, id: int) -> str:
    return f"gid://shopify/{kind}/{id}"


def bag(minor: int, currency: str) -> dict[str, Any]:
    amount = {"amount": major(minor, currency), "currency_code": currency}
    return {"shop_money": amount, "presentment_money": dict(amount)}


def address(said: dict[str, str]) -> dict[str, Any] | None:
    if not said:
        return None
    first, last = said.get("first_name", ""), said.get("last_name", "")
    return {
        "first_name": first,
        "last_name": last,
        "name": f"{first} {last}".strip(),
        "company": said.get("company"),
        "address1": said.get("address1", ""),
        "address2": said.get("address2"),
        "city": said.get("city", ""),
        "province": said.get("province", ""),
        "province_code": said.get("province_code", ""),
        "country": said.get("country_code", ""),
        "country_code": said.get("country_code", ""),
        "zip": said.get("zip", ""),
        "phone": said.get("phone", ""),
        "latitude": None,
        "longitude": None,
    }


def customer_alone(said: Customer, currency: str) -> dict[str, Any]:
    """As its own webhooks have it: with its addresses."""
    body = customer(said, currency)
    return body | {"addresses": [body["default_address"]] if "default_address" in body else []}


def customer(said: Customer, currency: str) -> dict[str, Any]:
    """As orders embed it."""
    home = address(said.address)
    body: dict[str, Any] = {
        "id": said.id,
        "admin_graphql_api_id": gid("Customer", said.id),
        "created_at": time(said.created_at),
        "updated_at": time(said.updated_at),
        "first_name": said.first_name,
        "last_name": said.last_name,
        "email": said.email,
        "phone": said.phone,
        "note": said.note,
        "state": "disabled",
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "tax_exemptions": [],
        "currency": currency,
    }
    if home:
        del home["latitude"], home["longitude"]
        home |= {"id": said.id, "customer_id": said.id, "country_name": home["country"], "default": True}
        body["default_address"] = home
    return body


def line(said: Line, currency: str, quantity: int | None = None) -> dict[str, Any]:
    """`quantity`: of the parcel that holds the line, instead of the order's."""
    return {
        "id": said.id,
        "admin_graphql_api_id": gid("LineItem", said.id),
        "attributed_staffs": [],
        "current_quantity": said.quantity - said.returned,
        "discount_allocations": [
            {
                "amount": major(said.discount, currency),
                "amount_set": bag(said.discount, currency),
                "discount_application_index": 0,
            }
        ]
        if said.discount
        else [],
        "duties": [],
        "fulfillable_quantity": said.left,
        "fulfillment_service": "manual",
        "fulfillment_status": "fulfilled" if said.fulfilled and not said.left else None,
        "gift_card": False,
        "grams": 0,
        "name": said.title,
        "price": major(said.price, currency),
        "price_set": bag(said.price, currency),
        "product_exists": True,
        "product_id": _number(said.sku),
        "properties": [],
        "quantity": said.quantity if quantity is None else quantity,
        "requires_shipping": said.requires_shipping,
        "sku": said.sku,
        "tax_lines": [tax_line(said.tax, currency)] if said.tax else [],
        "taxable": True,
        "title": said.title,
        "total_discount": "0.00",
        "total_discount_set": bag(0, currency),
        "variant_id": _number(said.sku) + 1,
        "variant_inventory_management": None,
        "variant_title": None,
        "vendor": "Example",
    }


def _number(sku: str) -> int:
    return 10**12 + 10 * zlib.crc32(sku.encode())


def tax_line(minor: int, currency: str) -> dict[str, Any]:
    return {
        "channel_liable": False,
        "price": major(minor, currency),
        "price_set": bag(minor, currency),
        "rate": 0.0,
        "title": "Tax",
    }


def transaction(said: Transaction, order: Order) -> dict[str, Any]:
    amount = {"amount": major(said.amount, order.currency), "currency": order.currency}
    body = {
        "id": said.id,
        "admin_graphql_api_id": gid("OrderTransaction", said.id),
        "order_id": order.id,
        "kind": said.kind,
        "gateway": said.gateway,
        "status": said.status,
        "message": None,
        "created_at": time(said.at),
        "processed_at": time(said.at),
        "test": order.test,
        "authorization": said.payment_id or "",
        "location_id": None,
        "user_id": None,
        "parent_id": said.parent,
        "device_id": 0,
        "error_code": None if said.status != "failure" else "card_declined",
        "source_name": "web",
        "receipt": said.receipt,
        "amount": amount["amount"],
        "currency": order.currency,
        "payment_id": said.payment_id or f"#{order.number}.{said.id}",
        "total_unsettled_set": {"presentment_money": amount, "shop_money": dict(amount)},
        "manual_payment_gateway": said.gateway == "manual",
        "amount_rounding": None,
    }
    return body | ({"payment_details": _CARD} if by_card(said) else {})


def by_card(said: Transaction) -> bool:
    return said.gateway in ("shopify_payments", "stripe", "bogus")


def refund(said: Refund, order: Order) -> dict[str, Any]:
    money = order.currency
    return {
        "id": said.id,
        "admin_graphql_api_id": gid("Refund", said.id),
        "order_id": order.id,
        "created_at": time(said.at),
        "processed_at": time(said.at),
        "note": said.note,
        "restock": said.restock,
        "user_id": _STAFF,
        "return": None,
        "duties": [],
        "total_duties_set": bag(0, money),
        "order_adjustments": [],
        "refund_shipping_lines": [],
        "refund_line_items": [
            {
                "id": each.id,
                "line_item_id": each.line.id,
                "line_item": {
                    name: value for name, value in line(each.line, money).items() if name != "attributed_staffs"
                },
                "location_id": None,
                "quantity": each.quantity,
                "restock_type": "cancel" if said.restock else "no_restock",
                "subtotal": float(major(each.subtotal, money)),
                "subtotal_set": bag(each.subtotal, money),
                "total_tax": float(major(each.tax, money)),
                "total_tax_set": bag(each.tax, money),
            }
            for each in said.lines
        ],
        "transactions": [transaction(each, order) for each in said.transactions],
    }


def fulfilment_alone(said: Fulfilment, order: Order) -> dict[str, Any]:
    """As its own webhooks have it: with where it goes."""
    return fulfilment(said, order) | {"destination": address(order.address), "email": order.email}


def fulfilment(said: Fulfilment, order: Order) -> dict[str, Any]:
    """As orders embed it."""
    return {
        "id": said.id,
        "admin_graphql_api_id": gid("Fulfillment", said.id),
        "order_id": order.id,
        "name": f"#{order.number}.{said.number}",
        "status": "success",
        "created_at": time(said.created_at),
        "updated_at": time(said.updated_at),
        "service": "manual",
        "shipment_status": said.shipment_status,
        "location_id": _location(order),
        "origin_address": {},
        "receipt": {},
        "tracking_company": said.company,
        "tracking_number": said.tracking,
        "tracking_numbers": [said.tracking] if said.tracking else [],
        "tracking_url": said.url,
        "tracking_urls": [said.url] if said.url else [],
        "line_items": [line(each, order.currency, quantity) for each, quantity in said.lines],
    }


def _location(order: Order) -> int:
    return order.id // 10**9
