"""Exchanges are held to a description, and each thing that is wrong with one is said with its place."""

from typing import Any

import pytest

from hub.card import Exchange
from hub.descriptions import by_path, openapi, schema

THING = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "amount": {"type": "integer", "minimum": 1},
        "note": {"type": "string", "nullable": True},
    },
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "paths": {
        "/things": {
            "parameters": [{"$ref": "#/components/parameters/Tenant"}],
            "get": {
                "parameters": [
                    {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer"}},
                    {"name": "made[after]", "in": "query", "schema": {"type": "string"}},
                ],
                "responses": {200: {"$ref": "#/components/responses/Thing"}},
            },
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}},
                        "application/x-www-form-urlencoded": {
                            "schema": {
                                "type": "object",
                                "additionalProperties": False,
                                "properties": {
                                    "amount": {"type": "integer", "minimum": 1},
                                    "live": {"type": "boolean"},
                                    "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}},
                                    "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
                                },
                            }
                        },
                    },
                },
                "responses": {"201": {"$ref": "#/components/responses/Thing"}, "4XX": {"description": "no"}},
            },
        },
        "/things/{id}": {
            "get": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"pattern": "^th_"}}],
                "responses": {"default": {"$ref": "#/components/responses/Thing"}},
            },
            "delete": {"responses": {"204": {"description": "gone"}}},
        },
        "/things/newest": {"get": {"responses": {"200": {"description": "any"}}}},
    },
    "components": {
        "schemas": {"Thing": THING},
        "parameters": {"Tenant": {"name": "X-Tenant", "in": "header", "required": True, "schema": {"type": "string"}}},
        "responses": {
            "Thing": {
                "content": {"application/json; charset=utf-8": {"schema": {"$ref": "#/components/schemas/Thing"}}}
            }
        },
    },
}
JSON = {"Content-Type": "application/json"}
FORM = "application/x-www-form-urlencoded"


def exchange(method: str = "GET", path: str = "/things/th_1", **more: Any) -> Exchange:
    given: dict[str, Any] = {
        "query": "",
        "request_headers": JSON | {"x-tenant": "t"},
        "request": b"",
        "status": 200,
        "headers": JSON,
        "response": b'{"id": "th_1"}',
    }
    return Exchange(method=method, path=path, **(given | more))


judge = openapi(DOCUMENT)


def posted(body: bytes, **more: Any) -> list[str]:
    return judge(exchange("POST", "/things", request=body, status=201, **more))


def formed(body: bytes) -> list[str]:
    return posted(body, request_headers={"content-type": FORM, "X-Tenant": "t"})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (exchange(path="/nothing"), "no such operation"),
        (exchange("PATCH"), "no such operation"),
        (exchange(path="/things/7"), "path parameter id: $: '7' does not match '^th_'"),
        (exchange(path="/things", query=""), "query parameter limit is required"),
        (exchange(path="/things", query="limit=many"), "query parameter limit: $: 'many' is not of type 'integer'"),
        (exchange(path="/things", query="limit=1&colour=red"), "query parameter colour is not described"),
        (exchange(path="/things", query="limit=1", request_headers={}), "header parameter X-Tenant is required"),
        (exchange(response=b"{}"), "200 $: 'id' is a required property"),
        (exchange(response=b'{"id": "th_1", "amount": "7"}'), "200 $.amount: '7' is not of type 'integer'"),
        (exchange(response=b'{"id": null}'), "200 $.id: None"),
        (exchange(response=b"{"), "not JSON"),
        (exchange(response=b""), "200 without a body"),
        (exchange(headers={"content-type": "text/html"}), "200 is text/html: described are application/json"),
        (exchange("POST", "/things", status=201), "the body is required"),
        (exchange("POST", "/things", status=500, request=b"{}"), "the status 500 is not described"),
        (exchange("DELETE", status=204, request=b"{}"), "a body is sent where none is described"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(wrong: Exchange, said: str) -> None:
    assert any(said in fault for fault in judge(wrong)), judge(wrong)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"amount=ten", "request $.amount: 'ten' is not of type 'integer'"),
        (b"live=yes", "request $.live: 'yes' is not of type 'boolean'"),
        (b"tags=long+one", "request $.tags[0]: 'long one' is too long"),
        (b"colour=red", "'colour' was unexpected"),
    ],
)
def test_a_form_is_judged_as_the_text_that_it_is(body: bytes, said: str) -> None:
    assert any(said in fault for fault in formed(body)), formed(body)


@pytest.mark.parametrize(
    "body", [b"amount=7&live=true", b"tags=a&tags=b", b"tags[0]=a&tags[1]=b", b"metadata[k]=v", b"tags[]=a"]
)
def test_a_form_that_fits_has_no_fault(body: bytes) -> None:
    assert formed(body) == []


def test_what_fits_has_no_fault() -> None:
    assert judge(exchange(response=b'{"id": "th_1", "amount": 7, "note": null}')) == []
    assert judge(exchange(path="/things", query="limit=1&made[after]=now")) == []
    assert judge(exchange("DELETE", status=204, response=b"")) == []
    assert posted(b'{"amount": 7}') == []  # `id` is read-only: it is not required of who asks
    assert judge(exchange("POST", "/things", request=b"{}", status=404, response=b"never heard of it")) == []


def test_the_most_literal_path_is_meant() -> None:
    assert judge(exchange(path="/things/newest", response=b"anything")) == []


def test_a_base_path_stands_before_all_paths_and_is_required() -> None:
    based = openapi(DOCUMENT, "/api.v1")

    assert based(exchange(path="/api.v1/things/th_1")) == []
    assert "no such operation" in based(exchange())[0]


def test_a_description_that_tells_too_little_can_be_relaxed_and_still_judges_types() -> None:
    relaxed = openapi(DOCUMENT, relaxed=True)

    assert relaxed(exchange(response=b'{"id": null, "more": 1}')) == []
    assert relaxed(exchange(path="/things", query="limit=1&colour=red")) == []
    assert relaxed(exchange(response=b'{"id": 7}')) != []
    assert relaxed(exchange(response=b"{}")) != []


def test_one_value_is_judged_by_a_schema_in_a_document() -> None:
    thing = schema({"things": {"thing": THING}}, "/things/thing", version="3.0")

    assert thing({"id": "a", "note": None}) == []
    assert thing({"id": 7}) == ["$.id: 7 is not of type 'string'"]
    assert schema({"type": ["string", "null"]})(None) == []


def test_several_documents_are_chosen_by_the_longest_prefix() -> None:
    several = by_path({"/": lambda _: ["wrong one"], "/things": judge})

    assert several(exchange()) == []
    assert several(exchange(path="/other")) == ["wrong one"]
    assert "no description covers" in by_path({})(exchange())[0]
