"""What is refused, and that nothing was written then; on both databases, through the real fold."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from hub.domain.records import DisputeRecord, DisputeStatus, Kind, RefundStatus, ShipmentStatus, Source
from hub.store.tables import ChangeRow, InboxRow, IntentRow, OutboxRow, RecordRow
from tests.building import START, at, order, payment, refund, shipment
from tests.schema.conftest import Window

REFUND = """mutation($input: RefundCreateInput!) { refundCreate(input: $input) {
    order { refundRequests { amount { amount } by done: isDone } } userErrors { code message field } } }"""
CANCEL = """mutation($input: OrderCancelInput!) { orderCancel(input: $input) {
    order { stage cancelReason version } userErrors { code message field } } }"""
RELEASE = """mutation($input: HoldReleaseInput!) { holdRelease(input: $input) {
    order { holds { id isActive releasedBy note } } userErrors { code field } } }"""
CREATE = """mutation($input: OrderCreateInput!) { orderCreate(input: $input) {
    order { id number total { amount currencyCode } lines { title } stage }
    userErrors { code field message } } }"""
SALE = order("1001", claims=("stripe/pi_1",))
ORDER_ID = SALE.source.key


async def do(window: Window, mutation: str, input: dict[str, Any]) -> dict[str, Any]:
    (payload,) = (await window.data(mutation, holder="writer", input=input)).values()
    return dict(payload)


def errors(payload: dict[str, Any]) -> list[tuple[str, list[str] | None]]:
    return [(each["code"], each["field"]) for each in payload["userErrors"]]


async def written(window: Window) -> tuple[int, ...]:
    async with window.hub.database.read() as connection:
        counts = [
            (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (RecordRow, ChangeRow, IntentRow)
        ]
    return tuple(counts)


async def payment_id(window: Window) -> str:
    found = await window.data("query($o: ID!) { order(by: {id: $o}) { payments { id } } }", o=ORDER_ID)
    return str(found["order"]["payments"][0]["id"])


def euros(amount: object, currency: str = "EUR") -> dict[str, object]:
    return {"amount": amount, "currencyCode": currency}


# ----------------------------------------------------------------------------------------------------- refunds


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"amount": euros("0")}, ("INVALID", ["input", "amount", "amount"])),
        ({"amount": euros("-1.00")}, ("INVALID", ["input", "amount", "amount"])),
        ({"amount": euros("1.001")}, ("INVALID", ["input", "amount", "amount"])),
        ({"amount": euros("1.00", "USD")}, ("INVALID", ["input", "amount", "currencyCode"])),
        ({"amount": euros("100.01")}, ("NOT_ALLOWED_IN_STATE", ["input", "amount", "amount"])),
        ({"amount": euros("99999999999999999999")}, ("INVALID", ["input", "amount", "amount"])),
        ({"orderId": "ord_none"}, ("NOT_FOUND", ["input", "orderId"])),
        ({"paymentId": "ord_none"}, ("NOT_FOUND", ["input", "paymentId"])),
        ({"expectedVersion": 99}, ("STALE_VERSION", ["input", "expectedVersion"])),
        ({"idempotencyKey": ""}, ("INVALID", ["input", "idempotencyKey"])),
        ({"idempotencyKey": "x" * 129}, ("INVALID", ["input", "idempotencyKey"])),
        ({"reason": "x" * 2001}, ("INVALID", ["input", "reason"])),
    ],
)
async def test_a_wrong_refund_is_a_user_error_and_writes_nothing(
    window: Window, change: dict[str, Any], expected: tuple[str, list[str]]
) -> None:
    await window.hub.say(SALE, payment("pi_1"))
    before = await written(window)

    payload = await do(window, REFUND, {"orderId": ORDER_ID, "amount": euros("1"), "idempotencyKey": "k"} | change)

    assert payload["order"] is None
    assert errors(payload) == [expected]
    assert await written(window) == before


async def test_no_more_is_given_back_than_was_captured_whatever_says_so(window: Window) -> None:
    """Refunded by the processor, on its way back, asked for through the hub, disputed: all of it counts once."""
    disputed = DisputeRecord(
        source=Source("pay", Kind.DISPUTE, "dp_1"), version=1, claims=("stripe/pi_1",), created_at=at(9),
        updated_at=at(9), status=DisputeStatus.OPEN, amount=payment().amount.parse("20", "EUR"), payment="stripe/pi_1",
    )  # fmt: skip
    await window.hub.say(
        SALE,
        payment("pi_1", refunded=1_000),
        refund("re_1", amount=1_000),
        refund("re_2", amount=500, status=RefundStatus.PENDING),
        refund("re_3", amount=9_000, status=RefundStatus.FAILED),
        disputed,
    )
    asked = await do(window, REFUND, {"orderId": ORDER_ID, "amount": euros("5"), "idempotencyKey": "a"})

    too_much = await do(window, REFUND, {"orderId": ORDER_ID, "amount": euros("60.01"), "idempotencyKey": "b"})
    all_of_it = await do(window, REFUND, {"orderId": ORDER_ID, "amount": euros("60"), "idempotencyKey": "c"})

    assert asked["order"]["refundRequests"] == [{"amount": {"amount": "5.00"}, "by": "writer", "done": False}]
    assert errors(too_much) == [("NOT_ALLOWED_IN_STATE", ["input", "amount", "amount"])]
    assert too_much["userErrors"][0]["message"] == "only 60.00 EUR of the payment can be given back"
    assert errors(all_of_it) == []


async def test_the_same_key_never_gives_back_twice_even_when_nothing_is_left(window: Window) -> None:
    await window.hub.say(SALE, payment("pi_1"))
    wish = {"orderId": ORDER_ID, "amount": euros("100"), "idempotencyKey": "k"}

    payloads = [await do(window, REFUND, wish) for _ in range(3)]

    assert [errors(each) for each in payloads] == [[], [], []]
    assert payloads[0]["order"] == payloads[2]["order"]
    assert len(payloads[2]["order"]["refundRequests"]) == 1


async def test_two_refunds_at_once_cannot_both_take_the_last_money(window: Window) -> None:
    await window.hub.say(SALE, payment("pi_1"))

    def wish(key: str) -> dict[str, Any]:
        return {"orderId": ORDER_ID, "amount": euros("60"), "idempotencyKey": key}

    payloads = await asyncio.gather(*(do(window, REFUND, wish(f"k{n}")) for n in range(5)))

    assert sorted(len(each["userErrors"]) for each in payloads) == [0, 1, 1, 1, 1]


async def test_a_key_with_another_input_is_refused_and_keys_belong_to_their_caller(window: Window) -> None:
    await window.hub.say(SALE, payment("pi_1"))
    wish = {"orderId": ORDER_ID, "amount": euros("10"), "idempotencyKey": "k"}
    await do(window, REFUND, wish)

    other_input = await do(window, REFUND, wish | {"amount": euros("11")})
    other_caller = await window.data(REFUND, holder="admin", input=wish)

    assert errors(other_input) == [("IDEMPOTENCY_KEY_REUSED", ["input", "idempotencyKey"])]
    assert len(other_caller["refundCreate"]["order"]["refundRequests"]) == 2


@pytest.mark.parametrize("payments", [(), (payment("pi_1", captured=0),)])
async def test_an_order_without_captured_money_has_nothing_to_give_back(
    window: Window, payments: tuple[Any, ...]
) -> None:
    await window.hub.say(SALE, *payments)

    payload = await do(window, REFUND, {"orderId": ORDER_ID, "amount": euros("1"), "idempotencyKey": "k"})

    assert errors(payload) == [("NOT_ALLOWED_IN_STATE", ["input", "paymentId"])]


async def test_of_several_payments_one_must_be_named(window: Window) -> None:
    await window.hub.say(order("1001", claims=("stripe/pi_1", "stripe/pi_2")), payment("pi_1"), payment("pi_2"))
    wish = {"orderId": ORDER_ID, "amount": euros("1"), "idempotencyKey": "k"}

    unnamed = await do(window, REFUND, wish)
    named = await do(window, REFUND, wish | {"paymentId": await payment_id(window)})

    assert errors(unnamed) == [("NOT_ALLOWED_IN_STATE", ["input", "paymentId"])]
    assert errors(named) == []


async def test_a_payment_that_only_a_store_tells_of_is_not_given_back(window: Window) -> None:
    await window.hub.say(SALE, payment("pi_1", connection="shop", authority=False))

    wish = {"orderId": ORDER_ID, "amount": euros("1"), "paymentId": await payment_id(window), "idempotencyKey": "k"}

    assert errors(await do(window, REFUND, wish)) == [("NOT_ALLOWED_IN_STATE", ["input", "paymentId"])]


# ------------------------------------------------------------------------------------------------ cancel, release


async def test_an_order_is_cancelled_once_and_never_behind_the_callers_back(window: Window) -> None:
    await window.hub.say(SALE)

    stale = await do(window, CANCEL, {"orderId": ORDER_ID, "expectedVersion": 0})
    done = await do(window, CANCEL, {"orderId": ORDER_ID, "reason": " changed mind ", "idempotencyKey": "k"})
    repeated = await do(window, CANCEL, {"orderId": ORDER_ID, "reason": " changed mind ", "idempotencyKey": "k"})
    again = await do(window, CANCEL, {"orderId": ORDER_ID})

    assert errors(stale) == [("STALE_VERSION", ["input", "expectedVersion"])]
    assert (done["order"]["stage"], done["order"]["cancelReason"]) == ("CANCELLED", "changed mind")
    assert repeated == done
    assert errors(again) == [("NOT_ALLOWED_IN_STATE", ["input", "orderId"])]


async def test_what_has_left_the_house_or_was_never_a_sale_is_not_cancelled(window: Window) -> None:
    lone = payment("pi_9")
    await window.hub.say(SALE, payment("pi_1"), shipment(of=SALE, status=ShipmentStatus.DELIVERED), lone)

    for order_id in (ORDER_ID, lone.source.key):
        assert errors(await do(window, CANCEL, {"orderId": order_id})) == [
            ("NOT_ALLOWED_IN_STATE", ["input", "orderId"])
        ]
    assert errors(await do(window, CANCEL, {"orderId": "junk"})) == [("NOT_FOUND", ["input", "orderId"])]


async def test_a_hold_is_released_once_by_a_named_person(window: Window) -> None:
    await window.hub.say(SALE)
    found = await window.data("query($o: ID!) { order(by: {id: $o}) { holds { id kind isActive } } }", o=ORDER_ID)
    (hold,) = found["order"]["holds"]

    missing = await do(window, RELEASE, {"orderId": ORDER_ID, "holdId": "nothing"})
    done = await do(window, RELEASE, {"orderId": ORDER_ID, "holdId": hold["id"], "note": "paid in cash"})
    again = await do(window, RELEASE, {"orderId": ORDER_ID, "holdId": hold["id"]})

    assert hold["kind"] == "PAYMENT_NOT_VERIFIED"
    assert errors(missing) == [("NOT_FOUND", ["input", "holdId"])]
    assert done["order"]["holds"] == [
        {"id": hold["id"], "isActive": False, "releasedBy": "writer", "note": "paid in cash"}
    ]
    assert errors(again) == [("NOT_ALLOWED_IN_STATE", ["input", "holdId"])]


# ------------------------------------------------------------------------------------------------------ create

NEW: dict[str, Any] = {
    "idempotencyKey": "k",
    "currencyCode": "EUR",
    "lines": [{"title": "Cup", "quantity": 3, "unitPrice": euros("5.10"), "discount": euros("0.30")}],
    "shipping": euros("4"),
    "tax": euros("2.85"),
}


async def test_all_faults_of_a_new_order_are_told_together_and_nothing_is_written(window: Window) -> None:
    line = {"title": " ", "quantity": 0, "unitPrice": euros("1", "USD"), "discount": euros("0.001")}
    before = await written(window)

    payload = await do(
        window, CREATE, NEW | {"lines": [line], "shipping": euros("-1"), "placedAt": "2999-01-01T00:00:00Z"}
    )

    assert payload["order"] is None
    assert sorted(".".join(field or []) for _, field in errors(payload)) == [
        "input.lines.0.discount.amount",
        "input.lines.0.quantity",
        "input.lines.0.title",
        "input.lines.0.unitPrice.currencyCode",
        "input.placedAt",
        "input.shipping.amount",
    ]
    assert await written(window) == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lines": []}, "lines"),
        ({"lines": NEW["lines"] * 501}, "lines"),
        ({"discount": euros("99")}, "discount"),
        ({"lines": [NEW["lines"][0] | {"discount": euros("99")}]}, "discount"),
        ({"lines": [NEW["lines"][0] | {"unitPrice": euros("46000000000000000"), "quantity": 1_000_000}]}, "lines"),
    ],
)
async def test_an_order_that_cannot_be_is_refused(window: Window, change: dict[str, Any], field: str) -> None:
    payload = await do(window, CREATE, NEW | change)

    assert {code for code, _ in errors(payload)} == {"INVALID"}
    assert any(field in (path or []) for _, path in errors(payload))


async def test_a_new_order_adds_up_and_comes_once_per_key(window: Window) -> None:
    first = await do(window, CREATE, NEW)
    second = await do(window, CREATE, NEW)
    other = await do(window, CREATE, NEW | {"email": "a@b.example"})
    yen = {"lines": [{"title": "Tea", "quantity": 2, "unitPrice": euros(500, "JPY")}], "currencyCode": "JPY"}
    in_yen = await do(window, CREATE, {"idempotencyKey": "yen", **yen})

    assert first["order"]["total"] == euros("21.85")  # 3 × 5.10 − 0.30 + 2.85 + 4.00
    assert second["order"] == first["order"]
    assert errors(other) == [("IDEMPOTENCY_KEY_REUSED", ["input", "idempotencyKey"])]
    assert in_yen["order"]["total"] == euros("1000", "JPY")
    assert (await window.data("{ orders { count { value } } }"))["orders"]["count"]["value"] == 2


@pytest.mark.parametrize("amount", [1.5, "1e3", "NaN", "1_000", " 1", True, "", "٣"])
async def test_an_amount_that_is_not_exact_is_refused_before_anything_runs(window: Window, amount: object) -> None:
    wish = {"orderId": "ord_1", "amount": euros(amount), "idempotencyKey": "k"}

    assert await window.code(REFUND, holder="writer", input=wish) == "BAD_USER_INPUT"


# -------------------------------------------------------------------------------------------------------- work


async def test_replay_and_retry_say_in_data_what_cannot_be_done(window: Window) -> None:
    query = """mutation($id: ID!) {
        eventReplay(input: {eventId: $id}) { event { id } userErrors { code field } }
        commandRetry(input: {commandId: $id}) { command { id } userErrors { code message } }
        connectionResume(input: {connectionId: $id}) { connection { id } userErrors { code } } }"""
    async with window.hub.database.write() as connection:
        await connection.execute(
            insert(InboxRow).values(
                id="evt_a",
                connection="shop",
                key="k",
                kind="k",
                body=b"",
                received_at=START,
                part=-1,
                state="parked",
                reason="",
                due_at=START,
            )
        )
        await connection.execute(
            insert(OutboxRow).values(
                id="cmd_a",
                connection="pay",
                order_id="",
                subject="",
                action="a",
                target="",
                content=b"{}",
                fingerprint="f",
                ordinal=0,
                state="done",
                reason="",
                tries=1,
                lane_due=False,
                due_at=START,
                lease="",
                created_at=START,
            )
        )

    missing = await window.data(query, holder="admin", id="x")
    event = (await window.data(query, holder="admin", id="evt_a"))["eventReplay"]
    twice = (await window.data(query, holder="admin", id="evt_a"))["eventReplay"]
    command = (await window.data(query, holder="admin", id="cmd_a"))["commandRetry"]
    running = (await window.data(query, holder="admin", id="shop"))["connectionResume"]

    assert {each["userErrors"][0]["code"] for each in missing.values()} == {"NOT_FOUND"}
    assert (event["event"], twice["event"]) == ({"id": "evt_a"}, None)
    assert twice["userErrors"] == [{"code": "NOT_ALLOWED_IN_STATE", "field": None}]
    assert command["userErrors"][0]["message"] == "the command is done: only a parked one can be tried again"
    assert running["userErrors"] == [{"code": "NOT_ALLOWED_IN_STATE"}]


@pytest.mark.parametrize("holder", ["reader", "looker", "raw"])
async def test_a_mutation_needs_the_scope_write(window: Window, holder: str) -> None:
    before = await written(window)

    code = await window.code(CREATE, holder=holder, input=NEW)

    assert code == "FORBIDDEN"
    assert await written(window) == before
