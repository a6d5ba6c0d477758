"""EasyPost's stand-in: shipments with rates, labels, trackers, refunds, webhooks.

It has no idempotency keys, as EasyPost has none: a second call makes a second shipment. References stand for ids and
may be used twice (the newest one answers then). Buying a shipment twice is refused by its state.
"""

import base64
import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.easypost import sandbox_shapes as shapes
from connectors.easypost.inbound import headers_of
from connectors.easypost.sandbox_answers import error, is_asked, missing, page
from connectors.easypost.sandbox_shapes import Json
from hub.sandbox import Act, Sandbox

_PLACE = {"name": "Ada", "street1": "1 Main St", "city": "Houston", "state": "TX", "zip": "77001", "country": "US"}


@dataclass(eq=False)
class EasyPostSandbox(Sandbox):
    """`carrier_timeouts`: so many purchases are made and answered with the carrier's time-out all the same."""

    api_key: str = "EZTK-sandbox"
    mode: str = "test"
    carrier_timeouts: int = 0
    refund_answer: str = "submitted"  # what a carrier says at first: submitted, rejected, not_applicable, refunded
    plugged: bool = True  # webhooks are sent as long as none was set up by API, as if it was done by hand
    shipments: dict[str, Json] = field(default_factory=dict)
    trackers: dict[str, Json] = field(default_factory=dict)
    hooks: dict[str, Json] = field(default_factory=dict)
    hook_secrets: dict[str, str] = field(default_factory=dict)
    refunds: list[str] = field(default_factory=list)  # shipment ids, one for each refund that the carrier took on
    count: int = 0

    def routes(self) -> list[Route]:
        return [
            Route("/v2/shipments", self._create, methods=["POST"]),
            Route("/v2/shipments", self._list, methods=["GET"]),
            Route("/v2/shipments/{id}", self._one),
            Route("/v2/shipments/{id}/rerate", self._rerate, methods=["POST"]),
            Route("/v2/shipments/{id}/buy", self._buy, methods=["POST"]),
            Route("/v2/shipments/{id}/refund", self._refund, methods=["POST"]),
            Route("/v2/trackers", self._list_trackers),
            Route("/v2/trackers/{id}", self._tracker),
            Route("/v2/webhooks", self._hooks, methods=["GET", "POST"]),
            Route("/v2/webhooks/{id}", self._hook, methods=["PATCH"]),
        ]

    def acts(self) -> Mapping[str, Act]:
        return {
            "buy_by_hand": self.buy_by_hand,
            "track": self.track,
            "scan": self.scan,
            "correct": self.correct,
            "end_refund": self.end_refund,
        }

    def state(self) -> dict[str, Any]:
        return {
            "shipments": list(self.shipments.values()),
            "trackers": list(self.trackers.values()),
            "webhooks": list(self.hooks.values()),
            "refunds": self.refunds,
        }

    # -------------------------------------------------------------------------------------- what its users do

    def buy_by_hand(self, reference: str | None = None, service: str = "Priority", is_return: bool = False) -> Json:
        """A label from the dashboard."""
        given = {"to_address": _PLACE, "from_address": _PLACE, "parcel": {"weight": 16}}
        made = self._made(given | {"reference": reference, "is_return": is_return})
        self._bought(made, next(rate for rate in made["rates"] if rate["service"] == service))
        return copy.deepcopy(made)

    def track(self, code: str, carrier: str = "UPS") -> Json:
        """A label that was bought elsewhere."""
        tracker = shapes.tracker(self._id("trk"), code, carrier, None, self.mode, self.now())
        self.trackers[tracker["id"]] = tracker
        self._tell("tracker.created", {}, tracker)
        return copy.deepcopy(tracker)

    def scan(self, id: str, status: str) -> Json:
        """The carrier says where a parcel is: `id` of its shipment or tracker."""
        tracker, previous = self._tracker_of(id), {"status": self._tracker_of(id)["status"]}
        tracker["tracking_details"].append(shapes.scan(status, tracker["carrier"], self.now()))
        self._moved(tracker, status, "status_update")
        self._tell("tracker.updated", previous, tracker)
        return copy.deepcopy(tracker)

    def correct(self, id: str, status: str) -> Json:
        """The carrier takes its last scan back: the parcel is where it was said to be before."""
        tracker, previous = self._tracker_of(id), {"status": self._tracker_of(id)["status"]}
        if tracker["tracking_details"]:
            tracker["tracking_details"].pop()
        self._moved(tracker, status, "status_update")
        self._tell("tracker.updated", previous, tracker)
        return copy.deepcopy(tracker)

    def end_refund(self, id: str, status: str = "refunded") -> Json:
        """The carrier decides. Only a success is told by webhook."""
        shipment = self.shipments[id]
        shipment |= {"refund_status": status, "updated_at": shapes.at(self.now())}
        if status == "refunded":
            self._tell(
                "refund.successful", {"status": "submitted"}, shapes.refund(self._id("rfnd"), shipment, self.now())
            )
        return copy.deepcopy(shipment)

    def disable_webhooks(self) -> None:
        """As the vendor does with an address that failed too often."""
        self.plugged = False
        for hook in self.hooks.values():
            hook["disabled_at"] = shapes.at(self.now())

    # ------------------------------------------------------------------------------------------------ the API

    async def _create(self, request: Request) -> Response:
        if refusal := self._let_in(request):
            return refusal
        given = (await request.json()).get("shipment") or {}
        blank = [name for name in ("to_address", "from_address", "parcel") if not given.get(name)]
        if not given:
            blank = ["shipment"]
        if blank:
            faults = [{"field": name, "message": "cannot be blank"} for name in blank]
            return error(422, "PARAMETER.REQUIRED", "Missing required parameter.", faults)
        return JSONResponse(self._made(given), 201)

    async def _list(self, request: Request) -> Response:
        if refusal := self._let_in(request):
            return refusal
        purchased = request.query_params.get("purchased")
        found, more = page(request, self.shipments, lambda each: is_asked(each, purchased))
        return JSONResponse({"shipments": found, "has_more": more})

    async def _list_trackers(self, request: Request) -> Response:
        if refusal := self._let_in(request):
            return refusal
        found, more = page(request, self.trackers, lambda _: True)
        return JSONResponse({"trackers": found, "has_more": more})

    async def _one(self, request: Request) -> Response:
        if refusal := self._let_in(request):
            return refusal
        shipment = self._named(request)
        return JSONResponse(shipment) if shipment else missing()

    async def _rerate(self, request: Request) -> Response:
        if refusal := self._let_in(request):
            return refusal
        if (shipment := self._named(request)) is None:
            return missing()
        self._rate(shipment)
        return JSONResponse({"rates": shipment["rates"]})

    async def _buy(self, request: Request) -> Response:
        if refusal := self._let_in(request):
            return refusal
        if (shipment := self._named(request)) is None:
            return missing()
        if shipment["postage_label"]:
            words = "Postage already exists for this shipment."
            return error(422, "SHIPMENT.POSTAGE.EXISTS", words, [])
        wanted = ((await request.json()).get("rate") or {}).get("id")
        rate = next((each for each in shipment["rates"] if each["id"] == wanted), None)
        if rate is None:
            return error(
                422, "SHIPMENT.POSTAGE.FAILURE", "Unable to buy postage.", ["the rate is not of this shipment"]
            )
        self._bought(shipment, rate)
        if self.carrier_timeouts > 0:
            self.carrier_timeouts -= 1
            return error(422, "SHIPMENT.POSTAGE.TIMED_OUT", "The carrier did not answer in time.", [])
        return JSONResponse(shipment)

    async def _refund(self, request: Request) -> Response:
        if refusal := self._let_in(request):
            return refusal
        if (shipment := self._named(request)) is None:
            return missing()
        # EasyPost publishes no list with the codes of these two: only their status is certain.
        if not shipment["postage_label"] or shipment["refund_status"] not in (None, "rejected"):
            return error(422, "SHIPMENT.REFUND.UNAVAILABLE", "The shipment cannot be refunded.", [])
        if self.trackers[shipment["tracker"]["id"]]["status"] not in ("unknown", "pre_transit"):
            return error(422, "SHIPMENT.REFUND.UNAVAILABLE", "The label was scanned.", [])
        shipment |= {"refund_status": self.refund_answer, "updated_at": shapes.at(self.now())}
        if self.refund_answer != "rejected":
            self.refunds.append(shipment["id"])
        return JSONResponse(shipment)

    async def _tracker(self, request: Request) -> Response:
        if refusal := self._let_in(request):
            return refusal
        tracker = self.trackers.get(request.path_params["id"])
        return JSONResponse(tracker) if tracker else missing()

    async def _hooks(self, request: Request) -> Response:
        if refusal := self._let_in(request):
            return refusal
        if request.method == "GET":
            return JSONResponse({"webhooks": list(self.hooks.values())})
        given = (await request.json())["webhook"]
        hook = shapes.webhook(self._id("hook"), given["url"], self.mode, self.now())
        hook["custom_headers"] = given.get("custom_headers", [])
        self.hooks[hook["id"]] = hook
        self.hook_secrets[hook["id"]] = given.get("webhook_secret", "")
        return JSONResponse(hook, 201)

    async def _hook(self, request: Request) -> Response:
        if refusal := self._let_in(request):
            return refusal
        hook = self.hooks.get(request.path_params["id"])
        if hook is None:
            return missing()
        given = await request.json()
        hook |= {"disabled_at": None, "custom_headers": given.get("custom_headers", hook["custom_headers"])}
        self.hook_secrets[hook["id"]] = given.get("webhook_secret", self.hook_secrets[hook["id"]])
        return JSONResponse(hook, 201)

    # ----------------------------------------------------------------------------------------------- within

    def _id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}_{self.count:032x}"

    def _let_in(self, request: Request) -> Response | None:
        wanted = "Basic " + base64.b64encode(f"{self.api_key}:".encode()).decode()
        if request.headers.get("authorization") == wanted:
            return None
        return error(401, "APIKEY.INACTIVE", "This api key is no longer active.", [])

    def _named(self, request: Request) -> Json | None:
        name = request.path_params["id"]
        by_reference = (each for each in reversed(self.shipments.values()) if each["reference"] == name)
        return self.shipments.get(name) or next(by_reference, None)

    def _tracker_of(self, id: str) -> Json:
        return self.trackers[self.shipments[id]["tracker"]["id"] if id in self.shipments else id]

    def _made(self, given: Json) -> Json:
        now, name = self.now(), self._id("shp")
        sender = shapes.address(self._id("adr"), given["from_address"], self.mode, now)
        receiver = shapes.address(self._id("adr"), given["to_address"], self.mode, now)
        parcel = shapes.parcel(self._id("prcl"), given["parcel"], self.mode, now)
        shipment = shapes.shipment(name, given, sender, receiver, parcel, self.mode, now)
        self.shipments[name] = shipment
        self._rate(shipment)
        return shipment

    def _rate(self, shipment: Json) -> None:
        pounds = int(shipment["parcel"]["weight"] // 16) + 1
        shipment["rates"] = shapes.rates(shipment["id"], pounds, self.mode, self.now(), self._id)

    def _bought(self, shipment: Json, rate: Json) -> None:
        now, code = self.now(), f"94001{self.count:017d}"
        tracker = shapes.tracker(self._id("trk"), code, rate["carrier"], shipment["id"], self.mode, now)
        self.trackers[tracker["id"]] = tracker
        shipment |= {
            "selected_rate": rate,
            "tracking_code": code,
            "postage_label": shapes.label(self._id("pl"), shipment["options"].get("label_format", "PNG"), now),
            "tracker": tracker,
            "to_address": shapes.as_the_carrier_writes_it(shipment["to_address"]),
            "fees": [shapes.fee("PostageFee", f"{rate['rate']}000")],
            "updated_at": shapes.at(now),
        }
        self._tell("tracker.created", {}, tracker)

    def _moved(self, tracker: Json, status: str, detail: str) -> None:
        """The shipment's own update time stays as it was: only its tracker moves."""
        tracker |= {"status": status, "status_detail": detail, "updated_at": shapes.at(self.now())}
        if tracker["shipment_id"]:
            self.shipments[tracker["shipment_id"]]["status"] = status

    def _tell(self, description: str, previous: Json, result: Json) -> None:
        body = json.dumps(shapes.event(self._id("evt"), description, previous, result, self.mode, self.now())).encode()
        for name, hook in self.hooks.items():
            if hook["disabled_at"] is None:
                own = {header["name"]: header["value"] for header in hook["custom_headers"]}
                self.deliver(description, headers_of(self.hook_secrets[name], body) | own, body)
        if not self.hooks and self.plugged:
            self.deliver(description, headers_of(self.secret, body), body)
