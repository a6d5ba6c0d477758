"""Pages, against servers that page in each way."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.http_api.settings import HttpSettings
from hub.connector import Account, Event, Page
from hub.domain.clock import rfc3339
from hub.domain.errors import Missing, TryLater
from tests.conftest import Time
from tests.connectors.http_api.place import NOON, connector, settings

SINCE = f"since:{rfc3339(NOON - timedelta(days=1))}"
ITEMS = [{"id": n, "at": rfc3339(NOON - timedelta(minutes=10 - n))} for n in range(5)]


def of(paging: str, **more: Any) -> HttpSettings:
    fields = {"id": "id", "name": "id", "stage": "'x'", "updated_at": "at"}
    stream = {"path": "/deals", "items": "items", "paging": paging, "size": 2} | more
    return settings(read={"deal": {"fields": fields, "fetch": "/deals/{id}"}}, pull={"deal": stream})


def account(given: HttpSettings, answer: Any, asked: list[httpx.URL]) -> Account:
    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        found: httpx.Response = answer(request)
        return found

    http = httpx.AsyncClient(transport=httpx.MockTransport(handle), base_url=given.base_url)
    return Account(connection="there", settings=given, http=http, now=Time())


async def pulled(given: HttpSettings, answer: Any, cursor: str = SINCE) -> tuple[list[Event], list[httpx.URL], str]:
    """All pages of one round."""
    asked: list[httpx.URL] = []
    here, found = account(given, answer, asked), list[Event]()
    page = Page(events=[], cursor=cursor, more=True)
    while page.more:
        page = await connector(given).pull["deal"](here, page.cursor)
        found += page.events
        assert len(asked) < 10
    return found, asked, page.cursor


def sliced(request: httpx.Request, start: int, **more: Any) -> httpx.Response:
    return httpx.Response(200, json={"items": ITEMS[start : start + 2], **more})


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>Please try again</html>"),
        httpx.Response(200, json={"error": "soon"}),
        httpx.Response(200, json={"items": {"id": 1}}),
        httpx.Response(200, json=[]),
    ],
)
async def test_an_answer_of_another_form_is_no_empty_page(answer: httpx.Response) -> None:
    with pytest.raises(TryLater):
        await pulled(of("none"), lambda _: answer)


async def test_a_cursor_that_leads_to_itself_does_not_go_round_for_ever() -> None:
    given = of("cursor", params={"at": "{cursor}"}, next="next")

    with pytest.raises(TryLater, match="the same page again"):
        await pulled(given, lambda request: sliced(request, 0, next="same"))


async def test_a_link_to_another_host_is_not_followed() -> None:
    link = {"Link": '<https://evil.example/deals>; rel="next"'}

    with pytest.raises(TryLater, match=r"another host \(evil\.example\)"):
        await pulled(of("link"), lambda _: httpx.Response(200, json={"items": ITEMS}, headers=link))


async def test_pages_follow_a_cursor() -> None:
    given = of("cursor", params={"at": "{cursor}"}, next="next")

    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params.get("at", "0"))
        return sliced(request, start, next=start + 2 if start + 2 < 5 else None)

    found, asked, _ = await pulled(given, answer)

    assert [json.loads(event.body)["id"] for event in found] == [0, 1, 2, 3, 4]
    assert [str(url.query, "ascii") for url in asked] == ["", "at=2", "at=4"]


async def test_pages_follow_their_numbers_until_one_is_not_full() -> None:
    given = of("page", params={"page": "{page}", "limit": "{size}"})

    found, asked, _ = await pulled(given, lambda request: sliced(request, 2 * int(request.url.params["page"]) - 2))

    assert len(found) == 5
    assert [str(url.query, "ascii") for url in asked] == ["page=1&limit=2", "page=2&limit=2", "page=3&limit=2"]


async def test_pages_follow_an_offset_in_the_path() -> None:
    given = of("offset", path="/deals?skip={offset}")

    found, asked, _ = await pulled(given, lambda request: sliced(request, int(request.url.params["skip"])))

    assert len(found) == 5
    assert [url.params["skip"] for url in asked] == ["0", "2", "4"]


async def test_pages_follow_links_with_all_that_they_say() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params.get("at", "0"))
        link = {"Link": f'</deals?at={start + 2}&q=a%26b>; rel="next"'} if start + 2 < 5 else {}
        return httpx.Response(200, json={"items": ITEMS[start : start + 2]}, headers=link)

    found, asked, _ = await pulled(of("link", params={"q": "a&b"}), answer)

    assert len(found) == 5
    assert [url.params["q"] for url in asked] == ["a&b", "a&b", "a&b"]


@pytest.mark.parametrize(
    ("form", "first"),
    [
        ("rfc3339", "2026-11-21T12:00:00.000Z"),
        ("seconds", str(int((NOON - timedelta(days=1)).timestamp()))),
        ("milliseconds", str(int((NOON - timedelta(days=1)).timestamp() * 1000))),
        ("date", "2026-11-21"),
    ],
)
async def test_the_next_round_looks_from_a_little_before_the_newest_that_was_seen(form: str, first: str) -> None:
    given = of("none", params={"since": "{since}"}, since=form, look_back="5m")

    _, asked, cursor = await pulled(given, lambda _: httpx.Response(200, json={"items": ITEMS}))
    _, again, later = await pulled(given, lambda _: httpx.Response(200, json={"items": []}), cursor)

    assert asked[0].params["since"] == first
    assert again[0].params["since"] != first or form == "date"
    assert rfc3339(NOON - timedelta(minutes=11)) in cursor
    assert later == cursor, "where nothing came, nothing moves"


async def test_a_clock_that_runs_ahead_over_there_makes_us_miss_nothing() -> None:
    ahead = [{"id": 1, "at": rfc3339(NOON + timedelta(days=400))}]

    _, _, cursor = await pulled(
        of("none", params={"s": "{since}"}), lambda _: httpx.Response(200, json={"items": ahead})
    )

    assert rfc3339(NOON - timedelta(minutes=5)) in cursor


async def test_one_thing_is_fetched_by_its_id_which_cannot_leave_its_place() -> None:
    given = of("none")
    asked: list[httpx.URL] = []
    here = account(given, lambda _: httpx.Response(200, json=ITEMS[0]), asked)

    (event,) = await connector(given).fetch["deal"](here, "a/../b?c=1")

    assert event.kind == "deal"
    assert str(asked[0]) == "https://there.example/deals/a%2F..%2Fb%3Fc%3D1"
    with pytest.raises(Missing):
        await connector(given).fetch["deal"](here, "..")
