"""What invalid GraphQL input gets: a user error with a path and a code, and nothing written."""

from typing import Any

import pytest

from hub.domain.records import vendor_key
from tests.building import order, payment
from tests.end_to_end.conftest import Running

SALE = order(claims=(vendor_key("stripe", "pi_1"),))
PERSON = {"idempotencyKey": "k-1"}
ERRORS = "{ userErrors { code field message } }"

WRONG: list[tuple[str, str, dict[str, Any], str, list[str]]] = [
    (
        "refundCreate",
        "RefundCreateInput",
        {"orderId": SALE.source.key, "amount": {"amount": "1.001", "currencyCode": "EUR"}, **PERSON},
        "INVALID",
        ["input", "amount", "amount"],
    ),
    (
        "refundCreate",
        "RefundCreateInput",
        {"orderId": SALE.source.key, "amount": {"amount": "100.01", "currencyCode": "EUR"}, **PERSON},
        "NOT_ALLOWED_IN_STATE",
        ["input", "amount", "amount"],
    ),
    ("orderCancel", "OrderCancelInput", {"orderId": "ord_nobody", **PERSON}, "NOT_FOUND", ["input", "orderId"]),
    (
        "orderCancel",
        "OrderCancelInput",
        {"orderId": SALE.source.key, "expectedVersion": 9, **PERSON},
        "STALE_VERSION",
        ["input", "expectedVersion"],
    ),
    (
        "holdRelease",
        "HoldReleaseInput",
        {"orderId": SALE.source.key, "holdId": "hld_nothing", **PERSON},
        "NOT_FOUND",
        ["input", "holdId"],
    ),
    ("eventReplay", "EventReplayInput", {"eventId": "evt_nothing"}, "NOT_FOUND", ["input", "eventId"]),
    ("commandRetry", "CommandRetryInput", {"commandId": "cmd_nothing"}, "NOT_FOUND", ["input", "commandId"]),
    ("connectionResume", "ConnectionResumeInput", {"connectionId": "mars"}, "NOT_FOUND", ["input", "connectionId"]),
]


@pytest.mark.parametrize(("mutation", "type_", "input", "code", "path"), WRONG, ids=lambda value: str(value)[:24])
async def test_a_wrong_input_is_a_user_error_with_path_and_code_and_writes_nothing(
    served: Running, mutation: str, type_: str, input: dict[str, Any], code: str, path: list[str]
) -> None:
    await served.say(SALE, payment())
    before = await served.counts()

    answer = await served.ask(f"mutation($input: {type_}!) {{ {mutation}(input: $input) {ERRORS} }}", input=input)

    [error] = answer[mutation]["userErrors"]
    assert (error["code"], error["field"]) == (code, path)
    assert error["message"]
    assert await served.counts() == before


async def test_the_same_mutation_with_a_good_input_does_write(house: Running) -> None:
    """So that the promise above is not kept by a mutation that never writes."""
    await house.say(SALE, payment())
    before = await house.counts()

    answer = await house.ask(
        f"mutation($input: OrderCancelInput!) {{ orderCancel(input: $input) {ERRORS} }}",
        input={"orderId": SALE.source.key, **PERSON},
    )

    assert answer["orderCancel"]["userErrors"] == []
    after = await house.counts()
    assert (after["records"], after["intents"]) == (before["records"] + 1, before["intents"] + 1)
