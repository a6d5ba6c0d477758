"""Which of Stripe's words we read, and why we leave the others."""

PAYMENT_INTENT = "payment_intent"
CHARGE = "charge"
REFUND = "refund"
DISPUTE = "dispute"
SESSION = "checkout.session"
CUSTOMER = "customer"

OBJECTS = (PAYMENT_INTENT, CHARGE, REFUND, DISPUTE, SESSION, CUSTOMER)


def _each(family: str, *what: str) -> tuple[str, ...]:
    return tuple(f"{family}.{each}" for each in what)


EVENTS: tuple[str, ...] = (
    *_each("payment_intent", "created", "requires_action", "processing", "partially_funded"),
    *_each("payment_intent", "amount_capturable_updated", "succeeded", "payment_failed", "canceled"),
    *_each("charge", "pending", "succeeded", "failed", "captured", "expired", "updated", "refunded"),
    "charge.refund.updated",
    *_each("refund", "created", "updated", "failed"),
    *_each("charge.dispute", "created", "updated", "closed", "funds_withdrawn", "funds_reinstated"),
    *_each("checkout.session", "completed", "expired", "async_payment_succeeded", "async_payment_failed"),
    *_each("customer", "created", "updated", "deleted"),
)

_NO_ORDER = "about the account, not about an order"
_SHOP = "catalogue and prices: not the hub's"
_BILLING = "subscription billing: its payments come as payment intents and charges"
_INVOICE = "a Stripe invoice is paid by payment intents, which are read; the books hold the hub's invoices"
_METHOD = "a means of payment: nothing was paid yet"
_PLATFORM = "money between Stripe accounts, banks and platforms: no order's payment"
_ISSUING = "cards that the account itself issues"
_TERMINAL = "a card reader: its payments come as payment intents"
_RISK = "an opinion on risk: the dispute or refund that follows is read"
_IDENTITY = "identity checks are none of the hub's"
_REPORTS = "reports and tests"

# The longest family that fits counts: `customer.subscription.created` is of `customer.subscription`.
_FAMILIES: dict[str, str] = {
    **dict.fromkeys(("account", "balance", "balance_settings", "apps", "capability", "person", "file"), _NO_ORDER),
    **dict.fromkeys(("coupon", "plan", "price", "product", "promotion_code", "tax", "tax_rate", "discount"), _SHOP),
    **dict.fromkeys(("billing", "billing_portal", "customer.subscription", "customer.discount"), _BILLING),
    **dict.fromkeys(("customer.tax_id", "entitlements", "quote", "subscription", "subscription_item"), _BILLING),
    **dict.fromkeys(("subscription_schedule", "tax_id"), _BILLING),
    **dict.fromkeys(("invoice", "invoice_payment", "invoiceitem", "credit_note"), _INVOICE),
    **dict.fromkeys(("customer.source", "mandate", "payment_link", "payment_method", "setup_intent"), _METHOD),
    **dict.fromkeys(("source", "three_d_secure", "token", "setup_attempt", "ephemeral_key"), _METHOD),
    **dict.fromkeys(("application_fee", "transfer", "payout", "topup", "treasury", "reserve"), _PLATFORM),
    **dict.fromkeys(("financial_connections", "cash_balance", "climate", "balance_transaction"), _PLATFORM),
    **dict.fromkeys(("customer_cash_balance_transaction", "bank_account", "card"), _PLATFORM),
    **dict.fromkeys(("issuing_authorization", "issuing_card", "issuing_cardholder", "issuing_dispute"), _ISSUING),
    **dict.fromkeys(("issuing_personalization_design", "issuing_token", "issuing_transaction"), _ISSUING),
    "terminal": _TERMINAL,
    **dict.fromkeys(("radar", "review"), _RISK),
    "identity": _IDENTITY,
    **dict.fromkeys(("reporting", "sigma", "test_helpers", "webhook_endpoint"), _REPORTS),
}

# Every event type that an endpoint could subscribe to at API version 2026-10-28, less those that we read.
_KNOWN = """
account.application: authorized deauthorized
account.external_account: created deleted updated
account: updated
application_fee: created refunded
application_fee.refund: updated
apps.install: created deleted updated
balance: available
balance_settings: updated
billing.alert: triggered
billing.credit_balance_transaction: created
billing.credit_grant: created updated
billing.meter: created deactivated reactivated updated
billing_portal.configuration: created updated
billing_portal.session: created
capability: updated
cash_balance: funds_available
climate.order: canceled created delayed delivered product_substituted
climate.product: created pricing_updated
coupon: created deleted updated
credit_note: created updated voided
customer.discount: created deleted updated
customer.source: created deleted expiring updated
customer.subscription: created deleted paused pending_update_applied pending_update_expired resumed
    trial_will_end updated
customer.tax_id: created deleted updated
customer_cash_balance_transaction: created
entitlements.active_entitlement_summary: updated
file: created
financial_connections.account: account_numbers_updated created deactivated disconnected
    expected_deactivation_date_updated reactivated refreshed_balance refreshed_ownership refreshed_transactions
    supported_payment_method_types_updated upcoming_account_number_expiry upcoming_deactivation
financial_connections.authorization: expected_deactivation_date_updated upcoming_deactivation
identity.verification_session: canceled created processing redacted requires_input verified
invoice: created deleted finalization_failed finalized marked_uncollectible overdue overpaid paid
    payment_action_required payment_attempt_required payment_failed payment_succeeded sent upcoming updated
    voided will_be_due
invoice_payment: paid
invoiceitem: created deleted
issuing_authorization: created request updated
issuing_card: created updated
issuing_cardholder: created updated
issuing_dispute: closed created funds_reinstated funds_rescinded submitted updated
issuing_personalization_design: activated deactivated rejected updated
issuing_token: created updated
issuing_transaction: created purchase_details_receipt_updated updated
mandate: updated
payment_link: created updated
payment_method: attached automatically_updated detached updated
payout: canceled created failed paid reconciliation_completed updated
person: created deleted updated
plan: created deleted updated
price: created deleted updated
product: created deleted updated
promotion_code: created updated
quote: accepted canceled created finalized
radar.early_fraud_warning: created updated
reporting.report_run: failed succeeded
reporting.report_type: updated
reserve.hold: created updated
reserve.plan: created disabled expired updated
reserve.release: created
review: closed opened
setup_intent: canceled created requires_action setup_failed succeeded
sigma.scheduled_query_run: created
source: canceled chargeable failed mandate_notification refund_attributes_required
source.transaction: created updated
subscription_schedule: aborted canceled completed created expiring released updated
tax.settings: updated
tax_rate: created updated
terminal.reader: action_failed action_succeeded action_updated
test_helpers.test_clock: advancing created deleted internal_failure ready
three_d_secure.authentication: canceled challenge_started errored failed requires_challenge requires_submission
    succeeded
topup: canceled created failed reversed succeeded
transfer: created reversed updated
treasury.credit_reversal: created posted
treasury.debit_reversal: completed created initial_credit_granted
treasury.financial_account: closed created features_status_updated
treasury.inbound_transfer: canceled created failed succeeded
treasury.outbound_payment: canceled created expected_arrival_date_updated failed posted returned
    tracking_details_updated
treasury.outbound_transfer: canceled created expected_arrival_date_updated failed posted returned
    tracking_details_updated
treasury.received_credit: created failed succeeded
treasury.received_debit: created
"""


def why_ignored(kind: str) -> str:
    """The reason of the kind's family, or "" for a family that is not known."""
    parts = kind.removeprefix("v1.").split(".")
    for length in range(len(parts), 0, -1):
        reason = _FAMILIES.get(".".join(parts[:length]))
        if reason:
            return reason
    return ""


def _ignored() -> dict[str, str]:
    ignored = dict(_FAMILIES)  # the bare objects of the API have the families' names
    for line in _KNOWN.replace("\n    ", " ").strip().splitlines():
        family, _, kinds = line.partition(": ")
        for kind in _each(family, *kinds.split()):
            # Thin events of version 2 have the same types with a prefix.
            ignored[kind] = ignored[f"v1.{kind}"] = why_ignored(kind)
    return ignored


IGNORED: dict[str, str] = _ignored()
