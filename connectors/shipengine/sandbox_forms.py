"""The forms in which the stand-in of ShipEngine answers, after the vendor's description; null where answers have it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    carrier_id: str
    carrier_code: str
    code: str
    name: str
    price: float
    days: int
    prefix: str  # of its tracking numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    id: str
    code: str
    name: str
    services: tuple[Service, ...]


def _service(carrier: tuple[str, str], code: str, name: str, price: float, days: int, prefix: str) -> Service:
    carrier_id, carrier_code = carrier
    return Service(
        carrier_id=carrier_id, carrier_code=carrier_code, code=code, name=name, price=price, days=days, prefix=prefix
    )


_USPS, _UPS = ("se-100001", "stamps_com"), ("se-100002", "ups")
_CARRIERS = (
    Carrier(
        id=_USPS[0],
        code=_USPS[1],
        name="USPS by Stamps.com",
        services=(
            _service(_USPS, "usps_priority_mail", "USPS Priority Mail", 9.05, 2, "9405511"),
            _service(_USPS, "usps_ground_advantage", "USPS Ground Advantage", 7.33, 4, "9400111"),
        ),
    ),
    Carrier(
        id=_UPS[0], code=_UPS[1], name="UPS", services=(_service(_UPS, "ups_ground", "UPS® Ground", 11.9, 3, "1Z63R0"),)
    ),
)

CARRIERS: list[dict[str, Any]] = [
    {
        "carrier_id": carrier.id,
        "carrier_code": carrier.code,
        "account_number": f"account-{carrier.id}",
        "requires_funded_amount": False,
        "balance": 100.0,
        "nickname": carrier.name,
        "friendly_name": carrier.name,
        "primary": False,
        "has_multi_package_supporting_services": False,
        "supports_label_messages": True,
        "connection_status": "approved",
        "services": [
            {
                "carrier_id": carrier.id,
                "service_code": service.code,
                "name": service.name,
                "domestic": True,
                "international": False,
                "is_multi_package_supported": False,
            }
            for service in carrier.services
        ],
        "packages": [],
        "options": [],
    }
    for carrier in _CARRIERS
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    code: str
    detail: str
    carrier: str
    words: str


STEPS = {
    "label_created": Step(code="AC", detail="SHIPMENT_CREATED", carrier="GX", words="Shipping label created"),
    "accepted": Step(code="AC", detail="RECEIVED_BY_CARRIER", carrier="03", words="Accepted"),
    "in_transit": Step(code="IT", detail="IN_TRANSIT", carrier="10", words="In transit"),
    "out_for_delivery": Step(code="IT", detail="OUT_FOR_DELIVERY", carrier="OF", words="Out for delivery"),
    "attempted": Step(code="AT", detail="ATTEMPTED_DELIVERY", carrier="02", words="Delivery attempt"),
    "collection": Step(code="SP", detail="DELIVERED_TO_PICKUP_POINT", carrier="PP", words="At a pickup point"),
    "delivered": Step(code="DE", detail="DELIVERED", carrier="01", words="Delivered"),
    "delayed": Step(code="EX", detail="CARRIER_DELAYS", carrier="DL", words="Delayed"),
    "return": Step(code="EX", detail="RETURN_TO_SENDER", carrier="09", words="Return to sender"),
    "failure": Step(code="EX", detail="PARCEL_LOST", carrier="LO", words="Lost"),
}


def carrier_of(id: str) -> Carrier | None:
    return next((carrier for carrier in _CARRIERS if carrier.id == id), None)


def service_of(code: str = "usps_ground_advantage") -> Service:
    return next(service for carrier in _CARRIERS for service in carrier.services if service.code == code)


def _amount(amount: float, currency: str) -> dict[str, Any]:
    return {"currency": currency, "amount": amount}


def shipment_form(id: str, wanted: Mapping[str, Any], at: str) -> dict[str, Any]:
    packages = [
        {
            "package_code": "package",
            "external_package_id": None,
            "insured_value": _amount(0.0, "usd"),
            "tracking_number": None,
            **package,
        }
        for package in wanted["packages"]
    ]
    return {
        "shipment_id": id,
        "carrier_id": wanted.get("carrier_id"),
        "service_code": wanted.get("service_code"),
        "external_order_id": wanted.get("external_order_id"),
        "external_shipment_id": wanted.get("external_shipment_id") or id,  # made up where none is given
        "ship_date": f"{at[:10]}T00:00:00Z",
        "created_at": at,
        "modified_at": at,
        "shipment_status": "pending",
        "ship_to": dict(wanted["ship_to"]),
        "ship_from": dict(wanted["ship_from"]),
        "warehouse_id": None,
        "return_to": dict(wanted["ship_from"]),
        "confirmation": "none",
        "customs": None,
        "advanced_options": {},
        "insurance_provider": "none",
        "tags": [],
        "items": [],
        "packages": packages,
        "total_weight": dict(packages[0]["weight"]),
    }


def rate_form(id: str, carrier: Carrier, service: Service, currency: str, at: str) -> dict[str, Any]:
    return {
        "rate_id": id,
        "rate_type": "shipment",
        "carrier_id": carrier.id,
        "shipping_amount": _amount(service.price, currency),
        "insurance_amount": _amount(0.0, currency),
        "confirmation_amount": _amount(0.0, currency),
        "other_amount": _amount(0.0, currency),
        "zone": 5,
        "package_type": "package",
        "delivery_days": service.days,
        "guaranteed_service": False,
        "estimated_delivery_date": at,
        "carrier_delivery_days": str(service.days),
        "ship_date": at,
        "negotiated_rate": False,
        "service_type": service.name,
        "service_code": service.code,
        "trackable": True,
        "carrier_code": carrier.code,
        "carrier_nickname": carrier.name,
        "carrier_friendly_name": carrier.name,
        "validation_status": "valid",
        "warning_messages": [],
        "error_messages": [],
    }


def label_form(
    id: str, number: str, shipment: Mapping[str, Any], service: Service, currency: str, address: str, at: str
) -> dict[str, Any]:
    files = f"{address}/v1/downloads/10/{id}/label-{id.removeprefix('se-')}"
    package = shipment["packages"][0]
    return {
        "label_id": id,
        "status": "completed",
        "shipment_id": shipment["shipment_id"],
        "external_shipment_id": shipment["external_shipment_id"],
        "external_order_id": shipment["external_order_id"],
        "ship_date": f"{at[:10]}T00:00:00Z",
        "created_at": at,
        "shipment_cost": _amount(service.price, currency),
        "insurance_cost": _amount(0.0, currency),
        "tracking_number": number,
        "is_return_label": False,
        "rma_number": None,
        "is_international": False,
        "batch_id": None,
        "carrier_id": service.carrier_id,
        "service_code": service.code,
        "package_code": "package",
        "voided": False,
        "voided_at": None,
        "label_format": "pdf",
        "display_scheme": "label",
        "label_layout": "4x6",
        "trackable": True,
        "label_image_id": None,
        "carrier_code": service.carrier_code,
        "tracking_status": "in_transit",  # as the vendor says of labels just made
        "label_download": {
            "href": f"{files}.pdf",
            **{form: f"{files}.{form}" for form in ("pdf", "png", "zpl")},
        },
        "form_download": None,
        "insurance_claim": None,
        "packages": [
            {
                "package_id": int(id.removeprefix("se-")),
                "package_code": "package",
                "weight": dict(package["weight"]),
                "insured_value": _amount(0.0, currency),
                "tracking_number": number,
                "label_messages": {"reference1": None, "reference2": None, "reference3": None},
                "external_package_id": package.get("external_package_id"),
                "sequence": 1,
            }
        ],
        "charge_event": "carrier_default",
    }


def tracking_form(number: str, service: Service) -> dict[str, Any]:
    return {
        "tracking_number": number,
        "tracking_url": f"https://tracking.example/{number}",
        "status_code": "UN",
        "status_detail_code": "CARRIER_STATUS_NOT_MAPPED",
        "carrier_code": service.carrier_code,
        "carrier_id": int(service.carrier_id.removeprefix("se-")),
        "status_description": "Unknown",
        "carrier_status_code": None,
        "carrier_detail_code": None,
        "carrier_status_description": None,
        "ship_date": None,
        "estimated_delivery_date": None,
        "actual_delivery_date": None,
        "exception_description": None,
        "events": [],
    }
