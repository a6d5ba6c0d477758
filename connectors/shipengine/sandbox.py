"""A stand-in of ShipEngine: carriers, rates, shipments, labels, tracking, webhooks signed with a key of its own.

Like the vendor it knows no idempotency keys: two purchases by one rate are two labels. Only `external_shipment_id` is
unique. Held to the vendor's published description in the tests.
"""

import hmac
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.shipengine.sandbox_keys import jwks, new_key, signed
from connectors.shipengine.sandbox_shelf import Shelf, Wrong
from connectors.shipengine.settings import HOME
from hub.sandbox import Act, Sandbox

Answer = Callable[[Request], Awaitable[Response]]


@dataclass(eq=False)
class ShipEngineSandbox(Sandbox):
    api_key: str = "sandbox-key"
    private_key: str = ""  # PEM of the key that signs webhooks; "": a new one
    address: str = HOME  # what `resource_url` and the links of lists begin with
    currency: str = "usd"
    at_most: int = 0  # calls a minute; 0: any number
    shelf: Shelf = field(init=False)
    # Event -> webhook. Until one was switched off, what happens is delivered whether or not it is listed here.
    webhooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    silenced: bool = False
    _minute: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.private_key = self.private_key or new_key()
        self.shelf = Shelf(now=self.now, address=self.address, currency=self.currency)

    # ------------------------------------------------------------------------------------------------ the vendor's API

    def routes(self) -> list[Route]:
        def route(path: str, answer: Answer, method: str = "GET") -> Route:
            return Route(path, self._guarded(answer), methods=[method])

        return [
            Route("/jwks", self._jwks),
            route("/v1/carriers", self._carriers),
            route("/v1/rates", self._rates, "POST"),
            route("/v1/shipments/external_shipment_id/{reference}", self._shipment),
            route("/v1/shipments/{id}/cancel", self._cancel, "PUT"),
            route("/v1/labels", self._labels),
            route("/v1/labels/rates/{rate}", self._buy, "POST"),
            route("/v1/labels/{id}", self._label),
            route("/v1/labels/{id}/void", self._void, "PUT"),
            route("/v1/labels/{id}/return", self._return, "POST"),
            route("/v1/labels/{id}/track", self._track),
            route("/v1/environment/webhooks", self._webhooks),
            route("/v1/environment/webhooks", self._subscribe, "POST"),
            route("/v1/environment/webhooks/{id}", self._move_webhook, "PUT"),
        ]

    def _guarded(self, answer: Answer) -> Answer:
        async def guarded(request: Request) -> Response:
            try:
                self._let_in(request)
                return await answer(request)
            except Wrong as wrong:
                return JSONResponse(wrong.body(), status_code=wrong.status, headers=wrong.headers)

        return guarded

    def _let_in(self, request: Request) -> None:
        given = request.headers.get("api-key", "")
        if not hmac.compare_digest(given.encode(), self.api_key.encode()):
            raise Wrong(401, "unauthorized", "The API key is invalid.", type_="security")
        if self.at_most:
            now = self.now().timestamp()
            self._minute = [at for at in self._minute if at > now - 60]
            if len(self._minute) >= self.at_most:
                wait = str(int(60 - (now - self._minute[0])) + 1)
                raise Wrong(
                    429, "rate_limit_exceeded", "Too many requests.", type_="system", headers={"Retry-After": wait}
                )
            self._minute.append(now)

    async def _jwks(self, _request: Request) -> Response:
        return Response(jwks(self.private_key), media_type="application/json")

    async def _carriers(self, _request: Request) -> Response:
        return JSONResponse({"carriers": self.shelf.carriers(), "request_id": str(uuid.uuid4()), "errors": []})

    async def _rates(self, request: Request) -> Response:
        return JSONResponse(self.shelf.rate(await request.json()))

    async def _shipment(self, request: Request) -> Response:
        return JSONResponse(self.shelf.shipment_by(request.path_params["reference"]))

    async def _cancel(self, request: Request) -> Response:
        self.shelf.cancel(request.path_params["id"])
        return Response(status_code=204)

    async def _labels(self, request: Request) -> Response:
        return JSONResponse(self.shelf.list_labels(dict(request.query_params)))

    async def _label(self, request: Request) -> Response:
        return JSONResponse(self.shelf.label(request.path_params["id"]))

    async def _buy(self, request: Request) -> Response:
        return JSONResponse(self.shelf.buy(request.path_params["rate"], await request.json()))

    async def _void(self, request: Request) -> Response:
        return JSONResponse(self.shelf.void(request.path_params["id"]))

    async def _return(self, request: Request) -> Response:
        return JSONResponse(self.shelf.way_back(request.path_params["id"], await request.json()))

    async def _track(self, request: Request) -> Response:
        return JSONResponse(self.shelf.tracking_of(request.path_params["id"]))

    async def _webhooks(self, _request: Request) -> Response:
        return JSONResponse(list(self.webhooks.values()))

    async def _subscribe(self, request: Request) -> Response:
        wanted = await request.json()
        event = wanted["event"]
        if event in self.webhooks:
            raise Wrong(409, "webhook_event_type_conflict", f"A webhook for {event} exists already.")
        self.webhooks[event] = {"webhook_id": self.shelf.new_id(), **wanted}
        self.silenced = False
        return JSONResponse(self.webhooks[event])

    async def _move_webhook(self, request: Request) -> Response:
        for webhook in self.webhooks.values():
            if webhook["webhook_id"] == request.path_params["id"]:
                webhook |= await request.json()
                return Response(status_code=204)
        raise Wrong(404, "invalid_identifier", "There is no such webhook.")

    # ------------------------------------------------------------------------------------------------ what people do

    def acts(self) -> Mapping[str, Act]:
        return {"make_label": self.make_label, "move": self.move, "void": self.void, "disable": self.disable}

    def make_label(self, reference: str = "", number: str = "") -> dict[str, Any]:
        """Somebody makes a label over there, in a batch of one: the webhook only names the batch."""
        label = self.shelf.make_by_hand(reference, number)
        batch = label["batch_id"]
        self._tell("batch", {"resource_url": f"{self.address}/v1/batches/{batch}", "resource_type": "API_BATCH"})
        return label

    def move(self, id: str, to: str) -> dict[str, Any]:
        """The carrier scans the parcel of this label: a step of `Shelf.scan`. Any step may follow any other: that is
        how carriers correct themselves."""
        tracking = self.shelf.scan(id, to)
        place = f"carrier_code={tracking['carrier_code']}&tracking_number={tracking['tracking_number']}"
        notice = {
            "resource_url": f"{self.address}/v1/tracking?{place}",
            "resource_type": "API_TRACK",
            "data": {"label_url": None, **tracking},
        }
        self._tell("track", notice)
        return tracking

    def void(self, id: str) -> dict[str, Any]:
        """Somebody voids a label over there. No webhook tells."""
        return self.shelf.void(id)

    def disable(self) -> None:
        """The webhooks are gone."""
        self.webhooks.clear()
        self.silenced = True

    def state(self) -> dict[str, Any]:
        return {**self.shelf.state(), "webhooks": list(self.webhooks.values())}

    def _tell(self, event: str, notice: Mapping[str, Any]) -> None:
        if self.silenced and event not in self.webhooks:
            return
        body = json.dumps(notice).encode()
        self.deliver(event, signed(self.private_key, body, self.now()), body)
