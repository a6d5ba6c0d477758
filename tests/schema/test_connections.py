"""Connections as staff see them: tokens, pauses and coverage, and who may change what."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from hub.store import connections, cursors
from hub.store.tables import CredentialRow, CursorRow
from tests.conftest import Time
from tests.schema.conftest import Window

PAUSE = """mutation($id: ID!, $why: String!) {
    connectionPause(input: {connectionId: $id, why: $why}) {
        connection {state pausedReason pausedBy pausedAt} userErrors {code field} } }"""
RESUME = """mutation { connectionResume(input: {connectionId: "pay"}) {
    connection {state pausedBy} userErrors {code} } }"""


@pytest.mark.parametrize("holder", ["reader", "writer"])
async def test_pausing_and_resuming_need_the_scope_admin(window: Window, holder: str) -> None:
    assert await window.code(PAUSE, holder=holder, id="pay", why="x") == "FORBIDDEN"
    assert await window.code(RESUME, holder=holder) == "FORBIDDEN"


@pytest.mark.parametrize(
    ("id", "why", "code", "field"),
    [
        ("other", "x", "NOT_FOUND", ["input", "connectionId"]),
        ("pay", "  ", "INVALID", ["input", "why"]),
        ("pay", "x" * 10_001, "INVALID", ["input", "why"]),
    ],
)
async def test_what_is_wrong_is_data(window: Window, id: str, why: str, code: str, field: list[str]) -> None:
    said = (await window.data(PAUSE, holder="admin", id=id, why=why))["connectionPause"]

    assert said == {"connection": None, "userErrors": [{"code": code, "field": field}]}


async def test_a_pause_shows_who_and_why_until_it_is_resumed(window: Window, time: Time) -> None:
    paused = (await window.data(PAUSE, holder="admin", id="pay", why=" stock-taking "))["connectionPause"]
    twice = (await window.data(PAUSE, holder="admin", id="pay", why="again"))["connectionPause"]
    resumed = (await window.data(RESUME, holder="admin"))["connectionResume"]

    told = paused["connection"]
    assert (told["state"], told["pausedReason"], told["pausedBy"]) == ("PAUSED", "stock-taking", "admin")
    assert told["pausedAt"].startswith("2026-11-22T12:00")
    assert twice["userErrors"] == [{"code": "NOT_ALLOWED_IN_STATE", "field": None}]
    assert resumed == {"connection": {"state": "OK", "pausedBy": None}, "userErrors": []}


async def test_a_vendors_pause_names_no_person(window: Window, time: Time) -> None:
    async with window.hub.database.write() as held:
        await connections.meet(held, "pay", "1")
        await connections.pause(held, "pay", "401", time())

    pay, _ = (await window.data("{connections {state pausedReason pausedBy}}"))["connections"]

    assert pay == {"state": "PAUSED", "pausedReason": "401", "pausedBy": None}


async def test_tokens_show_their_times_and_nothing_of_themselves(window: Window, time: Time) -> None:
    async with window.hub.database.write() as held:
        await held.execute(
            insert(CredentialRow).values(
                connection="pay",
                name="oauth",
                data=b"sealed",
                generation=7,
                expires_at=time() + timedelta(hours=1),
                refreshed_at=time(),
            )
        )

    pay, shop = (await window.data("{connections {token {generation expiresAt refreshedAt refreshExpiresAt}}}"))[
        "connections"
    ]

    assert pay["token"]["generation"] == 7
    assert pay["token"]["expiresAt"].startswith("2026-11-22T13:00")
    assert pay["token"]["refreshedAt"].startswith("2026-11-22T12:00")
    assert pay["token"]["refreshExpiresAt"].startswith("2027-01-21T12:00")  # 60 days
    assert shop["token"] is None


async def test_coverage_says_from_when_until_when_and_why_not_all(window: Window, time: Time) -> None:
    since = time() - timedelta(days=90)
    async with window.hub.database.write() as held:
        for stream in ("orders", "customers", cursors.BACKFILL + "customers"):
            await cursors.meet(held, "shop", stream, "since:x", since, time())
        seen = {"covered_from": time() - timedelta(days=60), "covered_until": time(), "caught_up": True}
        await held.execute(
            update(CursorRow).where(CursorRow.stream == "orders").values(window="60 days are shown", **seen)
        )

    found = (await window.data("{connections {id coverage {stream from until isComplete note} cursors {stream}}}"))[
        "connections"
    ]
    shop = next(each for each in found if each["id"] == "shop")

    customers, orders = shop["coverage"]
    assert (customers["from"], customers["until"], customers["isComplete"]) == (None, None, False)
    assert "the first pull is not finished" in customers["note"]
    assert "the backfill from 2026-08-24 is not finished: 0 things" in customers["note"]
    assert orders["from"].startswith("2026-09-23T12:00")
    assert (orders["isComplete"], orders["note"]) == (False, "nothing from before 2026-09-23: 60 days are shown")
    assert [each["stream"] for each in shop["cursors"]] == ["customers", "orders"]
