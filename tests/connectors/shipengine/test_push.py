"""Buying, giving back and sending back against the sandbox: whatever is lost on the way, each happens once."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connectors.shipengine.buy import buy_label, find_label
from connectors.shipengine.commands import BuyLabel, CreateReturnLabel, VoidLabel
from connectors.shipengine.faults import verdict
from connectors.shipengine.push import create_return_label, find_return_label, void_label
from connectors.shipengine.rates import choose
from connectors.shipengine.sandbox import ShipEngineSandbox
from connectors.shipengine.shapes import Amount, Rate, Rates
from hub.connector import READS, Account, Event
from hub.domain.clock import rfc3339
from hub.domain.errors import HubError, Missing, NeedsAttention, Refused, TryLater, Unknown
from hub.domain.ids import CommandId
from hub.domain.money import Money
from hub.domain.records import ShipmentStatus
from tests.connectors.shipengine.yard import NOON, ORDER, account, read_events, sandbox, shipments, wish

CMD, NEXT = CommandId("cmd_1"), CommandId("cmd_2")


async def deliver(there: Account, wanted: BuyLabel, id: CommandId) -> Sequence[Event]:
    """As the hub does it: look first, then send."""
    found = await find_label(there, wanted, id)
    return found if found is not None else await buy_label(there, wanted, id)


def bought(yard: ShipEngineSandbox) -> list[str]:
    return [label["label_id"] for label in yard.shelf.labels.values() if not label["voided"]]


@pytest.mark.parametrize("lost", [1, 2])
async def test_a_lost_answer_at_either_step_leaves_one_shipment_and_one_label(lost: int) -> None:
    yard = sandbox()
    there = account(yard)
    yard.faults.drop_replies = lost
    for _ in range(lost):
        with pytest.raises(Unknown):
            await deliver(there, wish(), CMD)

    answer = await deliver(there, wish(), CMD)

    assert len(yard.shelf.shipments) == len(yard.shelf.labels) == 1
    (record,) = shipments(read_events(answer))
    assert (record.source.external_id, record.claims[0]) == (bought(yard)[0], ORDER)
    assert (await deliver(there, wish(), CMD))[0].body == answer[0].body
    assert len(yard.shelf.labels) == 1


async def test_a_label_bought_by_an_earlier_command_is_the_orders_label() -> None:
    yard = sandbox()
    await deliver(account(yard), wish(), CMD)

    await deliver(account(yard), wish(weight="2000"), NEXT)

    assert len(bought(yard)) == 1


async def test_what_an_earlier_command_left_half_done_is_put_away_since_its_wish_may_have_been_another() -> None:
    yard = sandbox()
    with pytest.raises(Refused, match="the limit"):
        await deliver(account(yard, most="1.00 USD"), wish(), CMD)

    await deliver(account(yard), wish(weight="2000"), NEXT)

    first, second = yard.shelf.shipments.values()
    assert first["shipment_status"] == "cancelled"
    assert second["external_shipment_id"] == f"{ORDER}-2"
    assert second["packages"][0]["weight"]["value"] == 2000
    assert len(bought(yard)) == 1


async def test_after_a_void_the_next_shipment_gets_a_number_and_a_label_of_its_own() -> None:
    yard = sandbox()
    (first,) = shipments(read_events(await deliver(account(yard), wish(), CMD)))
    await void_label(account(yard), VoidLabel(target=first.source.external_id), CommandId("cmd_9"))

    (second,) = shipments(read_events(await deliver(account(yard), wish(), NEXT)))

    assert second.source != first.source
    assert second.claims[0] == ORDER
    assert bought(yard) == [second.source.external_id]


async def test_a_label_that_is_being_made_is_waited_for() -> None:
    yard = sandbox()
    yard.faults.drop_replies = 1
    with pytest.raises(Unknown):
        await deliver(account(yard), wish(), CMD)
    (shipment,) = yard.shelf.shipments.values()

    for state in ("processing", "label_purchased"):
        shipment["shipment_status"] = state
        with pytest.raises(Unknown, match="being made"):
            await deliver(account(yard), wish(), CMD)

    assert not yard.shelf.labels


async def test_a_reference_taken_since_we_looked_is_looked_up_again_later() -> None:
    yard = sandbox()
    there = account(yard)
    looked = await find_label(there, wish(), CMD)
    yard.shelf.make_by_hand(ORDER, "")
    yard.faults.status, yard.faults.refuse = 404, 1  # a look-up that lags behind

    with pytest.raises(TryLater, match="identifier_conflict"):
        await buy_label(there, wish(), CMD)

    assert looked is None
    assert len(yard.shelf.labels) == 1


async def test_our_references_stand_in_what_we_make() -> None:
    yard = sandbox()
    await deliver(account(yard), wish(), CMD)

    (shipment,) = yard.shelf.shipments.values()

    assert shipment["external_shipment_id"] == shipment["external_order_id"] == ORDER
    assert shipment["packages"][0]["external_package_id"] == CMD


async def test_the_cheapest_or_the_wanted_service_is_bought() -> None:
    yard = sandbox()
    (cheap,) = shipments(read_events(await deliver(account(yard), wish(), CMD)))
    wanted = account(yard, service="ups_ground", label_format="zpl")
    (exact,) = shipments(read_events(await deliver(wanted, wish(subject="ord_2"), NEXT)))

    assert (cheap.service, cheap.cost) == ("usps_ground_advantage", Money(733, "USD"))
    assert (exact.service, exact.cost) == ("ups_ground", Money(1190, "USD"))
    assert list(yard.shelf.labels.values())[1]["label_format"] == "zpl"


def offer(service: str, amount: str, currency: str = "usd", **more: object) -> Rate:
    price = Amount(currency, Decimal(amount))
    fields: dict[str, Any] = {"rate_id": f"se-{service}", "service_code": service, "shipping_amount": price}
    return Rate(**(fields | more))


def test_all_that_a_rate_costs_counts() -> None:
    fee = Amount("usd", Decimal("2.50"))

    found = choose(Rates([offer("a", "5.00", other_amount=fee), offer("b", "7.00")]), "cheapest", None)

    assert found.service_code == "b"


@pytest.mark.parametrize(
    ("offers", "service", "most", "words"),
    [
        ([], "cheapest", None, "none was offered"),
        ([offer("a", "5.00")], "b", None, "no rate for b"),
        ([offer("a", "5.00", validation_status="invalid")], "cheapest", None, "invalid"),
        ([offer("a", "5.00", error_messages=["too heavy"])], "cheapest", None, "too heavy"),
        ([offer("a", "5.001")], "cheapest", None, "minor units"),
        ([offer("a", "5.01")], "cheapest", Money(500, "USD"), "the limit 5.00 USD"),
        ([offer("a", "5.00", "eur")], "cheapest", Money(500, "USD"), "no rate in USD"),
        ([offer("a", "5.00", "eur"), offer("b", "5.00")], "cheapest", None, "cannot be compared"),
    ],
)
def test_no_rate_that_fits_is_for_a_person_to_see(
    offers: list[Rate], service: str, most: Money | None, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        choose(Rates(offers), service, most)


def test_a_rate_at_the_limit_is_taken() -> None:
    assert choose(Rates([offer("a", "5.00")]), "cheapest", Money(500, "USD")).rate_id == "se-a"


async def test_a_void_is_repeated_without_harm_and_refused_once_the_parcel_moves() -> None:
    yard = sandbox()
    (record,) = shipments(read_events(await deliver(account(yard), wish(), CMD)))
    command = VoidLabel(target=record.source.external_id)
    yard.faults.drop_replies = 1
    with pytest.raises(Unknown):
        await void_label(account(yard), command, NEXT)

    found = shipments(read_events(await void_label(account(yard), command, NEXT)))

    assert {each.status for each in found} == {ShipmentStatus.CANCELLED}
    assert yard.shelf.voids == [record.source.external_id]
    moving = yard.make_label()["label_id"]
    yard.move(moving, "in_transit")
    with pytest.raises(Refused, match="label_already_used"):
        await void_label(account(yard), VoidLabel(target=moving), NEXT)


async def test_one_label_for_the_way_back_although_the_answer_was_lost() -> None:
    yard = sandbox()
    (first,) = shipments(read_events(await deliver(account(yard), wish(), CMD)))
    command = CreateReturnLabel(subject=ORDER, target=first.source.external_id, since=rfc3339(NOON))
    assert await find_return_label(account(yard), command, NEXT) is None
    yard.faults.drop_replies = 1
    with pytest.raises(Unknown):
        await create_return_label(account(yard), command, NEXT)

    found = await find_return_label(account(yard), command, NEXT)

    assert found is not None
    (back,) = shipments(read_events(found))
    assert back.inbound
    assert back.claims[0] == ORDER
    assert len(yard.shelf.labels) == 2


async def test_an_id_that_cannot_be_is_never_put_into_a_path() -> None:
    yard = sandbox()

    for bad in ("", "../x", "se-1/void", "SE-1", "se-" + "1" * 30):
        with pytest.raises(Missing):
            await void_label(account(yard), VoidLabel(target=bad), CMD)

    assert not yard.calls


async def test_a_wrong_key_pauses_and_a_limit_waits() -> None:
    with pytest.raises(NeedsAttention, match="unauthorized"):
        await deliver(account(sandbox(), api_key="other"), wish(), CMD)
    yard = sandbox(at_most=1)
    with pytest.raises(TryLater) as later:
        await deliver(account(yard), wish(), CMD)
    assert 0 < later.value.after.total_seconds() <= 61


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"{}", None),
        (400, b'{"request_id":"r","errors":[{"error_code":"insufficient_funds","message":"No"}]}', Refused),
        (400, b'{"request_id":"r","errors":[{"error_code":"subscription_inactive","message":"No"}]}', NeedsAttention),
        (403, b'{"request_id":"r","errors":[{"error_code":null,"message":null}]}', NeedsAttention),
        (404, b'{"request_id":"r","errors":[{"error_code":"invalid_identifier","message":"No"}]}', Missing),
        (400, b"<html>", None),
        (400, b'{"errors":[]}', None),
        (429, b'{"errors":[{"error_code":"rate_limit_exceeded"}]}', None),
        (500, b'{"request_id":"1","error":{"message":"Something bad happened"}}', None),
    ],
)
def test_an_answer_means_what_to_do_next(status: int, body: bytes, error: type[HubError] | None) -> None:
    request = httpx.Request("POST", "https://api.shipengine.com/v1/rates")

    found = verdict(httpx.Response(status, content=body, request=request))

    assert type(found) is (error or type(None))


@pytest.mark.parametrize("page", [b"<!doctype html><html></html>", b"OK", b"\xff"])
def test_a_page_in_place_of_the_api_is_no_answer(page: bytes) -> None:
    def said(method: str, **extensions: bool) -> HubError | None:
        request = httpx.Request(method, "https://api.shipengine.com/v1/rates", extensions=extensions)
        return verdict(httpx.Response(200, content=page, request=request))

    assert type(said("GET")) is type(said("POST", **READS)) is TryLater
    assert type(said("POST")) is type(said("PUT")) is Unknown


def test_the_words_of_a_refusal_are_told_with_the_vendors_trace() -> None:
    request = httpx.Request("POST", "https://api.shipengine.com/v1/rates")
    body = b'{"request_id":"r-1","errors":[{"error_code":"insufficient_funds","message":"Not enough"}]}'

    found = verdict(httpx.Response(400, content=body, request=request))

    assert str(found) == "POST /v1/rates: 400 Not enough (insufficient_funds) [r-1]"
