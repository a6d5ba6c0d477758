"""Calls that only read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from connectors.http_api.kinds import KindSettings
from connectors.http_api.language import Unfit, decode, encode
from hub.connector import Account, Event
from hub.domain.errors import Missing, TryLater


def json_of(answer: httpx.Response) -> Any:
    """Raises `ValueError` with the path of the call."""
    try:
        return decode(answer.content)
    except ValueError as fault:
        raise ValueError(f"{answer.request.method} {answer.request.url.path}: not JSON: {fault}") from fault


async def get(account: Account, path: str, params: dict[str, str] | None = None) -> tuple[Any, httpx.Response]:
    """`TryLater` for what is not JSON: a proxy's page says nothing about the system."""
    answer = await account.http.get(path, params=params or None)
    try:
        return json_of(answer), answer
    except ValueError as fault:
        raise TryLater(str(fault)) from fault


@dataclass(frozen=True, slots=True)
class Fetcher:
    kind: str
    settings: KindSettings

    async def __call__(self, account: Account, external_id: str) -> Sequence[Event]:
        if external_id in (".", ".."):
            raise Missing(f"{external_id!r} is no id")
        found, _ = await get(account, self.settings.fetch.replace("{id}", quote(external_id, safe="")))
        where = self.settings.expression("fetch_item")
        if where is not None:
            try:
                found = where(found)
            except Unfit as fault:
                raise TryLater(f"fetch_item: {fault}") from fault
            if found is None:
                raise Missing(f"`{where.text}` finds nothing in the answer for {external_id[:80]}")
        return [Event(kind=self.kind, body=encode(found), at=account.now())]
