"""What the stand-in of ShipEngine holds, and what it does with it; without HTTP."""

import uuid
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from connectors.shipengine.sandbox_forms import (
    CARRIERS,
    STEPS,
    Service,
    carrier_of,
    label_form,
    rate_form,
    service_of,
    shipment_form,
    tracking_form,
)
from hub.domain.clock import Clock, rfc3339


class Wrong(Exception):
    def __init__(
        self, status: int, code: str, message: str, *, type_: str = "validation", headers: Mapping[str, str] = {}
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.type, self.headers = status, code, type_, dict(headers)

    def body(self) -> dict[str, Any]:
        error = {"error_source": "shipengine", "error_type": self.type, "error_code": self.code, "message": str(self)}
        return {"request_id": str(uuid.uuid4()), "errors": [error]}


def _unknown(what: str) -> Wrong:
    return Wrong(404, "invalid_identifier", f"There is no such {what}.")


@dataclass(slots=True, kw_only=True)
class Shelf:
    now: Clock
    address: str
    currency: str
    shipments: dict[str, dict[str, Any]] = field(default_factory=dict)
    rates: dict[str, tuple[str, Service]] = field(default_factory=dict)  # rate -> (shipment, service)
    labels: dict[str, dict[str, Any]] = field(default_factory=dict)
    trackings: dict[str, dict[str, Any]] = field(default_factory=dict)  # by tracking number
    voids: list[str] = field(default_factory=list)  # labels, as often as the money for one was given back
    counter: int = 1000

    def new_id(self) -> str:
        self.counter += 1
        return f"se-{self.counter}"

    def state(self) -> dict[str, Any]:
        held = {"shipments": self.shipments, "labels": self.labels, "trackings": self.trackings}
        return {**{name: list(deepcopy(each).values()) for name, each in held.items()}, "voids": list(self.voids)}

    # -------------------------------------------------------------------------------------------- shipments and rates

    def carriers(self) -> list[dict[str, Any]]:
        return deepcopy(CARRIERS)

    def rate(self, wanted: dict[str, Any]) -> dict[str, Any]:
        if "shipment" in wanted:
            shipment = self._new_shipment(wanted["shipment"])
        elif wanted.get("shipment_id") in self.shipments:
            shipment = self.shipments[wanted["shipment_id"]]
        else:
            raise _unknown("shipment")
        asked = wanted.get("rate_options", {}).get("carrier_ids")
        if not asked:
            raise Wrong(400, "field_value_required", "carrier_ids: at least one is needed.")
        rates = []
        for carrier_id in asked:
            carrier = carrier_of(carrier_id)
            if carrier is None:
                raise Wrong(400, "invalid_field_value", f"carrier_ids: {carrier_id} is not connected.")
            for service in carrier.services:
                rate_id = self.new_id()
                self.rates[rate_id] = (shipment["shipment_id"], service)
                rates.append(rate_form(rate_id, carrier, service, self.currency, rfc3339(self.now())))
        response = {
            "rates": rates,
            "invalid_rates": [],
            "rate_request_id": self.new_id(),
            "shipment_id": shipment["shipment_id"],
            "created_at": rfc3339(self.now()),
            "status": "completed",
            "errors": [],
        }
        return {**deepcopy(shipment), "rate_response": response}

    def _new_shipment(self, wanted: dict[str, Any]) -> dict[str, Any]:
        reference = wanted.get("external_shipment_id")
        if reference and any(each["external_shipment_id"] == reference for each in self.shipments.values()):
            raise Wrong(400, "identifier_conflict", f"external_shipment_id {reference} is in use already.")
        for name in ("ship_to", "ship_from", "packages"):
            if not wanted.get(name):
                raise Wrong(400, "field_value_required", f"{name} must be specified.")
        for side in ("ship_to", "ship_from"):
            missing = [part for part in ("name", "address_line1", "country_code") if not wanted[side].get(part)]
            if missing:
                raise Wrong(400, "invalid_address", f"{side}.{missing[0]} must be specified.")
        if not wanted["ship_from"].get("phone"):
            raise Wrong(400, "field_value_required", "ship_from.phone must be specified.")
        shipment_id = self.new_id()
        self.shipments[shipment_id] = shipment_form(shipment_id, wanted, rfc3339(self.now()))
        return self.shipments[shipment_id]

    def shipment_by(self, reference: str) -> dict[str, Any]:
        for shipment in self.shipments.values():
            if shipment["external_shipment_id"] == reference:
                return deepcopy(shipment)
        raise _unknown("shipment")

    def cancel(self, id: str) -> None:
        if id not in self.shipments:
            raise _unknown("shipment")
        if any(label["shipment_id"] == id and not label["voided"] for label in self.labels.values()):
            raise Wrong(400, "invalid_status", "Void its label first.", type_="business_rules")
        self.shipments[id]["shipment_status"] = "cancelled"

    # -------------------------------------------------------------------------------------------------------- labels

    def buy(self, rate_id: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        if rate_id not in self.rates:
            raise _unknown("rate")
        shipment_id, service = self.rates[rate_id]
        shipment = self.shipments[shipment_id]
        if shipment["shipment_status"] == "cancelled":
            raise Wrong(400, "invalid_status", "The shipment was cancelled.", type_="business_rules")
        shipment["shipment_status"] = "label_purchased"
        return self._new_label(shipment, service, label_format=wanted.get("label_format", "pdf"))

    def _new_label(self, shipment: Mapping[str, Any], service: Service, **more: Any) -> dict[str, Any]:
        label_id = self.new_id()
        number = more.pop("tracking_number", "") or f"{service.prefix}{self.counter:012}"
        at = rfc3339(self.now())
        label = label_form(label_id, number, shipment, service, self.currency, self.address, at) | more
        self.labels[label_id] = label
        self.trackings[number] = tracking_form(number, service)
        return deepcopy(label)

    def make_by_hand(self, reference: str, number: str) -> dict[str, Any]:
        there = {"name": "Walk In", "address_line1": "1 Main St", "city_locality": "Austin", "state_province": "TX"}
        there |= {"postal_code": "78756", "country_code": "US", "phone": "555-0100"}
        package = {"weight": {"value": 10, "unit": "ounce"}}
        shipment = self._new_shipment(
            {
                "external_shipment_id": reference or None,
                "ship_to": there,
                "ship_from": there,
                "packages": [package],
            }
        )
        shipment["shipment_status"] = "label_purchased"
        return self._new_label(shipment, service_of(), tracking_number=number, batch_id=self.new_id())

    def label(self, id: str) -> dict[str, Any]:
        if id not in self.labels:
            raise _unknown("label")
        return deepcopy(self.labels[id])

    def list_labels(self, query: Mapping[str, str]) -> dict[str, Any]:
        page, size = int(query.get("page", "1")), int(query.get("page_size", "25"))
        exact = {
            "label_status": "status",
            **{name: name for name in ("tracking_number", "shipment_id", "batch_id", "carrier_id")},
        }
        found = [
            label
            for label in self.labels.values()
            if all(label[field] == query[name] for name, field in exact.items() if name in query)
            and label["created_at"] >= query.get("created_at_start", "")
        ]
        by = query.get("sort_by", "created_at")
        found.sort(key=lambda label: label.get(by) or "", reverse=query.get("sort_dir", "desc") == "desc")
        pages = max(1, -(-len(found) // size))
        link = {"href": f"{self.address}/v1/labels?page={{}}&page_size={size}"}
        return {
            "labels": deepcopy(found[(page - 1) * size : page * size]),
            "total": len(found),
            "page": page,
            "pages": pages,
            "links": {
                "first": {"href": link["href"].format(1)},
                "last": {"href": link["href"].format(pages)},
                "prev": {"href": link["href"].format(page - 1)} if page > 1 else {},
                "next": {"href": link["href"].format(page + 1)} if page < pages else {},
            },
        }

    def void(self, id: str) -> dict[str, Any]:
        label = self.labels.get(id)
        if label is None:
            raise _unknown("label")
        if label["voided"]:
            said = "This label has been voided already."
            return {"approved": False, "message": said, "reason_code": "label_already_voided"}
        if self.trackings[label["tracking_number"]]["status_code"] not in ("UN", "NY", "AC"):
            said = "This label has been used."
            return {"approved": False, "message": said, "reason_code": "label_already_used"}
        label |= {"voided": True, "voided_at": rfc3339(self.now()), "status": "voided", "void_type": "manual"}
        self.voids.append(id)
        return {"approved": True, "message": "Request for refund submitted. This label has been voided."}

    def way_back(self, id: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        if id not in self.labels:
            raise _unknown("label")
        first = self.labels[id]
        if first["is_return_label"] or first["voided"]:
            raise Wrong(400, "invalid_status", "Only for a label that stands.", type_="business_rules")
        shipment = self.shipments[first["shipment_id"]]
        # Whether the vendor carries the reference over is not published: here it does not.
        back = {**shipment, "shipment_id": self.new_id(), "external_shipment_id": None, "external_order_id": None}
        rma = wanted.get("rma_number") or f"RMA-{self.counter}"
        more = {"label_format": wanted.get("label_format", "pdf"), "is_return_label": True, "rma_number": rma}
        return self._new_label(back, service_of(first["service_code"]), **more)

    # ------------------------------------------------------------------------------------------------------ tracking

    def tracking_of(self, id: str) -> dict[str, Any]:
        return deepcopy(self.trackings[self.label(id)["tracking_number"]])

    def scan(self, id: str, to: str) -> dict[str, Any]:
        """`to` is a step of `STEPS`."""
        label = self.labels.get(id)
        if label is None:
            raise _unknown("label")
        step, at = STEPS[to], rfc3339(self.now())
        tracking = self.trackings[label["tracking_number"]]
        event = {
            "occurred_at": at,
            "carrier_occurred_at": at,
            "description": step.words,
            "city_locality": "AUSTIN",
            "state_province": "TX",
            "postal_code": "78756",
            "country_code": "US",
            "company_name": "",
            "signer": "",
            "event_code": step.carrier,
            "carrier_detail_code": None,
            "status_code": step.code,
            "status_detail_code": step.detail,
            "status_description": step.words,
            "carrier_status_code": step.carrier,
            "carrier_status_description": step.words,
        }
        tracking["events"].insert(0, event)
        tracking |= {
            "status_code": step.code,
            "status_detail_code": step.detail,
            "status_description": step.words,
            "carrier_status_code": step.carrier,
            "carrier_status_description": step.words,
            "ship_date": tracking["ship_date"] or at,
            "actual_delivery_date": at if step.code == "DE" else None,
            "exception_description": step.words if step.code == "EX" else None,
        }
        label["tracking_status"] = {"DE": "delivered", "EX": "error"}.get(step.code, "in_transit")
        return deepcopy(tracking)
