"""Fetch, pull, check and the look after the webhook, against the stand-in."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.easypost import CONNECTOR, client
from connectors.easypost.check import audit, check
from hub.connector import Finding
from hub.domain.clock import rfc3339
from hub.domain.errors import Missing, NeedsAttention, TryLater, Unknown
from hub.domain.records import ShipmentStatus
from tests.connectors.easypost.post import NOON, Post

HERE = "https://hub.example/webhooks/post"
FIRST = f"since:{rfc3339(NOON - timedelta(days=30))}"


async def run(post: Post, cursor: str, stream: str = "shipments") -> tuple[list[str], str, int]:
    """All pages of one run: external ids, the cursor after it, how many calls it took."""
    found: list[str] = []
    calls = 0
    while True:
        page = await CONNECTOR.pull[stream](post.account, cursor)
        found += [parcel.source.external_id for parcel in post.parcels(page.events)]
        cursor, calls = page.cursor, calls + 1
        if not page.more:
            return found, cursor, calls


@pytest.mark.parametrize("id", ["shp_1", "trk_1", "../webhooks", "a/b", "", "é", "x" * 101])
async def test_what_is_not_there_is_missing_and_an_odd_id_is_not_even_asked_for(id: str) -> None:
    post = Post()

    with pytest.raises(Missing):
        await CONNECTOR.fetch["shipment"](post.account, id)

    assert all(path in (f"/v2/shipments/{id}", f"/v2/trackers/{id}") for _, path in post.vendor.calls)


async def test_a_parcel_and_a_tracker_are_fetched_by_their_ids() -> None:
    post = Post()
    bought, alone = post.vendor.buy_by_hand(), post.vendor.track("1Z1")

    assert (await post.fetched(bought["id"])).source.external_id == bought["id"]
    assert (await post.fetched(alone["id"])).tracking_numbers == ("1Z1",)


async def test_a_pull_goes_through_all_pages_and_ends_where_its_time_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAGE", 2)
    post = Post()
    post.clock.at = NOON - timedelta(days=31)
    post.vendor.buy_by_hand()
    post.clock.at = NOON
    bought = [post.vendor.buy_by_hand()["id"] for _ in range(5)]

    found, _, calls = await run(post, FIRST)

    assert found == bought[::-1]
    assert calls == 3


async def test_what_is_bought_while_the_pages_are_read_is_in_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAGE", 1)
    post = Post()
    first, second = post.vendor.buy_by_hand()["id"], post.vendor.buy_by_hand()["id"]

    page = await CONNECTOR.pull["shipments"](post.account, FIRST)
    late = post.vendor.buy_by_hand()["id"]
    found, cursor, _ = await run(post, page.cursor)
    again, _, _ = await run(post, cursor)

    assert [each.source.external_id for each in post.parcels(page.events)] == [second]
    assert found == [first]
    assert again == [late, second, first]


async def test_a_parcel_that_moved_while_no_webhook_came_is_seen_by_the_next_review() -> None:
    post = Post()
    name = post.vendor.buy_by_hand()["id"]
    _, cursor, _ = await run(post, FIRST)
    post.clock.forward(days=3)
    found, cursor, _ = await run(post, cursor)
    assert found == [name]
    post.clock.forward(hours=1)
    post.vendor.scan(name, "delivered")

    soon, cursor, _ = await run(post, cursor)
    post.clock.forward(hours=6)
    page = await CONNECTOR.pull["shipments"](post.account, cursor)

    assert soon == []  # not a parcel of the last day, and the review is not due yet
    assert [parcel.status for parcel in post.parcels(page.events)] == [ShipmentStatus.DELIVERED]


async def test_shipments_that_nobody_bought_are_not_listed() -> None:
    post = Post()
    bought = post.vendor.buy_by_hand()
    parts = {"from_address": bought["from_address"], "to_address": bought["to_address"], "parcel": bought["parcel"]}
    post.vendor._made(parts)

    found, _, _ = await run(post, FIRST)

    assert found == [bought["id"]]


async def test_trackers_of_labels_from_elsewhere_are_pulled_and_those_of_shipments_are_not() -> None:
    post = Post()
    first = post.vendor.track("1Z1")
    post.vendor.buy_by_hand()
    second = post.vendor.track("1Z2")

    found, _, _ = await run(post, FIRST, "trackers")

    assert found == [second["id"], first["id"]]


# ------------------------------------------------------------------------------------------------ check, audit


async def findings(post: Post) -> dict[str, Finding]:
    return {each.subject: each async for each in check(post.account)}


async def test_a_wrong_key_is_found_out() -> None:
    post = Post()
    post.vendor.api_key = "another"

    (found,) = (await findings(post)).values()

    assert (found.ok, found.subject) == (False, "credentials")


async def test_a_key_of_the_other_mode_and_a_missing_webhook_are_found_out() -> None:
    post = Post(mode="production")
    post.vendor.buy_by_hand()

    found = await findings(post)

    assert {subject: each.ok for subject, each in found.items()} == {
        "credentials": True,
        "mode": False,
        "webhooks": False,
    }


async def test_a_good_account_is_found_good() -> None:
    post = Post()
    await audit(post.account, HERE, "newest")

    assert all(each.ok for each in (await findings(post)).values())


async def test_a_webhook_that_is_missing_is_made_and_one_that_was_switched_off_is_switched_on() -> None:
    post = Post()
    (made,) = await audit(post.account, HERE, "first")
    post.vendor.disable_webhooks()
    (mended,) = await audit(post.account, HERE, "newest")
    (quiet,) = await audit(post.account, HERE + "/", "newest")

    assert ["created" in made.message, "switched on" in mended.message, "enabled" in quiet.message] == [True] * 3
    assert [made.ok, mended.ok, quiet.ok] == [False, False, True]
    assert [hook["disabled_at"] for hook in post.vendor.hooks.values()] == [None]
    assert list(post.vendor.hook_secrets.values()) == ["newest"]


async def test_a_new_secret_is_set_and_a_webhook_that_is_well_is_left_alone() -> None:
    post = Post()
    await audit(post.account, HERE, "first")
    (hook,) = post.vendor.hooks.values()
    hook["custom_headers"] = [*hook["custom_headers"], {"name": "x-theirs", "value": "1"}]

    (set_anew,) = await audit(post.account, HERE, "second")
    before = len(post.vendor.calls)
    await audit(post.account, HERE, "second")

    assert not set_anew.ok
    assert list(post.vendor.hook_secrets.values()) == ["second"]
    assert post.vendor.calls[before:] == [("GET", "/v2/webhooks")]
    assert sorted(each["name"] for each in hook["custom_headers"]) == ["X-Orderhub-Key", "x-theirs"]


async def test_webhooks_of_others_are_left_alone_and_no_unsigned_one_is_made() -> None:
    post = Post()
    await audit(post.account, "https://other.example/", "theirs")

    (refused,) = await audit(post.account, HERE, "")
    await audit(post.account, HERE, "ours")

    assert not refused.ok
    assert list(post.vendor.hook_secrets.values()) == ["theirs", "ours"]


# ---------------------------------------------------------------------------------------------------- verdicts


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ([{"field": "shipment", "message": "cannot be blank"}], "shipment cannot be blank"),
        (["the weight is wrong", "and so is the rest"], "the weight is wrong; and so is the rest"),
        ([], "PARAMETER.REQUIRED: Missing."),
        (None, "PARAMETER.REQUIRED: Missing."),
        ({"base": ["too heavy"]}, "too heavy"),
    ],
)
def test_a_refusal_is_told_in_the_vendors_words_whatever_their_shape(errors: Any, words: str) -> None:
    body = {"error": {"code": "PARAMETER.REQUIRED", "message": "Missing.", "errors": errors}}

    assert words in str(judged(422, body))


@pytest.mark.parametrize("status", [400, 402, 409, 422])
@pytest.mark.parametrize("body", [None, [], {"error": "x"}, {"error": {"code": 7}}, {}])
def test_a_refusal_without_an_error_object_gets_the_usual_reading(status: int, body: Any) -> None:
    assert judged(status, body) is None


def judged(status: int, body: Any) -> Any:
    assert CONNECTOR.verdict is not None
    request = httpx.Request("POST", "https://api.easypost.com/v2/shipments/shp_1/buy")
    return CONNECTOR.verdict(httpx.Response(status, json=body, request=request))


@pytest.mark.parametrize(("method", "error"), [("GET", TryLater), ("POST", Unknown)])
def test_a_page_in_the_place_of_the_answer_tells_nothing(method: str, error: type[Exception]) -> None:
    assert CONNECTOR.verdict is not None
    request = httpx.Request(method, "https://api.easypost.com/v2/shipments")

    said = CONNECTOR.verdict(httpx.Response(200, html="<html>Sorry</html>", request=request))

    assert isinstance(said, error)


def test_an_empty_purse_pauses_the_connection_so_that_no_label_is_lost() -> None:
    assert isinstance(judged(402, {"error": {"code": "PAYMENT_REQUIRED", "message": "Add money."}}), NeedsAttention)
