"""The door of GraphQL: what is no well-formed request gets a status, a code, and nothing else."""

import json
from typing import Any

import pytest

from schema.requests import MOST_BYTES
from tests.schema.conftest import Window

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
KEY = {"Authorization": "Bearer reader"}
JSON = {"Content-Type": "application/json"}
NEW = "application/graphql-response+json"


def asked(query: object, **more: Any) -> bytes:
    return json.dumps({"query": query, **more}).encode()


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic cmVhZGVy", "reader", "Bearer " + "x" * 600]
)
async def test_without_a_known_key_nothing_is_answered(window: Window, header: str) -> None:
    response = await window.http.post(
        "/graphql", content=asked("{__typename}"), headers=JSON | {"Authorization": header}
    )

    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert window.statements == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"1", b'"x"', b"true", b"[]", b"[1]", b'[{"query":"{__typename}"}]',
        b"\xff", b"\xef\xbb\xbf{}",
        b'{"query":null}', b'{"query":1}', b'{"query":""}', b'{"query":"{__typename}","variables":[]}',
        b'{"query":"{__typename}","variables":"{}"}', b'{"query":"{__typename}","operationName":1}',
        b'{"query":"{__typename}","extensions":[]}', b'{"query":"{__typename}","variables":{"a":NaN}}',
        b'{"query":"{__typename}","variables":{"a":-Infinity}}', b'{"query":"{__typename}","variables":{"a":1e999}}',
        b'{"query":"{__typename}","query":"{a}"}', b'{"query":"{__typename}","operationName":"\\ud800"}',
        b'{"query":"{__typename}","variables":{"a":"\\u0000"}}', b'{"query":"{__typename}","variables":{"\\udfff":1}}',
        b'{"query":"{__typename}","variables":{"a":' + b"9" * 5_000 + b"}}",
        b'{"query":"{__typename}","variables":{"a":' + b"[" * 40 + b"]" * 40 + b"}}",
        b'{"query":"{__typename}","variables":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    ],
)  # fmt: skip
async def test_a_body_that_is_no_request_is_400(window: Window, body: bytes) -> None:
    response = await window.http.post("/graphql", content=body, headers=KEY | JSON)

    assert response.status_code == 400
    assert [each["extensions"]["code"] for each in response.json()["errors"]] == ["BAD_REQUEST"]


@pytest.mark.parametrize("kind", ["", "text/plain", "xapplication/json", "application/x-www-form-urlencoded",
                                  "multipart/form-data", "application/json; charset=latin-1",
                                  "application/graphql"])  # fmt: skip
async def test_other_content_types_are_415(window: Window, kind: str) -> None:
    headers = KEY | ({"Content-Type": kind} if kind else {})

    assert (await window.http.post("/graphql", content=asked("{__typename}"), headers=headers)).status_code == 415


async def test_a_large_body_is_413_whether_or_not_it_says_so(window: Window) -> None:
    async def chunks() -> Any:
        for _ in range(MOST_BYTES // 1024 + 1):
            yield b" " * 1024

    said = await window.http.post("/graphql", content=b" " * (MOST_BYTES + 1), headers=KEY | JSON)
    streamed = await window.http.post("/graphql", content=chunks(), headers=KEY | JSON)

    assert (said.status_code, streamed.status_code) == (413, 413)


@pytest.mark.parametrize(
    ("accept", "status", "media"),
    [
        ("", 200, "application/json"),
        ("*/*", 200, "application/json"),
        (f"{NEW}, application/json;q=0.9", 200, NEW),
        (f"application/json, {NEW};q=0.5", 200, "application/json"),
        (f"{NEW};charset=utf-8", 200, NEW),
        ("text/event-stream, application/json", 200, "application/json"),
        ("text/event-stream", 406, "application/json"),
        ("application/json;q=0", 406, "application/json"),
        ("application/json;charset=latin-1", 406, "application/json"),
    ],
)
async def test_the_answer_is_what_the_client_accepts(window: Window, accept: str, status: int, media: str) -> None:
    response = await window.http.post(
        "/graphql", content=asked("{__typename}"), headers=KEY | JSON | {"Accept": accept}
    )

    assert response.status_code == status
    assert response.headers["content-type"] == f"{media}; charset=utf-8"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
@pytest.mark.parametrize("path", ["/graphql", "/graphql/stream"])
async def test_other_methods_are_405_and_say_which_are_allowed(window: Window, method: str, path: str) -> None:
    response = await window.http.request(method, path, headers=KEY)

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


async def test_get_is_for_queries_of_clients_that_can_set_a_header(window: Window) -> None:
    preflight = KEY | {"GraphQL-Require-Preflight": "1"}

    async def get(query: str, headers: dict[str, str], **more: str) -> int:
        return (await window.http.get("/graphql", params={"query": query, **more}, headers=headers)).status_code

    assert await get("{__typename}", KEY) == 400
    assert await get("{__typename}", preflight) == 200
    assert await get("query($i: ID!) {node(id: $i) {id}}", preflight, variables='{"i":"x"}') == 200
    assert await get("query($i: ID!) {node(id: $i) {id}}", preflight, variables="{") == 400
    mutation = 'mutation{eventReplay(input:{eventId:"x"}){userErrors{code}}}'
    assert await get(mutation, preflight | {"Authorization": "Bearer writer"}) == 405
    twice = await window.http.get("/graphql?query={__typename}&query={a}", headers=preflight)
    assert twice.status_code == 400


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A {__typename} query B {__typename}", "OPERATION_RESOLUTION_FAILURE"),
        ("query($i: ID!) {node(id: $i) {id}}", "BAD_USER_INPUT"),
        ('{orders(where: {placedAt: {from: "2026-01-01"}}) {count {value}}}', "GRAPHQL_VALIDATION_FAILED"),
        ("subscription {orderChanged {cursor}}", "BAD_REQUEST"),
    ],
)
async def test_what_does_not_begin_is_400_in_the_new_media_type_and_has_a_code(
    window: Window, query: str, code: str
) -> None:
    old = await window.http.post("/graphql", content=asked(query), headers=KEY | JSON)
    new = await window.http.post("/graphql", content=asked(query), headers=KEY | JSON | {"Accept": NEW})

    assert new.status_code == 400
    assert old.status_code == (400 if code == "BAD_REQUEST" else 200)
    assert {each["extensions"]["code"] for each in new.json()["errors"]} == {code}
    assert "data" not in new.json()


async def test_names_of_the_schema_are_told_only_to_whoever_may_introspect(window: Window) -> None:
    for query in ("{ ordrs { count { value } } }", "{ orders(wher: {}) { count { value } } }", "{ orders { count } }",
                  "{ orders(sort: {key: PLACED}) { count { value } } }"):  # fmt: skip
        hidden = await window.ask(query)
        shown = await window.ask(query, holder="admin")

        assert "Did you mean" not in json.dumps(hidden)
        assert "Did you mean" in json.dumps(shown)


async def test_introspection_belongs_to_its_scope(window: Window) -> None:
    for query in ("{ __schema { types { name } } }", '{ x: __type(name: "Order") { name } }',
                  "{ ...F } fragment F on Query { __schema { types { name } } }"):  # fmt: skip
        assert await window.code(query) == "FORBIDDEN"
        assert "data" in await window.ask(query, holder="looker")
        assert "data" in await window.ask(query, holder="admin")
    assert (
        await window.code("{ __schema { types { name } } orders { count { value } } }", holder="looker") == "FORBIDDEN"
    )
    assert await window.data("{ __typename }", holder="looker") == {"__typename": "Query"}


async def test_a_fault_of_ours_is_masked_and_logged_without_its_words(
    window: Window, capsys: pytest.CaptureFixture[str]
) -> None:
    def burst() -> Any:
        raise RuntimeError("sk_live_secret")

    window.hub.database.read = burst  # type: ignore[method-assign]

    answer = await window.ask("{ orders { count { value } } }")

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert error["extensions"]["requestId"].startswith("req_")
    told = json.dumps(answer) + "".join(capsys.readouterr())
    assert "sk_live" not in told
    assert error["extensions"]["requestId"] in told


async def test_graphiql_loads_without_a_key_and_from_this_house_alone(window: Window) -> None:
    page = await window.http.get("/graphql", headers={"Accept": "text/html"})
    policy = page.headers["content-security-policy"]
    sources = [part.split('"')[0] for part in page.text.split('src="')[1:] + page.text.split('href="')[1:]]

    assert page.status_code == 200
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert len(sources) == 8
    for source in sources:
        assert source.startswith("/graphql/assets/")
        assert (await window.http.get(source)).status_code == 200
    assert "<script>" not in page.text
    assert (await window.http.get("/graphql/assets/..%2f__init__.py")).status_code == 404
