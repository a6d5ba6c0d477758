"""`[connections.<id>.read.<kind>]`: what one kind of body is, and how a record is made of it."""

import re
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, ValidationInfo, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from connectors.http_api.fields import HEAD, KINDS, FieldMap, Problem, compiled, hints
from connectors.http_api.language import Expression
from hub.domain.records import Kind, Record

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def refuse(title: str, problems: list[Problem]) -> None:
    """All of them at once, each with its own place below the table."""
    if problems:
        raise ValidationError.from_exception_data(
            title,
            [
                InitErrorDetails(type=PydanticCustomError("http_api", "{why}", {"why": why}), loc=place, input=None)
                for place, why in problems
            ],
        )


def expressions(table: BaseModel, *names: str) -> tuple[dict[str, Expression], list[Problem]]:
    """Those that are not empty, compiled."""
    made: dict[str, Expression] = {}
    problems: list[Problem] = []
    for name in names:
        if text := getattr(table, name):
            try:
                made[name] = Expression(text)
            except ValueError as fault:
                problems.append(((name,), str(fault)))
    return made, problems


class KindSettings(Part):
    record: Kind | None = None  # absent: the kind is named as its record
    each: str = ""  # a body of several: the list of them
    when: str = ""  # items of which this is not true are of no use to us
    fields: dict[str, Any] = Field(default_factory=dict)
    maps: dict[str, dict[str, str]] = Field(default_factory=dict)  # field -> the vendor's word -> ours
    fetch: str = ""  # the path of one of them: /invoices/{id}
    fetch_item: str = ""  # where it stands in the answer

    _mapping: FieldMap = PrivateAttr(default_factory=FieldMap)
    _expressions: dict[str, Expression] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _compile(self, info: ValidationInfo) -> Self:
        self._expressions, problems = expressions(self, "each", "when", "fetch_item")
        if self.record is not None:
            problems += self.compile(self.record)
        if self.fetch and (not self.fetch.startswith("/") or PLACEHOLDER.findall(self.fetch) != ["id"]):
            problems.append((("fetch",), "a path below base_url is expected, with {id} and no other placeholder"))
        refuse("read", problems)
        return self

    def compile(self, record: Kind) -> list[Problem]:
        """Of the record's kind, which may be known only from the table's name."""
        if record not in KINDS:
            return [(("record",), f"only the hub itself says these; there are: {', '.join(KINDS)}")]
        shape = KINDS[record]
        self._mapping, problems = compiled(shape, self.fields, ("id", "currency"))
        problems = [(("fields", *place), why) for place, why in problems]
        if "id" not in self.fields:
            problems.append((("fields",), "`id` is missing: the system's own id of the thing"))
        for name in self.maps:
            if name in (*HEAD, "lines") or name not in hints(shape):
                problems.append((("maps", name), "no such field"))
        return problems

    @property
    def mapping(self) -> FieldMap:
        return self._mapping

    def expression(self, name: str) -> Expression | None:
        return self._expressions.get(name)


def shape_of(kind: Kind) -> type[Record]:
    return KINDS[kind]
