"""The parts of ShipEngine's JSON that we read, in its own words.

Real answers hold null where the description knows none: whatever may be empty may be null. Amounts go to `Decimal`
digit by digit, never through a float.
"""

from decimal import Decimal

import msgspec

Raw = msgspec.Raw


class Amount(msgspec.Struct, frozen=True):
    currency: str  # in lower case: `usd`
    amount: Decimal


class Download(msgspec.Struct, frozen=True):
    href: str | None = None
    pdf: str | None = None


class LabelPackage(msgspec.Struct, frozen=True):
    tracking_number: str | None = None
    external_package_id: str | None = None


class Label(msgspec.Struct, frozen=True):
    label_id: str
    status: str
    created_at: str
    shipment_id: str | None = None
    external_shipment_id: str | None = None
    tracking_number: str | None = None
    is_return_label: bool | None = None
    rma_number: str | None = None
    carrier_code: str | None = None
    service_code: str | None = None
    voided: bool | None = None
    voided_at: str | None = None
    trackable: bool | None = None
    tracking_status: str | None = None
    tracking_url: str | None = None
    shipment_cost: Amount | None = None
    insurance_cost: Amount | None = None
    label_download: Download | None = None
    packages: list[LabelPackage] | None = None


class TrackEvent(msgspec.Struct, frozen=True):
    occurred_at: str | None = None
    status_code: str | None = None


class Tracking(msgspec.Struct, frozen=True):
    tracking_number: str
    status_code: str
    status_detail_code: str | None = None
    status_description: str | None = None
    carrier_status_description: str | None = None
    exception_description: str | None = None
    carrier_code: str | None = None
    tracking_url: str | None = None
    ship_date: str | None = None
    actual_delivery_date: str | None = None
    events: list[TrackEvent] | None = None


class Notice(msgspec.Struct, frozen=True):
    """A webhook. Only API_TRACK carries `data`."""

    resource_url: str
    resource_type: str
    data: Raw = Raw(b"null")


class Page(msgspec.Struct, frozen=True):
    labels: list[Raw]
    pages: int = 1


class Package(msgspec.Struct, frozen=True):
    external_package_id: str | None = None


class Shipment(msgspec.Struct, frozen=True):
    shipment_id: str
    shipment_status: str | None = None
    packages: list[Package] | None = None


class Rate(msgspec.Struct, frozen=True):
    rate_id: str
    service_code: str
    shipping_amount: Amount
    insurance_amount: Amount | None = None
    confirmation_amount: Amount | None = None
    other_amount: Amount | None = None
    tax_amount: Amount | None = None
    delivery_days: int | None = None
    validation_status: str | None = None
    error_messages: list[str] | None = None


class ErrorItem(msgspec.Struct, frozen=True):
    message: str | None = None
    error_code: str | None = None
    error_type: str | None = None
    error_source: str | None = None


class Rates(msgspec.Struct, frozen=True):
    rates: list[Rate] = []
    invalid_rates: list[Raw] = []
    errors: list[ErrorItem] | None = None


class RateAnswer(msgspec.Struct, frozen=True):
    shipment_id: str
    rate_response: Rates


class ErrorAnswer(msgspec.Struct, frozen=True):
    request_id: str | None = None
    errors: list[ErrorItem] = []


class VoidAnswer(msgspec.Struct, frozen=True):
    approved: bool
    message: str | None = None
    reason_code: str | None = None


class Webhook(msgspec.Struct, frozen=True):
    webhook_id: str
    url: str
    event: str


class Carrier(msgspec.Struct, frozen=True):
    class Service(msgspec.Struct, frozen=True):
        service_code: str | None = None

    carrier_id: str
    friendly_name: str | None = None
    connection_status: str | None = None
    services: list[Service] | None = None


class Carriers(msgspec.Struct, frozen=True):
    carriers: list[Carrier] = []
