"""EasyPost's objects as its API answers them, with all their fields (recorded in test mode, 2025)."""

from datetime import datetime
from decimal import Decimal
from typing import Any

Json = dict[str, Any]

# (service, cents for the parcel, cents for each pound, days)
_SERVICES = (("Express", 2_800, 620, 1), ("Priority", 650, 95, 2), ("GroundAdvantage", 520, 80, 3))


def at(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def address(id: str, given: Json, mode: str, now: datetime) -> Json:
    stamp = now.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    names = ("name", "company", "street1", "street2", "city", "state", "zip", "country", "phone", "email")
    return {
        "id": id,
        "object": "Address",
        "created_at": stamp,
        "updated_at": stamp,
        **{name: given.get(name) for name in names},
        "mode": mode,
        "carrier_facility": None,
        "residential": None,
        "federal_tax_id": None,
        "state_tax_id": None,
        "verifications": {},
    }


def as_the_carrier_writes_it(place: Json) -> Json:
    """A bought label's address: in capitals."""
    names = ("name", "street1", "street2", "city")
    return place | {name: (place[name] or "").upper() for name in names} | {"residential": False}


def parcel(id: str, given: Json, mode: str, now: datetime) -> Json:
    sides = {side: float(given[side]) if given.get(side) else None for side in ("length", "width", "height")}
    weight = round(float(given["weight"]), 1)
    stamps = {"created_at": at(now), "updated_at": at(now)}
    return {"id": id, "object": "Parcel", **stamps, **sides, "predefined_package": None, "weight": weight, "mode": mode}


def rates(shipment: str, pounds: int, mode: str, now: datetime, new_id: Any) -> list[Json]:
    return [
        _rate(new_id("rate"), shipment, name, cents + pounds * more, days, mode, now)
        for name, cents, more, days in _SERVICES
    ]


def _rate(id: str, shipment: str, service: str, cents: int, days: int, mode: str, now: datetime) -> Json:
    def price(percent: int) -> str:
        return f"{Decimal(cents * percent // 100) / 100:.2f}"

    return {
        "id": id,
        "object": "Rate",
        "created_at": at(now),
        "updated_at": at(now),
        "mode": mode,
        "service": service,
        "carrier": "USPS",
        "rate": price(100),
        "currency": "USD",
        "retail_rate": price(140),
        "retail_currency": "USD",
        "list_rate": price(110),
        "list_currency": "USD",
        "billing_type": "easypost",
        "delivery_days": days,
        "delivery_date": None,
        "delivery_date_guaranteed": False,
        "est_delivery_days": days,
        "shipment_id": shipment,
        "carrier_account_id": "ca_00000000000000000000000000000001",
    }


def label(id: str, file_type: str, now: datetime) -> Json:
    kind = {"PNG": "image/png", "ZPL": "application/zpl", "EPL2": "application/epl2"}.get(file_type, "application/pdf")
    return {
        "object": "PostageLabel",
        "id": id,
        "created_at": at(now),
        "updated_at": at(now),
        "date_advance": 0,
        "integrated_form": "none",
        "label_date": at(now),
        "label_resolution": 300,
        "label_size": "4x6",
        "label_type": "default",
        "label_file_type": kind,
        "label_url": f"https://labels.easypost.example/{id}.{file_type.lower()}",
        "label_pdf_url": None,
        "label_zpl_url": None,
        "label_epl2_url": None,
        "label_file": None,
    }


def tracker(id: str, code: str, carrier: str, shipment: str | None, mode: str, now: datetime) -> Json:
    return {
        "id": id,
        "object": "Tracker",
        "mode": mode,
        "tracking_code": code,
        "status": "unknown",
        "status_detail": "unknown",
        "created_at": at(now),
        "updated_at": at(now),
        "signed_by": None,
        "weight": None,
        "est_delivery_date": None,
        "shipment_id": shipment,
        "carrier": carrier,
        "tracking_details": [],
        "fees": [],
        "carrier_detail": None,
        "public_url": f"https://track.easypost.example/{id}",
    }


def scan(status: str, carrier: str, now: datetime) -> Json:
    place = {"object": "TrackingLocation", "city": "HOUSTON", "state": "TX", "country": None, "zip": "77063"}
    return {
        "object": "TrackingDetail",
        "message": status.replace("_", " ").capitalize(),
        "description": "",
        "status": status,
        "status_detail": "status_update",
        "datetime": at(now),
        "source": carrier,
        "carrier_code": "",
        "tracking_location": place,
    }


def shipment(id: str, given: Json, sender: Json, receiver: Json, parcel: Json, mode: str, now: datetime) -> Json:
    options = (given.get("options") or {}) | {"currency": "USD", "payment": {"type": "SENDER"}, "date_advance": 0}
    return {
        "id": id,
        "created_at": at(now),
        "is_return": bool(given.get("is_return")),
        "messages": [],
        "mode": mode,
        "options": options,
        "reference": given.get("reference"),
        "status": "unknown",
        "tracking_code": None,
        "updated_at": at(now),
        "batch_id": None,
        "batch_status": None,
        "batch_message": None,
        "customs_info": None,
        "from_address": sender,
        "insurance": None,
        "order_id": None,
        "parcel": parcel,
        "postage_label": None,
        "rates": [],
        "refund_status": None,
        "scan_form": None,
        "selected_rate": None,
        "tracker": None,
        "to_address": receiver,
        "usps_zone": 4,
        "return_address": sender,
        "buyer_address": receiver,
        "forms": [],
        "fees": [],
        "object": "Shipment",
    }


def fee(kind: str, amount: str) -> Json:
    return {"object": "Fee", "type": kind, "amount": amount, "charged": True, "refunded": False}


def webhook(id: str, url: str, mode: str, now: datetime) -> Json:
    return {
        "id": id,
        "object": "Webhook",
        "mode": mode,
        "url": url,
        "created_at": at(now),
        "disabled_at": None,
        "custom_headers": [],
    }


def event(id: str, description: str, previous: Json, result: Json, mode: str, now: datetime) -> Json:
    stamp = now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {
        "description": description,
        "mode": mode,
        "previous_attributes": previous,
        "created_at": stamp,
        "pending_urls": [],
        "completed_urls": [],
        "updated_at": stamp,
        "id": id,
        "user_id": "user_00000000000000000000000000000001",
        "status": "pending",
        "object": "Event",
        "result": result,
    }


def refund(id: str, shipment: Json, now: datetime) -> Json:
    return {
        "id": id,
        "object": "Refund",
        "created_at": at(now),
        "updated_at": at(now),
        "tracking_code": shipment["tracking_code"],
        "confirmation_number": None,
        "status": shipment["refund_status"],
        "carrier": shipment["selected_rate"]["carrier"],
        "shipment_id": shipment["id"],
    }


def error(code: str, message: str, errors: list[Any]) -> Json:
    """`errors`: of `{field, message}`, or of texts."""
    return {"error": {"code": code, "message": message, "errors": errors}}
