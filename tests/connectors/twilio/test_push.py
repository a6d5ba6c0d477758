"""SMS that arrive once, and not at all where nobody wants them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest

from connectors.twilio import CONNECTOR
from connectors.twilio.card import card
from connectors.twilio.plan import SendSms
from connectors.twilio.push import look, send
from connectors.twilio.sandbox import TwilioSandbox
from hub.card import Exchange
from hub.connector import Account, Event, Incoming, Reading
from hub.domain.errors import Missing, NeedsAttention, Refused, Unknown
from hub.domain.ids import CommandId
from hub.domain.records import MessageRecord, MessageStatus
from hub.sandbox import Delivery
from hub.transport.client import WayOut
from tests.conftest import Time
from tests.shared import shared
from tests.small_hub import Cut
from tests.transport.vendor import Memory

KEY = CommandId("cmd_01")
TO = "+49301234567"
URL = "https://hub.example/webhooks/there"


class Tap(Cut):
    """Keeps what passes."""

    def __init__(self, sandbox: TwilioSandbox) -> None:
        super().__init__(sandbox)
        self.exchanges: list[Exchange] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        await response.aread()
        self.exchanges.append(
            Exchange(
                method=request.method,
                path=request.url.path,
                query=request.url.query.decode(),
                request_headers=request.headers,
                request=await request.aread(),
                status=response.status_code,
                headers=response.headers,
                response=response.content,
            )
        )
        return response


def account(sandbox: TwilioSandbox, time: Time, tap: Tap | None = None, **more: Any) -> Account:
    given = {"connector": "twilio", **card().settings(sandbox, "https://api.twilio.com"), **more}
    settings = CONNECTOR.settings.model_validate({"rate_limit": {"requests": 1_000_000}} | given)
    return WayOut(Memory(), time, lambda: tap or Cut(sandbox)).account("sms", CONNECTOR, settings)


def wish(time: Time, **more: Any) -> SendSms:
    given: dict[str, Any] = {"target": "confirmed", "order": "ord_1", "to": TO, "text": "Thank you for #1001"}
    return SendSms(**(given | {"reached_at": time()} | more))


def records(reached: Account, events: Sequence[Event]) -> list[MessageRecord]:
    reading = Reading(connection="sms", settings=reached.settings)
    found = [each for event in events for each in CONNECTOR.read[event.kind](reading, event.body)]
    messages = [each for each in found if isinstance(each, MessageRecord)]
    assert messages == found
    return messages


async def test_a_lost_answer_is_looked_up_by_number_and_text(time: Time) -> None:
    sandbox = TwilioSandbox(now=time)
    sandbox.faults.drop_replies = 1
    reached = account(sandbox, time)

    with pytest.raises(Unknown):
        await send(reached, wish(time), KEY)
    found = await look(reached, wish(time), KEY)

    assert found is not None
    assert [each.source.external_id for each in records(reached, found)] == [sandbox.messages[0]["sid"]]
    assert await look(reached, wish(time, text="Another text"), KEY) is None
    assert await look(reached, wish(time, to="+49301234568"), KEY) is None


async def test_an_equal_text_that_is_known_of_before_is_not_taken_for_this_one(time: Time) -> None:
    sandbox = TwilioSandbox(now=time)
    reached = account(sandbox, time)
    (first,) = records(reached, await send(reached, wish(time), KEY))

    assert await look(reached, wish(time, known=(first.source.external_id,)), KEY) is None


async def test_an_equal_text_of_long_ago_is_another_message(time: Time) -> None:
    sandbox = TwilioSandbox(now=time)
    reached = account(sandbox, time)
    await send(reached, wish(time), KEY)
    time.forward(days=3)

    assert await look(reached, wish(time), KEY) is None


async def test_the_look_up_goes_through_all_pages(time: Time) -> None:
    sandbox = TwilioSandbox(now=time)
    reached = account(sandbox, time)
    for number in range(230):
        sandbox._message(sandbox.from_number, TO, f"Message {number}", "outbound-api", "sent")

    assert await look(reached, wish(time, text="Message 0"), KEY) is not None


async def test_who_opted_out_gets_nothing_and_the_record_says_so(time: Time) -> None:
    sandbox = TwilioSandbox(now=time)
    reached = account(sandbox, time)
    sandbox.receive(TO, "STOP")

    (record,) = records(reached, await send(reached, wish(time), KEY))

    assert record.status is MessageStatus.SUPPRESSED
    assert [each["direction"] for each in sandbox.messages] == ["inbound"]


async def test_who_opted_in_again_gets_messages(time: Time) -> None:
    sandbox = TwilioSandbox(now=time)
    reached = account(sandbox, time)
    sandbox.receive(TO, "STOP")
    time.forward(seconds=1)
    sandbox.receive(TO, "start")

    (record,) = records(reached, await send(reached, wish(time), KEY))

    assert record.status is MessageStatus.QUEUED


async def test_an_opt_out_that_only_twilio_knows_of_is_honoured(time: Time) -> None:
    sandbox = TwilioSandbox(now=time)
    sandbox.opted_out.add(TO)
    reached = account(sandbox, time)

    (record,) = records(reached, await send(reached, wish(time), KEY))

    assert record.status is MessageStatus.SUPPRESSED
    assert "21610" in record.detail


@pytest.mark.parametrize(
    ("more", "changes", "error"),
    [
        ({}, {"to": "0301234567"}, Refused),
        ({"from_number": "+15005550001"}, {}, NeedsAttention),
        ({"api_secret": "wrong-secret"}, {}, NeedsAttention),
        ({"account_sid": "AC" + "1" * 32}, {}, NeedsAttention),
    ],
)
async def test_what_twilio_declines_is_told_in_its_words(
    time: Time, more: dict[str, Any], changes: dict[str, Any], error: type[Exception]
) -> None:
    sandbox = TwilioSandbox(now=time)

    with pytest.raises(error):
        await send(account(sandbox, time, **more), replace(wish(time), **changes), KEY)

    assert sandbox.messages == []


async def test_a_callback_tells_what_became_of_a_message_of_this_order(time: Time) -> None:
    sandbox = TwilioSandbox(now=time)
    reached = account(sandbox, time)
    (sent,) = records(reached, await send(reached, wish(time, target="shipped:ord_x&y"), KEY))
    sandbox.progress(sent.source.external_id, "delivered")

    (record,) = records(reached, heard(sandbox.deliveries[-1], reached))

    assert record.source == sent.source
    assert record.version > sent.version
    assert (record.occasion, record.status, record.claims) == (
        "shipped:ord_x&y",
        MessageStatus.DELIVERED,
        ("ord_1",),
    )


def heard(delivery: Delivery, reached: Account) -> Sequence[Event]:
    url = f"{URL}?{delivery.query}" if delivery.query else URL
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    incoming = Incoming(method="POST", url=url, headers=headers, body=delivery.body)
    assert CONNECTOR.inbound
    CONNECTOR.inbound.verify(incoming, ["sandbox-secret"], reached.settings, reached.now())
    return CONNECTOR.inbound.events(incoming, reached.settings)


async def test_a_message_of_a_person_is_fetched_and_one_that_is_gone_is_missing(time: Time) -> None:
    sandbox = TwilioSandbox(now=time, inbound_url=URL)
    reached = account(sandbox, time)
    sid = sandbox.receive(TO, "Stop")["sid"]
    assert [event.kind for event in heard(sandbox.deliveries[-1], reached)] == ["inbound"]

    (event,) = await CONNECTOR.fetch["message"](reached, sid)

    assert event.kind == "message"
    with pytest.raises(Missing):
        await CONNECTOR.fetch["message"](reached, "SM" + "f" * 32)


async def test_the_sandbox_and_what_is_sent_to_it_are_as_the_description_says(time: Time) -> None:
    folder = shared("vendor", "twilio")
    sandbox = TwilioSandbox(now=time)
    tap = Tap(sandbox)
    reached = account(sandbox, time, tap)
    await send(reached, wish(time), KEY)
    sandbox.receive(TO, "STOP")
    await send(reached, wish(time, target="shipped:1"), KEY)
    await look(reached, wish(time), KEY)
    await CONNECTOR.fetch["message"](reached, sandbox.messages[0]["sid"])
    assert CONNECTOR.check
    findings = [each async for each in CONNECTOR.check(reached)]

    description = card().description
    assert description
    judge = description(folder)
    assert len(tap.exchanges) >= 6
    assert [fault for each in tap.exchanges for fault in judge(each)] == []
    assert all(each.ok for each in findings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"from_number": ""},
        {"messaging_service_sid": "MG" + "0" * 32},
        {"from_number": "0301234567"},
        {"account_sid": "AC1"},
        {"callback_url": "http://hub.example/webhooks/sms"},
    ],
)
def test_settings_that_cannot_work_are_refused(time: Time, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        account(TwilioSandbox(now=time), time, **wrong)
