"""What the commands ask of PayPal, and how to find out whether it was done."""

from collections.abc import Sequence

import msgspec

from connectors.paypal.client import get
from connectors.paypal.context import Context, related
from connectors.paypal.plan import CapturePayment, CreateRefund, VoidAuthorization
from connectors.paypal.reversals import reference_of, refund_reference
from connectors.paypal.shapes import Order, Transaction
from hub.connector import Account, Event, Reading
from hub.domain.errors import HubError, Missing, Refused
from hub.domain.ids import CommandId

KEY = "PayPal-Request-Id"
_WHOLE = "return=representation"  # else PayPal answers with id, status and links

_transaction = msgspec.json.Decoder(Transaction).decode
_order = msgspec.json.Decoder(Order).decode


async def create_refund(account: Account, wish: CreateRefund, key: CommandId) -> Sequence[Event]:
    """The reason is not sent: PayPal's only field for it is shown to the buyer."""
    answer = await account.http.post(
        f"/v2/payments/captures/{wish.capture}/refund",
        json={
            "amount": {"currency_code": wish.currency, "value": wish.amount},
            "custom_id": refund_reference(wish.order, wish.target, key),
        },
        headers={KEY: key, "Prefer": _WHOLE},
    )
    return [Event(kind="refund", body=answer.content)]


async def find_refund(account: Account, wish: CreateRefund, key: CommandId) -> Sequence[Event] | None:
    """PayPal lists refunds only inside their order."""
    capture = await get(account, "capture", wish.capture)
    shape = _transaction(capture.body)
    context = Context(reading=Reading(connection=account.connection, settings=account.settings))
    ids = related(shape, context)
    order = ids.order_id
    if not order and ids.authorization_id:
        held = await get(account, "authorization", ids.authorization_id)
        order = related(_transaction(held.body), context).order_id
    if not order:
        if shape.status == "COMPLETED":  # nothing of it was given back, by anybody
            return None
        raise Refused(f"capture {wish.capture} has refunds and names no order that lists them: look there, then retry")
    whole = await get(account, "order", order)
    for unit in _order(whole.body).purchase_units or []:
        for raw in (unit.payments and unit.payments.refunds) or []:
            refund = _transaction(raw)
            request, command = reference_of(refund.custom_id)
            alive = refund.status not in ("FAILED", "CANCELLED")
            if command == key or (request == wish.target and alive):
                return [Event(kind="refund", body=bytes(raw)), whole]
    return None


async def capture(account: Account, wish: CapturePayment, key: CommandId) -> Sequence[Event]:
    answer = await account.http.post(
        f"/v2/payments/authorizations/{wish.target}/capture",
        json={"amount": {"currency_code": wish.currency, "value": wish.amount}, "final_capture": True},
        headers={KEY: key, "Prefer": _WHOLE},
    )
    made = Event(kind="capture", body=answer.content)
    try:
        # The capture does not say that its authorization holds nothing any more.
        return [made, await get(account, "authorization", wish.target)]
    except HubError:
        return [made]  # it is done all the same: reading it makes the order be fetched


async def find_capture(account: Account, wish: CapturePayment, _: CommandId) -> Sequence[Event] | None:
    """Only we capture finally what our plan saw uncaptured: an authorization that says so, answers for the capture."""
    found = await get(account, "authorization", wish.target)
    return [found] if _transaction(found.body).status == "CAPTURED" else None


async def void(account: Account, wish: VoidAuthorization, _: CommandId) -> Sequence[Event]:
    await account.http.post(f"/v2/payments/authorizations/{wish.target}/void", headers={"Prefer": "return=minimal"})
    return [await get(account, "authorization", wish.target)]


async def find_void(account: Account, wish: VoidAuthorization, _: CommandId) -> Sequence[Event] | None:
    try:
        found = await get(account, "authorization", wish.target)
    except Missing:
        return None
    return [found] if _transaction(found.body).status == "VOIDED" else None
