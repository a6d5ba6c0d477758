"""Following changes over a WebSocket and as server-sent events, and what junk on the socket gets."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from schema.websocket import MOST_AT_ONCE
from tests.building import order
from tests.schema.conftest import Window

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FOLLOW = "subscription($after: String) { orderChanged(after: $after) { cursor change { seq } order { number note } } }"


class Client:
    """A WebSocket client without a network: what the server would read and write, as ASGI messages."""

    def __init__(self, window: Window, *, protocols: tuple[str, ...], headers: dict[str, str]) -> None:
        self.to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.to_client: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        scope = {
            "type": "websocket", "path": "/graphql", "raw_path": b"/graphql", "query_string": b"", "scheme": "ws",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "subprotocols": list(protocols), "root_path": "", "client": ("t", 1), "server": ("t", 80),
            "asgi": {"version": "3.0"},
        }  # fmt: skip
        self.to_server.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(cast(Any, window.app)(scope, self.to_server.get, self.to_client.put))

    def say(self, message: object) -> None:
        text = message if isinstance(message, str) else json.dumps(message)
        self.to_server.put_nowait({"type": "websocket.receive", "text": text})

    async def hear(self) -> Any:
        """The next message; `{"close": code}` for the end."""
        async with asyncio.timeout(30):
            while True:
                message = await self.to_client.get()
                if message["type"] == "websocket.send":
                    return json.loads(message["text"])
                if message["type"] == "websocket.close":
                    return {"close": message["code"]}

    async def start(self, key: str = "reader") -> None:
        self.say({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}})
        assert await self.hear() == {"type": "connection_ack"}

    def subscribe(self, id: str, query: str = FOLLOW, **variables: Any) -> None:
        self.say({"type": "subscribe", "id": id, "payload": {"query": query, "variables": variables}})


@asynccontextmanager
async def socket(
    window: Window, *, protocols: tuple[str, ...] = ("graphql-transport-ws",), headers: dict[str, str] | None = None
) -> AsyncIterator[Client]:
    client = Client(window, protocols=protocols, headers=headers or {})
    try:
        yield client
    finally:
        client.to_server.put_nowait({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(30):
            await client.task


@pytest.mark.parametrize(
    "frame",
    ["", "{", "[]", "null", "1", '"x"', "{}", '{"type":1}', '{"type":"start"}', '{"type":"ping","payload":1}', "NaN",
     '{"type":"subscribe"}', '{"type":"subscribe","id":{},"payload":{"query":"{__typename}"}}',
     '{"type":"subscribe","id":"","payload":{"query":"{__typename}"}}', '{"type":"subscribe","id":"1","payload":null}',
     '{"type":"subscribe","id":"1","payload":{}}', '{"type":"subscribe","id":"1","payload":{"query":1}}',
     '{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}', '{"type":"complete"}',
     '{"type":"complete","id":[]}', '{"type":"\\ud800"}', '{"type":"ping","payload":' + "[" * 9_000,
     '{"type":"ping","payload":{"a":"' + "x" * 70_000 + '"}}',
     '{"type":"subscribe","id":"' + "x" * 65 + '","payload":{}}'],
)  # fmt: skip
async def test_junk_on_the_socket_closes_it_with_4400(window: Window, frame: str) -> None:
    async with socket(window) as client:
        await client.start()
        client.say(frame)

        assert await client.hear() == {"close": 4400}


async def test_a_binary_frame_is_junk_too(window: Window) -> None:
    async with socket(window) as client:
        client.to_server.put_nowait({"type": "websocket.receive", "bytes": b"{}"})

        assert await client.hear() == {"close": 4400}


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([{"type": "subscribe", "id": "1", "payload": {"query": "{__typename}"}}], 4401),
        ([{"type": "connection_init"}], 4403),
        ([{"type": "connection_init", "payload": None}], 4403),
        ([{"type": "connection_init", "payload": {"authorization": "Bearer wrong"}}], 4403),
        ([{"type": "connection_init", "payload": {"authorization": 1}}], 4400),
        ([{"type": "connection_init", "payload": []}], 4400),
        ([{"type": "connection_init", "payload": {"authorization": "Bearer reader"}}] * 2, 4429),
    ],
)
async def test_only_a_socket_with_a_key_is_let_in(window: Window, messages: list[Any], code: int) -> None:
    async with socket(window) as client:
        for message in messages:
            client.say(message)
        heard = await client.hear()
        while "close" not in heard:
            heard = await client.hear()

        assert heard == {"close": code}


@pytest.mark.parametrize("protocols", [(), ("graphql-ws",), ("graphql-transport-wss",)])
async def test_other_protocols_are_refused(window: Window, protocols: tuple[str, ...]) -> None:
    async with socket(window, protocols=protocols) as client:
        assert await client.hear() == {"close": 4406}


async def test_a_key_in_the_header_is_as_good(window: Window) -> None:
    async with socket(window, headers={"Authorization": "Bearer reader"}) as client:
        client.say({"type": "ping", "payload": {"a": 1}})
        client.say({"type": "connection_init"})

        assert await client.hear() == {"type": "pong", "payload": {"a": 1}}
        assert await client.hear() == {"type": "connection_ack"}


async def test_queries_and_refusals_go_over_the_socket_as_well(window: Window) -> None:
    async with socket(window) as client:
        await client.start()
        client.subscribe("1", "{__typename}")
        assert await client.hear() == {"type": "next", "id": "1", "payload": {"data": {"__typename": "Query"}}}
        assert await client.hear() == {"type": "complete", "id": "1"}
        for query, code in (
            ("{", "GRAPHQL_PARSE_FAILED"),
            ("{__schema{types{name}}}", "FORBIDDEN"),
            ('mutation{orderCancel(input:{orderId:"x"}){userErrors{code}}}', "FORBIDDEN"),
            ("{" + "__typename " * 21 + "}", "LIMIT_EXCEEDED"),
            ('subscription{orderChanged(after:"junk"){cursor}}', "BAD_USER_INPUT"),
        ):
            client.subscribe("1", query)
            heard = await client.hear()
            assert (heard["type"], heard["id"]) == ("error", "1")
            assert heard["payload"][0]["extensions"]["code"] == code


async def test_ids_are_unique_and_operations_bounded_per_socket(window: Window) -> None:
    async with socket(window) as client:
        await client.start()
        for number in range(MOST_AT_ONCE + 1):
            client.subscribe(str(number))
        refused = await client.hear()
        client.say({"type": "complete", "id": "0"})
        client.say({"type": "complete", "id": "unknown"})
        client.subscribe("again")
        client.subscribe("1")

        assert (refused["type"], refused["id"]) == ("error", str(MOST_AT_ONCE))
        assert refused["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
        assert await client.hear() == {"close": 4409}


async def test_a_follower_that_comes_back_misses_nothing_and_gets_nothing_twice(window: Window) -> None:
    for version in range(1, 4):
        await window.hub.say(order("1", version=version, note=f"n{version}"))
    heard: list[tuple[int, str]] = []

    async def take(client: Client, count: int) -> str:
        cursor = ""
        for _ in range(count):
            followed = (await client.hear())["payload"]["data"]["orderChanged"]
            heard.append((followed["change"]["seq"], followed["order"]["note"]))
            cursor = followed["cursor"]
        return cursor

    start = await window.data("{ orders { nodes { timeline { nodes { seq } } } } }")
    async with socket(window) as client:
        await client.start()
        client.subscribe("1")
        client.subscribe("2", "{__typename}")  # its answer tells that the first one listens
        assert (await client.hear())["id"] == "2"
        assert (await client.hear())["type"] == "complete"
        await window.hub.say(order("1", version=4, note="n4"))
        cursor = await take(client, 1)
    for version in (5, 6):  # while nobody follows
        await window.hub.say(order("1", version=version, note=f"n{version}"))
    async with socket(window) as client:
        await client.start()
        client.subscribe("1", after=cursor)
        await take(client, 2)
        await window.hub.say(order("1", version=7, note="n7"))
        await take(client, 1)

    assert len(start["orders"]["nodes"][0]["timeline"]["nodes"]) == 3
    assert [seq for seq, _ in heard] == [4, 5, 6, 7]
    assert heard[-1] == (7, "n7")  # the order is read anew for each change


async def test_a_filter_lets_only_its_orders_through(window: Window) -> None:
    query = """subscription { orderChanged(after: "WyJjaGFuZ2VzIiwwXQ", where: {channel: ["second"]}) {
        order { number } } }"""
    await window.hub.say(order("1"), order("2", connection="second"), order("3"))

    async with socket(window) as client:
        await client.start()
        client.subscribe("1", query)
        heard = await client.hear()
        await window.hub.say(order("4"), order("5", connection="second"))

        assert heard["payload"]["data"]["orderChanged"]["order"]["number"] == "#2"
        assert (await client.hear())["payload"]["data"]["orderChanged"]["order"]["number"] == "#5"


async def test_when_the_house_closes_sockets_and_streams_end(window: Window) -> None:
    async with socket(window) as client:
        await client.start()
        client.subscribe("1")
        window.stop.set()

        assert await client.hear() == {"close": 1001}


async def sse(window: Window, query: str, key: str = "reader") -> str:
    response = await window.http.post(
        "/graphql/stream",
        json={"query": query},
        headers={"Authorization": f"Bearer {key}", "Accept": "text/event-stream"},
    )
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    return response.text


async def test_server_sent_events_tell_refusals_and_answers(window: Window) -> None:
    refused, answered = await sse(window, "{"), await sse(window, "{__typename}")

    assert "GRAPHQL_PARSE_FAILED" in refused
    assert answered == 'event: next\ndata: {"data":{"__typename":"Query"}}\n\nevent: complete\ndata:\n\n'


async def test_a_stream_tells_each_change_as_it_comes_and_ends_with_the_house(window: Window) -> None:
    query = """subscription { orderChanged(after: "WyJjaGFuZ2VzIiwwXQ") { order { number } } }"""
    await window.hub.say(order("1"), order("2"))
    body, told = json.dumps({"query": query}).encode(), asyncio.Queue[dict[str, Any]]()
    headers = {"authorization": "Bearer reader", "content-type": "application/json"}
    scope = {
        "type": "http", "method": "POST", "path": "/graphql/stream", "raw_path": b"/graphql/stream", "scheme": "http",
        "query_string": b"", "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "root_path": "", "client": ("t", 1), "server": ("t", 80), "http_version": "1.1", "asgi": {"version": "3.0"},
    }  # fmt: skip
    asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    asked.put_nowait({"type": "http.request", "body": body, "more_body": False})
    serving = asyncio.create_task(cast(Any, window.app)(scope, asked.get, told.put))

    async def numbers(count: int) -> list[str]:
        found: list[str] = []
        while len(found) < count:
            message = await told.get()
            text = message.get("body", b"").decode()
            if text.startswith("event: next"):
                found.append(json.loads(text.split("data: ")[1])["data"]["orderChanged"]["order"]["number"])
        return found

    async with asyncio.timeout(30):
        first = await numbers(2)
        await window.hub.say(order("3"))
        second = await numbers(1)
        window.stop.set()
        await serving
    rest = b"".join([told.get_nowait().get("body", b"") for _ in range(told.qsize())])

    assert (sorted(first), second) == (["#1", "#2"], ["#3"])
    assert rest.endswith(b"event: complete\ndata:\n\n")


async def test_a_stream_needs_a_key(window: Window) -> None:
    response = await window.http.post("/graphql/stream", json={"query": FOLLOW})

    assert response.status_code == 401
