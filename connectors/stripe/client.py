"""Calls to Stripe: one object by its id, what the commands ask for, and whether the key is good."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.stripe.context import COMMAND, ORDER, REQUEST
from connectors.stripe.plan import CancelPayment, CapturePayment, CreateRefund
from connectors.stripe.recognise import said_at
from hub.connector import Account, Event, Finding
from hub.domain.errors import HubError
from hub.domain.ids import CommandId

if TYPE_CHECKING:
    from stripe import StripeClient

# With the charge's refunds: only among them does the release of an authorisation differ from money given back.
_WITH_CHARGE: Any = {"expand": ["latest_charge.refunds"]}


def connect(account: Account) -> "StripeClient":
    from connectors.stripe.wire import connect

    return connect(account)


def event(kind: str, found: Any) -> Event:
    """What Stripe answered, byte for byte, at its own time."""
    answer = found.last_response
    return Event(kind=kind, body=answer.body.encode(), at=said_at(answer.headers))


# ------------------------------------------------------------------------------------------------------ one object


async def fetch_intent(account: Account, external_id: str) -> Sequence[Event]:
    found = await connect(account).v1.payment_intents.retrieve_async(external_id, _WITH_CHARGE)
    return [event("payment_intent", found)]


async def fetch_charge(account: Account, external_id: str) -> Sequence[Event]:
    found = await connect(account).v1.charges.retrieve_async(external_id, {"expand": ["refunds"]})
    return [event("charge", found)]


async def fetch_refund(account: Account, external_id: str) -> Sequence[Event]:
    found = await connect(account).v1.refunds.retrieve_async(external_id, {"expand": ["charge.refunds"]})
    return [event("refund", found)]


async def fetch_dispute(account: Account, external_id: str) -> Sequence[Event]:
    return [event("dispute", await connect(account).v1.disputes.retrieve_async(external_id))]


async def fetch_session(account: Account, external_id: str) -> Sequence[Event]:
    return [event("checkout.session", await connect(account).v1.checkout.sessions.retrieve_async(external_id))]


async def fetch_customer(account: Account, external_id: str) -> Sequence[Event]:
    return [event("customer", await connect(account).v1.customers.retrieve_async(external_id))]


# -------------------------------------------------------------------------------------------------------- commands


async def create_refund(account: Account, wish: CreateRefund, key: CommandId) -> Sequence[Event]:
    by = {"payment_intent": wish.payment} if wish.payment.startswith("pi_") else {"charge": wish.payment}
    metadata = {ORDER: wish.order, REQUEST: wish.target, COMMAND: key}
    if wish.reason:
        metadata["orderhub_reason"] = wish.reason
    params: Any = {**by, "amount": wish.amount, "metadata": metadata, "expand": ["charge"]}
    found = await connect(account).v1.refunds.create_async(params, {"idempotency_key": key})
    return [event("refund", found)]


async def find_refund(account: Account, wish: CreateRefund, key: CommandId) -> Sequence[Event] | None:
    by = "payment_intent" if wish.payment.startswith("pi_") else "charge"
    params: Any = {by: wish.payment, "limit": 100}
    while True:
        page = await connect(account).v1.refunds.list_async(params)
        at = said_at(page.last_response.headers) if page.last_response else None
        for refund in page.data:
            told = refund.metadata.to_dict() if refund.metadata else {}
            alive = refund.status not in ("failed", "canceled")
            if told.get(COMMAND) == key or (told.get(REQUEST) == wish.target and alive):
                return [Event(kind="refund", body=msgspec.json.encode(refund.to_dict()), at=at)]
        if not page.has_more:
            return None
        params = {**params, "starting_after": page.data[-1].id}


async def capture(account: Account, wish: CapturePayment, key: CommandId) -> Sequence[Event]:
    params: Any = {"amount_to_capture": wish.amount, "metadata": {COMMAND: key}, **_WITH_CHARGE}
    found = await connect(account).v1.payment_intents.capture_async(wish.target, params, {"idempotency_key": key})
    return await _as_it_is_now(account, wish.target, event("payment_intent", found))


async def find_capture(account: Account, wish: CapturePayment, _: CommandId) -> Sequence[Event] | None:
    found = await connect(account).v1.payment_intents.retrieve_async(wish.target, _WITH_CHARGE)
    return [event("payment_intent", found)] if found.amount_received else None


async def cancel(account: Account, wish: CancelPayment, key: CommandId) -> Sequence[Event]:
    params: Any = {"cancellation_reason": "requested_by_customer", **_WITH_CHARGE}
    found = await connect(account).v1.payment_intents.cancel_async(wish.target, params, {"idempotency_key": key})
    return await _as_it_is_now(account, wish.target, event("payment_intent", found))


async def find_cancel(account: Account, wish: CancelPayment, _: CommandId) -> Sequence[Event] | None:
    found = await connect(account).v1.payment_intents.retrieve_async(wish.target, _WITH_CHARGE)
    return [event("payment_intent", found)] if found.status == "canceled" else None


async def _as_it_is_now(account: Account, intent: str, answer: Event) -> Sequence[Event]:
    """An answer that was replayed for a repeated key shows the past; then the intent is asked for."""
    return [answer] if answer.at else await fetch_intent(account, intent)


# ----------------------------------------------------------------------------------------------------------- check


async def check(account: Account) -> AsyncIterator[Finding]:
    stripe = connect(account)
    try:
        balance = await stripe.v1.balance.retrieve_async()
    except HubError as error:
        yield Finding(ok=False, subject="credentials", message=str(error))
        return
    mode = "live" if balance.livemode else "test"
    yield Finding(ok=True, subject="credentials", message=f"the key is good, in {mode} mode")
    answered = balance.last_response.headers.get("stripe-version", "") if balance.last_response else ""
    wanted = account.settings.api_version
    yield Finding(ok=answered == wanted, subject="api version", message=f"asked for {wanted}, answered {answered}")
    rights: list[tuple[str, Any]] = [
        ("payment intents", stripe.v1.payment_intents),
        ("charges", stripe.v1.charges),
        ("refunds", stripe.v1.refunds),
        ("events", stripe.v1.events),
    ]
    for name, service in rights:
        try:
            await service.list_async({"limit": 1})
        except HubError as error:
            yield Finding(ok=False, subject=f"may read {name}", message=str(error))
        else:
            yield Finding(ok=True, subject=f"may read {name}", message="yes")
    if not account.settings.webhook.secrets:
        yield Finding(ok=False, subject="webhook", message="no webhook.secrets: events are only pulled")
