"""Notices in a channel, and what its webhook answers."""

from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from connectors.slack import CONNECTOR
from connectors.slack.card import card
from connectors.slack.plan import PostNotice, escape
from connectors.slack.push import send, verdict
from connectors.slack.sandbox import SlackSandbox
from hub.connector import Account
from hub.domain.errors import HubError, NeedsAttention, Refused, Unknown
from hub.domain.ids import CommandId
from hub.transport.client import WayOut
from hub.transport.passage import Call
from tests.building import START
from tests.conftest import Time
from tests.small_hub import Cut
from tests.transport.vendor import Memory

KEY = CommandId("cmd_01")
WISH = PostNotice(target="sale", order="ord_1", reached_at=START, to="team", text="*New sale* a &amp; b")


def account(sandbox: SlackSandbox, time: Time, calls: list[Call] | None = None) -> Account:
    settings = CONNECTOR.settings.model_validate(
        {"connector": "slack", **card().settings(sandbox, "https://hooks.slack.com")}
    )
    watch = None if calls is None else calls.append
    return WayOut(Memory(), time, lambda: Cut(sandbox), watch=watch).account("team", CONNECTOR, settings)


@pytest.mark.parametrize("error", ["no_service", "channel_is_archived", "action_prohibited", "user_not_found"])
async def test_a_webhook_that_is_of_no_use_pauses_the_connection(time: Time, error: str) -> None:
    sandbox = SlackSandbox(now=time)
    sandbox.break_hook(error)

    with pytest.raises(NeedsAttention, match=error):
        await send(account(sandbox, time), WISH, KEY)


@pytest.mark.parametrize(
    ("status", "said", "error"),
    [
        (400, "invalid_payload", Refused),
        (400, "no_text", Refused),
        (403, "invalid_token", NeedsAttention),
        (404, "", NeedsAttention),
        (200, "<html>a proxy's page</html>", Unknown),
        (202, "", Unknown),
        (200, "ok", None),
        (429, "", None),  # the usual reading
        (500, "rollup_error", None),
    ],
)
def test_slacks_words_decide_what_happens_next(status: int, said: str, error: type[HubError] | None) -> None:
    found = verdict(httpx.Response(status, text=said))

    assert type(found) is (error or type(None))


async def test_the_address_prints_nowhere(time: Time) -> None:
    calls: list[Call] = []
    sandbox = SlackSandbox(now=time)
    sandbox.faults.drop_replies = 1
    reached = account(sandbox, time, calls)

    with pytest.raises(Unknown) as raised:
        await send(reached, WISH, KEY)

    assert "XXXX" not in f"{raised.value} {calls} {reached.settings!r} {CONNECTOR.way(reached.settings)!r}"
    assert len(sandbox.messages) == 1


async def test_a_notice_is_posted_as_it_was_written(time: Time) -> None:
    sandbox = SlackSandbox(now=time)

    (event,) = await send(account(sandbox, time), WISH, KEY)

    assert [each["text"] for each in sandbox.messages] == ["*New sale* a &amp; b"]
    assert b'"id":"cmd_01"' in event.body


def test_text_of_others_calls_nobody() -> None:
    assert escape("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"


@pytest.mark.parametrize(
    "wrong", [{"path": "https://hooks.slack.com/services/T/B/x"}, {"base_url": "http://hooks.slack.com"}]
)
def test_settings_that_would_leak_or_miss_are_refused(wrong: dict[str, Any]) -> None:
    given = {"connector": "slack", "shop_name": "S", "start": "2026-11-01T00:00:00Z", "path": "/services/T/B/x"}

    CONNECTOR.settings.model_validate(given)
    with pytest.raises(ValidationError):
        CONNECTOR.settings.model_validate(given | wrong)
