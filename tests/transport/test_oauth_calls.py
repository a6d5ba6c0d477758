"""Tokens on the wire: an expired one is noticed by the vendor's 401, and the call goes through all the same."""

import asyncio
import base64
import json
from datetime import timedelta

import pytest

from hub.connector import OAuth2
from hub.domain.errors import NeedsAttention, TryLater
from hub.transport.client import WayOut
from tests.transport.vendor import SETTINGS, Request, Vendor, answer, connector, skip, vendor

DEADLINE = 20.0  # seconds; a call may begin in the first half of them


class Books:
    """Answers `/token`, and calls that carry the newest access token; `/slow` says 401, late."""

    def __init__(self) -> None:
        self.tokens = 0
        self.always_401 = False
        self.heard_slow = asyncio.Event()
        self.token_status = 200

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if request.target == "/token":
            self.tokens += 1
            said = {
                "access_token": f"access-{self.tokens}",
                "refresh_token": f"refresh-{self.tokens}",
                "expires_in": 3600,
            }
            writer.write(answer(self.token_status, json.dumps(said).encode()))
        elif request.target == "/slow":
            self.heard_slow.set()
            skip(0.6 * DEADLINE)
            writer.write(answer(401))
        elif self.always_401 or request.headers["authorization"] != f"Bearer access-{self.tokens}":
            writer.write(answer(401))
        else:
            writer.write(answer(200, request.body))


def oauth(shop: Vendor) -> OAuth2:
    return OAuth2(token_url=f"{shop.url}/token", client_id="app", client_secret="secret", refresh_token="refresh-0")


async def test_a_token_that_died_early_is_renewed_and_the_call_repeated_once(out: WayOut) -> None:
    books = Books()
    async with vendor(books) as shop:
        http = out.account("books", connector(shop.url, auth=oauth(shop)), SETTINGS).http
        await http.get("/invoices")
        books.tokens = 7  # the vendor has ended the token

        response = await http.post("/invoices", content=b"an invoice")

        assert response.content == b"an invoice"
        assert [request.target for request in shop.seen[2:]] == ["/invoices", "/token", "/invoices"]
        assert shop.seen[0].headers["authorization"] == f"Basic {base64.b64encode(b'app:secret').decode()}"


async def test_a_second_401_in_a_row_calls_a_person(out: WayOut) -> None:
    books = Books()
    books.always_401 = True
    async with vendor(books) as shop:
        http = out.account("books", connector(shop.url, auth=oauth(shop)), SETTINGS).http

        with pytest.raises(NeedsAttention, match="POST /invoices: 401"):
            await http.post("/invoices")

        assert [request.target for request in shop.seen] == ["/token", "/invoices", "/token", "/invoices"]


async def test_a_write_whose_token_cannot_be_had_was_not_sent(out: WayOut) -> None:
    books = Books()
    books.token_status = 503
    async with vendor(books) as shop:
        http = out.account("books", connector(shop.url, auth=oauth(shop)), SETTINGS).http

        with pytest.raises(TryLater):
            await http.post("/invoices")

        assert [request.target for request in shop.seen] == ["/token"]


async def test_a_401_that_comes_late_is_not_answered_by_a_write_that_our_own_deadline_would_cut_off(
    out: WayOut,
) -> None:
    books = Books()
    async with vendor(books) as shop:
        deadline = timedelta(seconds=DEADLINE)
        http = out.account("books", connector(shop.url, auth=oauth(shop), deadline=deadline), SETTINGS).http
        await http.get("/invoices")
        late = asyncio.create_task(http.post("/slow"))
        await books.heard_slow.wait()
        books.tokens = 7
        await http.get("/invoices")  # has renewed the token meanwhile

        with pytest.raises(TryLater, match=r"too late to begin|still being refreshed"):
            await late

        assert [request.target for request in shop.seen].count("/slow") == 1
