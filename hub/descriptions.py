"""Judges: exchanges and values held to a vendor's own published description.

`openapi` for a whole API (OpenAPI 3.0 and 3.1), `schema` for one value, `by_path` where a vendor publishes several
documents. The validators come with the extra `conform`; importing this module needs nothing.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from hub.card import Exchange
from hub.schemas import Schemas

Judge = Callable[[Exchange], list[str]]
"""What is wrong with an exchange, one fault a line, each with the JSON path of the value; empty: nothing."""

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_FORM = "application/x-www-form-urlencoded"
# OpenAPI 3.0.3, "Parameter Object": these are described elsewhere and ignored as parameters.
_NOT_PARAMETERS = ("accept", "content-type", "authorization")


def openapi(document: Mapping[str, Any], base_path: str = "", *, relaxed: bool = False) -> Judge:
    """A judge by an OpenAPI document.

    `base_path` stands before the document's paths on the wire (the path of its server: "/api.xro/2.0"). An operation,
    status, media type or query parameter that is not described is a fault. `relaxed` is for documents that are known
    to tell less than the truth: null is allowed everywhere, and fields and parameters beyond the described ones pass.
    """
    checks = Schemas(document, relaxed=relaxed)
    operations = list(_operations(document))

    def judge(exchange: Exchange) -> list[str]:
        path = exchange.path.removeprefix(base_path)
        found = _match(operations, exchange.method, path) if exchange.path.startswith(base_path) else None
        if found is None:
            return [f"{exchange.method} {exchange.path}: no such operation is described"]
        operation, given = found
        return [
            f"{exchange.method} {exchange.path}: {fault}"
            for faults in (
                _parameters(checks, operation, given, exchange),
                _request(checks, operation, exchange),
                _response(checks, operation, exchange),
            )
            for fault in faults
        ]

    return judge


def schema(
    document: Mapping[str, Any], pointer: str = "", *, relaxed: bool = False, version: str = "3.1"
) -> Callable[[Any], list[str]]:
    """A judge of one JSON value by a schema: `document` itself, or what stands at `pointer` in it ("/definitions/x").

    `version` is the OpenAPI version whose words the schema uses: "3.0" knows `nullable`, "3.1" is JSON Schema 2020-12.
    """
    checks = Schemas({"openapi": version, **document}, relaxed=relaxed)
    return lambda value: checks.value(pointer, value)


def by_path(judges: Mapping[str, Judge]) -> Judge:
    """The judge of the longest prefix of the path that there is."""

    def judge(exchange: Exchange) -> list[str]:
        prefixes = [prefix for prefix in judges if exchange.path.startswith(prefix)]
        if not prefixes:
            return [f"{exchange.method} {exchange.path}: no description covers this path"]
        return judges[max(prefixes, key=len)](exchange)

    return judge


# ------------------------------------------------------------------------------------------------------ operations


@dataclass(frozen=True, slots=True)
class _Operation:
    method: str
    pattern: re.Pattern[str]
    templates: Sequence[str]  # their names, as the groups of `pattern`
    literal: int  # characters outside of the templates: the most literal match is meant (OpenAPI, "Path Templating")
    parameters: Sequence[tuple[str, Mapping[str, Any]]]  # (pointer, what stands there)
    body: tuple[str, Mapping[str, Any]] | None
    responses: Mapping[str, tuple[str, Mapping[str, Any]]]


def _operations(document: Mapping[str, Any]) -> Iterator[_Operation]:
    for path, item in document.get("paths", {}).items():
        pattern = "".join(
            f"(?P<p{number}>[^/]+)" if number % 2 else re.escape(part)
            for number, part in enumerate(re.split(r"\{([^}]*)\}", path))
        )
        literal = len(re.sub(r"\{[^}]*\}", "", path))
        for method in _METHODS:
            if method not in item:
                continue
            here, operation = _pointer("paths", path, method), item[method]
            parameters: dict[tuple[str, str], tuple[str, Mapping[str, Any]]] = {}
            for where, each in (
                *(
                    (_pointer("paths", path, "parameters", n), each)
                    for n, each in enumerate(item.get("parameters", ()))
                ),
                *((f"{here}/parameters/{n}", each) for n, each in enumerate(operation.get("parameters", ()))),
            ):
                at, parameter = _follow(document, where, each)
                parameters[parameter["in"], parameter["name"]] = (at, parameter)  # the operation's own wins
            body = operation.get("requestBody")
            yield _Operation(
                method=method.upper(),
                pattern=re.compile(pattern),
                templates=re.findall(r"\{([^}]*)\}", path),
                literal=literal,
                parameters=list(parameters.values()),
                body=_follow(document, f"{here}/requestBody", body) if body else None,
                responses={
                    str(status): _follow(document, f"{here}/responses/{status}", each)
                    for status, each in operation.get("responses", {}).items()
                },
            )


def _pointer(*parts: str | int) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _follow(document: Mapping[str, Any], where: str, found: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    while "$ref" in found:
        where = found["$ref"].removeprefix("#")
        found = document
        for part in where.split("/")[1:]:
            found = found[unquote(part).replace("~1", "/").replace("~0", "~")]
    return where, found


def _match(operations: Sequence[_Operation], method: str, path: str) -> tuple[_Operation, list[str]] | None:
    matches = [
        (each, [unquote(value) for value in match.groups()])
        for each in operations
        if each.method == method and (match := each.pattern.fullmatch(path))
    ]
    return max(matches, key=lambda found: found[0].literal, default=None)


# ------------------------------------------------------------------------------------------------- the three parts


def _parameters(checks: Schemas, operation: _Operation, in_path: Sequence[str], exchange: Exchange) -> Iterator[str]:
    query, written = _form(exchange.query), dict(parse_qsl(exchange.query, keep_blank_values=True))
    headers = {name.lower(): value for name, value in exchange.request_headers.items()}
    parts = dict(zip(operation.templates, in_path, strict=True))
    known = set()
    for where, parameter in operation.parameters:
        place, name = parameter["in"], parameter["name"]
        given: Any
        if place == "query":
            known.add(name.split("[")[0])
            given = written[name] if "[" in name and name in written else query.get(name.removesuffix("[]"))
        elif place == "path":
            given = parts.get(name)
        elif place == "header" and name.lower() not in _NOT_PARAMETERS:
            given = headers.get(name.lower())
        else:
            continue
        if given is None:
            if parameter.get("required"):
                yield f"the {place} parameter {name} is required"
        elif "schema" in parameter:
            for fault in checks.form(f"{where}/schema", given):
                yield f"{place} parameter {name}: {fault}"
    if not checks.relaxed:
        for name in query.keys() - known:
            yield f"the query parameter {name} is not described"


def _request(checks: Schemas, operation: _Operation, exchange: Exchange) -> Iterator[str]:
    if operation.body is None:
        if exchange.request and not checks.relaxed:
            yield "a body is sent where none is described"
        return
    where, body = operation.body
    if not exchange.request:
        if body.get("required"):
            yield "the body is required"
        return
    media = _media(exchange.request_headers)
    name = _content(body.get("content", {}), media)
    if name is None:
        yield f"the body is {media or 'of no type'}: described are {', '.join(body.get('content', {}))}"
        return
    if "schema" not in body["content"][name]:
        return
    at = where + _pointer("content", name, "schema")
    if media == _FORM:
        yield from (f"request {fault}" for fault in checks.form(at, _form(exchange.request.decode("utf-8", "replace"))))
    else:
        yield from (f"request {fault}" for fault in checks.body(at, media, exchange.request, "request"))


def _response(checks: Schemas, operation: _Operation, exchange: Exchange) -> Iterator[str]:
    status = str(exchange.status)
    for name in (status, f"{status[0]}XX", f"{status[0]}xx", "default"):
        if name in operation.responses:
            where, response = operation.responses[name]
            break
    else:
        yield f"the status {status} is not described"
        return
    content = response.get("content")
    if not content:  # nothing is said of a body
        return
    if not exchange.response:
        yield f"{status} without a body"
        return
    media = _media(exchange.headers)
    chosen = _content(content, media)
    if chosen is None:
        yield f"{status} is {media or 'of no type'}: described are {', '.join(content)}"
    elif "schema" in content[chosen]:
        at = where + _pointer("content", chosen, "schema")
        yield from (f"{status} {fault}" for fault in checks.body(at, media, exchange.response, "response"))


def _media(headers: Mapping[str, str]) -> str:
    for name, value in headers.items():
        if name.lower() == "content-type":
            return value.split(";")[0].strip().lower()
    return ""


def _content(content: Mapping[str, Any], media: str) -> str | None:
    for name in content:
        plain = name.split(";")[0].strip().lower()
        if plain in (media, "*/*", media.split("/")[0] + "/*"):
            return name
    return None


def _form(encoded: str) -> dict[str, Any]:
    """`a[b][0]=1&c=2&c=3` as `{"a": {"b": ["1"]}, "c": ["2", "3"]}`: values stay text."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        head, *rest = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name) or [name]
        node, last = tree, head
        for part in rest:
            inner = node.setdefault(last, {})
            node, last = (inner if isinstance(inner, dict) else {}), part or str(len(inner))
        node[last] = [*_listed(node[last]), value] if last in node else value
    return {name: _lists(value) for name, value in tree.items()}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _lists(each) for name, each in value.items()}
    if inner and all(name.isdecimal() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner
