"""Topics that we know and do not read, and why. Together with `read.READ` these are all topics of API 2026-07."""

_CATALOGUE = "the catalogue is no part of an order: its lines carry title, price and SKU"
_STOCK = "stock is not followed through this store yet"
_SHOP = "a setting of the shop, not an order"
_SUBSCRIPTION = "a contract for later orders; each order that it makes comes as one of its own"
_DRAFT = "not a sale yet: one that is completed comes as an order"
_CONSENT = "whether someone may be written to is not followed yet"
_FULFILMENT_ORDER = "work planned in the store; what leaves it comes as a fulfilment"
_RETURN = "goods on their way back; money given back for them comes as a refund"
_COMPANY = "companies and their staff are not followed yet; their orders are"
_APP = "about the app and its bill, not about an order"
_FINANCE = "about the shop's own bank and tax affairs"
_ERASURE = "personal data is not erased by itself: a person has to do it, within 30 days of this request"

_REASONS: dict[str, str] = {
    _CATALOGUE: (
        "products/create products/delete products/update variants/in_stock variants/out_of_stock "
        "product_listings/add product_listings/remove product_listings/update "
        "product_publications/create product_publications/delete product_publications/update "
        "product_feeds/create product_feeds/full_sync product_feeds/full_sync_finish product_feeds/incremental_sync "
        "product_feeds/update scheduled_product_listings/add scheduled_product_listings/remove "
        "scheduled_product_listings/update collections/create collections/delete collections/update "
        "collection_listings/add collection_listings/remove collection_listings/update "
        "collection_publications/create collection_publications/delete collection_publications/update "
        "discounts/create discounts/delete discounts/redeemcode_added discounts/redeemcode_removed discounts/update"
    ),
    _STOCK: (
        "inventory_items/create inventory_items/delete inventory_items/update inventory_levels/connect "
        "inventory_levels/disconnect inventory_levels/update inventory_shipments/add_items "
        "inventory_shipments/create inventory_shipments/delete inventory_shipments/mark_in_transit "
        "inventory_shipments/receive_items inventory_shipments/remove_items "
        "inventory_shipments/update_item_quantities inventory_shipments/update_tracking "
        "inventory_transfers/add_items inventory_transfers/cancel inventory_transfers/complete "
        "inventory_transfers/ready_to_ship inventory_transfers/remove_items "
        "inventory_transfers/update_item_quantities inventory_transfers/updated"
    ),
    _SHOP: (
        "shop/update domains/create domains/destroy domains/update locales/create locales/destroy locales/update "
        "locations/activate locations/create locations/deactivate locations/delete locations/update "
        "markets/create markets/delete markets/update markets_backup_region/update channels/delete "
        "themes/create themes/delete themes/publish themes/update profiles/create profiles/delete profiles/update "
        "delivery_promise_settings/update customer_account_settings/update metafield_definitions/create "
        "metafield_definitions/delete metafield_definitions/update metaobjects/create metaobjects/delete "
        "metaobjects/update audit_events/admin_api_activity"
    ),
    _SUBSCRIPTION: (
        "subscription_billing_attempts/challenged subscription_billing_attempts/failure "
        "subscription_billing_attempts/success subscription_billing_cycle_edits/create "
        "subscription_billing_cycle_edits/delete subscription_billing_cycle_edits/update "
        "subscription_billing_cycles/skip subscription_billing_cycles/unskip subscription_contracts/activate "
        "subscription_contracts/cancel subscription_contracts/create subscription_contracts/expire "
        "subscription_contracts/fail subscription_contracts/pause subscription_contracts/update "
        "selling_plan_groups/create selling_plan_groups/delete selling_plan_groups/update"
    ),
    _DRAFT: (
        "carts/create carts/update checkouts/create checkouts/delete checkouts/update "
        "draft_orders/create draft_orders/delete draft_orders/update"
    ),
    _CONSENT: (
        "customers_email_marketing_consent/update customers_marketing_consent/update "
        "customers_whats_app_marketing_consent/update"
    ),
    _FULFILMENT_ORDER: (
        "fulfillment_holds/added fulfillment_holds/released "
        "fulfillment_orders/cancellation_request_accepted fulfillment_orders/cancellation_request_rejected "
        "fulfillment_orders/cancellation_request_submitted fulfillment_orders/cancelled "
        "fulfillment_orders/fulfillment_request_accepted fulfillment_orders/fulfillment_request_rejected "
        "fulfillment_orders/fulfillment_request_submitted "
        "fulfillment_orders/fulfillment_service_failed_to_complete fulfillment_orders/hold_released "
        "fulfillment_orders/line_items_prepared_for_local_delivery "
        "fulfillment_orders/line_items_prepared_for_pickup fulfillment_orders/manually_reported_progress_stopped "
        "fulfillment_orders/merged fulfillment_orders/moved fulfillment_orders/order_routing_complete "
        "fulfillment_orders/placed_on_hold fulfillment_orders/progress_reported fulfillment_orders/rescheduled "
        "fulfillment_orders/scheduled_fulfillment_order_ready fulfillment_orders/split"
    ),
    "an event of a parcel; the parcel as it is then comes as fulfillments/update": (
        "fulfillment_events/create fulfillment_events/delete"
    ),
    _RETURN: (
        "returns/approve returns/cancel returns/close returns/decline returns/process returns/reopen "
        "returns/request returns/update reverse_deliveries/attach_deliverable reverse_fulfillment_orders/dispose"
    ),
    _COMPANY: (
        "companies/create companies/delete companies/update company_contact_roles/assign "
        "company_contact_roles/revoke company_contacts/create company_contacts/delete company_contacts/update "
        "company_locations/create company_locations/delete company_locations/update"
    ),
    _APP: (
        "app/scopes_update app/uninstalled app_purchases_one_time/update "
        "app_subscriptions/approaching_capped_amount app_subscriptions/update bulk_operations/finish"
    ),
    _FINANCE: (
        "finance_app_staff_member/delete finance_app_staff_member/grant finance_app_staff_member/revoke "
        "finance_app_staff_member/update finance_kyc_information/update tax_services/create tax_services/update"
    ),
    _ERASURE: "customers/redact shop/redact",
    "a person has to answer this request for someone's data": "customers/data_request",
    "groups and marks of customers are not followed; the people are": (
        "customer.joined_segment customer.left_segment customer.tags_added customer.tags_removed "
        "customer_groups/create customer_groups/delete customer_groups/update "
        "customers/purchasing_summary segments/create segments/delete segments/update"
    ),
    "a stored means of payment, not a payment": (
        "customer_payment_methods/create customer_payment_methods/revoke customer_payment_methods/update"
    ),
    "disputes of Shopify Payments are not followed yet: look after them in the store": (
        "disputes/create disputes/update"
    ),
    "when payment is due; the payment comes as a transaction": (
        "payment_schedules/due payment_terms/create payment_terms/delete payment_terms/update"
    ),
    "the money of a transaction, which comes as order_transactions/create": "tender_transactions/create",
    "the order itself did not change": (
        "orders/link_requested orders/risk_assessment_changed orders/shopify_protect_eligibility_changed"
    ),
    "the address before the order; the order carries its own": "shipping_addresses/create shipping_addresses/update",
    "no order, payment, refund, parcel or customer": "other",
}

IGNORED: dict[str, str] = {topic: reason for reason, topics in _REASONS.items() for topic in topics.split()}
