"""Fetch: what the store says of one thing, whole."""

from collections.abc import Sequence
from typing import Any

import httpx
import msgspec

from hub.connector import Account, Event
from hub.domain.errors import HubError, Missing, Refused

MOST = 100  # things on a page: the most that WordPress gives


async def ask(account: Account, path: str, **params: Any) -> httpx.Response:
    return await account.http.get(path, params={name: str(value) for name, value in params.items()})


async def tell(account: Account, method: str, path: str, said: dict[str, Any]) -> dict[str, Any]:
    return thing(await account.http.request(method, path, json=said))


def thing(response: httpx.Response) -> dict[str, Any]:
    said = _decode(response)
    if not isinstance(said, dict):
        raise Refused(f"{response.request.url.path}: an object is expected")
    return said


def things(response: httpx.Response) -> list[dict[str, Any]]:
    said = _decode(response)
    if not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
        raise Refused(f"{response.request.url.path}: a list of objects is expected")
    return said


def goes_on(response: httpx.Response, offset: int, found: int) -> bool:
    """Whether the list has more behind these, by its own count: a site may give less on a page than was asked for."""
    total = response.headers.get("x-wp-total", "")
    return found > 0 and (offset + found < int(total) if total.isdecimal() else found == MOST)


def _decode(response: httpx.Response) -> Any:
    try:
        return msgspec.json.decode(response.content)
    except (ValueError, RecursionError) as fault:
        raise Refused(f"{response.request.url.path}: {fault}") from fault


def event(kind: str, said: dict[str, Any]) -> Event:
    return Event(kind=kind, body=msgspec.json.encode(said))


# ------------------------------------------------------------------------------------------------------- fetch


async def fetch_order(account: Account, external_id: str) -> Sequence[Event]:
    """An order in the trash is found, too: its status says so."""
    return [event("order", await whole_order(account, external_id))]


async def fetch_customer(account: Account, external_id: str) -> Sequence[Event]:
    """Guests are ours, not the store's: their orders tell of them."""
    return [event("customer", thing(await ask(account, f"/customers/{_number(external_id, 'customer')}")))]


async def whole_order(account: Account, external_id: str) -> dict[str, Any]:
    """With its refunds as they are in full, which an order by itself only counts up."""
    order = thing(await ask(account, f"/orders/{_number(external_id, 'order')}"))
    return await with_refunds(account, order)


async def with_refunds(account: Account, order: dict[str, Any]) -> dict[str, Any]:
    if order.get("refunds"):
        order["refunds"] = await refunds_of(account, str(order["id"]))
    return order


async def refunds_of(account: Account, order: str) -> list[dict[str, Any]]:
    return await whole_list(account, f"/orders/{order}/refunds")


async def whole_list(account: Account, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        begin = len(found)
        response = await ask(account, path, per_page=MOST, offset=begin, orderby="id", order="asc")
        found += things(response)
        if not goes_on(response, begin, len(found) - begin):
            return found


async def after(account: Account, said: dict[str, Any]) -> Sequence[Event]:
    """An order as a command left it. The command is done: refunds that cannot be read must not make it look undone."""
    try:
        return [event("order", await with_refunds(account, dict(said)))]
    except HubError:
        return [event("order", said)]


def _number(external_id: str, kind: str) -> str:
    if not (external_id.isascii() and external_id.isdecimal()):
        raise Missing(f"no {kind} {external_id}")
    return external_id
