"""The sandbox's Admin API: the vendor's own schema in part (`sandbox.graphql`), and its cost limit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from hub.domain.clock import Clock

SCHEMA = build_schema(Path(__file__).with_name("sandbox.graphql").read_text())
MOST_POINTS = 1000  # of one query


# -------------------------------------------------------------------------------------------------------- cost


@dataclass(slots=True)
class Throttle:
    """A bucket of points that fills again: 2,000 and 100 a second on a standard plan."""

    now: Clock
    size: float
    rate: float
    left: float = 0
    at: datetime | None = None

    def available(self) -> float:
        now = self.now()
        gained = self.size if self.at is None else (now - self.at).total_seconds() * self.rate
        self.left, self.at = min(self.size, self.left + gained), now
        return self.left

    def says(self, requested: float, actual: float | None) -> dict[str, Any]:
        status = {"maximumAvailable": self.size, "currentlyAvailable": int(self.left), "restoreRate": self.rate}
        return {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}


def requested_cost(document: DocumentNode, variables: Mapping[str, Any]) -> int:
    """An object is a point, a list `first` times what is in it, a connection two more, a mutation ten."""
    (operation,) = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    defaults = {
        each.variable.name.value: int(each.default_value.value)
        for each in operation.variable_definitions or ()
        if isinstance(each.default_value, IntValueNode)
    }
    base = 10 if operation.operation is OperationType.MUTATION else 0
    return base + _cost(operation.selection_set, {**defaults, **variables})


def _cost(selections: SelectionSetNode, variables: Mapping[str, Any]) -> int:
    points = 0
    for each in selections.selections:
        if isinstance(each, InlineFragmentNode):  # a type's part of a union: no object of its own
            points += _cost(each.selection_set, variables)
        elif isinstance(each, FieldNode) and each.selection_set is not None:
            inside = _cost(each.selection_set, variables)
            if each.name.value in ("nodes", "pageInfo"):
                points += inside
            elif (first := _first(each, variables)) is not None:
                points += 2 + first * (1 + inside)
            else:
                points += 1 + inside
    return points


def _first(field: FieldNode, variables: Mapping[str, Any]) -> int | None:
    for argument in field.arguments or ():
        if argument.name.value == "first":
            value = argument.value
            return int(variables[value.name.value] if isinstance(value, VariableNode) else getattr(value, "value", 0))
    return None


def _objects(data: object) -> int:
    if isinstance(data, dict):
        return 1 + sum(_objects(value) for name, value in data.items() if name != "pageInfo")
    return sum(_objects(each) for each in data) if isinstance(data, list) else 0


# ----------------------------------------------------------------------------------------------------- answers


@lru_cache(maxsize=64)
def _document(text: str) -> DocumentNode | tuple[GraphQLError, ...]:
    try:
        document = parse(text, max_tokens=5000)
    except GraphQLError as error:
        return (error,)
    return tuple(validate(SCHEMA, document)) or document


def answer(root: Any, throttle: Throttle, text: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    document = _document(text)
    if isinstance(document, tuple):
        return {"errors": [error.formatted for error in document]}
    requested = requested_cost(document, variables)
    if requested > MOST_POINTS:
        return _error(f"Query cost is {requested}, which exceeds the single query max cost limit", "MAX_COST_EXCEEDED")
    if requested > throttle.available():
        return _error("Throttled", "THROTTLED") | {"extensions": {"cost": throttle.says(requested, None)}}
    result = execute_sync(SCHEMA, document, root_value=root, variable_values=dict(variables))
    actual = min(requested, _objects(result.data))
    throttle.left -= actual
    said: dict[str, Any] = {"data": result.data, "extensions": {"cost": throttle.says(requested, actual)}}
    if result.errors:
        said["errors"] = [error.formatted for error in result.errors]
    return said


def _error(message: str, code: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}
