"""The stand-in does not flatter: it forgets no purchase, keeps references unique, signs, limits; and what it tells
reads the same in any order."""

from itertools import permutations

import httpx
import pytest

from connectors.shipengine import CONNECTOR
from connectors.shipengine.card import card
from connectors.shipengine.client import get
from connectors.shipengine.sandbox_keys import jwks
from connectors.shipengine.shapes import Shipment
from hub.card import Ability, Made
from hub.connector import Hint
from hub.domain.errors import Missing, Refused
from hub.domain.ids import CommandId
from hub.domain.records import ShipmentRecord, ShipmentStatus
from tests.conftest import Time
from tests.connectors.shipengine.yard import Said, account, heard, newest, read_events, sandbox, wish


async def test_two_purchases_by_one_rate_are_two_labels() -> None:
    yard = sandbox()
    there = account(yard)
    await next(iter(CONNECTOR.push.values())).send(there, wish(), CommandId("cmd_1"))
    rate = next(iter(yard.shelf.rates))

    await there.http.post(f"/v1/labels/rates/{rate}", json={})

    assert len(yard.shelf.labels) == 2
    words = card().effects(yard.state())
    assert len(words) == 2
    assert len(set(words)) == 1


async def test_a_reference_is_used_once_even_after_its_shipment_was_cancelled() -> None:
    yard = sandbox()
    there = account(yard)
    shipment = yard.shelf.rate({"shipment": _shipment("ref-1"), "rate_options": {"carrier_ids": ["se-100001"]}})
    await there.http.put(f"/v1/shipments/{shipment['shipment_id']}/cancel")

    body = {"shipment": _shipment("ref-1"), "rate_options": {"carrier_ids": ["se-100001"]}}
    with pytest.raises(Refused, match="identifier_conflict"):
        await there.http.post("/v1/rates", json=body)
    with pytest.raises(Missing):
        await get(there, "/v1/shipments/external_shipment_id/ref-2", Shipment)


def _shipment(reference: str) -> dict[str, object]:
    place = {"name": "A", "phone": "1", "address_line1": "1 Main St", "country_code": "US"}
    package = {"weight": {"value": 1, "unit": "ounce"}}
    return {"external_shipment_id": reference, "ship_to": place, "ship_from": place, "packages": [package]}


async def test_its_keys_stand_where_the_door_looks_for_them() -> None:
    yard = sandbox()
    transport = httpx.ASGITransport(app=yard)

    async with httpx.AsyncClient(transport=transport, base_url="http://yard") as http:
        found = (await http.get("/jwks")).content

    assert found == jwks(yard.private_key)
    assert b"PRIVATE" not in found


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        (("label_created",), ShipmentStatus.PENDING),
        (("accepted", "in_transit", "out_for_delivery", "delivered"), ShipmentStatus.DELIVERED),
        (("in_transit", "attempted", "collection"), ShipmentStatus.IN_TRANSIT),
        (("in_transit", "delivered", "in_transit"), ShipmentStatus.IN_TRANSIT),
        (("in_transit", "delayed"), ShipmentStatus.IN_TRANSIT),
        (("in_transit", "return"), ShipmentStatus.RETURNED),
        (("in_transit", "failure"), ShipmentStatus.FAILED),
    ],
)
@pytest.mark.parametrize("minutes", [0, 10])
def test_a_parcel_is_where_its_newest_webhook_says_in_whatever_order_they_come(
    steps: tuple[str, ...], status: ShipmentStatus, minutes: int
) -> None:
    clock = Time()
    yard = sandbox(clock)
    label = yard.shelf.make_by_hand("", "")
    told: list[Said] = []
    for step in steps:
        clock.forward(minutes=minutes)
        yard.move(label["label_id"], step)
        told += heard(yard, after=len(told))

    for arrival in permutations(told):
        (record,) = newest([*arrival, *arrival[:1]]).values()
        assert record.status is status


def test_the_card_tells_what_is_lacking_and_why() -> None:
    lacks = card().lacks

    assert set(lacks) == {Ability.DELETE, Ability.OAUTH, Ability.ECHO}
    assert all(lacks.values())


async def test_what_the_card_makes_is_read_from_what_is_delivered() -> None:
    for make in card().makes.values():
        yard = sandbox()
        made = make(yard)
        assert isinstance(made, Made)
        (said,) = heard(yard)
        if isinstance(said, Hint):
            fetched = await CONNECTOR.fetch[said.kind](account(yard), said.external_id)
            (said,) = read_events(fetched)

        assert isinstance(said, ShipmentRecord)
        assert (said.kind, said.source.external_id) == (made.kind, made.external_id)
