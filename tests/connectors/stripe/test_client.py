import json
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from connectors.stripe import CONNECTOR
from connectors.stripe.plan import CancelPayment, CapturePayment, CreateRefund
from connectors.stripe.sandbox import StripeSandbox
from hub.connector import Event, Hint, KeyHeader
from hub.domain.errors import HubError, Missing, NeedsAttention, Refused, TryLater, Unknown
from hub.domain.ids import CommandId
from hub.domain.money import Money
from hub.domain.records import PaymentRecord, PaymentStatus, Record, RefundRecord
from tests.connectors.stripe.support import SECRET, Time, account, newest, only, read, read_all

KEY = CommandId("cmd_1")


def sandbox(time: Time | None = None, **more: Any) -> StripeSandbox:
    return StripeSandbox(secret=SECRET, now=time or Time(), **more)


def refund_of(ids: dict[str, Any], amount: int = 500) -> CreateRefund:
    return CreateRefund(
        target="req_1", payment=ids["payment_intent"], amount=amount, currency="EUR", order="ord_1", reason="too big"
    )


def finder(command: CreateRefund | CapturePayment | CancelPayment) -> Any:
    safety = CONNECTOR.push[type(command)].safety
    assert isinstance(safety, KeyHeader)
    return safety.find


class Lossy(httpx.AsyncBaseTransport):
    """Does the work and loses the first answer to a write."""

    def __init__(self, app: StripeSandbox) -> None:
        self._inner, self._lost = httpx.ASGITransport(app=app), False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        if request.method == "POST" and not self._lost:
            self._lost = True
            raise Unknown("the answer was lost")
        return response


async def test_a_lost_answer_is_asked_again_with_the_same_key_and_makes_one_refund() -> None:
    stripe = sandbox()
    ids = stripe.pay(1990, "eur")
    push = CONNECTOR.push[CreateRefund]

    async with account(Lossy(stripe), stripe.now) as at:
        with pytest.raises(Unknown, match="lost"):
            await push.send(at, refund_of(ids), KEY)
        found = await finder(refund_of(ids))(at, refund_of(ids), KEY)
        again = await push.send(at, refund_of(ids), KEY)

    [kept] = stripe.state()["refund"]
    assert [record.source.external_id for record in only(RefundRecord, read_all(found))] == [kept["id"]]
    assert [record.source.external_id for record in only(RefundRecord, read_all(again))] == [kept["id"]]


async def test_nothing_is_found_of_a_refund_that_was_never_made_or_failed() -> None:
    stripe = sandbox()
    ids = stripe.pay(1990, "eur")
    wish = refund_of(ids)

    async with account(stripe, stripe.now) as at:
        assert await finder(wish)(at, wish, KEY) is None
        [event] = await CONNECTOR.push[CreateRefund].send(at, wish, KEY)
        stripe.fail_refund(json.loads(event.body)["id"])
        assert await finder(wish)(at, wish, CommandId("cmd_2")) is None


async def test_a_refund_answers_with_the_refund_and_the_charge_and_carries_our_references() -> None:
    stripe = sandbox()
    ids = stripe.pay(1990, "eur")

    async with account(stripe, stripe.now) as at:
        events = await CONNECTOR.push[CreateRefund].send(at, refund_of(ids), KEY)

    refund, charge = read_all(events)
    assert isinstance(refund, RefundRecord)
    assert isinstance(charge, PaymentRecord)
    assert (refund.request, refund.amount, charge.refunded) == ("req_1", Money(500, "EUR"), Money(500, "EUR"))
    assert stripe.state()["refund"][0]["metadata"] == {
        "orderhub_order": "ord_1",
        "orderhub_request": "req_1",
        "orderhub_command": "cmd_1",
        "orderhub_reason": "too big",
    }


async def test_a_replayed_answer_shows_the_past_and_does_not_outdate_the_present() -> None:
    time = Time()
    stripe = sandbox(time)
    ids = stripe.pay(1990, "eur")
    push = CONNECTOR.push[CreateRefund]

    async with account(stripe, stripe.now) as at:
        first = await push.send(at, refund_of(ids), KEY)
        time.forward(hours=1)
        stripe.fail_refund(json.loads(first[0].body)["id"])
        failed = Event(kind="refund.failed", body=stripe.deliveries[-3].body)
        time.forward(hours=1)
        replayed = await push.send(at, refund_of(ids), KEY)

    records = newest(only(Record, [*read(failed), *read_all(replayed)]))
    assert [str(record.status) for record in only(RefundRecord, records.values())] == ["failed"]


async def test_an_authorisation_is_captured_in_part_once() -> None:
    stripe = sandbox()
    ids = stripe.pay(1990, "eur", capture=False)
    wish = CapturePayment(target=ids["payment_intent"], amount=1500, currency="EUR")

    async with account(stripe, stripe.now) as at:
        assert await finder(wish)(at, wish, KEY) is None
        events = await CONNECTOR.push[CapturePayment].send(at, wish, KEY)
        replayed = await CONNECTOR.push[CapturePayment].send(at, wish, KEY)
        found = await finder(wish)(at, wish, KEY)

    for answer in (events, replayed, found):
        records = only(PaymentRecord, read_all(answer))
        assert {record.captured for record in records} == {Money(1500, "EUR")}
    assert stripe.state()["payment_intent"][0]["amount_received"] == 1500
    assert replayed[0].at


async def test_an_authorisation_is_cancelled_once() -> None:
    stripe = sandbox()
    ids = stripe.pay(1990, "eur", capture=False)
    wish = CancelPayment(target=ids["payment_intent"])

    async with account(stripe, stripe.now) as at:
        assert await finder(wish)(at, wish, KEY) is None
        events = await CONNECTOR.push[CancelPayment].send(at, wish, KEY)
        assert await finder(wish)(at, wish, KEY)

    assert {record.status for record in only(PaymentRecord, read_all(events))} == {PaymentStatus.CANCELLED}


async def test_a_refund_beyond_what_is_left_is_refused_in_stripes_words() -> None:
    stripe = sandbox()
    ids = stripe.pay(1990, "eur")

    async with account(stripe, stripe.now) as at:
        with pytest.raises(Refused, match="greater than unrefunded amount"):
            await CONNECTOR.push[CreateRefund].send(at, refund_of(ids, 9999), KEY)


async def test_a_key_used_with_other_parameters_is_refused_not_repeated() -> None:
    stripe = sandbox()
    ids = stripe.pay(1990, "eur")

    async with account(stripe, stripe.now) as at:
        await CONNECTOR.push[CreateRefund].send(at, refund_of(ids, 1), KEY)
        with pytest.raises(Refused, match="idempotency_error"):
            await CONNECTOR.push[CreateRefund].send(at, refund_of(ids, 2), KEY)


@pytest.mark.parametrize("version", ["2020-08-27", "2026-10-28.endive"])
async def test_each_thing_is_fetched_as_it_is_now_at_stripes_time(version: str) -> None:
    stripe = sandbox(Time())
    ids = stripe.checkout(1990, "eur", client_reference_id="820")
    refund = stripe.refund(ids["payment_intent"], 500)
    dispute = stripe.dispute(ids["payment_intent"])
    customer = stripe.customer(email="ann@example.com")
    wanted = {
        "payment_intent": ids["payment_intent"],
        "charge": ids["charge"],
        "refund": refund["id"],
        "dispute": dispute["id"],
        "checkout.session": ids["session"],
        "customer": customer["id"],
    }
    assert set(wanted) == set(CONNECTOR.fetch)

    async with account(stripe, stripe.now, api_version=version) as at:
        for kind, external_id in wanted.items():
            events = await CONNECTOR.fetch[kind](at, external_id)
            records = newest(only(Record, read_all(events)))
            assert external_id in {source.external_id for source in records}
            assert {event.at for event in events} == {stripe.now()}
            if kind in ("payment_intent", "charge", "refund"):
                [charge] = [each for source, each in records.items() if source.external_id == ids["charge"]]
                assert isinstance(charge, PaymentRecord)
                assert charge.refunded == Money(500, "EUR")


@pytest.mark.parametrize("version", ["2020-08-27", "2026-10-28.endive"])
async def test_a_released_authorisation_told_as_a_refund_counts_for_nothing_once_it_is_fetched(version: str) -> None:
    time = Time()
    stripe = sandbox(time)
    ids = stripe.pay(1000, "eur", capture=False)
    stripe.capture(ids["payment_intent"], 800)
    [release] = stripe.state()["refund"]
    alone = Event(kind="refund", body=json.dumps(release).encode(), at=time())

    [told, hint] = read(alone)
    time.forward(seconds=1)
    async with account(stripe, time, api_version=version) as at:
        by_refund = await CONNECTOR.fetch["refund"](at, release["id"])
        by_charge = await CONNECTOR.fetch["charge"](at, ids["charge"])
        by_intent = await CONNECTOR.fetch["payment_intent"](at, ids["payment_intent"])

    assert isinstance(told, RefundRecord)
    assert not told.deleted
    assert hint == Hint(kind="charge", external_id=ids["charge"])
    for events in (by_refund, by_charge, by_intent):
        kept = newest([told, *only(Record, read_all(events))])
        assert [record.deleted for record in only(RefundRecord, kept.values())] == [True]


async def test_what_is_not_there_is_missing() -> None:
    stripe = sandbox()

    async with account(stripe, stripe.now) as at:
        for kind, fetch in CONNECTOR.fetch.items():
            with pytest.raises(Missing, match="resource_missing"):
                await fetch(at, "pi_nowhere")
            assert kind


async def test_no_header_of_the_library_and_no_key_leaves_with_a_call() -> None:
    seen: list[dict[bytes, bytes]] = []
    stripe = sandbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(dict(scope["headers"]))
        await stripe(scope, receive, send)

    async with account(app, stripe.now) as at:
        await CONNECTOR.fetch["customer"](at, stripe.customer()["id"])

    [headers] = seen
    assert headers[b"authorization"] == b"Bearer sk_test_sandbox"
    assert headers[b"stripe-version"] == b"2026-10-28.endive"
    assert not [name for name in headers if name.startswith((b"x-stripe", b"idempotency"))]


async def test_check_tells_mode_and_version_and_each_right() -> None:
    stripe = sandbox()
    assert CONNECTOR.check

    async with account(stripe, stripe.now) as at:
        findings = [finding async for finding in CONNECTOR.check(at)]
    stripe = sandbox(api_key="sk_test_another")
    async with account(stripe, stripe.now) as at:
        refused = [finding async for finding in CONNECTOR.check(at)]

    assert all(finding.ok for finding in findings)
    assert "test mode" in findings[0].message
    assert [(finding.ok, finding.subject) for finding in refused] == [(False, "credentials")]


def answer(status: int, method: str = "POST", error: dict[str, Any] | None = None, **headers: str) -> HubError | None:
    assert CONNECTOR.verdict
    request = httpx.Request(method, "https://api.stripe.com/v1/refunds?x=1")
    content = json.dumps({"error": error}).encode() if error else b"<html>"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return CONNECTOR.verdict(httpx.Response(status, request=request, content=content, headers=named))


@pytest.mark.parametrize(
    ("status", "method", "meant"),
    [
        (400, "POST", Refused),
        (402, "POST", Refused),
        (401, "GET", NeedsAttention),
        (403, "POST", NeedsAttention),
        (404, "GET", Missing),
        (409, "POST", TryLater),
        (429, "POST", TryLater),
        (500, "GET", TryLater),
        (503, "POST", Unknown),
        (500, "POST", Unknown),
        (408, "POST", Unknown),
        (424, "POST", Unknown),
        (301, "GET", Refused),
    ],
)
def test_each_answer_says_what_to_do_next(status: int, method: str, meant: type[HubError]) -> None:
    assert type(answer(status, method)) is meant
    assert answer(200, method) is None


def test_stripes_word_on_when_to_come_back_is_kept() -> None:
    error = answer(429, retry_after="7")
    again = answer(400, stripe_should_retry="true")

    assert isinstance(error, TryLater)
    assert error.after.total_seconds() == 7
    assert isinstance(again, TryLater)
    assert type(answer(500, stripe_should_retry="true")) is Unknown


def test_a_card_that_was_declined_is_told_in_stripes_words_without_secrets() -> None:
    error = {
        "type": "card_error",
        "code": "card_declined",
        "decline_code": "insufficient_funds",
        "message": "No: sk_live_abc123 pi_3X_secret_Y whsec_zzz",
    }

    said = str(answer(402, error=error, request_id="req_1"))

    assert "card_declined, insufficient_funds" in said
    assert "req_1" in said
    assert not [secret for secret in ("abc123", "secret_Y", "zzz") if secret in said]
