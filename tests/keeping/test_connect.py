"""Connecting: a person's consent becomes tokens that the hub uses, and nobody else's answer does."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from hub.connector import Headers
from hub.domain.errors import NeedsAttention, Refused
from hub.keeping import Keeper
from hub.store import connections
from hub.store.database import Database
from hub.store.tables import AuditRow, ConnectionRow, CredentialRow
from hub.transport.authorise import Consent, Invitation, WrongState, consent, invite
from hub.transport.client import WayOut
from tests.conftest import Time
from tests.keeping.authorization_server import DEAD, AuthorizationServer
from tests.keeping.bookish import bookish, keeper
from tests.keeping.conftest import ON_SQLITE

REDIRECT = "http://127.0.0.1:8765/callback"


@pytest.fixture
async def here(db: Database, time: Time, vendor: AuthorizationServer) -> AsyncIterator[Keeper]:
    """Its settings have a refresh token that the vendor does not take any more."""
    made = keeper(db, time, bookish(), base_url=vendor.address, refresh_token=DEAD)
    yield made
    await made.way_out.aclose()


async def browser(url: str) -> str:
    """The address that the person's browser ends at."""
    async with httpx.AsyncClient() as http:
        return (await http.get(url)).headers["location"]


async def allowed(here: Keeper) -> tuple[Invitation, Consent]:
    invitation = await here.invite("books", REDIRECT)
    return invitation, consent(invitation, await browser(invitation.url))


async def call(here: Keeper) -> Any:
    books = here.find("books")
    return (await here.way_out.account(books.id, books.connector, books.settings).http.get("/books")).json()


# ------------------------------------------------------------------------------------------------- the question


def test_the_question_has_what_the_standards_want_and_keeps_the_vendors_own_words() -> None:
    way = AuthorizationServer("https://vendor.test").way()

    asked = httpx.URL(invite("books", way, REDIRECT).url).params

    assert {key: asked[key] for key in ("response_type", "client_id", "redirect_uri", "scope", "locale")} == {
        "response_type": "code",
        "client_id": "app-7",
        "redirect_uri": REDIRECT,
        "scope": "books.read books.write",
        "locale": "en",
    }
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 43


def test_each_question_is_another_and_shows_no_secret() -> None:
    way = AuthorizationServer("https://vendor.test").way()

    one, two = invite("books", way, REDIRECT), invite("books", way, REDIRECT)

    assert one.state != two.state
    assert one.verifier != two.verifier
    assert 43 <= len(one.verifier) <= 128  # RFC 7636, section 4.1
    assert one.verifier not in one.url + repr(one)


def test_where_no_person_can_help_it_says_so() -> None:
    way = AuthorizationServer("https://vendor.test").way()

    for auth in (Headers(headers={}), replace(way, grant="client_credentials"), replace(way, authorize_url="")):
        with pytest.raises(Refused, match=r"hub\.toml|nobody has to"):
            invite("books", auth, REDIRECT)


# --------------------------------------------------------------------------------------------------- the answer


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("?state=STATE&error=access_denied&error_description=no", r"access was not allowed \(access_denied: no\)"),
        ("?state=STATE&error=zzz", r"declined \(zzz\)"),
        ("?state=STATE", "no code"),
        ("?state=STATE&code=", "no code"),
        ("?code=c", "state differs"),
        ("?state=other&code=c", "state differs"),
        ("", "state differs"),
        ("http://[::1?state=", "state differs"),
        ("?state=%E2%82%AC&code=c", "state differs"),
    ],
)
def test_an_answer_that_is_no_consent_is_refused_in_words(answer: str, words: str) -> None:
    invitation = invite("books", AuthorizationServer("https://vendor.test").way(), REDIRECT)

    with pytest.raises(Refused, match=words):
        consent(invitation, answer.replace("STATE", invitation.state))


@pytest.mark.parametrize("form", ["{r}?{q}", "?{q}", "{q}", "  {r}?{q}#_=_\n"])
def test_an_answer_may_be_pasted_whole_or_in_part(form: str) -> None:
    invitation = invite("books", AuthorizationServer("https://vendor.test").way(), REDIRECT)

    found = consent(invitation, form.format(r=REDIRECT, q=f"code=a%2Fb&state={invitation.state}&realmId=7"))

    assert (found.code, found.extras) == ("a/b", {"realmId": "7"})


# --------------------------------------------------------------------------------------------------- the tokens


@ON_SQLITE
async def test_a_declined_person_changes_nothing(here: Keeper, vendor: AuthorizationServer) -> None:
    vendor.error = "access_denied"

    with pytest.raises(Refused, match="access was not allowed"):
        await allowed(here)

    assert await here.credentials.read("books") is None


@ON_SQLITE
async def test_an_answer_to_another_question_is_not_taken(here: Keeper, vendor: AuthorizationServer) -> None:
    vendor.wrong_state = True

    with pytest.raises(WrongState):
        await allowed(here)


async def test_a_code_works_once_and_a_failure_leaves_the_tokens_that_there_are(here: Keeper) -> None:
    invitation, given = await allowed(here)
    await here.connect("books", invitation, given, "ada")
    before = await here.credentials.read("books")

    with pytest.raises(Refused, match=r"used already, has expired.*Start again") as refused:
        await here.connect("books", invitation, given, "ada")

    assert given.code not in str(refused.value)
    assert await here.credentials.read("books") == before
    assert await call(here) == {"company": "Acme"}  # and the lease was given back


@ON_SQLITE
async def test_an_old_code_is_told_in_words(here: Keeper, vendor: AuthorizationServer) -> None:
    vendor.short_lived = True

    with pytest.raises(Refused, match="has expired"):
        await here.connect("books", *(await allowed(here)), "ada")


@ON_SQLITE
async def test_a_code_that_somebody_else_caught_is_worth_nothing(here: Keeper) -> None:
    invitation, given = await allowed(here)
    thief = await here.invite("books", REDIRECT)

    with pytest.raises(Refused, match="the code"):
        await here.connect("books", thief, given, "mallory")

    assert invitation.verifier != thief.verifier
    assert await here.credentials.read("books") is None


@ON_SQLITE
async def test_wrong_client_credentials_are_told_and_not_shown(
    db: Database, time: Time, vendor: AuthorizationServer
) -> None:
    here = keeper(db, time, bookish(), base_url=vendor.address, client_secret="another-secret")

    with pytest.raises(Refused, match="client_id with this client_secret") as refused:
        await here.connect("books", *(await allowed(here)), "ada")

    assert "another-secret" not in str(refused.value)
    await here.way_out.aclose()


@ON_SQLITE
async def test_access_that_could_not_be_renewed_is_no_connection(here: Keeper, vendor: AuthorizationServer) -> None:
    vendor.gives_refresh = False

    with pytest.raises(Refused, match="no refresh token"):
        await here.connect("books", *(await allowed(here)), "ada")


async def test_a_connection_that_died_lives_again_without_a_change_of_settings(
    here: Keeper, db: Database, time: Time
) -> None:
    """Its dead refresh token stays in the settings: what the person connected is newer, now and after each refresh."""
    async with db.write() as held:
        await connections.meet(held, "books", "1")
        await connections.pause(held, "books", "401", time())
    with pytest.raises(NeedsAttention, match="hub connect books"):
        await call(here)

    invitation, given = await allowed(here)
    connected = await here.connect("books", invitation, given, "ada")

    assert given.extras == {"realmId": "4620816365"}
    assert (connected.resumed, connected.paused) == (True, "")
    assert await call(here) == {"company": "Acme"}
    time.forward(hours=3)
    assert await call(here) == {"company": "Acme"}
    async with db.read() as held:
        (row,) = (await held.execute(select(CredentialRow.data, CredentialRow.refreshed_at))).all()
        said = (await held.execute(select(AuditRow.what, AuditRow.detail))).all()
    assert b"canary" not in row.data
    assert row.refreshed_at == time()
    assert said == [("connected", "ada")]


@ON_SQLITE
async def test_connected_tokens_stay_when_the_settings_lose_their_old_one_and_yield_to_a_new_one(
    here: Keeper, db: Database, time: Time, vendor: AuthorizationServer
) -> None:
    await here.connect("books", *(await allowed(here)), "ada")

    for refresh_token, works in (("", True), (DEAD, True), ("a-newer-one", False)):
        settings = here.find("books").settings.model_copy(update={"refresh_token": SecretStr(refresh_token)})
        away = replace(here, way_out=WayOut(here.credentials, time, httpx.AsyncHTTPTransport))
        account = away.way_out.account("books", bookish(), settings)
        if works:
            assert (await account.http.get("/books")).json() == {"company": "Acme"}
        else:
            with pytest.raises(NeedsAttention):
                await account.http.get("/books")
        await away.way_out.aclose()


@ON_SQLITE
async def test_a_connection_without_any_token_says_what_to_do(
    db: Database, time: Time, vendor: AuthorizationServer
) -> None:
    here = keeper(db, time, bookish(), base_url=vendor.address)

    with pytest.raises(NeedsAttention, match="not connected yet: run hub connect books"):
        await call(here)

    assert vendor.refresh == "none yet"  # the vendor was not asked with an empty token
    await here.way_out.aclose()


@ON_SQLITE
async def test_a_persons_pause_outlives_connecting(here: Keeper, db: Database) -> None:
    await here.pause("books", "stock-taking", "ada")

    connected = await here.connect("books", *(await allowed(here)), "bob")

    assert (connected.resumed, connected.paused) == (False, "stock-taking")
    async with db.read() as held:
        assert await held.scalar(select(ConnectionRow.paused_by)) == "ada"
