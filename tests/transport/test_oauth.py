import asyncio
import base64
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs

import httpx
import pytest

from hub.connector import OAuth2
from hub.domain.errors import HubError, NeedsAttention, TryLater
from hub.domain.tokens import Tokens
from hub.transport.auth import Refresher
from hub.transport.faults import Lost, NotSent, Unsendable
from hub.transport.oauth import Bearer
from hub.transport.redact import Redactor
from tests.conftest import Time
from tests.transport.token_vendor import FIRST, WAY, TokenVendor
from tests.transport.vendor import Memory


def bearer(vendor: TokenVendor, store: Memory, time: Time, way: OAuth2 = WAY) -> Bearer:
    return Bearer("books", way, store, vendor, time, Redactor([way.client_secret]), 1.0)


async def access(auth: Bearer) -> str:
    return (await auth.proof(1.0)).headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def store() -> Memory:
    return Memory()


async def test_many_callers_cause_one_refresh(store: Memory, time: Time) -> None:
    vendor = TokenVendor()
    auth = bearer(vendor, store, time)

    got = await asyncio.gather(*(access(auth) for _ in range(20)))

    assert set(got) == {vendor.access}
    assert vendor.refreshes == store.asked == 1


async def test_the_request_is_what_the_standard_says(store: Memory, time: Time) -> None:
    vendor = TokenVendor()

    await access(bearer(vendor, store, time, replace(WAY, client_secret="a:b/c")))

    sent = vendor.requests[0]
    assert base64.b64decode(sent.headers["authorization"].removeprefix("Basic ")) == b"app:a%3Ab%2Fc"
    assert parse_qs(sent.content.decode()) == {"grant_type": ["refresh_token"], "refresh_token": [FIRST]}
    assert FIRST not in str(sent.url)


async def test_a_token_is_renewed_a_minute_before_it_dies(store: Memory, time: Time) -> None:
    vendor = TokenVendor(lifetime="3600")
    auth = bearer(vendor, store, time)
    first = await access(auth)

    time.forward(seconds=3539)
    assert await access(auth) == first
    time.forward(seconds=1)
    assert await access(auth) != first
    assert (vendor.refreshes, vendor.reused) == (2, 0)


async def test_a_refresh_that_fails_in_the_last_minute_leaves_the_old_token_in_use(store: Memory, time: Time) -> None:
    vendor = TokenVendor()
    auth = bearer(vendor, store, time)
    first = await access(auth)
    vendor.instead = [NotSent("no"), NotSent("no")]

    time.forward(seconds=3550)
    assert await access(auth) == first
    time.forward(seconds=50)
    with pytest.raises(TryLater):
        await access(auth)


async def test_a_vendor_that_neither_rotates_nor_tells_a_lifetime_is_asked_again_after_a_401(
    store: Memory, time: Time
) -> None:
    vendor = TokenVendor(lifetime=None, rotates=False)
    auth = bearer(vendor, store, time)
    proof = await auth.proof(1.0)
    time.forward(days=300)
    assert (await auth.proof(1.0)) == proof

    assert await auth.renew(proof, 1.0)

    assert (await auth.proof(1.0)).generation == proof.generation + 1
    assert (vendor.refreshes, vendor.reused) == (2, 0)


async def test_many_401s_of_one_token_cause_one_refresh(store: Memory, time: Time) -> None:
    vendor = TokenVendor()
    auth = bearer(vendor, store, time)
    proof = await auth.proof(1.0)

    assert all(await asyncio.gather(*(auth.renew(proof, 1.0) for _ in range(20))))

    assert vendor.refreshes == 2


async def test_a_401_uses_what_another_process_refreshed_meanwhile(store: Memory, time: Time) -> None:
    vendor = TokenVendor()
    here, there = bearer(vendor, store, time), bearer(vendor, store, time)
    proof, other = await here.proof(1.0), await there.proof(1.0)
    assert proof == other
    await there.renew(other, 1.0)

    assert await here.renew(proof, 1.0)

    assert await access(here) == vendor.access
    assert (vendor.refreshes, vendor.reused) == (2, 0)


@pytest.mark.parametrize(
    ("said", "raised"),
    [
        (httpx.Response(400, json={"error": "invalid_grant", "error_description": f"{FIRST} is old"}), NeedsAttention),
        (httpx.Response(401, json={"error": "invalid_client"}), NeedsAttention),
        (httpx.Response(404), NeedsAttention),
        (httpx.Response(302), NeedsAttention),
        (httpx.Response(429, headers={"Retry-After": "9"}), TryLater),
        (httpx.Response(503), TryLater),
        (httpx.Response(200, content=b"<html>"), TryLater),
        (httpx.Response(200, json=[]), TryLater),
        (httpx.Response(200, json={"access_token": None}), TryLater),
        (httpx.Response(200, json={"access_token": "a", "expires_in": "soon"}), TryLater),
        (httpx.Response(200, json={"access_token": "a", "expires_in": 10**30}), TryLater),
        (NotSent("refused"), TryLater),
        (Lost("cut"), TryLater),
        (Unsendable("scheme"), NeedsAttention),
    ],
)
async def test_a_bad_answer_is_an_error_that_says_what_to_do_and_no_secret(
    store: Memory, time: Time, said: httpx.Response | Exception, raised: type[HubError]
) -> None:
    vendor = TokenVendor()
    vendor.instead = [said]
    auth = bearer(vendor, store, time)

    with pytest.raises(raised) as error:
        await access(auth)

    assert "canary" not in str(error.value)
    assert store.held == {}
    assert await access(auth) == vendor.access  # and it heals


async def test_a_dead_refresh_token_is_looked_up_again_before_a_person_is_called(store: Memory, time: Time) -> None:
    vendor = TokenVendor()
    auth = bearer(vendor, store, time)
    await access(auth)
    time.forward(hours=2)
    stolen = store.held["books"]

    class Overtaken(Memory):
        """Another process stores its tokens while ours is told that the old one is dead."""

        async def refresh(self, connection: str, seen: int, refresher: Refresher) -> Tokens:
            vendor.live = "used-elsewhere"
            try:
                return await super().refresh(connection, seen, refresher)
            finally:
                fresh = replace(stolen, access="theirs", generation=2, expires_at=time() + timedelta(hours=1))
                self.held["books"] = fresh

    late = Overtaken()
    late.held = dict(store.held)

    assert await access(bearer(vendor, late, time)) == "theirs"
    with pytest.raises(NeedsAttention, match=r"hub\.toml"):
        await access(auth)


async def test_a_store_that_fails_means_that_nothing_was_sent(time: Time) -> None:
    class Broken(Memory):
        async def read(self, connection: str) -> Tokens | None:
            raise OSError("disk full")

    with pytest.raises(TryLater, match="token store: OSError"):
        await access(bearer(TokenVendor(), Broken(), time))


async def test_a_caller_who_gives_up_does_not_stop_the_refresh(store: Memory, time: Time) -> None:
    vendor = TokenVendor()
    go = asyncio.Event()

    async def slow(request: httpx.Request) -> httpx.Response:
        await go.wait()
        return await vendor(request)

    auth = Bearer("books", WAY, store, slow, time, Redactor(), 1.0)
    with pytest.raises(TryLater, match="still being refreshed"):
        await auth.proof(0.01)
    cancelled = asyncio.create_task(auth.proof(1.0))
    await asyncio.sleep(0)
    cancelled.cancel()
    go.set()

    assert await access(auth) == vendor.access
    assert (vendor.refreshes, vendor.reused) == (1, 0)


async def test_closing_waits_for_the_answer_of_a_refresh(store: Memory, time: Time) -> None:
    vendor = TokenVendor()
    go = asyncio.Event()

    async def slow(request: httpx.Request) -> httpx.Response:
        await go.wait()
        return await vendor(request)

    auth = Bearer("books", WAY, store, slow, time, Redactor(), 1.0)
    with pytest.raises(TryLater):
        await auth.proof(0.01)
    asyncio.get_running_loop().call_soon(go.set)

    await auth.aclose()

    assert store.held["books"].refresh == vendor.live


async def test_a_new_refresh_token_in_the_settings_takes_over_and_an_old_one_does_not_come_back(
    store: Memory, time: Time
) -> None:
    vendor = TokenVendor()
    old = bearer(vendor, store, time)
    await access(old)
    vendor.live = "second-refresh-canary"  # authorised anew: the vendor ended the first chain

    new = bearer(vendor, store, time, replace(WAY, refresh_token="second-refresh-canary"))
    assert await access(new) == vendor.access

    time.forward(hours=2)
    still_running, restarted = old, bearer(vendor, store, time)
    assert await access(still_running) == await access(restarted) == await access(new) == vendor.access
    assert vendor.reused == 0


async def test_client_credentials_ask_with_the_client_alone_and_take_new_ones_from_the_settings(
    store: Memory, time: Time
) -> None:
    requests: list[httpx.Request] = []

    async def ask(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(
            200, json={"access_token": f"access-{len(requests)}", "expires_in": 3600}, request=request
        )

    def of(secret: str) -> Bearer:
        way = OAuth2(
            token_url="https://id.test/token",
            client_id="app",
            client_secret=secret,
            grant="client_credentials",
            client_auth="body",
            headers={"X-Tenant": "t1"},
        )
        return Bearer("pay", way, store, ask, time, Redactor([secret]), 1.0)

    proof = await of("one").proof(1.0)
    assert proof.headers == {"Authorization": "Bearer access-1", "X-Tenant": "t1"}
    assert "authorization" not in requests[0].headers
    assert parse_qs(requests[0].content.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["app"],
        "client_secret": ["one"],
    }
    assert await access(of("one")) == "access-1"
    assert await access(of("two")) == "access-2"
