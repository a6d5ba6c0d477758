"""Labels bought and given back, each once, at a vendor without idempotency keys.

A purchase is two steps: a shipment is made (which costs nothing and has prices), then one of its rates is bought. The
order's id is the shipment's `reference`, and stands for its id in calls (docs.easypost.com/docs/shipments); a second
shipment of the order is `<order>-2`, and so on. Walking these names until one is missing finds all that was ever made.

- A kill between the steps: the shipment is found and bought, if it is still to the same address.
- A lost answer to the purchase: the shipment is found bought. If the carrier was still at it, buying the same shipment
  again is refused by the vendor (`SHIPMENT.POSTAGE.EXISTS`), and it is found bought then.
- References need not be unique for EasyPost: before a shipment that was found is bought, the list of what was bought
  is searched for a twin that a lost call left behind.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

from connectors.easypost import shapes
from connectors.easypost.client import bought_since, get, shipment_event
from connectors.easypost.commands import BuyLabel, RefundLabel
from connectors.easypost.rates import choose
from connectors.easypost.read import decode
from connectors.easypost.settings import EasyPostSettings
from connectors.easypost.status import given_back, parcel_status
from connectors.shipping.references import reference
from hub.connector import READS, Account, Event, Find, Push
from hub.domain.clock import parse_time
from hub.domain.commands import Command
from hub.domain.errors import Missing, Refused
from hub.domain.ids import CommandId
from hub.domain.records import Address, ShipmentStatus

_MOST = 50  # shipments of one order: more were not made for good reasons
_TWINS = timedelta(hours=1)  # calls that were under way together are not further apart


async def find_label(account: Account, wish: BuyLabel, _id: CommandId) -> Sequence[Event] | None:
    async for body, shipment in _walk(account, wish.order):
        if _stands(shipment):
            return [shipment_event(body)]
    return None


async def buy_label(account: Account, wish: BuyLabel, _id: CommandId) -> Sequence[Event]:
    settings: EasyPostSettings = account.settings
    made = 0
    found: shapes.Shipment | None = None
    async for body, shipment in _walk(account, wish.order):
        made += 1
        if _stands(shipment):
            return [shipment_event(body)]
        if not shipment.is_bought and _is_for(shipment, wish):
            found = shipment
    if found is not None:
        if twin := await _twin(account, found):
            return [shipment_event(twin)]
        shipment, rates = found, await _prices(account, found)
    else:
        if made >= _MOST:
            raise Refused(f"{wish.order} has {made} shipments already: look at them in the dashboard")
        shipment = await _make(account, wish, reference(wish.order, made + 1))
        rates = shipment.rates or []
    rate = choose(rates, shipment.messages or [], settings)
    return [shipment_event(await _buy(account, shipment.id, rate.id))]


async def find_refund(account: Account, wish: RefundLabel, _id: CommandId) -> Sequence[Event] | None:
    body = await get(account, "shipments", wish.target)
    return [shipment_event(body)] if given_back(decode(body, shapes.Shipment).refund_status) else None


async def refund_label(account: Account, wish: RefundLabel, _id: CommandId) -> Sequence[Event]:
    """A refund that the carrier rejects comes back as 200: the plan tells a person then."""
    try:
        body = (await account.http.post(f"/shipments/{wish.target}/refund")).content
    except Refused:
        body = await get(account, "shipments", wish.target)
        if not given_back(decode(body, shapes.Shipment).refund_status):
            raise
    return [shipment_event(body)]


PUSH: dict[type[Command], Push] = {
    BuyLabel: Push(send=buy_label, safety=Find(find_label)),
    RefundLabel: Push(send=refund_label, safety=Find(find_refund)),
}


# -------------------------------------------------------------------------------------------------------- looking


async def _walk(account: Account, order: str) -> AsyncIterator[tuple[bytes, shapes.Shipment]]:
    for number in range(1, _MOST + 1):
        name = reference(order, number)
        try:
            body = await get(account, "shipments", name)
        except Missing:
            return
        shipment = decode(body, shapes.Shipment)
        if shipment.reference != name:
            raise Refused(f"asked for the shipment {name}, EasyPost answered with {shipment.id}")
        yield body, shipment


def _stands(shipment: shapes.Shipment) -> bool:
    return shipment.is_bought and parcel_status(shipment) is not ShipmentStatus.CANCELLED


def _is_for(shipment: shapes.Shipment, wish: BuyLabel) -> bool:
    """Not bought yet, a shipment has the address as it was sent; then it is as the carrier would write it."""
    told, wanted = shipment.to_address or shapes.Place(), _place(wish.to)
    same_place = all((getattr(told, name) or "") == wanted.get(name, "") for name in shapes.Place.__struct_fields__)
    return same_place and shipment.parcel is not None and shipment.parcel.weight == _ounces(wish)


async def _twin(account: Account, found: shapes.Shipment) -> bytes | None:
    async for body in bought_since(account, parse_time(found.created_at) - _TWINS):
        other = decode(body, shapes.Shipment)
        if other.reference == found.reference and _stands(other):
            return body
    return None


# --------------------------------------------------------------------------------------------------------- acting


async def _make(account: Account, wish: BuyLabel, name: str) -> shapes.Shipment:
    settings: EasyPostSettings = account.settings
    if settings.ship_from is None:
        raise Refused("ship_from is not set: nobody knows where the parcel leaves from")
    body = {
        "reference": name,
        "to_address": _place(wish.to) | ({"email": wish.email} if wish.email else {}),
        "from_address": _place(settings.ship_from.address),
        "parcel": {"weight": _ounces(wish)}
        | {side: float(value) for side, value in settings.parcel.sides.items() if value},
        "options": {"label_format": settings.label_format},
    }
    return decode((await account.http.post("/shipments", json={"shipment": body})).content, shapes.Shipment)


async def _prices(account: Account, shipment: shapes.Shipment) -> list[shapes.Rate]:
    """Of today: carriers do not honour old ones. To ask for prices changes nothing that anybody pays for."""
    answer = await account.http.post(f"/shipments/{shipment.id}/rerate", extensions=READS)
    return decode(answer.content, shapes.Rates).rates


async def _buy(account: Account, id: str, rate: str) -> bytes:
    try:
        return (await account.http.post(f"/shipments/{id}/buy", json={"rate": {"id": rate}})).content
    except Refused:
        body = await get(account, "shipments", id)
        if decode(body, shapes.Shipment).is_bought:
            return body
        raise


def _place(address: Address) -> dict[str, Any]:
    fields = {
        "name": address.name,
        "company": address.company,
        "street1": address.line1,
        "street2": address.line2,
        "city": address.city,
        "state": address.region,
        "zip": address.postal_code,
        "country": address.country,
        "phone": address.phone,
    }
    return {name: value for name, value in fields.items() if value}


def _ounces(wish: BuyLabel) -> float:
    """EasyPost keeps one decimal of an ounce, as a JSON number."""
    return round(float(wish.weight), 1)
