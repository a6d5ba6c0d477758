"""GraphQL over HTTP, strictly: what is not a well-formed request is answered here, in GraphQL's words."""

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

import orjson
from graphql import OperationType
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from schema.context import Caller
from schema.errors import Code
from schema.execution import Answer, Engine, Refusal, Request, refused


class Holder(Protocol):
    """Whoever an API key belongs to."""

    @property
    def key_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def scopes(self) -> Collection[str]: ...


Authenticate = Callable[[str], Awaitable[Holder | None]]

MOST_BYTES = 256 * 1024
_MOST_NESTED = 32
_JSON = "application/json"
_RESPONSE_JSON = "application/graphql-response+json"
_PREFLIGHT = "graphql-require-preflight"


class Turned(Exception):
    """Turned away before GraphQL begins."""

    def __init__(self, status: int, code: Code, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.headers = status, code, headers or {}


def bad(message: str) -> Turned:
    return Turned(400, Code.BAD_REQUEST, message)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`POST /graphql`, and GET for queries of clients that can set a header (a page of another origin cannot)."""

    engine: Engine
    authenticate: Authenticate

    async def __call__(self, http: HttpRequest) -> Response:
        media = _JSON
        try:
            media = negotiate(http.headers.get("accept", ""))
            caller = await caller_of(http, self.authenticate)
            request = await read_request(http)
        except Turned as turned:
            return turned_away(turned, media)
        try:
            operation = self.engine.prepare(request, caller)
        except Refusal as refusal:
            return answer(refused(refusal, caller), media)
        if operation.kind is OperationType.SUBSCRIPTION:
            return turned_away(bad("subscriptions are at /graphql/stream, or over a WebSocket"), media)
        if http.method == "GET" and operation.kind is not OperationType.QUERY:
            refusal_of_get = Turned(405, Code.BAD_REQUEST, "only queries may be asked by GET", {"Allow": "POST"})
            return turned_away(refusal_of_get, media)
        return answer(await self.engine.run(operation), media)


def answer(given: Answer, media: str) -> Response:
    """The status is the one place where the two media types differ: the old one says 200 to whatever is well-formed."""
    status = 200
    if given.code is Code.FORBIDDEN and not given.began:
        status = 403
    elif not given.began and media == _RESPONSE_JSON:
        status = 400
    return Response(
        to_json(given.body), status, headers={"Cache-Control": "no-store"}, media_type=f"{media}; charset=utf-8"
    )


def turned_away(turned: Turned, media: str = _JSON) -> Response:
    body = {"errors": [{"message": str(turned), "extensions": {"code": turned.code}}]}
    headers = {"Cache-Control": "no-store", **turned.headers}
    return Response(to_json(body), turned.status, headers=headers, media_type=f"{media}; charset=utf-8")


def to_json(value: Any) -> bytes:
    return orjson.dumps(value)


async def caller_of(http: HTTPConnection, authenticate: Authenticate) -> Caller:
    caller = await caller_by(http.headers.get("authorization"), authenticate)
    if caller is None:
        raise Turned(
            401,
            Code.UNAUTHENTICATED,
            "give a valid API key as `Authorization: Bearer …`",
            {"WWW-Authenticate": 'Bearer realm="orderhub"'},
        )
    return caller


async def caller_by(authorization: str | None, authenticate: Authenticate) -> Caller | None:
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > 512:
        return None
    holder = await authenticate(token)
    return None if holder is None else Caller(holder.key_id, holder.name, frozenset(holder.scopes))


def negotiate(accept: str) -> str:
    """The media type of the answer; 406 where the client takes neither."""
    best, best_quality = "", 0.0
    for item in accept.split(",") if accept.strip() else ["*/*"]:
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 0.0
            elif parameter.startswith("charset=") and parameter[8:].strip('"') not in ("utf-8", "utf8"):
                quality = 0.0
        media = {_RESPONSE_JSON: _RESPONSE_JSON, _JSON: _JSON, "application/*": _JSON, "*/*": _JSON}.get(name, "")
        if media and quality > best_quality:
            best, best_quality = media, quality
    if not best:
        raise Turned(406, Code.BAD_REQUEST, f"answers are {_RESPONSE_JSON} or {_JSON}")
    return best


async def read_request(http: HttpRequest) -> Request:
    if http.method == "GET":
        return _from_query(http)
    if http.method != "POST":
        raise Turned(405, Code.BAD_REQUEST, "POST, or GET for queries", {"Allow": "GET, POST"})
    kind, _, parameters = http.headers.get("content-type", "").partition(";")
    if kind.strip().lower() != _JSON:
        raise Turned(415, Code.BAD_REQUEST, f"the body must be {_JSON}")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if charset not in ("", "utf-8", "utf8"):
        raise Turned(415, Code.BAD_REQUEST, "the body must be UTF-8")
    if http.headers.get("content-encoding", "identity").lower() != "identity":
        raise Turned(415, Code.BAD_REQUEST, "the body must not be compressed")
    return request_of(strict_json(await _body(http)))


async def _body(http: HttpRequest) -> bytes:
    too_large = Turned(413, Code.BAD_REQUEST, f"at most {MOST_BYTES} bytes", {"Connection": "close"})
    length = http.headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:12]) > MOST_BYTES:
        raise too_large
    body = bytearray()
    try:
        async for chunk in http.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                raise too_large
    except ClientDisconnect:
        raise bad("the body did not come whole") from None
    return bytes(body)


def _from_query(http: HttpRequest) -> Request:
    if _PREFLIGHT not in http.headers:
        raise bad("a query by GET needs the header GraphQL-Require-Preflight")
    given: dict[str, Any] = {}
    for name, value in http.query_params.multi_items():
        if name in given:
            raise bad(f"{name} is given twice")
        if name in ("variables", "extensions") and value:
            given[name] = strict_json(value.encode("utf-8", "surrogatepass"))
        else:
            given[name] = value
    return request_of(given)


# --------------------------------------------------------------------------------------------------- strict JSON


def strict_json(body: bytes) -> Any:
    """UTF-8, no NaN, no key twice, no lone surrogates, no U+0000, not deep."""
    try:
        value = json.loads(
            body.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_no_key_twice, parse_float=_finite
        )
    except RecursionError:
        raise bad("the body is nested too deep") from None
    except ValueError as fault:
        raise bad(f"the body is not JSON: {type(fault).__name__}") from None
    _check(value)
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    """A float, as the language wants it; one that overflows is no number."""
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number too large")
    return number


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _check(value: Any) -> None:
    level = [value]
    for _ in range(_MOST_NESTED):
        below: list[Any] = []
        for each in level:
            match each:
                case str():
                    _check_text(each)
                case dict():
                    for key in each:
                        _check_text(key)
                    below.extend(each.values())
                case list():
                    below.extend(each)
        if not below:
            return
        level = below
    raise bad("the body is nested too deep")


def _check_text(text: str) -> None:
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text if character > "\ud7ff"):
        raise bad("a text holds a character that is none")


def request_of(value: Any) -> Request:
    """Raises `Turned`. Unknown members are allowed, as the specification reserves them for later."""
    if not isinstance(value, dict):
        raise bad("the body must be one JSON object: batches are not taken")
    query, name = value.get("query"), value.get("operationName")
    variables, extensions = value.get("variables"), value.get("extensions")
    if not isinstance(query, str) or not query.strip():
        raise bad("query must be a text")
    if name is not None and not isinstance(name, str):
        raise bad("operationName must be a text")
    if variables is not None and not isinstance(variables, dict):
        raise bad("variables must be an object")
    if extensions is not None and not isinstance(extensions, dict):
        raise bad("extensions must be an object")
    return Request(query=query, operation_name=name or None, variables=variables or {})
