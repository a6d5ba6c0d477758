"""The shop's orders as their webhooks show them: the REST shape of 2026-07. Without transactions, as Shopify does."""

from typing import Any

from connectors.shopify.sandbox_rest import address, bag, customer, fulfilment, gid, line, major, refund, tax_line, time
from connectors.shopify.sandbox_shop import Order


def order(said: Order) -> dict[str, Any]:
    money = said.currency
    body: dict[str, Any] = {
        "id": said.id,
        "admin_graphql_api_id": gid("Order", said.id),
        "name": f"#{said.number}",
        "number": said.number - 1000,
        "order_number": said.number,
        "token": f"{said.id:x}",
        "order_status_url": f"https://shop.example/orders/{said.id:x}",
        "currency": money,
        "presentment_currency": money,
        "created_at": time(said.created_at),
        "processed_at": time(said.created_at),
        "updated_at": time(said.updated_at),
        "cancelled_at": time(said.cancelled_at),
        "cancel_reason": said.cancel_reason,
        "email": said.email or "",
        "contact_email": said.email,
        "phone": said.phone,
        "note": said.note,
        "note_attributes": said.note_attributes,
        "tags": ", ".join(said.tags),
        "test": said.test,
        "financial_status": said.financial_status,
        "fulfillment_status": said.fulfilment_status,
        "payment_gateway_names": sorted({each.gateway for each in said.transactions}),
        "taxes_included": said.taxes_included,
        "tax_lines": [tax_line(said.tax, money)] if said.tax else [],
        "customer": customer(said.customer, money) if said.customer else None,
        "billing_address": address(said.address),
        "shipping_address": address(said.address),
        "line_items": [line(each, money) for each in said.lines],
        "shipping_lines": [_shipping(said)] if said.shipping else [],
        "fulfillments": [fulfilment(each, said) for each in said.fulfilments],
        "refunds": [refund(each, said) for each in said.refunds],
        "discount_applications": [_discount(said)] if said.discounts else [],
        "total_outstanding": major(said.outstanding, money),
        "total_tip_received": major(said.tip, money),
    }
    for name, minor in _totals(said).items():
        body[name] = major(minor, money)
        body[f"{name}_set"] = bag(minor, money)
    body |= {
        "total_shipping_price_set": bag(said.shipping - said.shipping_discount, money),
        "current_shipping_price_set": bag(said.shipping - said.shipping_discount, money),
        "total_cash_rounding_payment_adjustment_set": bag(0, money),
        "total_cash_rounding_refund_adjustment_set": bag(0, money),
        "current_total_additional_fees_set": None,
        "current_total_duties_set": None,
        "original_total_additional_fees_set": None,
        "original_total_duties_set": None,
    }
    return body | _CONSTANT


def _totals(said: Order) -> dict[str, int]:
    return {
        "subtotal_price": said.subtotal,
        "total_line_items_price": said.lines_price,
        "total_discounts": said.discounts,
        "total_tax": said.tax,
        "total_price": said.total,
        "current_subtotal_price": said.subtotal - said.returned("subtotal"),
        "current_total_discounts": said.discounts,
        "current_total_tax": said.tax - said.returned("tax"),
        "current_total_price": said.current_total,
    }


def _shipping(said: Order) -> dict[str, Any]:
    charged = said.shipping - said.shipping_discount
    return {
        "id": said.id,
        "carrier_identifier": None,
        "code": "Standard",
        "current_discounted_price_set": bag(charged, said.currency),
        "discount_allocations": [],
        "discounted_price": major(charged, said.currency),
        "discounted_price_set": bag(charged, said.currency),
        "is_removed": False,
        "phone": None,
        "price": major(said.shipping, said.currency),
        "price_set": bag(said.shipping, said.currency),
        "requested_fulfillment_service_id": None,
        "source": "shopify",
        "tax_lines": [],
        "title": "Standard",
    }


def _discount(said: Order) -> dict[str, Any]:
    return {
        "allocation_method": "across",
        "target_selection": "all",
        "target_type": "line_item",
        "type": "manual",
        "value": major(said.discounts, said.currency),
        "value_type": "fixed_amount",
        "title": "Discount",
    }


# What the sandbox has no use for, as Shopify sends it for an order of its own online shop.
_CONSTANT: dict[str, Any] = {
    "app_id": None,
    "browser_ip": None,
    "buyer_accepts_marketing": False,
    "cart_token": None,
    "checkout_token": None,
    "client_details": None,
    "closed_at": None,
    "confirmation_number": None,
    "confirmed": True,
    "customer_locale": "en",
    "device_id": None,
    "discount_codes": [],
    "duties_included": False,
    "estimated_taxes": False,
    "landing_site": None,
    "landing_site_ref": None,
    "line_item_groups": [],
    "location_id": None,
    "merchant_business_entity_id": "MTU0ODM4MDAwOQ",
    "merchant_of_record_app_id": None,
    "payment_terms": None,
    "po_number": None,
    "reference": None,
    "referring_site": None,
    "returns": [],
    "source_identifier": None,
    "source_name": "web",
    "source_url": None,
    "tax_exempt": False,
    "total_weight": 0,
    "user_id": None,
}
