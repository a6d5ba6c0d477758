"""What a vendor's refusals, faults and silences get: real calls over loopback, by the way out that production has."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.quickbooks import CONNECTOR as QUICKBOOKS
from hub.connector import Connector, OAuth2, Way
from hub.domain.records import vendor_key
from hub.store.tables import AttemptRow, OutboxRow
from tests.building import order, payment
from tests.end_to_end import bodies
from tests.end_to_end.conftest import Houses, Running, listening
from tests.toy.parcelboy import CONNECTOR as PARCELBOY
from tests.toy.sandbox import ParcelboySandbox

SALE = order(claims=(vendor_key("stripe", "pi_1"),))


async def wanting_a_label(house: Running) -> None:
    await house.say(SALE, payment())
    await house.plan()
    assert [(row.connection, row.state) for row in await house.rows(OutboxRow)] == [("carrier", "pending")]


async def states(house: Running) -> tuple[list[str], list[str]]:
    """(of commands, of attempts)"""
    return [row.state for row in await house.rows(OutboxRow)], [row.state for row in await house.rows(AttemptRow)]


# -------------------------------------------------------------------------------------------- our key is wrong


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_that_the_vendor_refuses_pauses_the_connection_tells_a_person_and_loses_nothing(
    with_carrier: Running, parcelboy: ParcelboySandbox, status: int
) -> None:
    house = with_carrier
    await wanting_a_label(house)
    parcelboy.faults.refuse, parcelboy.faults.status = 1, status

    await house.deliver("carrier")
    house.time.forward(days=30)
    await house.deliver("carrier")

    assert len(parcelboy.calls) == 1  # nothing goes on until a person has looked, however long that takes
    assert await states(house) == (["pending"], ["attention"])
    seen = {each["id"]: each for each in (await house.ask("{ connections { id state pausedReason } }"))["connections"]}
    assert seen["carrier"]["state"] == "PAUSED" and str(status) in seen["carrier"]["pausedReason"]
    assert seen["pay"]["pausedReason"] is None  # a wall between vendors
    assert await house.metric("hub_connection_paused", connection="carrier") == 1

    resumed = await house.ask(
        'mutation { connectionResume(input: {connectionId: "carrier"}) { userErrors { code } connection { state } } }'
    )
    await house.deliver("carrier")

    assert resumed["connectionResume"] == {"userErrors": [], "connection": {"state": "OK"}}
    assert await states(house) == (["done"], ["attention", "done"])


async def test_a_paused_connection_still_takes_webhooks(with_carrier: Running, parcelboy: ParcelboySandbox) -> None:
    house = with_carrier
    await wanting_a_label(house)
    parcelboy.faults.refuse, parcelboy.faults.status = 1, 401
    await house.deliver("carrier")

    answer = await house.post("carrier", bodies.parcel())
    await house.digest()

    assert answer.status_code == 200
    assert (await house.counts())["records"] == 3


async def test_a_key_that_is_refused_while_the_truth_is_fetched_pauses_too_and_the_hint_waits(
    houses: Houses,
) -> None:
    """QuickBooks' webhooks are thin: what they name is fetched, which needs a token first."""

    async def refuse(_: Request) -> Response:
        return JSONResponse({"error": "invalid_grant"}, status_code=400)

    async with listening(Starlette(routes=[Route("/{rest:path}", refuse, methods=["GET", "POST"])])) as address:
        house = await houses.open({"quickbooks": at_home(address)})
        await house.post("books", bodies.quickbooks())
        await house.digest()
        await house.fetch("books")
        again = await house.fetch("books")

    assert again == 0
    [books] = [each for each in (await connections(house)) if each["id"] == "books"]
    assert books["state"] == "PAUSED" and "invalid_grant" in books["pausedReason"]


def at_home(address: str) -> Connector:
    """QuickBooks with its API and its token server at an address of this machine."""

    def way(settings: object) -> Way:
        usual = QUICKBOOKS.way(settings)
        assert isinstance(usual.auth, OAuth2)
        return replace(usual, base_url=address, auth=replace(usual.auth, token_url=address + "/token"))

    return replace(QUICKBOOKS, way=way)


async def connections(house: Running) -> list[dict[str, str]]:
    found: list[dict[str, str]] = (await house.ask("{ connections { id state pausedReason } }"))["connections"]
    return found


# ------------------------------------------------------------------------------------------------------- later


async def test_a_vendor_that_is_busy_is_left_alone_for_as_long_as_it_says(
    with_carrier: Running, parcelboy: ParcelboySandbox
) -> None:
    house = with_carrier
    await wanting_a_label(house)
    parcelboy.faults.refuse, parcelboy.faults.status, parcelboy.faults.retry_after = 1, 429, 3600

    await house.deliver("carrier")
    house.time.forward(minutes=59)
    await house.deliver("carrier")

    assert len(parcelboy.calls) == 1
    assert await states(house) == (["pending"], ["later"])
    [waiting] = await house.rows(OutboxRow)
    assert waiting.due_at >= house.time() + timedelta(minutes=1)


async def test_a_vendor_that_cannot_be_reached_is_met_again_later_by_schedule(houses: Houses) -> None:
    house = await houses.open(CARRIER_URL="http://127.0.0.1:1")  # nobody listens there: surely nothing happened
    await wanting_a_label(house)

    dues = []
    for _ in range(3):
        await house.deliver("carrier")
        [waiting] = await house.rows(OutboxRow)
        dues.append(waiting.due_at - house.time())
        house.time.at = waiting.due_at

    assert await states(house) == (["pending"], ["later"] * 3)
    assert timedelta() < dues[0] < dues[1] < dues[2]


@pytest.mark.parametrize("status", [500, 503])
async def test_a_fault_while_writing_is_unknown_and_the_same_key_asks_again(
    with_carrier: Running, parcelboy: ParcelboySandbox, status: int
) -> None:
    house = with_carrier
    await wanting_a_label(house)
    parcelboy.faults.refuse, parcelboy.faults.status = 1, status

    await house.deliver("carrier")
    assert await states(house) == (["unknown"], ["unknown"])
    house.time.forward(minutes=1)
    await house.deliver("carrier")

    assert await states(house) == (["done"], ["unknown", "done"])
    assert len(parcelboy.parcels) == 1


async def test_an_answer_that_is_lost_after_the_work_makes_no_second_parcel(
    with_carrier: Running, parcelboy: ParcelboySandbox
) -> None:
    house = with_carrier
    await wanting_a_label(house)
    parcelboy.faults.drop_replies = 1

    await house.deliver("carrier")
    assert await states(house) == (["unknown"], ["unknown"])
    house.time.forward(minutes=1)
    await house.deliver("carrier")

    assert await states(house) == (["done"], ["unknown", "done"])
    assert len(parcelboy.parcels) == 1 and len(parcelboy.calls) == 2


async def test_a_vendor_that_never_answers_ends_at_the_deadline_and_is_unknown(houses: Houses) -> None:
    asked, released = asyncio.Event(), asyncio.Event()

    async def hang(_: Request) -> Response:
        asked.set()
        await released.wait()
        return Response()

    def way(settings: object) -> Way:
        usual = PARCELBOY.way(settings)
        return replace(usual, limits=replace(usual.limits, deadline=timedelta(seconds=2)))

    impatient = replace(PARCELBOY, way=way)
    async with listening(Starlette(routes=[Route("/parcels", hang, methods=["POST"])])) as address:
        house = await houses.open({"parcelboy": impatient}, CARRIER_URL=address)
        await wanting_a_label(house)
        await asyncio.wait_for(house.deliver("carrier"), 15)
        released.set()

    assert asked.is_set()
    assert await states(house) == (["unknown"], ["unknown"])


# ----------------------------------------------------------------------------------------------------- refused

Retry = Callable[[Running, str], Awaitable[None]]


async def by_graphql(house: Running, command: str) -> None:
    answer = await house.ask(
        "mutation($id: ID!) { commandRetry(input: {commandId: $id}) { userErrors { code } command { state } } }",
        id=command,
    )
    assert answer["commandRetry"] == {"userErrors": [], "command": {"state": "PENDING"}}


async def by_command_line(house: Running, command: str) -> None:
    assert await house.hub.replay_commands([command]) == 1


@pytest.fixture
async def fussy(houses: Houses, parcelboy: ParcelboySandbox) -> AsyncIterator[Running]:
    """A carrier that knows no order until it is told to; it says so in words."""

    async def answer(request: Request) -> Response:
        if not parcelboy.parcels.get("open"):
            return JSONResponse({"error": "postal code 00000 is not in this country"}, status_code=422)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(parcelboy), base_url="http://p.test") as inner:
            parcelboy.parcels.pop("open")
            passed = await inner.post("/parcels", content=await request.body(), headers=dict(request.headers))
            return Response(passed.content, passed.status_code, media_type="application/json")

    async with listening(Starlette(routes=[Route("/parcels", answer, methods=["POST"])])) as address:
        yield await houses.open(CARRIER_URL=address)


@pytest.mark.parametrize("retry", [by_graphql, by_command_line])
async def test_what_the_vendor_declines_is_parked_with_its_words_and_sent_again_only_by_a_person(
    fussy: Running, parcelboy: ParcelboySandbox, retry: Retry
) -> None:
    await wanting_a_label(fussy)
    await fussy.deliver("carrier")
    fussy.time.forward(days=30)
    await fussy.say(replace(SALE, version=2, note="something else"))
    await fussy.plan()
    await fussy.deliver("carrier")

    [parked] = await fussy.rows(OutboxRow)
    assert parked.state == "parked" and "postal code 00000 is not in this country" in parked.reason
    assert await states(fussy) == (["parked"], ["refused"])
    seen = await fussy.ask("{ commands(where: {state: [PARKED]}) { nodes { id reason } } }")
    assert seen["commands"]["nodes"] == [{"id": parked.id, "reason": parked.reason}]

    parcelboy.parcels["open"] = {"fixed": True}
    await retry(fussy, parked.id)
    await fussy.deliver("carrier")

    assert await states(fussy) == (["done"], ["refused", "done"])
