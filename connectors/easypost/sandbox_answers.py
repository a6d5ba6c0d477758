"""Pages and refusals, as EasyPost's API answers them."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.easypost import sandbox_shapes as shapes
from connectors.easypost.sandbox_shapes import Json


def page(request: Request, things: Mapping[str, Json], asked: Callable[[Json], bool]) -> tuple[list[Json], bool]:
    """Newest first; `before_id` is the last one of the page before."""
    names = list(things)[::-1]
    if before := request.query_params.get("before_id"):
        names = names[names.index(before) + 1 :]
    found = [things[name] for name in names if asked(things[name])]
    size = min(int(request.query_params.get("page_size", "20")), 100)
    return found[:size], len(found) > size


def is_asked(shipment: Json, purchased: str | None) -> bool:
    return purchased is None or (purchased == "true") == bool(shipment["postage_label"])


def error(status: int, code: str, message: str, errors: list[Any]) -> Response:
    return JSONResponse(shapes.error(code, message, errors), status)


def missing() -> Response:
    return error(404, "NOT_FOUND", "The requested resource could not be found.", [])
