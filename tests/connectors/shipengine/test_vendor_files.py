"""The vendor's own material: recorded answers are read, and the sandbox is held to the vendor's description."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from connectors.shipengine import CONNECTOR
from connectors.shipengine.buy import buy_label, find_label
from connectors.shipengine.card import card
from connectors.shipengine.check import audit, check
from connectors.shipengine.commands import CreateReturnLabel, VoidLabel
from connectors.shipengine.push import create_return_label, find_return_label, void_label
from hub.card import Exchange
from hub.connector import Account
from hub.domain.clock import rfc3339
from hub.domain.errors import Missing, Refused
from hub.domain.ids import CommandId
from hub.pipeline.reading import read
from hub.pipeline.registry import Connection
from tests.conftest import Time
from tests.connectors.shipengine import yard
from tests.connectors.shipengine.yard import NOON, ORDER, sandbox, wish
from tests.connectors.shipping.line import on_the_wire
from tests.shared import shared

Judge = Callable[[Exchange], Sequence[str]]


@pytest.fixture(scope="module")
def judge() -> Judge:
    description = card().description
    assert description
    return description(shared("vendor", "shipengine"))


def test_every_recorded_answer_is_read_or_named() -> None:
    recordings = card().recordings(shared("vendor", "shipengine"))
    connection = Connection(id="yard", connector=CONNECTOR, settings=yard.settings(), settings_digest="")
    counts: Counter[str] = Counter()

    for name, body in recordings:
        for event in CONNECTOR.recognise(name, body):
            found = read(connection, event)
            assert not found.faults, (name, found.faults)
            counts[f"{event.kind}: {'record' if found.records else 'ignored'}"] += 1

    assert len(recordings) == 9
    assert counts == {"label: record": 2, "tracking: record": 1, "answer: ignored": 6}


def test_every_signed_body_is_read() -> None:
    inbound = CONNECTOR.inbound
    assert inbound
    connection = Connection(id="yard", connector=CONNECTOR, settings=yard.settings(), settings_digest="")

    for vector in card().vectors(shared("vendor", "shipengine")):
        (event,) = inbound.events(vector.incoming, yard.settings())
        (record,) = read(connection, event).records
        assert record.source.external_id == "tracking:332980205337"


async def test_what_we_send_and_what_the_sandbox_answers_is_as_the_vendor_describes_it(judge: Judge) -> None:
    clock = Time()
    box = sandbox(clock)
    there = yard.account(box, parcel={"length": "30", "width": "20.5", "height": "10"})
    exchanges = on_the_wire(there)
    cmd = CommandId("cmd_1")

    assert await find_label(there, wish(), cmd) is None
    (bought,) = await buy_label(there, wish(), cmd)
    label_id = json.loads(bought.body)["label_id"]
    box.move(label_id, "in_transit")
    box.move(label_id, "return")
    await CONNECTOR.fetch["shipment"](there, label_id)
    back = CreateReturnLabel(subject=ORDER, target=label_id, since=rfc3339(NOON))
    assert await find_return_label(there, back, cmd) is None
    await create_return_label(there, back, cmd)
    with pytest.raises(Refused):
        await void_label(there, VoidLabel(target=label_id), cmd)
    with pytest.raises(Missing):
        await CONNECTOR.fetch["shipment"](there, "se-404")
    with pytest.raises(Refused):
        await buy_label(yard_of(there, most="0.01 USD"), wish(subject="ord_2"), cmd)
    await buy_label(there, wish(subject="ord_2"), CommandId("cmd_2"))  # cancels what was left
    box.void(box.make_label()["label_id"])
    for stream in CONNECTOR.pull.values():
        await stream(there, f"since:{rfc3339(NOON)}")
    await audit(there, "https://hub.example/old", "")
    await audit(there, "https://hub.example/new", "")
    assert [each async for each in check(there)]

    faults = [fault for exchange in exchanges for fault in judge(exchange)]

    assert not faults, "\n".join(faults)
    assert len({(each.method, each.path.split("/se-")[0]) for each in exchanges}) >= 10


def yard_of(there: Account, **more: Any) -> Account:
    return Account(connection="yard", settings=yard.settings(**{**yard.BUYING, **more}), http=there.http, now=there.now)


@pytest.mark.parametrize(
    ("status", "label"),
    [
        (200, {"status": "teleported"}),
        (200, {"shipment_cost": {"currency": "usd", "amount": "9.05"}}),
        (200, {"label_id": "7"}),
        (418, {}),
    ],
)
def test_the_judge_is_no_rubber_stamp(judge: Judge, status: int, label: dict[str, Any]) -> None:
    good = {"label_id": "se-7", "status": "completed", "voided": None, "tracking_status": "in_transit"}

    def exchange(body: dict[str, Any], code: int) -> Exchange:
        return Exchange(
            method="GET",
            path="/v1/labels/se-7",
            query="",
            request_headers={},
            request=b"",
            status=code,
            headers={"content-type": "application/json"},
            response=json.dumps(body).encode(),
        )

    assert not judge(exchange(good, 200))
    assert judge(exchange(good | label, status))
