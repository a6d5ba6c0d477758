"""Calls to PayPal that read one resource by its id."""

from collections.abc import Sequence

from hub.connector import Account, Event, Fetch

PATHS = {
    "order": "/v2/checkout/orders/{}",
    "authorization": "/v2/payments/authorizations/{}",
    "capture": "/v2/payments/captures/{}",
    "refund": "/v2/payments/refunds/{}",
    "dispute": "/v1/customer/disputes/{}",
}


async def get(account: Account, kind: str, external_id: str) -> Event:
    answer = await account.http.get(PATHS[kind].format(external_id))
    return Event(kind=kind, body=answer.content)


def _fetch(kind: str) -> Fetch:
    async def fetch(account: Account, external_id: str) -> Sequence[Event]:
        return [await get(account, kind, external_id)]

    return fetch


FETCH = {kind: _fetch(kind) for kind in PATHS}
