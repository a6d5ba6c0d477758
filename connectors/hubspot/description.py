"""HubSpot's API as its own client library describes it: operations, and the models of what they answer.

The vendor's OpenAPI documents may not be passed on; the library (PyPI hubspot-api-client, Apache-2.0) has the same
operations and models, which the material folder holds as `operations.json` and one JSON Schema per area.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hub.card import Exchange
from hub.descriptions import openapi

_AREAS = ("contacts", "deals", "associations_v4", "oauth", "properties", "pipelines")
# What is sent: the library names these models, its list of operations does not.
_SENT = {
    "BatchApi.upsert": "BatchInputSimplePublicObjectBatchInputUpsert",
    "SearchApi.do_search": "PublicObjectSearchRequest",
    "BasicApi.update": "SimplePublicObjectInput",
    "CoreApi.create": "PropertyCreate",
}
_SENT_BY_AREA = {("associations_v4", "BatchApi.get_page"): "BatchInputPublicFetchAssociationsBatchRequest"}
_ELSEWHERE = "/account-info/"  # no module of the library describes it


def judge(folder: Path) -> Callable[[Exchange], Sequence[str]]:
    """What an exchange with the API has wrong. Refusals are not judged: "every member of an error is optional"."""
    by_the_library = openapi(document(folder / "spec"), relaxed=True)
    return lambda exchange: [] if exchange.path.startswith(_ELSEWHERE) else by_the_library(exchange)


def document(spec: Path) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Any] = {}
    for area in _AREAS:
        models = (spec / "models" / f"{area}.schema.json").read_text()
        defs = json.loads(models.replace("#/$defs/", f"#/components/schemas/{area}."))["$defs"]
        schemas |= {f"{area}.{name}": model for name, model in defs.items()}
    for operation in json.loads((spec / "operations.json").read_text())["operations"]:
        area, name = operation["area"], operation["operation"]
        if area not in _AREAS:
            continue
        described: dict[str, Any] = {"responses": {"4XX": {}, "5XX": {}}}
        for status, model in (operation["responses"] or {"204": ""}).items():
            described["responses"][status] = _content(area, model) if model else {}
        if sent := _SENT_BY_AREA.get((area, name)) or _SENT.get(name):
            described["requestBody"] = {"required": True, **_content(area, sent)}
        paths.setdefault(operation["path"], {})[operation["method"].lower()] = described
    return {"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}}


def _content(area: str, model: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{area}.{model}"}}}}
