"""Reading, on both databases."""

import pytest
from sqlalchemy import insert

from hub.domain.records import Kind, Source
from hub.store.tables import ConnectionRow, DriftRow, InboxRow, OutboxRow
from tests.building import START, at, customer, order, payment, refund, shipment
from tests.schema.conftest import Window

WHOLE = """
fragment M on Money { amount currencyCode }
fragment R on ExternalRef { connection kind externalId }
query($first: Int = 50) { orders(first: $first) { edges { cursor node {
  id number channel stage stages { stage at } paymentState invoiceState fulfilmentState placedAt version
  total { ...M } subtotal { ...M } tax { ...M } captured { ...M } refunded { ...M }
  lines { id title quantity unitPrice { ...M } total { ...M } }
  payments { id status verified amount { ...M } source { ...R } sources { ...R } }
  refunds { id amount { ...M } status } refundRequests { id } disputes { status } invoices { id } creditNotes { id }
  shipments { id status trackingNumbers lines { lineId quantity } }
  holds { id kind isActive } sources { connection agrees version }
  customer { id name email } timeline(first: 5) { nodes { seq summary actor fields { path before after } } }
  drifts { about } commands(first: 3) { id } events(first: 3) { id }
} } pageInfo { hasNextPage endCursor } } }
"""


async def fill(window: Window, count: int) -> None:
    for number in range(count):
        sale = order(
            str(number),
            customer=Source("shop", Kind.CUSTOMER, f"c{number}"),
            placed_at=at(number),
            claims=(f"stripe/pi_{number}",),
        )
        who = customer(f"c{number}", name=f"Ada {number}", email=f"ada{number}@example.com")
        await window.hub.say(sale, who, payment(f"pi_{number}"), shipment(f"s{number}", of=sale))


async def test_what_is_not_there_is_null_and_no_error(window: Window) -> None:
    query = """query($id: ID!) { node(id: $id) { id } order(by: {id: $id}) { id } customer(by: {id: $id}) { id } }"""

    for junk in ("", "ord_", "ord_nothing", "evt_x", "cmd_x", "cus_x", "gid://shopify/Order/1", "ö" * 500):
        assert await window.data(query, id=junk) == {"node": None, "order": None, "customer": None}


async def test_a_number_of_two_stores_is_ambiguous_and_never_the_wrong_order(window: Window) -> None:
    await window.hub.say(order("1001", connection="shop"), order("1001", connection="second"), order("7"))
    query = "query($n: String!) { order(by: {number: $n}) { number } }"

    answer = await window.ask(query, n="#1001")

    assert answer["data"] == {"order": None}
    assert answer["errors"][0]["extensions"]["code"] == "AMBIGUOUS"
    assert await window.data(query, n="#7") == {"order": {"number": "#7"}}
    assert await window.data(query, n="#8") == {"order": None}


async def test_every_id_that_an_order_ever_had_leads_to_it(window: Window) -> None:
    first = payment("pi_1")
    await window.hub.say(first)
    old = first.source.key
    lone = await window.data("query($id: ID!) { order(by: {id: $id}) { id isSale } }", id=old)
    await window.hub.say(order("1001", claims=("stripe/pi_1",)))

    found = await window.data(
        """query($id: ID!) { order(by: {id: $id}) { id number } node(id: $id) { id ... on Order { number } }
        a: order(by: {external: {connection: "pay", externalId: "pi_1"}}) { number }
        b: order(by: {external: {connection: "shop", kind: ORDER, externalId: "1001"}}) { number }
        c: order(by: {external: {connection: "shop", kind: PAYMENT, externalId: "1001"}}) { number } }""",
        id=old,
    )

    assert lone == {"order": {"id": old, "isSale": False}}
    assert (
        found["order"]["number"] == found["node"]["number"] == found["a"]["number"] == found["b"]["number"] == "#1001"
    )
    assert found["order"]["id"] != old
    assert found["c"] is None


async def test_a_page_of_fifty_whole_orders_takes_one_statement_per_family(window: Window) -> None:
    await fill(window, 52)
    await window.data(WHOLE)
    window.statements.clear()

    found = await window.data(WHOLE)

    assert len(found["orders"]["edges"]) == 50
    assert found["orders"]["edges"][0]["node"]["customer"]["name"] == "Ada 51"
    reads = [each for each in window.statements if each.lstrip().upper().startswith(("SELECT", "WITH"))]
    assert len(reads) == 6, reads  # orders, customers, drifts, timelines, events, commands


async def test_a_page_of_orders_alone_is_one_statement(window: Window) -> None:
    await fill(window, 3)
    window.statements.clear()

    await window.data("{ orders { nodes { id lines { title } payments { id } shipments { id } holds { id } } } }")

    assert len([each for each in window.statements if "SELECT" in each]) == 1


async def test_an_order_shows_what_each_system_says(window: Window) -> None:
    sale = order("1001", claims=("stripe/pi_1",), email="")
    await window.hub.say(sale, payment("pi_1", refunded=1_000), refund("re_1", of="pi_1"))
    async with window.hub.database.write() as connection:
        await connection.execute(
            insert(DriftRow).values(
                order_id=sale.source.key, connection="pay", about="amount", expected="1", found="2", since=START
            )
        )

    found = await window.data(
        """{ order(by: {number: "#1001"}) { total { amount currencyCode } captured { amount } refunded { amount } email
        payments { status verified refunded { amount } } refunds { amount { amount } status }
        sources { connection kind externalId agrees drifts { about expected found } } drifts { connection }
        timeline(first: 1) { nodes { seq at actor } pageInfo { hasNextPage } count { value precision } } placedAt } }"""
    )

    got = found["order"]
    assert got["total"] == {"amount": "100.00", "currencyCode": "EUR"}
    assert (got["captured"], got["refunded"], got["email"]) == ({"amount": "100.00"}, {"amount": "10.00"}, None)
    assert got["payments"] == [{"status": "CAPTURED", "verified": True, "refunded": {"amount": "10.00"}}]
    assert {each["connection"]: each["agrees"] for each in got["sources"]} == {"shop": True, "pay": False}
    assert got["timeline"]["nodes"] == [{"seq": 1, "at": "2026-11-22T12:00:00.000Z", "actor": "shop"}]
    assert got["timeline"]["count"] == {"value": 1, "precision": "EXACT"}
    assert got["placedAt"] == "2026-11-22T09:00:00.000Z"


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("{}", 3),
        ("{stage: []}", 3),
        ("{stage: [PAID]}", 1),
        ("{paymentState: [UNPAID]}", 2),
        ("{isOnHold: true}", 2),
        ('{channel: ["second"]}', 1),
        ("{currencyCode: JPY}", 1),
        ('{placedAt: {from: "2026-11-22T09:00:30Z"}}', 2),
        ('{placedAt: {to: "2026-11-22T10:01:00+01:00"}}', 1),
        ("{isSale: false}", 0),
        ("{hasDrift: true}", 0),
        ('{customerId: "cus_nobody"}', 0),
    ],
)
async def test_orders_are_filtered(window: Window, where: str, found: int) -> None:
    await window.hub.say(
        order("1", claims=("stripe/pi_1",)),
        payment("pi_1"),
        order("2", currency="JPY", placed_at=at(1)),
        order("3", connection="second", placed_at=at(2)),
    )

    data = await window.data(f"{{ orders(where: {where}) {{ count {{ value precision }} nodes {{ id }} }} }}")

    assert data["orders"]["count"] == {"value": found, "precision": "EXACT"}
    assert len(data["orders"]["nodes"]) == found


async def test_orders_of_a_customer_are_found_by_any_of_its_records(window: Window) -> None:
    who = customer("c1")
    await window.hub.say(who, order("1", customer=who.source), order("2"))

    found = await window.data(
        "query($id: ID!) { orders(where: {customerId: $id}) { nodes { number customer { id email } } } }",
        id=who.source.key,
    )

    assert [each["number"] for each in found["orders"]["nodes"]] == ["#1"]
    assert found["orders"]["nodes"][0]["customer"]["id"] == who.source.key


async def test_search_takes_beginnings_of_words_and_no_pattern(window: Window) -> None:
    await window.hub.say(order("1001", email="grace@example.com"), order("1002"))
    query = "query($s: String) { orders(search: $s) { nodes { number } } customers(search: $s) { nodes { name } } }"

    async def numbers(text: str) -> list[str]:
        return sorted(each["number"] for each in (await window.data(query, s=text))["orders"]["nodes"])

    assert await numbers("grace@") == ["#1001"]
    assert await numbers("GRACE #1001") == ["#1001"]
    assert await numbers("grace #1002") == []
    assert await numbers("%") == await numbers("_") == await numbers("'; DROP TABLE orders; --") == []
    assert await numbers("  ") == ["#1001", "#1002"]
    assert await window.code(query, s="x" * 201) == "BAD_USER_INPUT"


async def test_events_and_commands_are_listed_with_their_order(window: Window) -> None:
    sale = order("1001")
    await window.hub.say(sale, cause="evt_a")
    event = {
        "connection": "shop", "key": "k", "kind": "orders/create", "body": b'{"id":18446744073709551616}', "at": None,
        "received_at": START, "part": -1, "state": "applied", "reason": "", "order_id": sale.source.key,
        "due_at": START,
        "done_at": None,
    }  # fmt: skip
    command = {
        "id": "cmd_a", "connection": "pay", "order_id": sale.source.key, "subject": "s", "action": "refund",
        "target": "",
        "content": b"{}", "fingerprint": "f", "ordinal": 0, "state": "parked", "reason": "no", "tries": 1,
        "lane_due": False,
        "due_at": START, "first_sent_at": None, "leased_until": None, "lease": "", "created_at": START, "done_at": None,
    }  # fmt: skip
    async with window.hub.database.write() as connection:
        await connection.execute(insert(InboxRow).values(event | {"id": "evt_a"}))
        waiting = {"id": "evt_b", "key": "k2", "state": "received", "part": 3, "order_id": ""}
        await connection.execute(insert(InboxRow).values(event | waiting))
        await connection.execute(insert(OutboxRow).values(command))
        await connection.execute(
            insert(ConnectionRow).values(
                id="pay", paused_reason="401", paused_at=START, settings_digest="", last_event_at=None, last_ok_at=None
            )
        )

    found = await window.data(
        """query($o: ID!) {
        events { nodes { id state order { number } } count { value } }
        mine: events(where: {orderId: $o}) { nodes { id kind } }
        none: events(where: {state: [PARKED]}) { nodes { id } }
        commands(where: {state: [PARKED], orderId: $o}) { nodes { id state reason attempts { id } order { number } } }
        order(by: {id: $o}) { events { id } commands { id } timeline { nodes { event { id } } } }
        connections { id state pausedReason lagSeconds events { waiting parked oldestWaitingAt }
            commands { pending parked } }
        node(id: "cmd_a") { ... on Command { action } } }""",
        o=sale.source.key,
    )

    assert [each["id"] for each in found["events"]["nodes"]] == ["evt_b", "evt_a"]
    assert found["mine"]["nodes"] == [{"id": "evt_a", "kind": "orders/create"}]
    assert found["none"]["nodes"] == []
    assert found["commands"]["nodes"][0] | {} == {
        "id": "cmd_a", "state": "PARKED", "reason": "no", "attempts": [], "order": {"number": "#1001"},
    }  # fmt: skip
    assert found["order"]["events"] == [{"id": "evt_a"}]
    assert found["order"]["commands"] == [{"id": "cmd_a"}]
    assert found["order"]["timeline"]["nodes"][0]["event"] == {"id": "evt_a"}
    pay, shop = found["connections"]
    assert (pay["state"], pay["pausedReason"], pay["commands"]) == ("PAUSED", "401", {"pending": 0, "parked": 1})
    assert (shop["state"], shop["lagSeconds"], shop["events"]["waiting"]) == ("OK", 3 * 3600, 1)
    assert found["node"] == {"action": "refund"}


async def test_a_raw_payload_needs_its_scope_and_keeps_every_digit(window: Window) -> None:
    async with window.hub.database.write() as connection:
        for name, body in (("evt_a", b'{"id":18446744073709551616}'), ("evt_b", b"a=1&b=\xff")):
            await connection.execute(
                insert(InboxRow).values(
                    id=name,
                    connection="shop",
                    key=name,
                    kind="k",
                    body=body,
                    received_at=START,
                    part=-1,
                    state="applied",
                    reason="",
                    due_at=START,
                )
            )
    query = "{ events { nodes { id payload } } }"

    refused = await window.ask(query)
    given = await window.http.post("/graphql", json={"query": query}, headers={"Authorization": "Bearer raw"})

    assert {each["extensions"]["code"] for each in refused["errors"]} == {"FORBIDDEN"}
    assert [each["payload"] for each in refused["data"]["events"]["nodes"]] == [None, None]
    assert '"payload":{"id":18446744073709551616}' in given.text
    assert '"payload":"a=1&b=\ufffd"' in given.text
