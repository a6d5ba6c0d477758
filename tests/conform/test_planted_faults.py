"""Each fault that a connector may have is planted into one that conforms, and the check that is there for it fails."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from hub.card import Ability
from hub.conform import Outcome, Report, run
from hub.connector import Account, Connector, Event, Inbound, Incoming, KeyHeader, OrderView, Page, Push, Reading
from hub.domain.clock import parse_time
from hub.domain.errors import Refused, Unreadable
from hub.domain.ids import CommandId, new_id
from hub.domain.records import Record
from tests.toy import parcelboy
from tests.toy.card import card as good_card
from tests.toy.parcelboy import CONNECTOR, BuyLabel

Fault = Callable[[], Connector]


def with_card(**changed: Any) -> Connector:
    return replace(CONNECTOR, card=lambda: replace(good_card(), **changed))


# ------------------------------------------------------------------------------------------------------- the faults


def _believes_anybody(*_: Any) -> None:
    """Verifies nothing."""


def accepts_forged() -> Connector:
    return replace(CONNECTOR, inbound=Inbound(verify=_believes_anybody, events=parcelboy.events))


def _each_is_new(incoming: Incoming, _settings: Any) -> list[Event]:
    return [Event(kind="parcel", body=incoming.body, key=new_id("evt"))]


def forgets_what_it_heard() -> Connector:
    return replace(CONNECTOR, inbound=Inbound(verify=parcelboy.verify, events=_each_is_new))


def _crashing(reading: Reading, body: bytes) -> Iterable[Record]:
    parcel = json.loads(body)
    assert parcel["tracking"].upper()  # null has no such method
    return parcelboy.read(reading, body)


def crashes_on_null() -> Connector:
    return replace(CONNECTOR, read={"parcel": _crashing})


_arrivals = iter(range(1_000_000))


def _by_arrival(reading: Reading, body: bytes) -> Iterable[Record]:
    return [replace(each, version=next(_arrivals)) for each in parcelboy.read(reading, body)]


def counts_versions_by_arrival() -> Connector:
    return replace(CONNECTOR, read={"parcel": _by_arrival})


async def _another_key(account: Account, wish: BuyLabel, _key: CommandId) -> list[Event]:
    return await parcelboy.buy_label(account, wish, CommandId(new_id("cmd")))


def doubles_on_retry() -> Connector:
    push = Push(send=_another_key, safety=KeyHeader("Idempotency-Key", timedelta(hours=24)))
    return replace(CONNECTOR, push={BuyLabel: push})


async def _believes_pages(account: Account, wish: BuyLabel, key: CommandId) -> list[Event]:
    answer = await account.http.post("/parcels", json={"order": wish.order}, headers={"Idempotency-Key": key})
    return [Event(kind="parcel", body=answer.content)]


def believes_a_proxys_page() -> Connector:
    push = Push(send=_believes_pages, safety=KeyHeader("Idempotency-Key", timedelta(hours=24)))
    return replace(CONNECTOR, push={BuyLabel: push})


def takes_a_lost_key_for_a_refusal() -> Connector:
    return replace(CONNECTOR, verdict=lambda answer: Refused("no") if answer.status_code in (401, 403) else None)


def _edge_triggered(view: OrderView) -> Iterable[BuyLabel]:
    if view.order.is_sale:  # whatever there is already
        yield BuyLabel(order=view.order.id, target=str(len(view.said)))


def plans_again_after_its_echo() -> Connector:
    return replace(CONNECTOR, plan=_edge_triggered)


def _breaks_on_some(view: OrderView) -> Iterable[BuyLabel]:
    if view.order.currency == "KWD":
        raise KeyError("KWD")
    return parcelboy.plan(view)


def breaks_on_a_currency() -> Connector:
    return replace(CONNECTOR, plan=_breaks_on_some)


async def _nothing(_account: Account, cursor: str) -> Any:
    return Page(events=(), cursor=cursor, more=False)


def pulls_nothing() -> Connector:
    return replace(CONNECTOR, pull={"parcels": _nothing})


def lies_in_lacks() -> Connector:
    return with_card(lacks={**good_card().lacks, Ability.WEBHOOKS: "none"})


def says_nothing_of_a_lack() -> Connector:
    return with_card(lacks={})


def says_it_does_not_sign() -> Connector:
    return with_card(lacks={**good_card().lacks, Ability.SIGNATURES: "not signed"})


def has_no_effect() -> Connector:
    return with_card(effects=lambda _state: ())


def _late(reading: Reading, body: bytes) -> Iterable[Record]:
    parcel = msgspec.json.decode(body)
    try:
        if parse_time(parcel["updated_at"]):
            raise Unreadable(f"tracking: {parcel['tracking']!r} is not known")
    except (KeyError, TypeError, ValueError) as fault:
        raise Unreadable(str(fault)) from fault
    return ()


def reads_nothing_at_all() -> Connector:
    return replace(CONNECTOR, read={"parcel": _late})


# -------------------------------------------------------------------------------------------------------- the checks


async def held(connector: Connector, *scenarios: str) -> Report:
    return await run(connector, scenarios=scenarios, burst=20, places=1)


@pytest.mark.parametrize(
    ("fault", "scenario", "checks"),
    [
        (accepts_forged, "chaos in", ("forged", "of another account", "truncated")),
        (forgets_what_it_heard, "chaos in", ("duplicates",)),
        (crashes_on_null, "chaos in", ("null where none was",)),
        (counts_versions_by_arrival, "chaos in", ("another order",)),
        (reads_nothing_at_all, "chaos in", ("duplicates", "another order", "a burst")),
        (doubles_on_retry, "chaos out", ("time-out after commit", "slow body", "two lost answers in a row")),
        (believes_a_proxys_page, "chaos out", ("an HTML page as 200",)),
        (takes_a_lost_key_for_a_refusal, "chaos out", ("key expired (401)", "key refused (403)")),
        (has_no_effect, "chaos out", ("a good day",)),
        (breaks_on_a_currency, "money", ("currencies and tax",)),
        (pulls_nothing, "healing", ("a day of lost webhooks",)),
        (plans_again_after_its_echo, "echo", ("settles and stays still",)),
        (lies_in_lacks, "abilities", ("what is declared is so",)),
        (says_nothing_of_a_lack, "abilities", ("what is declared is so",)),
        (says_it_does_not_sign, "abilities", ("what is unsigned is said to be",)),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
async def test_a_planted_fault_fails_the_check_that_is_there_for_it(
    fault: Fault, scenario: str, checks: Sequence[str]
) -> None:
    report = await held(fault(), scenario)

    failed = {each.check: each.why for each in report.failed}
    for check in checks:
        assert check in failed, report.results
        assert not failed[check].startswith("broke off"), failed[check]


async def test_without_a_fault_nothing_fails() -> None:
    report = await run(CONNECTOR, burst=50, places=2)

    assert [f"{each.check}: {each.why}" for each in report.failed] == []
    assert sum(each.outcome is Outcome.PASSED for each in report.results) >= 35


async def test_what_is_lacking_is_shown_with_the_cards_own_reason() -> None:
    report = await held(CONNECTOR, "healing")

    reasons = {each.check: each.why for each in report.results if each.outcome is Outcome.LACKS}
    assert reasons == {
        "webhooks switched off": good_card().lacks[Ability.SUBSCRIPTION],
        "deleted over there": good_card().lacks[Ability.DELETE],
    }


async def test_a_card_that_breaks_is_a_failure_and_not_the_end_of_the_run() -> None:
    def broken(_sandbox: Any) -> Any:
        raise ZeroDivisionError

    report = await held(with_card(makes={"parcel": broken}), "healing", "echo")

    assert any("ZeroDivisionError" in each.why for each in report.failed)
    assert {each.scenario for each in report.results} == {"healing", "echo"}


async def test_the_same_run_gives_the_same_results() -> None:
    first, second = [await held(CONNECTOR, "money", "echo") for _ in range(2)]

    assert first == second
