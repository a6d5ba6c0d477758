from typing import Any

import httpx
import pytest

from connectors.paypal import CONNECTOR
from connectors.paypal.plan import CapturePayment, CreateRefund, VoidAuthorization
from connectors.paypal.sandbox import PayPalSandbox
from hub.connector import Account, Find, KeyHeader
from hub.domain.commands import Command
from hub.domain.errors import HubError, Missing, NeedsAttention, Refused, TryLater, Unknown
from hub.domain.ids import CommandId
from hub.domain.money import Money
from hub.domain.records import PaymentRecord, PaymentStatus, RefundRecord
from tests.conftest import Time
from tests.connectors.paypal.app import account, newest, read_events

KEY = CommandId("cmd_0123456789abcdefghjkmnpqrs")
OURS = "ord_0123456789abcdefghjkmnpqrs"


def wish(capture: str, amount: str = "2.50", target: str = "rr_1") -> CreateRefund:
    return CreateRefund(target=target, capture=capture, amount=amount, currency="EUR", order=OURS)


async def send(way: Account, command: Command, key: CommandId = KEY) -> dict[str, Any]:
    return newest(read_events(await CONNECTOR.push[type(command)].send(way, command, key)))


async def look(way: Account, command: Command, key: CommandId = KEY) -> dict[str, Any] | None:
    safety = CONNECTOR.push[type(command)].safety
    find = safety.look if isinstance(safety, Find) else safety.find if isinstance(safety, KeyHeader) else None
    assert find
    found = await find(way, command, key)
    return None if found is None else newest(read_events(found))


async def test_an_answer_that_was_lost_is_found_and_the_same_key_gives_no_second_refund() -> None:
    app = PayPalSandbox(now=Time())
    way, command = await account(app), wish(app.pay("10.00", "EUR")["capture"])
    assert await look(way, command) is None
    app.faults.drop_replies = 1

    with pytest.raises((httpx.HTTPError, ValueError, AssertionError)):
        await send(way, command)
    found = await look(way, command)
    await send(way, command)

    assert found
    (record,) = [each for each in found.values() if isinstance(each, RefundRecord)]
    assert (record.request, record.amount) == ("rr_1", Money(250, "EUR"))
    assert OURS in record.claims
    assert len(app.ledger.refunds) == 1


async def test_a_refund_is_found_after_its_key_has_died_also_behind_an_authorization() -> None:
    clock = Time()
    app = PayPalSandbox(now=clock)
    way = await account(app)
    taken = app.capture(app.pay("10.00", "EUR", capture=False)["authorization"])["capture"]
    command = wish(taken)
    await send(way, command)
    app.refund(taken, "1.00")

    found = await look(way, command)

    assert found
    assert [each.request for each in found.values() if isinstance(each, RefundRecord)].count("rr_1") == 1
    assert await look(way, wish(taken, target="rr_2"), CommandId("cmd_other")) is None


async def test_a_refund_that_failed_is_not_taken_for_done() -> None:
    app = PayPalSandbox(now=Time())
    way, command = await account(app), wish(app.pay("10.00", "EUR")["capture"])
    await send(way, command)
    app.fail_refund(next(iter(app.ledger.refunds)))

    assert await look(way, command, CommandId("cmd_next")) is None


async def test_what_paypal_refuses_is_shown_in_its_words() -> None:
    app = PayPalSandbox(now=Time())
    way = await account(app)

    with pytest.raises(Refused, match=r"REFUND_AMOUNT_EXCEEDED.*\(d[0-9a-f]+\)"):
        await send(way, wish(app.pay("1.00", "EUR")["capture"]))
    with pytest.raises(Missing, match="INVALID_RESOURCE_ID"):
        await send(way, wish("7NONE"))


async def test_a_capture_ends_its_authorization_and_is_found() -> None:
    app = PayPalSandbox(now=Time())
    way = await account(app)
    held = app.pay("10.00", "EUR", capture=False)["authorization"]
    command = CapturePayment(target=held, amount="7.00", currency="EUR")
    assert await look(way, command) is None

    said = await send(way, command)
    again = await send(way, command)

    ended = said[f"payment/authorizations/{held}"]
    assert (ended.status, ended.can_capture) == (PaymentStatus.CAPTURED, False)
    assert said.keys() == again.keys()
    assert [each["amount"]["value"] for each in app.ledger.captures.values()] == ["7.00"]
    assert await look(way, command)


async def test_a_void_lets_go_once_and_is_found() -> None:
    app = PayPalSandbox(now=Time())
    way = await account(app)
    held = app.pay("10.00", "EUR", capture=False)["authorization"]
    command = VoidAuthorization(target=held)
    assert await look(way, command) is None

    said = await send(way, command)

    record = said[f"payment/authorizations/{held}"]
    assert isinstance(record, PaymentRecord)
    assert record.status is PaymentStatus.CANCELLED
    assert await look(way, command)
    with pytest.raises(Refused, match="PREVIOUSLY_VOIDED"):
        await send(way, command)


@pytest.mark.parametrize(
    ("method", "status", "error"),
    [
        ("POST", 400, Refused),
        ("POST", 401, NeedsAttention),
        ("GET", 403, NeedsAttention),
        ("GET", 404, Missing),
        ("POST", 409, TryLater),
        ("POST", 422, Refused),
        ("POST", 429, TryLater),
        ("GET", 500, TryLater),
        ("POST", 500, Unknown),
        ("POST", 503, Unknown),
    ],
)
def test_an_answer_means_what_to_do_next(method: str, status: int, error: type[HubError]) -> None:
    assert CONNECTOR.verdict
    for body in (b"<html>", b'{"name": "X", "message": "y", "debug_id": "d"}', b'{"error": "invalid_token"}', b"[]"):
        response = httpx.Response(status, content=body, request=httpx.Request(method, "https://api-m.paypal.com/v2/x"))
        assert type(CONNECTOR.verdict(response)) is error


@pytest.mark.parametrize(("method", "error"), [("GET", TryLater), ("POST", Unknown)])
def test_a_page_that_is_not_paypals_is_no_answer(method: str, error: type[HubError]) -> None:
    assert CONNECTOR.verdict
    request = httpx.Request(method, "https://api-m.paypal.com/v2/x")

    assert type(CONNECTOR.verdict(httpx.Response(200, html="<h1>Hello</h1>", request=request))) is error
    assert CONNECTOR.verdict(httpx.Response(204, request=request)) is None


def test_a_pause_is_as_long_as_paypal_says() -> None:
    assert CONNECTOR.verdict
    request = httpx.Request("GET", "https://api-m.paypal.com/v2/x")

    error = CONNECTOR.verdict(httpx.Response(429, headers={"Retry-After": "7"}, request=request))

    assert isinstance(error, TryLater)
    assert error.after.total_seconds() == 7
    assert CONNECTOR.verdict(httpx.Response(201, request=request)) is None


@pytest.mark.parametrize("id", ["", "../orders/7ORD", "7ORD?x=1", "7ORD/capture", "٣"])
async def test_what_is_no_id_of_paypals_is_not_asked_for(id: str) -> None:
    app = PayPalSandbox(now=Time())
    way = await account(app)
    before = len(app.calls)

    for fetch in CONNECTOR.fetch.values():
        with pytest.raises(Missing):
            await fetch(way, id)

    assert len(app.calls) == before


async def test_a_capture_does_not_look_undone_because_the_look_after_it_failed() -> None:
    app = PayPalSandbox(now=Time())
    way = await account(app)
    held = app.pay("10.00", "EUR", capture=False)["authorization"]

    async def busy(request: httpx.Request) -> None:
        if request.method == "GET":
            raise TryLater("503")

    way.http.event_hooks["request"].append(busy)
    said = await send(way, CapturePayment(target=held, amount="7.00", currency="EUR"))

    (taken,) = said.values()
    assert isinstance(taken, PaymentRecord)
    assert taken.captured == Money(700, "EUR")
