"""Calls to PayPal that read one resource by its id."""

import re
from collections.abc import Sequence

from hub.connector import Account, Event, Fetch
from hub.domain.errors import Missing

_ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)

PATHS = {
    "order": "/v2/checkout/orders/{}",
    "authorization": "/v2/payments/authorizations/{}",
    "capture": "/v2/payments/captures/{}",
    "refund": "/v2/payments/refunds/{}",
    "dispute": "/v1/customer/disputes/{}",
}


async def get(account: Account, kind: str, external_id: str) -> Event:
    """Raises `Missing` for what is no id: nothing that somebody wrote into a body becomes another call."""
    if not _ID.fullmatch(external_id):
        raise Missing(f"{kind} {external_id[:40]!r}: ids are letters and digits")
    answer = await account.http.get(PATHS[kind].format(external_id))
    return Event(kind=kind, body=answer.content)


def _fetch(kind: str) -> Fetch:
    async def fetch(account: Account, external_id: str) -> Sequence[Event]:
        return [await get(account, kind, external_id)]

    return fetch


FETCH = {kind: _fetch(kind) for kind in PATHS}
