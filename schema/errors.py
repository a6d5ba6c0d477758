"""Top-level errors: each has a code; what was not meant for clients is masked and logged without its words."""

import re
import traceback
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import structlog
from graphql import GraphQLError, GraphQLFormattedError

log = structlog.get_logger(__name__)

MOST_ERRORS = 5
_SUGGESTION = re.compile(r"\s*Did you mean .*?\?(?=\s|$)", re.DOTALL)


class Code(StrEnum):
    BAD_REQUEST = "BAD_REQUEST"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    NO_OPERATION = "OPERATION_RESOLUTION_FAILURE"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    AMBIGUOUS = "AMBIGUOUS"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    INTERNAL = "INTERNAL_SERVER_ERROR"


def error(code: Code, message: str, nodes: Any = None) -> GraphQLError:
    return GraphQLError(message, nodes, extensions={"code": code})


def bad_input(message: str) -> GraphQLError:
    return error(Code.BAD_USER_INPUT, message)


def told(
    errors: Iterable[GraphQLError], *, request_id: str, hints: bool, otherwise: Code | None = None
) -> list[GraphQLFormattedError]:
    """What clients see. `otherwise` is the code of errors that have none and come from the language itself.

    Suggestions tell the schema's names, so they are for those who may read the schema (`hints`).
    """
    return [_told(each, request_id, hints, otherwise) for each in list(errors)[:MOST_ERRORS]]


def _told(found: GraphQLError, request_id: str, hints: bool, otherwise: Code | None) -> GraphQLFormattedError:
    cause = found.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if cause is not None and not isinstance(cause, GraphQLError):
        # The message may hold what a caller or a vendor said: the log gets the place and the kind alone.
        log.error(
            "graphql.failed",
            request_id=request_id,
            path=list(found.path or ()),
            error=type(cause).__qualname__,
            at=[f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(cause.__traceback__)[-5:]],
        )
        hidden = GraphQLError(
            "Something went wrong on our side. Tell us the request id.",
            path=found.path,
            nodes=found.nodes,
            extensions={"code": Code.INTERNAL, "requestId": request_id},
        )
        return hidden.formatted
    formatted = found.formatted
    extensions = dict(formatted.get("extensions") or {})
    # A path means that a resolver was under way; without a code of ours it is a null where none may be.
    extensions.setdefault("code", otherwise or (Code.INTERNAL if found.path else Code.BAD_USER_INPUT))
    message = formatted["message"] if hints else _SUGGESTION.sub("", formatted["message"])
    return {**formatted, "message": message, "extensions": extensions}
