"""The stand-in is held to what EasyPost's API was recorded to answer."""

import json
from typing import Any

import httpx

from connectors.easypost import CONNECTOR
from connectors.easypost.card import card
from connectors.easypost.check import audit
from connectors.easypost.commands import RefundLabel
from connectors.easypost.recorded import Recordings
from hub.card import Ability, Exchange, Made
from hub.domain.clock import rfc3339
from hub.domain.records import Kind
from tests.conftest import Time
from tests.connectors.easypost.post import NOON, Post
from tests.connectors.easypost.test_push import ORDER, WISH
from tests.connectors.shipping.line import on_the_wire
from tests.shared import shared


async def whole_day(post: Post) -> None:
    """Every call that the connector makes, and a refusal of each kind."""
    await audit(post.account, "https://hub.example/", "s")
    await audit(post.account, "https://hub.example/", "s")
    (parcel,) = await post.deliver(WISH)
    alone = post.vendor.track("1Z1")
    for word in ("pre_transit", "in_transit"):
        post.vendor.scan(parcel.source.external_id, word)
    await post.fetched(parcel.source.external_id)
    await post.fetched(alone["id"])
    made = post.vendor.buy_by_hand()
    await post.deliver(RefundLabel(target=made["id"]))
    for pull in CONNECTOR.pull.values():
        await pull(post.account, f"since:{rfc3339(NOON)}")
    http = httpx.AsyncClient(transport=post.line, base_url=post.settings.base_url, headers=post.account.http.headers)
    http.event_hooks["response"] = post.account.http.event_hooks["response"][:1]
    await http.post("/shipments", json={"shipment": {}})
    await http.post(f"/shipments/{made['id']}/buy", json={"rate": {"id": "rate_0"}})
    await http.post(f"/shipments/{made['id']}/rerate")
    await http.get("/shipments/nothing")
    await http.get("/shipments", headers={"Authorization": "Basic eA=="})


async def test_its_answers_have_the_fields_and_types_that_were_recorded() -> None:
    recordings = Recordings(shared("vendor", "easypost"))
    post = Post()
    seen = on_the_wire(post.account)

    await whole_day(post)

    assert [fault for exchange in seen for fault in recordings.judge(exchange)] == []
    assert len(seen) >= 15


async def test_its_webhooks_have_the_objects_that_were_recorded() -> None:
    recordings = Recordings(shared("vendor", "easypost"))
    post = Post()
    (parcel,) = await post.deliver(WISH)
    post.vendor.scan(parcel.source.external_id, "delivered")
    await post.deliver(RefundLabel(target=post.vendor.buy_by_hand()["id"]))
    post.vendor.end_refund(list(post.vendor.shipments)[-1])

    for delivery in post.vendor.deliveries:
        result = json.loads(delivery.body)["result"]
        assert recordings.judge(answer(result)) == []


def answer(body: Any, status: int = 200, path: str = "/v2/shipments/shp_1") -> Exchange:
    return Exchange(
        method="GET",
        path=path,
        query="",
        request_headers={},
        request=b"",
        status=status,
        headers={},
        response=json.dumps(body).encode(),
    )


def test_a_stand_in_that_flatters_would_be_caught() -> None:
    recordings = Recordings(shared("vendor", "easypost"))
    made = Post().vendor.buy_by_hand()
    rate = made["rates"][0]

    wrong = [
        made | {"idempotency_key": "x"},
        {name: value for name, value in made.items() if name != "tracking_code"},
        made | {"rates": [rate | {"rate": 7.6}]},
        made | {"object": "Parcel42"},
        {"error": {"code": "X"}, "more": 1},
    ]

    assert recordings.judge(answer(made)) == []
    assert [len(recordings.judge(answer(body))) > 0 for body in wrong] == [True] * 5


# -------------------------------------------------------------------------------------------------------- card


def test_all_that_the_card_makes_is_told_and_can_be_read() -> None:
    told = card()
    sandbox = told.sandbox(Time())

    for act in told.makes.values():
        before = len(sandbox.deliveries)
        made = act(sandbox)
        assert isinstance(made, Made)
        assert made.kind is Kind.SHIPMENT
        assert len(sandbox.deliveries) == before + 1
        assert told.edit is not None
        told.edit(sandbox, made)
        assert len(sandbox.deliveries) == before + 2


async def test_each_effect_is_one_word_and_a_doubled_label_would_be_seen() -> None:
    post = Post()
    effects = card().effects
    (parcel,) = await post.deliver(WISH)
    assert effects(post.vendor.state()) == [f"label {ORDER}"]
    post.vendor.buy_by_hand(reference=f"{ORDER}-2")
    assert effects(post.vendor.state()) == [f"label {ORDER}"] * 2

    await post.deliver(RefundLabel(target=parcel.source.external_id))

    assert effects(post.vendor.state()) == [f"label {ORDER}", f"refund {parcel.source.external_id}"]


async def test_webhooks_that_the_vendor_switched_off_come_again_after_the_audit() -> None:
    post = Post()
    disable = card().disable
    assert disable is not None

    for secret in ("first", "second"):
        disable(post.vendor)
        post.vendor.buy_by_hand()
        before = len(post.vendor.deliveries)
        await audit(post.account, "https://hub.example/", secret)
        post.vendor.buy_by_hand()
        assert len(post.vendor.deliveries) == before + 1
    assert len(post.vendor.deliveries) == 2


def test_the_settings_of_the_card_are_settings_of_the_connector() -> None:
    told = card()
    sandbox = told.sandbox(Time())
    given = dict(told.settings(sandbox, "http://127.0.0.1:8080")) | dict(told.wish.settings)

    chosen = CONNECTOR.settings.model_validate({"connector": "easypost", **given})

    assert CONNECTOR.way(chosen).base_url == "http://127.0.0.1:8080/v2"
    assert Ability.OAUTH in told.lacks
