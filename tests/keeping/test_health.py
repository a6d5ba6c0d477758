"""Pauses of people and of vendors, and tokens that must not die unnoticed."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import structlog
from sqlalchemy import select

from hub.domain.errors import Refused
from hub.domain.tokens import Tokens
from hub.keeping import Keeper
from hub.observe import metrics
from hub.observe.depths import Depths
from hub.store import connections
from hub.store.database import Database
from hub.store.tables import AuditRow
from hub.transport.oauth import origin_of
from tests.conftest import Time
from tests.keeping.authorization_server import AuthorizationServer
from tests.keeping.bookish import bookish, keeper
from tests.keeping.conftest import ON_SQLITE


@pytest.fixture
async def here(db: Database, time: Time, vendor: AuthorizationServer) -> AsyncIterator[Keeper]:
    """A connection whose tokens were given just now; a refresh token of theirs lives for 100 days."""
    made = keeper(db, time, bookish(), base_url=vendor.address)
    origins = (origin_of(vendor.way()),)
    vendor.refresh = "refresh-1"

    async def first(_: Tokens | None) -> Tokens:
        return Tokens(access="a", refresh="refresh-1", expires_at=time() + timedelta(hours=1), origins=origins)

    await made.credentials.refresh("books", 0, first)
    async with db.write() as held:
        await connections.meet(held, "books", "1")
    yield made
    await made.way_out.aclose()


async def state(db: Database) -> str:
    async with db.read() as held:
        return await connections.paused(held, "books")


# ------------------------------------------------------------------------------------------------------- pauses


@pytest.mark.parametrize(("by_person", "after"), [(True, "stock-taking"), (False, "")])
async def test_new_settings_end_a_vendors_pause_and_no_persons(
    here: Keeper, db: Database, time: Time, by_person: bool, after: str
) -> None:
    if by_person:
        await here.pause("books", "stock-taking", "ada")
    else:
        async with db.write() as held:
            await connections.pause(held, "books", "401", time())

    async with db.write() as held:
        await connections.meet(held, "books", "2")

    assert await state(db) == after


@ON_SQLITE
async def test_a_vendors_refusal_does_not_hide_a_persons_pause_but_a_person_takes_over_the_vendors(
    here: Keeper, db: Database, time: Time
) -> None:
    async with db.write() as held:
        await connections.pause(held, "books", "401", time())
    await here.pause("books", "we are moving", "ada")
    async with db.write() as held:
        await connections.pause(held, "books", "401", time())

    status = (await here.statuses())["books"]

    assert (status.paused_reason, status.paused_by) == ("we are moving", "ada")


@ON_SQLITE
async def test_what_cannot_be_is_refused_and_what_was_done_is_on_record(here: Keeper, db: Database) -> None:
    for why in ("", "  "):
        with pytest.raises(Refused, match="say why"):
            await here.pause("books", why, "ada")
    with pytest.raises(Refused, match="not paused"):
        await here.resume("books", "ada")
    with pytest.raises(Refused, match="there are: books"):
        await here.pause("shop", "x", "ada")
    await here.pause("books", "stock-taking", "ada")
    with pytest.raises(Refused, match="already"):
        await here.pause("books", "again", "bob")
    await here.resume("books", "bob")

    async with db.read() as held:
        said = (await held.execute(select(AuditRow.what, AuditRow.detail).order_by(AuditRow.id))).all()
    assert said == [("paused", "ada: stock-taking"), ("resumed", "bob")]
    assert await state(db) == ""


# ------------------------------------------------------------------------------------------------------- tokens


@ON_SQLITE
async def test_when_a_refresh_token_dies_is_known_where_the_vendor_says_how_long_it_lives(
    here: Keeper, time: Time
) -> None:
    token = (await here.statuses())["books"].token

    assert token is not None
    assert (token.generation, token.refreshed_at, token.expires_at) == (1, time(), time() + timedelta(hours=1))
    assert await here.tokens_die() == {"books": time() + timedelta(days=100)}
    assert token.dies_at(None) is None


@ON_SQLITE
async def test_the_gauge_counts_down_to_it_and_forgets_who_has_none(here: Keeper, time: Time) -> None:
    metrics.measure(Depths(tokens=await here.tokens_die()), time.forward(days=1), alive=1)
    left = metrics.registry.get_sample_value("hub_token_expires_seconds", {"connection": "books"})
    metrics.measure(Depths(), time(), alive=1)

    assert left == timedelta(days=99).total_seconds()
    assert metrics.registry.get_sample_value("hub_token_expires_seconds", {"connection": "books"}) is None


@ON_SQLITE
async def test_forgotten_tokens_have_no_health(here: Keeper) -> None:
    await here.credentials.forget("books")

    assert (await here.statuses())["books"].token is None
    assert await here.tokens_die() == {}


@pytest.mark.parametrize(("days", "used"), [(49, 0), (50, 1)])
async def test_a_refresh_token_is_used_at_half_of_its_life_also_during_a_persons_pause(
    here: Keeper, time: Time, vendor: AuthorizationServer, days: int, used: int
) -> None:
    await here.pause("books", "stock-taking", "ada")
    time.forward(days=days)

    await here.upkeep(here.find("books"))
    await here.upkeep(here.find("books"))

    assert vendor.given == used
    assert (await here.tokens_die())["books"] == time() + timedelta(days=100 if used else 51)


@ON_SQLITE
@pytest.mark.parametrize(("days", "warned"), [(60, False), (80, True)])
async def test_where_using_it_fails_the_connection_pauses_and_a_person_is_warned_in_time(
    here: Keeper, db: Database, time: Time, vendor: AuthorizationServer, days: int, warned: bool
) -> None:
    vendor.refresh = "revoked over there"
    time.forward(days=days)

    with structlog.testing.capture_logs() as logs:
        await here.upkeep(here.find("books"))
        await here.upkeep(here.find("books"))

    assert "hub connect books" in await state(db)
    assert [each["event"] for each in logs] == ["token.not_renewed", *["token.dies"] * (2 if warned else 0)]
    assert "canary" not in str(logs)


def test_quickbooks_can_be_connected_without_a_refresh_token_in_the_settings() -> None:
    from connectors.quickbooks import CONNECTOR as QUICKBOOKS
    from connectors.quickbooks.settings import QuickBooksSettings
    from hub.connector import OAuth2

    settings = QuickBooksSettings.model_validate(
        {"connector": "quickbooks", "realm_id": "1", "client_id": "c", "client_secret": "s", "item_id": "1"}
    )

    auth = QUICKBOOKS.way(settings).auth

    assert isinstance(auth, OAuth2)
    assert (auth.refresh_token, auth.refresh_lives) == ("", timedelta(days=100))
    assert auth.authorize_url.startswith("https://appcenter.intuit.com/")
    assert auth.scopes == ("com.intuit.quickbooks.accounting",)
