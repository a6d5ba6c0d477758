"""What bad input gets at the webhook door, over real HTTP."""

import asyncio
import gzip
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from connectors.stripe import CONNECTOR as STRIPE
from hub.connector import Reading
from hub.domain.records import Record
from hub.store.tables import AuditRow, InboxRow
from hub.webhooks import MOST_BYTES
from tests.end_to_end import bodies
from tests.end_to_end.conftest import Houses, Running

NOTHING = {"inbox": 0, "records": 0, "orders": 0, "outbox": 0, "intents": 0, "audit": 0}
SECRET_WORDS = b'{"id": "evt_1", "type": "charge.succeeded", "note": "whoever reads the audit must not read this"}'


async def forged_as(house: Running, how: str) -> tuple[str, bytes, dict[str, str]]:
    """(connection, body, headers) of a delivery that is genuine but for one thing."""
    name, body = {"shop": ("shop", b'{"id": 1}'), "books": ("books", bodies.quickbooks())}.get(
        how.partition(":")[0], ("pay", SECRET_WORDS)
    )
    headers = house.signed(name, body, "orders/create")
    match how.partition(":")[2] or how:
        case "unsigned":
            headers = {}
        case "another secret":
            # The carrier's secret is not the processor's.
            other = house.connection("pay").settings.model_copy(
                update={"webhook": house.connection("carrier").settings.webhook}
            )
            assert STRIPE.sign is not None
            headers = dict(STRIPE.sign(other, "", body, house.time()))
        case "another body":
            body = body.replace(b"1", b"2", 1)
        case "stale":
            house.time.forward(minutes=5, seconds=1)
        case "future-dated":
            house.time.forward(minutes=-5, seconds=-1)
        case "another shop":
            headers["X-Shopify-Shop-Domain"] = "other.myshopify.com"
        case "odd header":
            headers = {name: "\xff" * 3000 for name in headers if name != "Content-Type"}
    return name, body, headers


@pytest.mark.parametrize(
    "how",
    [
        "unsigned",
        "another secret",
        "another body",
        "stale",
        "future-dated",
        "odd header",
        "shop:unsigned",
        "shop:another body",
        "shop:another shop",
        "shop:odd header",
        "books:unsigned",
        "books:another body",
        "books:odd header",
    ],
)
async def test_what_the_sender_did_not_sign_gets_401_and_leaves_a_line_without_its_body(
    house: Running, how: str
) -> None:
    name, body, headers = await forged_as(house, how)
    before = await house.metric("hub_events_received_total", connection=name, outcome="forged")

    answer = await house.post(name, body, headers={each: value.encode("latin-1") for each, value in headers.items()})  # type: ignore[misc]

    assert answer.status_code == 401
    assert await house.counts() == NOTHING | {"audit": 1}
    [line] = await house.rows(AuditRow)
    assert (line.connection, line.what) == (name, "forged")
    assert 0 < len(line.detail) <= 255
    assert body.decode() not in line.detail and "whoever reads" not in line.detail
    assert await house.metric("hub_events_received_total", connection=name, outcome="forged") == before + 1


@pytest.mark.parametrize("secret", ["PAY_SECRET", "PAY_SECRET_OLD"])
async def test_while_a_secret_is_replaced_both_are_good(houses: Houses, secret: str) -> None:
    both = await houses.open()
    secret_now = f"whsec_{'new' if secret == 'PAY_SECRET' else 'old'}"
    one = await houses.open(PAY_SECRET=secret_now, PAY_SECRET_OLD="-")

    answer = await both.post("pay", bodies.stripe(), headers=one.signed("pay", bodies.stripe()))

    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["shop", "nobody"])
@pytest.mark.parametrize("form", ["declared", "in chunks"])
async def test_more_than_the_limit_gets_413_and_nothing_is_kept(served: Running, form: str, name: str) -> None:
    async def chunks() -> object:
        for _ in range(MOST_BYTES // 65536 + 1):
            yield b" " * 65536

    content = b" " * (MOST_BYTES + 1) if form == "declared" else chunks()
    answer = await served.http.post(
        f"/webhooks/{name}",
        content=content,  # type: ignore[arg-type]
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 413
    assert await served.counts() == NOTHING | {"audit": int(name == "shop")}


async def test_a_length_that_lies_gets_its_bytes_and_the_rest_is_no_request(served: Running) -> None:
    head = b"POST /webhooks/pay HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n"
    reader, writer = await asyncio.open_connection(served.http.base_url.host, served.http.base_url.port)
    writer.write(head + b" " * 10)
    first = await reader.readuntil(b"}")
    writer.write(b"x" * 1000)
    rest = await reader.read()

    writer.close()
    assert first.startswith(b"HTTP/1.1 401")  # the ten bytes are not signed
    assert rest.startswith(b"HTTP/1.1 400")
    assert await served.counts() == NOTHING | {"audit": 1}


async def test_the_largest_body_that_is_allowed_is_kept(house: Running) -> None:
    body = bodies.stripe()
    body += b" " * (MOST_BYTES - len(body))

    assert (await house.post("pay", body)).status_code == 200
    assert (await house.counts())["inbox"] == 1


@pytest.mark.parametrize(
    ("name", "body", "more"),
    [
        ("shop", b"not json", {}),
        ("shop", b"[1]", {}),
        ("shop", b"", {}),
        ("shop", b'{"note": "\xff"}', {}),
        ("shop", b'{"a":' * 100_000, {}),
        ("books", b"not json", {}),
        ("books", b"[" * 100_000, {}),
        ("books", b'{"note": "\xff"}', {}),
        ("pay", bodies.stripe(), {"Content-Type": "image/png"}),
        ("pay", bodies.stripe(), {"Content-Encoding": "gzip"}),
        ("pay", gzip.compress(bodies.stripe(), mtime=0), {"Content-Encoding": "gzip"}),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_is_not_of_the_form_gets_400_though_it_is_signed_and_nothing_is_kept(
    served: Running, name: str, body: bytes, more: dict[str, str]
) -> None:
    answer = await served.post(name, body, headers=served.signed(name, body, "orders/create") | more)

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert await served.counts() == NOTHING | {"audit": 1}
    assert [line.what for line in await served.rows(AuditRow)] == ["refused"]


@pytest.mark.parametrize(
    ("name", "body", "path"),
    [
        ("pay", bodies.stripe(amount="ten"), "data.object.amount"),
        ("pay", bodies.stripe(currency="moon"), "data.object.currency"),
        ("pay", b"[]", ""),
        ("shop", b'{"id": "x"}', "$.id"),
        ("carrier", bodies.parcel(status="exploded"), "$.status"),
    ],
    ids=["amount", "currency", "no event", "order id", "status"],
)
async def test_what_is_signed_but_unreadable_is_taken_and_parked_with_the_path_of_the_fault(
    house: Running, name: str, body: bytes, path: str
) -> None:
    answer = await house.post(name, body, kind="orders/create")
    await house.digest()

    assert answer.status_code == 200
    [parked] = await house.rows(InboxRow)
    assert parked.state == "parked" and parked.body == body
    assert parked.reason and path in parked.reason
    assert (await house.counts())["records"] == 0
    seen = await house.ask("{ events(where: {state: [PARKED]}) { nodes { id state reason } } }")
    assert [each["reason"] for each in seen["events"]["nodes"]] == [parked.reason]
    assert await house.metric("hub_inbox_depth", state="parked") == 1


async def test_a_parked_event_is_replayed_after_the_fix(houses: Houses) -> None:
    def broken(_reading: Reading, _body: bytes) -> list[Record]:
        raise KeyError("a bug of ours")

    faulty = replace(STRIPE, read=dict.fromkeys(STRIPE.read, broken))
    house = await houses.open({"stripe": faulty})
    await house.post("pay", bodies.stripe())
    await house.digest()
    [parked] = await house.rows(InboxRow)
    assert parked.state == "parked" and "a bug of ours" in parked.reason

    fixed = await houses.open()
    replayed = await fixed.ask(
        "mutation($id: ID!) { eventReplay(input: {eventId: $id}) { event { state } userErrors { code } } }",
        id=parked.id,
    )
    await fixed.digest()

    assert replayed["eventReplay"] == {"event": {"state": "RECEIVED"}, "userErrors": []}
    [event] = await fixed.rows(InboxRow)
    assert (event.state, event.reason) == ("applied", "")
    assert (await fixed.counts())["orders"] == 1


async def test_a_kind_that_nobody_knows_is_taken_recorded_as_ignored_and_countable(house: Running) -> None:
    known = await house.post("pay", bodies.stripe("invoice.upcoming", "evt_1"))
    unknown = await house.post("pay", bodies.stripe("moon.landed", "evt_2"))
    unknown_topic = await house.post("shop", b'{"id": 7}', kind="moons/create")
    await house.digest()

    assert [known.status_code, unknown.status_code, unknown_topic.status_code] == [200, 200, 200]
    assert [row.state for row in await house.rows(InboxRow)] == ["ignored"] * 3
    assert all(row.reason for row in await house.rows(InboxRow))
    seen = await house.ask("{ events(where: {state: [IGNORED]}) { count { value } nodes { kind reason } } }")
    assert seen["events"]["count"]["value"] == 3
    assert "moon.landed" in {each["kind"] for each in seen["events"]["nodes"]}


async def test_every_miss_looks_the_same_and_asks_the_database_nothing(served: Running) -> None:
    statements: list[str] = []
    event.listen(
        served.database.engine.sync_engine,
        "before_cursor_execute",
        lambda *arguments: statements.append(arguments[2]),
    )
    signed = served.signed("carrier", bodies.parcel())
    misses = [
        await served.http.post("/webhooks/nobody", content=bodies.parcel(), headers=signed),
        await served.http.post("/webhooks/resting", content=bodies.parcel(), headers=signed),  # switched off
        await served.http.post("/webhooks/hub", content=bodies.parcel(), headers=signed),  # the hub's own
        await served.http.post("/webhooks/pay%00", content=bodies.parcel(), headers=signed),
        await served.http.post("/webhooks/pay/more", content=bodies.parcel(), headers=signed),
        await served.http.post("/nowhere", content=bodies.parcel()),
        await served.http.get("/webhooks/pay"),
    ]

    def told(headers: object) -> list[tuple[str, str]]:
        return [(name, value) for name, value in dict(headers).items() if name not in ("date", "allow")]  # type: ignore[call-overload]

    assert {each.status_code for each in misses} == {404}
    assert len({each.content for each in misses}) == 1
    assert len({tuple(told(each.headers)) for each in misses}) == 1
    assert statements == []
    assert "nobody" not in (await served.http.get("/metrics")).text


async def test_an_acknowledged_event_is_on_the_disk_although_nothing_else_runs(house: Running) -> None:
    answers = await asyncio.gather(*(house.post("pay", bodies.stripe(id=f"evt_{number % 10}")) for number in range(30)))

    assert {each.status_code for each in answers} == {200}
    assert sum(each.json()["received"] for each in answers) == 10
    assert sum(each.json()["duplicates"] for each in answers) == 20
    rows = await house.rows(InboxRow)
    assert sorted((row.key, row.deliveries, row.state) for row in rows) == [
        (f"evt_{number}", 3, "received") for number in range(10)
    ]


async def test_a_signature_is_good_up_to_the_tolerance_either_way(house: Running) -> None:
    body = bodies.stripe()
    headers = house.signed("pay", body)
    tolerance: timedelta = house.connection("pay").settings.webhook.tolerance

    house.time.at += tolerance
    assert (await house.post("pay", body, headers=headers)).status_code == 200
    house.time.at -= 2 * tolerance
    assert (await house.post("pay", body, headers=headers)).status_code == 200
    assert json.loads(body)["id"] in {row.key for row in await house.rows(InboxRow)}
