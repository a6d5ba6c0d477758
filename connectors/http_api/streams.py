"""`[connections.<id>.pull.<stream>]`: where what changed is listed, and how its pages follow each other."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from connectors.http_api.kinds import PLACEHOLDER, Part, expressions, refuse
from connectors.http_api.language import Expression
from hub.connector import Duration

_PLACES = {"since", "cursor", "page", "offset", "size"}


class PullSettings(Part):
    kind: str = ""  # of the items; absent: the stream is named as their kind
    path: str
    params: dict[str, str] = Field(default_factory=dict)  # with {since}, {cursor}, {page}, {offset}, {size}
    items: str = "@"  # JMESPath: the list in the answer
    paging: Literal["cursor", "link", "page", "offset", "none"] = "none"
    next: str = ""  # JMESPath: the next page's cursor, for `paging = "cursor"`
    size: Annotated[int, Field(gt=0, le=10_000)] = 100  # of a full page
    first_page: Annotated[int, Field(ge=0, le=1)] = 1
    since: Literal["rfc3339", "seconds", "milliseconds", "date"] = "rfc3339"  # how {since} is written
    look_back: Duration = timedelta(minutes=5)  # a change may show later than one that was made after it

    _expressions: dict[str, Expression] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _compile(self) -> Self:
        self._expressions, problems = expressions(self, "items", "next")
        if not self.path.startswith("/"):
            problems.append((("path",), "a path that begins with / is expected, below base_url"))
        named = {place for text in (self.path, *self.params.values()) for place in PLACEHOLDER.findall(text)}
        if unknown := named - _PLACES:
            problems.append(
                (("params",), f"no placeholder {{{min(unknown)}}}; there are: {', '.join(sorted(_PLACES))}")
            )
        if self.paging in ("cursor", "page", "offset") and self.paging not in named:
            problems.append((("params",), f"{{{self.paging}}} is missing: the pages would be the same one"))
        if (self.paging == "cursor") is not bool(self.next):
            problems.append((("next",), 'goes with paging = "cursor": where the next page\'s cursor stands'))
        refuse("pull", problems)
        return self

    def expression(self, name: str) -> Expression:
        return self._expressions[name]
