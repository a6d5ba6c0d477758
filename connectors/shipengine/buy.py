"""One label for one order, although ShipEngine knows no idempotency keys.

Two steps: rates for a new shipment (which the vendor keeps from then on), then a label by one of the rates. The ground
to stand on is `external_shipment_id`, which is unique in an account and never changes (docs.shipstation.com, "External
Identifiers"): the first shipment of an order is called by the order's id, the next ones `…-2`, `…-3`. Whoever was
killed in between finds the shipment again, and whether it has a label. The command's id stands in the parcel's
`external_package_id`.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from connectors.shipengine import shapes
from connectors.shipengine.client import checked, get, label_event, labels
from connectors.shipengine.commands import BuyLabel
from connectors.shipengine.rates import choose
from connectors.shipengine.read import decode
from connectors.shipengine.settings import Package, ShipEngineSettings
from connectors.shipping.references import reference
from hub.connector import READS, Account, Event
from hub.domain.errors import Missing, NeedsAttention, Refused, TryLater, Unknown
from hub.domain.ids import CommandId
from hub.domain.records import Address

_MOST_SHIPMENTS = 20  # of one order: each stands for a label that was given back, or a wish that was given up


@dataclass(frozen=True, slots=True, kw_only=True)
class _Try:
    """A shipment that we made for this order, with its labels that were not given back."""

    number: int
    shipment: shapes.Shipment
    live: tuple[bytes, ...]
    spent: bool  # all its labels were given back

    def of(self, id: CommandId) -> bool:
        return any(package.external_package_id == id for package in self.shipment.packages or ())


async def find_label(account: Account, wish: BuyLabel, _id: CommandId) -> list[Event] | None:
    """Any label of the order that counts, whichever command bought it: there is to be one."""
    async for tried in _tries(account, wish.subject):
        if tried.live:
            return [label_event(body) for body in tried.live]
    return None


async def buy_label(account: Account, wish: BuyLabel, id: CommandId) -> list[Event]:
    settings: ShipEngineSettings = account.settings
    number, answer = 1, None
    async for tried in _tries(account, wish.subject):
        if tried.live:
            return [label_event(body) for body in tried.live]
        if not tried.spent and tried.of(id):
            answer = await _rates(account, {"shipment_id": tried.shipment.shipment_id})
            break
        if not tried.spent:  # of an earlier command, whose wish may have been another one
            await _cancel(account, tried.shipment)
        number = tried.number + 1
    if answer is None:
        answer = await _rates(account, {"shipment": _shipment(settings, wish, reference(wish.subject, number), id)})
    rate = choose(answer.rate_response, settings.service, settings.most)
    bought = await account.http.post(
        f"/v1/labels/rates/{checked(rate.rate_id)}", json={"label_format": settings.label_format, "label_layout": "4x6"}
    )
    return [label_event(bought.content)]


async def _tries(account: Account, order: str) -> AsyncIterator[_Try]:
    """Oldest first. A shipment that somebody cancelled over there is passed by."""
    for number in range(1, _MOST_SHIPMENTS + 1):
        path = f"/v1/shipments/external_shipment_id/{quote(reference(order, number), safe='')}"
        try:
            shipment = await get(account, path, shapes.Shipment)
        except Missing:
            return
        found = [body async for body in labels(account, shipment_id=checked(shipment.shipment_id))]
        live = tuple(body for body in found if not msgspec.json.decode(body, type=shapes.Label).voided)
        if shipment.shipment_status == "processing" or (shipment.shipment_status == "label_purchased" and not found):
            raise Unknown(f"{shipment.shipment_id}: a label is being made")
        spent = bool(found) or shipment.shipment_status == "cancelled"
        yield _Try(number=number, shipment=shipment, live=live, spent=spent)
    raise Refused(f"{_MOST_SHIPMENTS} shipments were made for {order} before: look at them first")


async def _cancel(account: Account, shipment: shapes.Shipment) -> None:
    await account.http.put(f"/v1/shipments/{checked(shipment.shipment_id)}/cancel")


async def _rates(account: Account, of: dict[str, Any]) -> shapes.RateAnswer:
    """With a `shipment`, this makes it; with a `shipment_id`, it only asks."""
    settings: ShipEngineSettings = account.settings
    options = {"carrier_ids": list(settings.carriers)}
    try:
        answer = await account.http.post(
            "/v1/rates",
            content=msgspec.json.encode(of | {"rate_options": options}),
            headers={"Content-Type": "application/json"},
            extensions=READS if "shipment_id" in of else None,
        )
    except Refused as refused:
        if "identifier_conflict" in str(refused):  # made since we looked
            raise TryLater(str(refused)) from refused
        raise
    return decode(answer.content, shapes.RateAnswer)


def _shipment(settings: ShipEngineSettings, wish: BuyLabel, name: str, id: CommandId) -> dict[str, Any]:
    if settings.ship_from is None:  # taken out of the settings since the command was planned
        raise NeedsAttention("buying labels needs ship_from")
    return {
        "external_shipment_id": name,
        "external_order_id": wish.subject,
        "validate_address": "no_validation",
        "ship_to": _place(wish.to, wish.email),
        "ship_from": _place(settings.ship_from.address),
        "packages": [_package(settings.parcel, wish.weight, id)],
    }


def _place(address: Address, email: str = "") -> dict[str, str]:
    """Empty text is refused there; what is not known is left out."""
    parts = {
        "name": address.name or address.company,
        "company_name": address.company,
        "phone": address.phone,
        "email": email,
        "address_line1": address.line1,
        "address_line2": address.line2,
        "city_locality": address.city,
        "state_province": address.region,
        "postal_code": address.postal_code,
        "country_code": address.country,
    }
    return {name: text for name, text in parts.items() if text}


def _package(parcel: Package, weight: str, id: CommandId) -> dict[str, Any]:
    package: dict[str, Any] = {
        "package_code": parcel.package_code,
        "external_package_id": id,
        "weight": {"value": msgspec.Raw(weight.encode()), "unit": parcel.weight_unit},
    }
    known = {name: msgspec.Raw(f"{side:f}".encode()) for name, side in parcel.sides.items() if side is not None}
    if known:
        package["dimensions"] = {"unit": parcel.dimension_unit, **known}
    return package
