"""Commands to the store. Each answers with the whole order as it is after it, so that the hub knows at once.

WooCommerce has no idempotency key. A status and a custom field are what they are however often they are set. A refund
is looked for by our reference before it is asked for.
"""

from collections.abc import Sequence
from typing import Any

from connectors.woocommerce import shapes
from connectors.woocommerce.client import after, event, refunds_of, tell, whole_order
from connectors.woocommerce.plan import CancelOrder, CompleteOrder, MarkHold, RecordRefund, TellTracking, mark_of
from connectors.woocommerce.read_order import HOLD_FIELD, TRACKING_FIELD, hold_revision, is_held
from hub.connector import Account, Event, Find, Push, Upsert
from hub.domain.commands import Command
from hub.domain.errors import HubError, Refused
from hub.domain.ids import CommandId

REQUEST_FIELD = "_orderhub_refund_request"
COMMAND_FIELD = "_orderhub_command"


async def mark_hold(account: Account, wish: MarkHold, _: CommandId) -> Sequence[Event]:
    """The mark's number grows with each change: a store that keeps orders as posts does not date such a change."""
    order = await whole_order(account, wish.order)
    fields = shapes.metas(order.get("meta_data"))
    if is_held(fields) is wish.held:
        return [event("order", order)]
    value = f"{'held' if wish.held else 'released'} {hold_revision(fields) + 1}"
    return await _change(account, wish.order, {"meta_data": [{"key": HOLD_FIELD, "value": value}]})


async def tell_tracking(account: Account, wish: TellTracking, _: CommandId) -> Sequence[Event]:
    value = " ".join(part for part in (wish.carrier, wish.target, wish.url) if part)
    return await _change(
        account, wish.order, {"meta_data": [{"key": f"{TRACKING_FIELD}{wish.target}", "value": value}]}
    )


async def complete(account: Account, wish: CompleteOrder, _: CommandId) -> Sequence[Event]:
    order = await whole_order(account, wish.order)
    status = order.get("status")
    if status == "completed":
        return [event("order", order)]
    if status != "processing":  # somebody was quicker than the plan
        raise Refused(f"order {wish.order} is {status} by now: it is not completed")
    return await _change(account, wish.order, {"status": "completed"})


async def cancel(account: Account, wish: CancelOrder, _: CommandId) -> Sequence[Event]:
    order = await whole_order(account, wish.order)
    status = order.get("status")
    if status == "cancelled":
        return [event("order", order)]
    if status in ("completed", "refunded", "trash"):
        raise Refused(f"order {wish.order} is {status} by now: it is not cancelled")
    return await _change(account, wish.order, {"status": "cancelled"})


async def record_refund(account: Account, wish: RecordRefund, command: CommandId) -> Sequence[Event]:
    """`api_refund` is true unless it is said: the store would then give the money back a second time."""
    reason = f"{wish.reason} {mark_of(wish.target)}".strip()
    said = {
        "amount": wish.amount.major,
        "reason": reason,
        "api_refund": False,
        "api_restock": False,
        "meta_data": [{"key": REQUEST_FIELD, "value": wish.target}, {"key": COMMAND_FIELD, "value": command}],
    }
    await tell(account, "POST", f"/orders/{wish.order}/refunds", said)
    try:
        return [event("order", await whole_order(account, wish.order))]
    except HubError:
        return []  # it is done all the same; a webhook or a pull shows it


async def find_refund(account: Account, wish: RecordRefund, command: CommandId) -> Sequence[Event] | None:
    """By the reason: the custom fields are written in a second step, before which the store may have died."""
    for each in await refunds_of(account, wish.order):
        fields = shapes.metas(each.get("meta_data"))
        if (
            mark_of(wish.target) in shapes.text(each.get("reason"))
            or shapes.text(fields.get(REQUEST_FIELD)) == wish.target
            or shapes.text(fields.get(COMMAND_FIELD)) == command
        ):
            return [event("order", await whole_order(account, wish.order))]
    return None


async def _change(account: Account, order: str, said: dict[str, Any]) -> Sequence[Event]:
    return await after(account, await tell(account, "PUT", f"/orders/{order}", said))


PUSH: dict[type[Command], Push] = {
    MarkHold: Push(send=mark_hold, safety=Upsert(f"the custom field {HOLD_FIELD} of the order")),
    TellTracking: Push(send=tell_tracking, safety=Upsert("the custom field that the tracking number names")),
    CompleteOrder: Push(send=complete, safety=Upsert("the order's status")),
    CancelOrder: Push(send=cancel, safety=Upsert("the order's status")),
    RecordRefund: Push(send=record_refund, safety=Find(find_refund)),
}
