"""Publish: tells those who listen what changed in orders, by the Standard Webhooks convention.

At least once, and for one order in the order in which it happened: the next change of an order is sent when the one
before was taken. A change has the same `webhook-id` whenever it is sent, so a listener knows a repetition. An endpoint
that does not take what it is sent stays where it is and is tried again, ever later; nothing is skipped.
"""

import asyncio
import fnmatch
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from hub.decide.codec import decode_order
from hub.domain.clock import Clock, rfc3339
from hub.domain.errors import HubError, Refused, TryLater
from hub.domain.order import Order
from hub.observe import metrics
from hub.pipeline.pulse import LostLease, NoPulse
from hub.settings.model import EndpointSettings
from hub.store import endpoints
from hub.store.database import Database
from hub.store.reading_changes import Change, changes_after
from hub.store.tables import OrderRow
from hub.transport.outward import Gone

_BATCH = 200  # changes looked at in one go
_AT_ONCE = 8  # orders told of side by side
_LEASE = timedelta(minutes=2)  # given back as soon as the batch is done
_HURRY = timedelta(minutes=1)  # after which no further change of a batch is begun: it ends well within the lease
# Between tries, as the convention advises; the last again and again.
_SCHEDULE = [
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
]

log = structlog.get_logger("orderhub.publish")

Post = Callable[..., Awaitable[None]]
"""(url, headers, body, allow_private=…): see `hub.transport.outward`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    id: str
    settings: EndpointSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    database: Database
    post: Post
    clock: Clock
    pulse: NoPulse = field(default_factory=NoPulse)  # what leases are held by


async def begin(publisher: Publisher, endpoint: Endpoint) -> None:
    async with publisher.database.write() as held:
        await endpoints.meet(held, endpoint.id, publisher.clock())


async def publish(publisher: Publisher, endpoint: Endpoint) -> bool:
    """Tells of one batch of changes. False when nothing is due."""
    now, worker = publisher.clock(), publisher.pulse.claimant()
    until = now + _LEASE
    async with publisher.database.write() as held:
        row = await endpoints.claim(held, endpoint.id, now, until, worker)
        if row is None:
            return False
        changes = await changes_after(held, row.cursor, _BATCH)
        orders = await _orders(held, {change.order_id for change in changes})
        if not changes:
            await endpoints.settle(held, endpoint.id, until, worker)
            return False
    wanted = [
        (change, body)
        for change in changes
        if (body := _message(change, orders.get(change.order_id), endpoint.settings)) is not None
    ]
    try:
        async with publisher.pulse.guard(worker):
            taken, fault = await _send(publisher, endpoint, wanted, now)
    except LostLease:  # who took over sends it, some of it again
        return True
    cursor = changes[-1].cursor
    left = [change.cursor for change, _ in wanted if change.cursor not in taken]
    if left:
        cursor = left[0] - 1
    values = _outcome(endpoint, row, cursor, fault, publisher.clock(), took=bool(taken))
    async with publisher.database.write() as held:
        await endpoints.settle(held, endpoint.id, until, worker, **values)
    return bool(taken) or not wanted


async def _orders(held: Any, ids: set[str]) -> Mapping[str, Order]:
    rows = await held.execute(select(OrderRow.id, OrderRow.document).where(OrderRow.id.in_(sorted(ids))))
    return {row.id: decode_order(row.document) for row in rows}


# ---------------------------------------------------------------------------------------------------- the message


def kind_of(change: Change) -> str:
    """`order.created`, `order.<stage>` where it has come to another one, or `order.updated`."""
    if change.seq == 1:
        return "order.created"
    stage = next((field.after for field in change.fields if field.path == "stage"), None)
    return f"order.{stage}" if stage else "order.updated"


def _message(change: Change, order: Order | None, settings: EndpointSettings) -> bytes | None:
    kind = kind_of(change)
    if settings.events and not any(fnmatch.fnmatchcase(kind, each) for each in settings.events):
        return None
    if settings.channels and (order is None or order.channel not in settings.channels):
        return None
    said: dict[str, Any] = {
        "type": kind,
        "timestamp": rfc3339(change.at),
        "data": {
            "cursor": change.cursor,
            "sequence": change.seq,
            "order_id": change.order_id,
            "summary": change.summary,
            "changes": [{"path": each.path, "before": each.before, "after": each.after} for each in change.fields],
            "order": None if order is None else _snapshot(order),
        },
    }
    return msgspec.json.encode(said)


def _snapshot(order: Order) -> dict[str, Any]:
    """The order as it is now: it may hold later changes already. All of it is in GraphQL."""
    return {
        "id": order.id,
        "number": order.number,
        "channel": order.channel,
        "is_sale": order.is_sale,
        "is_test": order.test,
        "stage": order.stage,
        "payment_state": order.payment_state,
        "invoice_state": order.invoice_state,
        "fulfilment_state": order.fulfilment_state,
        "on_hold": any(hold.active for hold in order.holds),
        "placed_at": rfc3339(order.placed_at),
        "currency": order.currency,
        "total": order.total.major,
        "captured": order.captured.major,
        "refunded": order.refunded.major,
        "tracking_numbers": sorted({number for each in order.shipments for number in each.tracking_numbers}),
    }


def headers_of(endpoint: Endpoint, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    signatures = [
        Webhook(secret.get_secret_value()).sign(message_id, now, body.decode()) for secret in endpoint.settings.secrets
    ]
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


# ------------------------------------------------------------------------------------------------------- the way


async def _send(
    publisher: Publisher, endpoint: Endpoint, wanted: Sequence[tuple[Change, bytes]], started: datetime
) -> tuple[set[int], HubError | None]:
    """The cursors that were taken, and the first fault. After a fault nothing new is begun."""
    by_order: dict[str, list[tuple[Change, bytes]]] = defaultdict(list)
    for change, body in wanted:
        by_order[change.order_id].append((change, body))
    taken: set[int] = set()
    faults: list[HubError] = []
    places = asyncio.Semaphore(_AT_ONCE)

    async def tell(changes: Sequence[tuple[Change, bytes]]) -> None:
        async with places:
            for change, body in changes:
                if faults or publisher.clock() - started > _HURRY:
                    return
                try:
                    await send(publisher, endpoint, f"chg_{endpoint.id}_{change.cursor}", body)
                except HubError as fault:
                    faults.append(fault)
                    return
                taken.add(change.cursor)

    await asyncio.gather(*(tell(changes) for changes in by_order.values()))
    return taken, faults[0] if faults else None


async def send(publisher: Publisher, endpoint: Endpoint, message_id: str, body: bytes) -> None:
    """Raises `Gone` or `TryLater`."""
    headers = headers_of(endpoint, message_id, body, publisher.clock())
    try:
        await publisher.post(endpoint.settings.url, headers, body, allow_private=endpoint.settings.allow_private)
    except HubError:
        metrics.published.labels(endpoint.id, "failed").inc()
        raise
    metrics.published.labels(endpoint.id, "taken").inc()


async def ping(publisher: Publisher, endpoint: Endpoint) -> None:
    """A signed message without a change. Raises as `send` does."""
    now = publisher.clock()
    body = msgspec.json.encode({"type": "hub.ping", "timestamp": rfc3339(now), "data": {"endpoint": endpoint.id}})
    await send(publisher, endpoint, f"ping_{endpoint.id}_{int(now.timestamp())}", body)


def _outcome(
    endpoint: Endpoint, row: Any, cursor: int, fault: HubError | None, now: datetime, *, took: bool
) -> dict[str, Any]:
    """What is known of an endpoint after a batch."""
    values: dict[str, Any] = {"cursor": cursor}
    if fault is None:
        values |= {"tries": 0, "failing_since": None, "message": "", "due_at": now, "last_ok_at": now}
    else:
        # What is taken behind a change that never is comes again with it: only to get further is progress.
        further = cursor > row.cursor
        tries = 1 if further else row.tries + 1
        since = now if further or row.failing_since is None else row.failing_since
        wait = _SCHEDULE[min(tries, len(_SCHEDULE)) - 1]
        if isinstance(fault, TryLater):
            wait = max(wait, fault.after)
        values |= {"tries": tries, "failing_since": since, "message": str(fault), "due_at": now + wait}
        if took:
            values["last_ok_at"] = now
        if isinstance(fault, Gone) or now - since >= endpoint.settings.give_up_after:
            values["disabled_at"] = now
            log.error("publish.disabled", endpoint=endpoint.id, why=str(fault))
        else:
            log.warning("publish.failed", endpoint=endpoint.id, why=str(fault), tries=tries)
    return values


def require(known: Mapping[str, Endpoint], endpoint: str) -> Endpoint:
    if endpoint not in known:
        raise Refused(f"there is no webhook endpoint {endpoint!r}")
    return known[endpoint]
