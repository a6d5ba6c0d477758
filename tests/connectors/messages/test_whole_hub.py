"""One message for each occasion in a whole hub: after lost answers, late changes and merges."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from connectors.slack.card import card as slack_card
from connectors.slack.sandbox import SlackSandbox
from connectors.smtp.card import card as smtp_card
from connectors.smtp.sandbox import SmtpSandbox
from connectors.twilio.card import card as twilio_card
from connectors.twilio.sandbox import TwilioSandbox
from hub.pipeline.plan import view_of
from hub.sandbox import Sandbox
from hub.store.database import Database
from hub.store.outbox import CommandState
from hub.store.tables import OutboxRow
from tests.building import order, payment
from tests.conftest import Time
from tests.connectors.messages.whole import CONNECTORS
from tests.small_hub import SmallHub

SALE = order(phone="+49301234567")
PAID = payment(claims=(SALE.source.key,))
MAKE: dict[str, Any] = {
    "smtp": (SmtpSandbox, smtp_card),
    "twilio": (TwilioSandbox, twilio_card),
    "slack": (SlackSandbox, slack_card),
}


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """SQLite alone: what differs between the two is tested where it is written."""
    shutil.copy(sqlite_template, tmp_path / "hub.db")
    return f"sqlite:///{tmp_path / 'hub.db'}"


@asynccontextmanager
async def hub_with(slug: str, db: Database, time: Time, **more: Any) -> AsyncIterator[tuple[SmallHub, Any]]:
    make, card = MAKE[slug]
    sandbox: Sandbox = make(now=time)
    given = {"connector": slug, **card().settings(sandbox, "http://127.0.0.1:1"), **more}
    settings = CONNECTORS[slug].settings.model_validate({"rate_limit": {"requests": 1_000_000}} | given)
    hub = SmallHub(db, time, {"there": (CONNECTORS[slug], settings, sandbox)})
    await hub.open()
    try:
        yield hub, sandbox
    finally:
        await hub.close()


async def commands(db: Database) -> list[Any]:
    async with db.read() as held:
        return list((await held.execute(select(OutboxRow.__table__).order_by(OutboxRow.id))).all())


@pytest.mark.parametrize("slug", MAKE)
async def test_a_message_is_sent_once_and_a_second_look_wants_nothing(db: Database, time: Time, slug: str) -> None:
    async with hub_with(slug, db, time) as (hub, sandbox):
        await hub.say(SALE, PAID)
        await hub.settle()
        await hub.say(replace(SALE, version=9, name="Another name"))
        await hub.settle()

        assert len(sandbox.messages) == 1
        assert [each.state for each in await commands(db)] == [CommandState.DONE]


@pytest.mark.parametrize("slug", ["smtp", "twilio"])
@pytest.mark.parametrize("fault", ["drop_replies", "drop_requests"])
async def test_a_lost_answer_ends_in_one_message(db: Database, time: Time, slug: str, fault: str) -> None:
    async with hub_with(slug, db, time) as (hub, sandbox):
        setattr(sandbox.faults, fault, 1)
        await hub.say(SALE, PAID)
        await hub.settle()

        assert len(sandbox.messages) == 1
        assert [each.state for each in await commands(db)] == [CommandState.DONE]


async def test_an_archive_is_not_asked_before_its_copy_can_have_come(db: Database, time: Time) -> None:
    async with hub_with("smtp", db, time) as (hub, sandbox):
        sandbox.faults.drop_replies = 1
        await hub.say(SALE, PAID)
        await hub.plan()
        sent_at = time()
        await hub.deliver()
        time.forward(seconds=10)
        await hub.deliver()

        (command,) = await commands(db)
        assert command.state == CommandState.UNKNOWN
        assert "too early" in command.reason
        assert command.due_at >= sent_at + timedelta(minutes=5)


async def in_doubt(hub: SmallHub, sandbox: Any) -> None:
    sandbox.faults.drop_replies = 1
    await hub.say(SALE, PAID)
    await hub.settle()


@pytest.mark.parametrize(("slug", "more"), [("slack", {}), ("smtp", {"archive": ""})])
async def test_what_nobody_can_look_up_waits_for_a_person_whatever_the_order_does(
    db: Database, time: Time, slug: str, more: dict[str, Any]
) -> None:
    async with hub_with(slug, db, time, **more) as (hub, sandbox):
        await in_doubt(hub, sandbox)
        # Another text for the same occasion; then the occasion goes, and comes again.
        for sale in (
            replace(SALE, version=5, number="#X"),
            replace(SALE, version=6, test=True),
            replace(SALE, version=7, number="#Y"),
        ):
            await hub.say(sale)
            await hub.settle()

        (command,) = await commands(db)
        assert command.state == CommandState.PARKED
        assert len(sandbox.messages) == 1


async def test_a_person_who_has_looked_can_have_it_sent(db: Database, time: Time) -> None:
    from hub.store import lanes

    async with hub_with("slack", db, time) as (hub, sandbox):
        sandbox.faults.drop_requests = 1
        await hub.say(SALE, PAID)
        await hub.settle()
        assert sandbox.messages == []

        (command,) = await commands(db)
        async with db.write() as held:
            await lanes.revive(held, command.id, time())
        await hub.settle()

        assert len(sandbox.messages) == 1
        assert [each.state for each in await commands(db)] == [CommandState.DONE]


async def test_of_two_orders_that_become_one_before_their_messages_left_one_message_is_sent(
    db: Database, time: Time
) -> None:
    async with hub_with("smtp", db, time) as (hub, sandbox):
        other = order("1001", connection="store")
        await hub.say(SALE, PAID, other, payment("pi_2", claims=(other.source.key,)))
        await hub.plan()
        assert len(await commands(db)) == 2

        await hub.say(replace(other, version=5, claims=(SALE.source.key,)), replace(PAID, version=7))
        await hub.deliver()  # before the merged order is planned again
        await hub.settle()

        assert len([each for each in sandbox.messages if each["occasion"] == "confirmed"]) == 1


async def test_of_two_orders_that_become_one_after_their_messages_left_nothing_more_is_sent(
    db: Database, time: Time
) -> None:
    async with hub_with("smtp", db, time) as (hub, sandbox):
        other = order("1001", connection="store")
        await hub.say(SALE, PAID, other, payment("pi_2", claims=(other.source.key,)))
        await hub.settle()
        await hub.say(replace(other, version=5, claims=(SALE.source.key,)))
        await hub.settle()

        assert len(sandbox.messages) == 2


async def test_a_preview_sees_the_order_by_id_and_by_number(db: Database, time: Time) -> None:
    async with hub_with("smtp", db, time) as (hub, _):
        await hub.say(SALE, PAID)
        there = hub.connections["there"]
        by_number = await view_of(db, there, "#1001")

        assert by_number is not None
        assert await view_of(db, there, by_number.order.id) == by_number
        assert await view_of(db, there, "nothing") is None
        assert there.connector.preview is not None
        assert "#1001" in str(there.connector.preview(by_number, "confirmed"))


def test_the_settings_take_a_folder_that_is_there(tmp_path: Path) -> None:
    from pydantic import ValidationError

    from tests.connectors.messages.whole import settings

    with pytest.raises(ValidationError, match="not a folder"):
        settings("smtp", templates=tmp_path / "none")
    with pytest.raises(ValidationError, match="offset"):
        settings("smtp", start="2026-11-01T00:00:00")
