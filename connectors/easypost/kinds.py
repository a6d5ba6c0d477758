"""The kinds of what EasyPost tells: its events by their `description`, its objects by their `object`."""

UNREADABLE = "unreadable"  # of a signed body that is no event

SHIPMENT = "shipment"
TRACKER = "tracker"
REFUND = "refund"
TRACKER_EVENTS = ("tracker.created", "tracker.updated")
REFUND_EVENTS = ("refund.successful",)

_BATCH = "a batch's labels are told of one by one, by their trackers"
_FORM = "a form for the carrier's driver; its parcels have trackers"
_MONEY = "between the account and EasyPost, about no order"
_INSURANCE = "insurance is not followed"
_REPORT = "a report that somebody asked for"
_PART = "a part of a shipment, which tells of it itself"

# docs.easypost.com/docs/events, and the objects that its API answers with.
IGNORED: dict[str, str] = {
    "batch.created": _BATCH,
    "batch.updated": _BATCH,
    "batch": _BATCH,
    "scan_form.created": _FORM,
    "scan_form.updated": _FORM,
    "scanform": _FORM,
    "form": _FORM,
    "payment.created": _MONEY,
    "payment.completed": _MONEY,
    "payment.failed": _MONEY,
    "fee": _MONEY,
    "insurance.purchased": _INSURANCE,
    "insurance.cancelled": _INSURANCE,
    "insurance": _INSURANCE,
    "claims.submitted": _INSURANCE,
    "claims.updated": _INSURANCE,
    "claims.approved": _INSURANCE,
    "claims.rejected": _INSURANCE,
    "claims.cancelled": _INSURANCE,
    "report.new": _REPORT,
    "report.empty": _REPORT,
    "report.available": _REPORT,
    "report.failed": _REPORT,
    "shipmentreport": _REPORT,
    "shipment.invoice.created": "the carrier's final price; a label's cost is the price that it was bought at",
    "shipment.invoice.updated": "the carrier's final price; a label's cost is the price that it was bought at",
    "address": _PART,
    "parcel": _PART,
    "customsinfo": _PART,
    "customsitem": _PART,
    "rate": _PART,
    "postagelabel": _PART,
    "endshipper": _PART,
    "order": "several shipments at once; each tells of itself",
    "pickup": "the driver's visit; its parcels have trackers",
    "carrieraccount": "of the account, about no order",
    "carriertype": "of the account, about no order",
    "webhook": "our own subscription; the hourly audit looks after it",
    "answer": "a forecast, an empty list or another answer that is no object of a parcel",
    "error": "an answer to somebody's call, about no order",
}
