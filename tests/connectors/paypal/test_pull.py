from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest

from connectors.paypal import CONNECTOR
from connectors.paypal.kinds import SUBSCRIBED
from connectors.paypal.sandbox import PayPalSandbox
from hub.connector import Account, Event, Finding, Hint
from hub.domain.clock import parse_time
from hub.domain.errors import NeedsAttention, Unreadable
from hub.domain.records import PaymentRecord
from tests.conftest import Time
from tests.connectors.paypal.app import account, newest, read_events

SINCE = "since:2026-11-01T00:00:00Z"
HOOK_URL = "https://hub.example/webhooks/paypal"


async def drain(way: Account, stream: str, cursor: str) -> tuple[list[Event], str, int]:
    events: list[Event] = []
    for pages in range(1, 50):
        page = await CONNECTOR.pull[stream](way, cursor)
        events, cursor = [*events, *page.events], page.cursor
        if not page.more:
            return events, cursor, pages
    raise AssertionError("it never ends")


@pytest.mark.parametrize("cursor", ["", "since:", "since:yesterday", "page:|", "x:y"])
async def test_a_cursor_that_is_none_is_named(cursor: str) -> None:
    way = await account(PayPalSandbox(now=Time()))

    with pytest.raises(Unreadable):
        await CONNECTOR.pull["events"](way, cursor)


async def test_lost_webhooks_are_healed_over_pages_without_repeating_the_past() -> None:
    clock = Time()
    app = PayPalSandbox(now=clock)
    way = await account(app)
    for _ in range(45):
        app.pay("1.00", "EUR")
        clock.forward(minutes=1)

    events, cursor, pages = await drain(way, "events", SINCE)

    paid = [each for each in newest(read_events(events)).values() if isinstance(each, PaymentRecord) and each.captured]
    assert len({each.identity for each in paid}) == 45
    assert pages > 2
    clock.forward(hours=1)
    again, _, _ = await drain(way, "events", cursor)
    assert 0 < len(again) <= 30  # the last ten minutes, which PayPal may still have added to


async def test_an_item_of_another_form_is_parked_and_stops_neither_its_page_nor_its_stream() -> None:
    app = PayPalSandbox(now=Time())
    app.pay("1.00", "EUR")
    app.webhooks.events.insert(0, {"id": "WH-1", "create_time": app.webhooks.events[0]["create_time"]})

    events, _, _ = await drain(await account(app), "events", SINCE)

    assert {each.kind for each in events} > {"unreadable"}
    with pytest.raises(Unreadable):
        read_events([each for each in events if each.kind == "unreadable"])


async def test_a_next_page_elsewhere_is_not_followed() -> None:
    app = PayPalSandbox(now=Time())
    way = await account(app)
    way.http.event_hooks["response"] = []
    app.address = "https://evil.example"
    for _ in range(40):
        app.pay("1.00", "EUR")

    page = await CONNECTOR.pull["events"](way, SINCE)
    while page.more:
        page = await CONNECTOR.pull["events"](way, page.cursor)

    assert all(path.startswith("/v1/") for _, path in app.calls)


async def test_disputes_are_pulled_by_their_last_change() -> None:
    clock = Time()
    app = PayPalSandbox(now=clock)
    way = await account(app)
    made = [app.dispute(app.pay("1.00", "EUR")["capture"])["dispute"] for _ in range(60)]

    events, cursor, _ = await drain(way, "disputes", SINCE)
    clock.forward(hours=2)
    _, cursor, _ = await drain(way, "disputes", cursor)
    app.resolve_dispute(made[0], won=True)
    clock.forward(minutes=1)
    later, _, _ = await drain(way, "disputes", cursor)

    assert {each.external_id for each in read_events(events) if isinstance(each, Hint)} == set(made)
    assert read_events(later) == [Hint(kind="dispute", external_id=made[0])]


@pytest.mark.parametrize(
    ("stream", "days", "begin"), [("disputes", 180, "update_time_after"), ("events", 30, "start_time")]
)
async def test_nothing_older_is_asked_for_than_paypal_shows_and_that_is_said(
    stream: str, days: int, begin: str
) -> None:
    """`update_time_after` "must be within the last 180 days": the stream would stand for ever on the refusal."""
    clock = Time()
    way = await account(PayPalSandbox(now=clock))
    asked: list[str] = []
    way.http.event_hooks["request"].append(_noting(asked, begin))

    page = await CONNECTOR.pull[stream](way, "since:2025-01-01T00:00:00Z")

    assert page.window
    assert page.window.start == clock() - timedelta(days=days)
    assert parse_time(asked[0]) > page.window.start


def _noting(asked: list[str], name: str) -> Callable[[httpx.Request], Awaitable[None]]:
    async def note(request: httpx.Request) -> None:
        asked.append(request.url.params[name])

    return note


async def test_a_payment_without_any_event_is_found_by_the_transaction_search_where_that_is_allowed() -> None:
    clock = Time()
    app = PayPalSandbox(now=clock)
    app.webhooks.hooks.clear()
    made = app.pay("1.00", "EUR")
    clock.forward(minutes=5)

    off = await drain(await account(app), "transactions", SINCE)
    on, _, _ = await drain(await account(app, transaction_search=True), "transactions", SINCE)

    assert off[:2] == ([], SINCE)
    assert read_events(on) == [Hint(kind="capture", external_id=made["capture"])]


# ------------------------------------------------------------------------------------------------ audit and check


async def audit(app: PayPalSandbox, url: str = HOOK_URL) -> list[Finding]:
    assert CONNECTOR.audit
    return list(await CONNECTOR.audit(await account(app), url, app.secret))


async def test_the_audit_puts_back_what_was_taken_out_of_the_subscription_and_keeps_what_others_added() -> None:
    app = PayPalSandbox(now=Time())
    app.unsubscribe()
    app.webhooks.hooks[app.secret]["event_types"].append({"name": "CATALOG.PRODUCT.CREATED"})

    first, second = await audit(app), await audit(app)

    names = [each["name"] for each in app.webhooks.hooks[app.secret]["event_types"]]
    assert names == [*SUBSCRIBED, "CATALOG.PRODUCT.CREATED"]
    assert [finding.ok for finding in (*first, *second)] == [False, True]
    assert [finding.message for finding in second] == ["as it should be"]


async def test_the_audit_moves_the_subscription_to_our_address() -> None:
    app = PayPalSandbox(now=Time())

    await audit(app, "https://new.example/webhooks/paypal")

    assert [hook["url"] for hook in app.webhooks.hooks.values()] == ["https://new.example/webhooks/paypal"]


async def test_a_subscription_made_anew_tells_a_person_its_id_and_is_made_once() -> None:
    app = PayPalSandbox(now=Time())
    app.webhooks.hooks.clear()

    (made,) = await audit(app)
    (known,) = await audit(app)

    (hook,) = app.webhooks.hooks
    assert not made.ok
    assert hook in made.message
    assert not known.ok
    assert hook in known.subject


async def test_check_tells_what_is_missing() -> None:
    app = PayPalSandbox(now=Time())
    assert CONNECTOR.check
    good = [each async for each in CONNECTOR.check(await account(app, transaction_search=True))]
    app.webhooks.hooks.clear()
    bad = [each async for each in CONNECTOR.check(await account(app))]

    assert all(each.ok for each in good)
    assert [each.subject for each in good] == [
        "credentials",
        f"webhook {app.secret}",
        "may read disputes",
        "may read transaction search",
    ]
    assert [each.subject for each in bad if not each.ok] == [f"webhook {app.secret}"]


async def test_check_says_when_nobody_lets_us_in() -> None:
    app = PayPalSandbox(now=Time())
    way = await account(app)
    app.api.tokens.clear()
    assert CONNECTOR.check

    (finding,) = [each async for each in CONNECTOR.check(way)]

    assert not finding.ok
    assert "AUTHENTICATION_FAILURE" in finding.message
    with pytest.raises(NeedsAttention):
        await CONNECTOR.pull["events"](way, SINCE)
