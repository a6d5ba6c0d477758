"""One id from a webhook to the last write at a vendor: what a collector gets from a real hub."""

import json

from starlette.types import Receive, Scope, Send

from hub.connector import Hint
from hub.domain.ids import new_id
from hub.domain.records import vendor_key
from hub.observe.otlp import exporting
from hub.observe.traces import trace_id
from hub.store import hints
from hub.store.hints import Wanted
from hub.store.tables import InboxRow, OutboxRow
from tests.building import order
from tests.end_to_end import bodies
from tests.end_to_end.conftest import ENVIRON, Houses, Running, listening
from tests.observe.collector import Collector, attributes, collector
from tests.toy.sandbox import ParcelboySandbox

SALE = order(claims=(vendor_key("stripe", "pi_1"),))
PAID = bodies.stripe(amount=10_000, amount_received=10_000, description="ada@example.com")


async def bring_and_deliver(house: Running) -> Collector:
    """A payment by webhook, twice, for a sale that is known; what it sets off, at the carrier."""
    with collector() as kept:
        with exporting(kept.address, 1.0):
            await house.say(SALE)
            await house.plan()
            await house.post("pay", PAID)
            await house.post("pay", PAID)
            for _ in range(2):
                await house.digest()
                await house.plan()
                await house.deliver("carrier")
        return kept


async def test_a_refused_write_is_a_failed_span_of_the_same_trace(
    with_carrier: Running, parcelboy: ParcelboySandbox
) -> None:
    parcelboy.faults.refuse, parcelboy.faults.status = 1, 503

    kept = await bring_and_deliver(with_carrier)

    (event,), (deliver,), (call,) = await with_carrier.rows(InboxRow), kept.named("deliver"), kept.named("call")
    assert {span.trace_id.hex() for span in (deliver, call)} == {trace_id(event.id)}
    assert (deliver.status.code, call.status.code) == (2, 2)
    assert attributes(call)["http.response.status_code"] == 503


async def test_one_webhook_is_one_trace_up_to_the_last_write_at_a_vendor(with_carrier: Running) -> None:
    kept = await bring_and_deliver(with_carrier)

    (event,), commands = await with_carrier.rows(InboxRow), await with_carrier.rows(OutboxRow)
    (command,) = [each for each in commands if each.connection == "carrier"]
    assert (command.state, command.cause) == ("done", event.id)
    spans = {span.name: span for span in kept.spans}
    # Two plans: of the payment, and of the carrier's answer to the command that the payment set off.
    assert sorted(span.name for span in kept.spans) == ["call", "deliver", "digest", "plan", "plan", "receive"]
    assert {span.trace_id.hex() for span in kept.spans} == {trace_id(event.id)}
    assert spans["receive"].parent_span_id == b""
    assert {spans[name].parent_span_id for name in ("digest", "plan", "deliver")} == {spans["receive"].span_id}
    assert spans["call"].parent_span_id == spans["deliver"].span_id
    about = attributes(spans["deliver"])
    assert about["orderhub.command"] == command.id and about["orderhub.order"] == command.order_id
    assert attributes(spans["call"])["http.request.method"] == "POST"
    assert kept.resources[0]["service.name"] == "orderhub"


async def test_a_front_end_can_link_to_the_trace(with_carrier: Running) -> None:
    await bring_and_deliver(with_carrier)

    (event,) = await with_carrier.rows(InboxRow)
    said = await with_carrier.ask(
        """{ events(first: 1) { nodes { traceId } }
             commands(first: 1, where: {connection: ["carrier"]}) { nodes { traceId } } }"""
    )

    assert said["events"]["nodes"] == said["commands"]["nodes"] == [{"traceId": trace_id(event.id)}]


async def test_what_a_thin_event_named_is_fetched_on_its_trace(
    with_carrier: Running, parcelboy: ParcelboySandbox
) -> None:
    root, parcel = new_id("evt"), parcelboy.hand_in()
    hinted = Wanted("carrier", Hint(kind="shipment", external_id=parcel["id"]), root)
    async with with_carrier.database.write() as held:
        await hints.remember(held, [hinted], with_carrier.time())

    with collector() as kept, exporting(kept.address, 1.0):
        await with_carrier.fetch("carrier")

    (call,), (fetch,) = kept.named("call"), kept.named("fetch")
    assert {call.trace_id.hex(), fetch.trace_id.hex()} == {trace_id(root)}
    assert call.parent_span_id == fetch.span_id
    assert attributes(call)["http.response.status_code"] == 200


async def test_no_span_holds_a_body_or_a_secret(with_carrier: Running) -> None:
    kept = await bring_and_deliver(with_carrier)

    told = " ".join(map(str, kept.spans))
    assert "pay" in told
    for secret in (*ENVIRON.values(), "ada@example.com", json.loads(PAID)["data"]["object"]["id"], "traceparent"):
        assert secret not in told


async def test_no_vendor_is_told_of_traces(houses: Houses, parcelboy: ParcelboySandbox) -> None:
    heads: set[bytes] = set()

    async def overheard(scope: Scope, receive: Receive, send: Send) -> None:
        heads.update(name for name, _ in scope.get("headers", ()))
        await parcelboy(scope, receive, send)

    async with listening(overheard) as address:
        await bring_and_deliver(await houses.open(CARRIER_URL=address))

    assert b"idempotency-key" in heads
    assert not {b"traceparent", b"tracestate", b"baggage"} & heads
