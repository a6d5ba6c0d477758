"""What the window says of events that were pruned: the change outlives its event, the event its body."""

from datetime import UTC, datetime

from sqlalchemy import insert

from hub.store.inbox import EventState
from hub.store.tables import InboxRow
from tests.building import order
from tests.schema.conftest import Window
from tests.store.aged import an_event

AT = datetime(2026, 8, 1, tzinfo=UTC)
TIMELINE = """{ orders { nodes { timeline { nodes {
    cause isEventPruned event { id prunedAt } } } } } }"""


async def keep(window: Window, **more: object) -> None:
    async with window.hub.database.write() as connection:
        await connection.execute(insert(InboxRow).values(**(an_event(EventState.APPLIED, AT) | more)))


async def test_a_change_says_that_its_event_is_gone_for_age(window: Window) -> None:
    await window.hub.say(order(), cause="evt_gone")

    [sale] = (await window.data(TIMELINE))["orders"]["nodes"]

    assert sale["timeline"]["nodes"] == [{"cause": "evt_gone", "isEventPruned": True, "event": None}]


async def test_a_change_whose_event_is_there_or_that_no_event_caused_says_so_too(window: Window) -> None:
    await keep(window, id="evt_kept")
    await window.hub.say(order(), cause="evt_kept")
    await window.hub.say(order(version=2, total=20_000), cause="pull:orders")

    [sale] = (await window.data(TIMELINE))["orders"]["nodes"]

    assert sale["timeline"]["nodes"] == [
        {"cause": "evt_kept", "isEventPruned": False, "event": {"id": "evt_kept", "prunedAt": None}},
        {"cause": "pull:orders", "isEventPruned": False, "event": None},
    ]


async def test_an_event_says_when_its_body_was_pruned(window: Window) -> None:
    await keep(window, body=b"", pruned_at=datetime(2026, 9, 1, tzinfo=UTC))

    [event] = (await window.data("{ events { nodes { prunedAt payload } } }", holder="raw"))["events"]["nodes"]

    assert event == {"prunedAt": "2026-09-01T00:00:00.000Z", "payload": None}


async def test_replaying_an_event_that_is_gone_says_why_it_is_not_there(window: Window) -> None:
    query = 'mutation { eventReplay(input: {eventId: "evt_gone"}) { userErrors { code message } } }'

    replayed = (await window.data(query, holder="admin"))["eventReplay"]

    assert replayed["userErrors"] == [{"code": "NOT_FOUND", "message": "there is no event evt_gone any more"}]
