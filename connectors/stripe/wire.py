"""The `stripe` library on the hub's own HTTP client. Imported when first needed: the library takes a third of a second.

Nothing of the library's transport is used: deadlines, limits, credentials and verdicts are `account.http`'s, and its
`HubError`s pass through the library unchanged. Repetitions are the outbox's, so the library makes none.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import stripe
from stripe import HTTPClient, StripeClient

from hub.connector import Account

# The library's own headers tell of this machine; credentials and version are the client's.
_PASSED = ("content-type", "idempotency-key")


class Wire(HTTPClient):
    name = "orderhub"

    def __init__(self, http: httpx.AsyncClient) -> None:
        super().__init__()
        self._http = http

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        passed = {name: value for name, value in headers.items() if name.lower() in _PASSED}
        if method == "get":
            passed.pop("Idempotency-Key", None)
        parts = urlsplit(url)
        # `content`, since httpx does not take a string as `data`; without the host, which is the client's to know.
        response = await self._http.request(
            method.upper(),
            f"{parts.path}?{parts.query}" if parts.query else parts.path,
            headers=passed,
            content=post_data.encode() if isinstance(post_data, str) else post_data,
        )
        return response.content, response.status_code, response.headers

    async def close_async(self) -> None:
        """The client is not ours to close."""


def connect(account: Account) -> StripeClient:
    return StripeClient(
        account.settings.api_key.get_secret_value(),
        http_client=Wire(account.http),
        stripe_version=account.settings.api_version,
        max_network_retries=0,
    )


APIError = stripe.APIError
