"""Pages, on both databases."""

import base64
from dataclasses import replace
from typing import Any, cast

import pytest

from tests.building import at, order
from tests.schema.conftest import Window

PAGE = """query($first: Int = 50, $after: String, $last: Int, $before: String,
  $key: OrderSortKey! = PLACED_AT, $down: Boolean! = true) {
  orders(first: $first, after: $after, last: $last, before: $before, sort: {key: $key, descending: $down}) {
    nodes { number } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


async def numbers(window: Window, **variables: Any) -> tuple[list[str], dict[str, object]]:
    found = (await window.data(PAGE, **variables))["orders"]
    return [each["number"] for each in found["nodes"]], found["pageInfo"]


@pytest.mark.parametrize("size", [0, -1, 251, -(2**31), 2**31 - 1])
@pytest.mark.parametrize("name", ["first", "last"])
async def test_a_page_size_out_of_bounds_is_refused(window: Window, name: str, size: int) -> None:
    assert await window.code(PAGE, **cast(dict[str, Any], {name: size})) == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "!!!", "=" * 9, "A" * 5_000, "ö", *(base64.urlsafe_b64encode(each).decode() for each in (
        b"null", b"[]", b'["placed_at-"]', b'["placed_at-",1,"ord_x"]', b'["placed_at-","2026-01-01T00:00:00","ord_x"]',
        b'["placed_at","2026-01-01T00:00:00Z","ord_x"]', b'["placed_at-","2026-01-01T00:00:00Z","a\\u0000"]',
        b"\xff\xfe",
    ))],
)  # fmt: skip
async def test_a_junk_cursor_is_refused_with_a_code(window: Window, cursor: str) -> None:
    assert await window.code(PAGE, after=cursor) == "BAD_USER_INPUT"


async def test_a_cursor_of_another_sorting_is_refused(window: Window) -> None:
    await window.hub.say(order("1"), order("2"))
    _, info = await numbers(window, first=1)

    assert await window.code(PAGE, after=info["endCursor"], key="TOTAL") == "BAD_USER_INPUT"
    assert await window.code(PAGE, after=info["endCursor"], down=False) == "BAD_USER_INPUT"


@pytest.mark.parametrize("key", ["PLACED_AT", "UPDATED_AT", "NUMBER", "TOTAL"])
@pytest.mark.parametrize("down", [True, False])
async def test_pages_join_to_the_whole_list_in_every_sorting(window: Window, key: str, down: bool) -> None:
    # Equal times, totals and numbers: the id must break the ties.
    await window.hub.say(
        *(replace(order(str(n), total=100 * (n // 3 + 1), placed_at=at(n // 4)), number=f"#{n // 2}") for n in range(9))
    )
    whole, _ = await numbers(window, key=key, down=down)

    pages: list[str] = []
    info: dict[str, object] = {"hasNextPage": True, "endCursor": None}
    while info["hasNextPage"]:
        page, info = await numbers(window, first=2, after=info["endCursor"], key=key, down=down)
        pages += page
    backwards: list[str] = []
    info = {"hasPreviousPage": True, "startCursor": None}
    while info["hasPreviousPage"]:
        page, info = await numbers(window, last=2, before=info["startCursor"], key=key, down=down)
        backwards = page + backwards

    assert len(whole) == 9
    assert pages == backwards == whole


async def test_orders_that_come_between_pages_neither_shift_nor_repeat_any(window: Window) -> None:
    await window.hub.say(*(order(str(n), placed_at=at(n)) for n in range(4)))
    first, info = await numbers(window, first=2)
    await window.hub.say(order("new", placed_at=at(99)), order("late", placed_at=at(0.5)))

    second, _ = await numbers(window, first=10, after=info["endCursor"])

    assert (first, second) == (["#3", "#2"], ["#1", "#late", "#0"])


async def test_the_timeline_is_paged_without_gaps(window: Window) -> None:
    for version in range(1, 5):
        await window.hub.say(order("1", version=version, note=f"note {version}"))
    query = """query($after: String) { order(by: {number: "#1"}) { timeline(first: 3, after: $after) {
        nodes { seq fields { path before after } } pageInfo { hasNextPage endCursor } } } }"""

    first = (await window.data(query))["order"]["timeline"]
    second = (await window.data(query, after=first["pageInfo"]["endCursor"]))["order"]["timeline"]

    assert [each["seq"] for each in first["nodes"] + second["nodes"]] == [1, 2, 3, 4]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    assert {"path": "note", "before": "note 3", "after": "note 4"} in second["nodes"][0]["fields"]
    assert await window.code(query, after="junk") == "BAD_USER_INPUT"
