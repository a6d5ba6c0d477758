"""`[[connections.<id>.push]]`: what the system is asked to do, when, and how it is safe to ask again."""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from connectors.http_api.fields import Problem
from connectors.http_api.kinds import Part, refuse
from connectors.http_api.language import Expression
from connectors.http_api.template import Path, Render, body, path
from hub.connector import Duration

_SAME_AGAIN = ("PUT", "PATCH", "DELETE")  # of a thing that the path names


class FindSettings(Part):
    """A GET that shows what our command made, if it did."""

    path: str
    each: str = "@"  # JMESPath: the list, or the one thing, of the answer
    reference: str  # JMESPath on each of them: where our reference stands
    settles: Duration = timedelta()  # how long after sending it may not show yet


class PushSettings(Part):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    when: str  # JMESPath over the view: true is needed
    per: Literal["order", "payment", "refund", "shipment"] = "order"
    method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: str
    body: Any = None
    safety: Literal["idempotency-key", "upsert", "find"]
    key_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] = "Idempotency-Key"
    key_lifetime: Duration = timedelta(hours=24)
    find: FindSettings | None = None
    answer: str = ""  # the kind of which the reply is
    receipt: str = ""  # the kind that reads what we sent beside the reply, where the reply alone tells too little
    done_when: str = ""  # JMESPath over the view: true means that nothing is left to do
    releases_goods: bool = False

    _when: Expression = PrivateAttr()
    _done: Expression | None = PrivateAttr(default=None)
    _path: Path = PrivateAttr()
    _find: Path | None = PrivateAttr(default=None)
    _body: Render = PrivateAttr()

    @model_validator(mode="after")
    def _compile(self) -> Self:
        problems: list[Problem] = []

        def expression(text: str, *place: str) -> Any:
            try:
                return Expression(text)
            except ValueError as fault:
                problems.append((place, str(fault)))

        def filled(text: str, *place: str) -> Any:
            try:
                return path(text)
            except ValueError as fault:
                problems.append((place, str(fault)))

        self._when = expression(self.when, "when")
        self._done = expression(self.done_when, "done_when") if self.done_when else None
        self._path = filled(self.path, "path")
        self._body, found = body(self.body)
        problems += [(("body", *where), why) for where, why in found]
        if self.find is not None:
            self._find = filled(self.find.path, "find", "path")
            for name in ("each", "reference"):
                expression(getattr(self.find, name), "find", name)
        refuse("push", [*problems, *self._unsafe()])
        return self

    def _unsafe(self) -> list[Problem]:
        problems: list[Problem] = []
        if (self.safety == "find") is (self.find is None):
            problems.append(
                (("find",), 'goes with safety = "find": where to look before sending, and after a lost answer')
            )
        if self.safety == "upsert" and (self.method not in _SAME_AGAIN or "{" not in self.path):
            problems.append((("safety",), "an upsert is PUT, PATCH or DELETE of a path with an {id} of ours"))
        if self.answer and self.receipt:
            problems.append((("receipt",), "answer or receipt, not both"))
        if not (self.answer or self.receipt or self.done_when):
            why = "is missing (or receipt, or done_when): how the hub sees that it is done"
            problems.append((("answer",), why))
        return problems

    @property
    def condition(self) -> Expression:
        return self._when

    @property
    def done(self) -> Expression | None:
        return self._done

    @property
    def target(self) -> Path:
        return self._path

    @property
    def content(self) -> Render:
        return self._body

    @property
    def search(self) -> Path | None:
        return self._find
