"""Commands to the store. Each answers with the whole order as it is after it, so that the hub knows at once.

Shopify offers no idempotency key for these mutations (spec of 2026-07: `@idempotent` is for refunds and stock), so a
fulfilment and a cancellation are looked for before they are asked for. Tags need no look: adding one twice is one.
"""

from collections.abc import Sequence
from typing import Any

from connectors.shopify import queries
from connectors.shopify.answers import refused
from connectors.shopify.client import ask, event, gid, tell, whole_order
from connectors.shopify.plan import HOLD_TAG, CancelOrder, FulfilOrder, TagOrder
from connectors.shopify.rest_shapes import number_in
from hub.connector import Account, Event, Find, Push, Upsert
from hub.domain.commands import Command
from hub.domain.errors import Missing, Refused
from hub.domain.ids import CommandId

_OPEN = ("OPEN", "IN_PROGRESS")


async def fulfil(account: Account, wish: FulfilOrder, _: CommandId) -> Sequence[Event]:
    parts = _portion(await _open_work(account, wish.order), wish)
    tracking = {"number": wish.target, "company": wish.carrier or None, "url": wish.url or None}
    told = await tell(
        account,
        queries.FULFIL,
        fulfillment={
            "lineItemsByFulfillmentOrder": parts,
            "trackingInfo": {name: value for name, value in tracking.items() if value},
            "notifyCustomer": False,
        },
    )
    refused(told["fulfillmentCreate"])
    return await _order(account, wish.order)


async def find_fulfilment(account: Account, wish: FulfilOrder, _: CommandId) -> Sequence[Event] | None:
    order = await whole_order(account, gid("Order", wish.order))
    stands = (parcel for parcel in order["fulfillments"] if parcel["status"] not in ("CANCELLED", "ERROR", "FAILURE"))
    numbers = {told.get("number") for parcel in stands for told in parcel["trackingInfo"]}
    return [event("order", order)] if wish.target in numbers else None


async def tag(account: Account, wish: TagOrder, _: CommandId) -> Sequence[Event]:
    mutation, field = (queries.ADD_TAG, "tagsAdd") if wish.present else (queries.REMOVE_TAG, "tagsRemove")
    told = await tell(account, mutation, id=gid("Order", wish.order), tags=[HOLD_TAG])
    refused(told[field])
    return await _order(account, wish.order)


async def cancel(account: Account, wish: CancelOrder, _: CommandId) -> Sequence[Event]:
    """Shopify cancels in a job of its own: the order that comes back may not be cancelled yet. A webhook says when."""
    told = await tell(account, queries.CANCEL, id=gid("Order", wish.order), reason=wish.reason, note=wish.note or None)
    refused(told["orderCancel"])
    return await _order(account, wish.order)


async def find_cancellation(account: Account, wish: CancelOrder, _: CommandId) -> Sequence[Event] | None:
    """A job that is still to run leaves no trace: the second wish is then refused by Shopify, never done twice."""
    order = await whole_order(account, gid("Order", wish.order))
    return [event("order", order)] if order["cancelledAt"] else None


async def _order(account: Account, external_id: str) -> Sequence[Event]:
    """The command is done by now: an order that cannot be read back must not make it look undone."""
    try:
        return [event("order", await whole_order(account, gid("Order", external_id)))]
    except Exception:
        return []


async def _open_work(account: Account, order: str) -> list[dict[str, Any]]:
    """All of the order's fulfilment orders that can be fulfilled now, with all their lines."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        told = (await ask(account, queries.OPEN_WORK, id=gid("Order", order), after=after))["order"]
        if told is None:
            raise Missing(f"no order {order}")
        work = told["fulfillmentOrders"]
        found += [each for each in work["nodes"] if each["status"] in _OPEN]
        if not work["pageInfo"]["hasNextPage"]:
            break
        after = work["pageInfo"]["endCursor"]
    for each in found:
        page = each["lineItems"]["pageInfo"]
        while page["hasNextPage"]:
            more = await ask(account, queries.OPEN_WORK_LINES, id=each["id"], after=page["endCursor"])
            each["lineItems"]["nodes"] += more["fulfillmentOrder"]["lineItems"]["nodes"]
            page = more["fulfillmentOrder"]["lineItems"]["pageInfo"]
    return found


def _portion(work: list[dict[str, Any]], wish: FulfilOrder) -> list[dict[str, Any]]:
    """Which lines of which fulfilment orders the parcel holds. `Refused` where the store has not so much open."""
    wanted = dict(wish.lines)
    parts: list[dict[str, Any]] = []
    places: set[str] = set()
    for each in work:
        lines = []
        for line in each["lineItems"]["nodes"]:
            left, item = line["remainingQuantity"], number_in(line["lineItem"]["id"])
            quantity = min(left, wanted.get(item, 0)) if wish.lines else left
            if quantity > 0:
                lines.append({"id": line["id"], "quantity": quantity})
                wanted[item] = wanted.get(item, 0) - quantity
        if lines:
            parts.append({"fulfillmentOrderId": each["id"], "fulfillmentOrderLineItems": lines})
            places.add(((each.get("assignedLocation") or {}).get("location") or {}).get("id") or "")
    if not parts:
        raise Refused("nothing of the order is open for fulfilment (it is on hold, fulfilled or cancelled)")
    short = [line for line, quantity in wanted.items() if wish.lines and quantity > 0]
    if short:
        raise Refused(f"the store has less open than the parcel holds, of lines {', '.join(short)}")
    if len(places) > 1:
        # One fulfilment is of one location (the mutation's own text). Which line left from where is not ours to guess.
        raise Refused("the parcel's lines are planned at several locations: fulfil it in the store")
    return parts


PUSH: dict[type[Command], Push] = {
    FulfilOrder: Push(send=fulfil, safety=Find(find_fulfilment)),
    TagOrder: Push(send=tag, safety=Upsert("the tag on the order")),
    CancelOrder: Push(send=cancel, safety=Find(find_cancellation)),
}
