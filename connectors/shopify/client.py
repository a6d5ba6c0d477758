"""Fetch and pull: what the shop says, whole, in as few calls as Shopify's cost limit allows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from connectors.shopify import queries
from connectors.shopify.answers import data_of
from hub.connector import READS, Account, Event, Page, Window
from hub.domain.clock import parse_time, rfc3339
from hub.domain.errors import Missing

# Shopify's search index lags behind its objects, and its clock is not ours: each run looks back this far.
LOOK_BACK = timedelta(minutes=5)
_SHOWN = timedelta(days=60)


async def ask(account: Account, text: str, /, **variables: Any) -> dict[str, Any]:
    """A question: it changes nothing, so a lost answer is simply asked for again."""
    body = {"query": text, "variables": variables}
    return data_of(await account.http.post("/graphql.json", json=body, extensions=dict(READS)))


async def tell(account: Account, mutation: str, /, **variables: Any) -> dict[str, Any]:
    """A wish: a lost answer leaves its outcome unknown."""
    return data_of(await account.http.post("/graphql.json", json={"query": mutation, "variables": variables}))


def gid(kind: str, external_id: str) -> str:
    return f"gid://shopify/{kind}/{external_id}"


def event(kind: str, node: dict[str, Any]) -> Event:
    return Event(kind=kind, body=msgspec.json.encode(node))


# ------------------------------------------------------------------------------------------------------- fetch


async def fetch_order(account: Account, external_id: str) -> Sequence[Event]:
    return [event("order", await whole_order(account, gid("Order", external_id)))]


async def fetch_customer(account: Account, external_id: str) -> Sequence[Event]:
    """Guests are ours, not Shopify's: their orders tell of them."""
    if not external_id.isdecimal():
        raise Missing(f"no customer {external_id}")
    node = (await ask(account, queries.CUSTOMER, id=gid("Customer", external_id)))["customer"]
    if node is None:
        raise Missing(f"no customer {external_id}")
    return [event("customer", node)]


async def whole_order(account: Account, id: str) -> dict[str, Any]:
    """With every line, parcel, refund and transaction, however many there are: half an order would be a wrong one."""
    order = (await ask(account, queries.ORDER, id=id))["order"]
    if order is None:
        raise Missing(f"no order {id}")
    if len(order["fulfillments"]) >= queries.PARTS or len(order["refunds"]) >= queries.PARTS:
        parts = (await ask(account, queries.ORDER_PARTS, id=id))["order"]
        order["fulfillments"] = await _each(account, queries.PARCEL, "fulfillment", order, parts, "fulfillments")
        order["refunds"] = await _each(account, queries.REFUND, "refund", order, parts, "refunds")
    if len(order["transactions"]) >= queries.STEPS:
        order["transactions"] = (await ask(account, queries.ORDER_STEPS, id=id))["order"]["transactions"]
    await _page_on(account, queries.ORDER_LINES, id, "order", "lineItems", order)
    for parcel in order["fulfillments"]:
        await _page_on(account, queries.PARCEL_LINES, parcel["id"], "fulfillment", "fulfillmentLineItems", parcel)
    for refund in order["refunds"]:
        await _page_on(account, queries.REFUND_LINES, refund["id"], "refund", "refundLineItems", refund)
    return dict(order)


async def _each(
    account: Account, query: str, field: str, order: dict[str, Any], parts: dict[str, Any], name: str
) -> list[dict[str, Any]]:
    here = {part["id"]: part for part in order[name]}
    missing = [part["id"] for part in parts[name] if part["id"] not in here]
    fetched = [(await ask(account, query, id=each))[field] for each in missing]
    return [*order[name], *(part for part in fetched if part)]


async def _page_on(account: Account, query: str, id: str, field: str, name: str, thing: dict[str, Any]) -> None:
    page = thing[name]["pageInfo"]
    while page["hasNextPage"]:
        found = (await ask(account, query, id=id, after=page["endCursor"]))[field]
        if found is None:
            raise Missing(f"{id} went while it was read")
        thing[name]["nodes"] += found[name]["nodes"]
        page = found[name]["pageInfo"]


# -------------------------------------------------------------------------------------------------------- pull


class _Cursor(msgspec.Struct):
    """Within a run, `after` goes through a list whose question stays the same; the next run asks from `seen` on."""

    since: str
    seen: str
    after: str | None = None


async def pull_orders(account: Account, cursor: str) -> Page:
    at = _cursor(cursor)
    window = await _window(account, at) if cursor.startswith("since:") else None
    listed = (await ask(account, queries.ORDERS, query=_changed_since(at), after=at.after))["orders"]
    events = []
    for node in listed["nodes"]:
        try:
            events.append(event("order", await whole_order(account, node["id"])))
        except Missing:
            continue  # deleted since it was listed
    return replace(_page(at, listed, events), window=window)


async def _window(account: Account, at: _Cursor) -> Window | None:
    """shopify.dev, "Access scopes": apps see the last 60 days' worth of orders unless they have `read_all_orders`."""
    start = account.now() - _SHOWN
    if parse_time(at.since) >= start:
        return None
    installed = (await ask(account, queries.INSTALLATION))["currentAppInstallation"]
    if any(scope["handle"] == "read_all_orders" for scope in installed["accessScopes"]):
        return None
    return Window(start, "without the scope read_all_orders Shopify shows orders of the last 60 days only")


async def pull_customers(account: Account, cursor: str) -> Page:
    at = _cursor(cursor)
    listed = (await ask(account, queries.CUSTOMERS, query=_changed_since(at), after=at.after))["customers"]
    return _page(at, listed, [event("customer", node) for node in listed["nodes"]])


def _cursor(cursor: str) -> _Cursor:
    if cursor.startswith("since:"):
        since = cursor.removeprefix("since:")
        return _Cursor(since=since, seen=since)
    return msgspec.json.decode(cursor, type=_Cursor)


def _changed_since(at: _Cursor) -> str:
    since: datetime = parse_time(at.since) - LOOK_BACK
    return f"updated_at:>='{since.strftime('%Y-%m-%dT%H:%M:%SZ')}'"


def _page(at: _Cursor, listed: dict[str, Any], events: Sequence[Event]) -> Page:
    seen = max([parse_time(at.seen), *(parse_time(node["updatedAt"]) for node in listed["nodes"])])
    more = bool(listed["pageInfo"]["hasNextPage"])
    if more:
        then = _Cursor(since=at.since, seen=rfc3339(seen), after=listed["pageInfo"]["endCursor"])
    else:
        then = _Cursor(since=rfc3339(seen), seen=rfc3339(seen))
    return Page(events=events, cursor=msgspec.json.encode(then).decode(), more=more)
