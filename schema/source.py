"""Where facts come from, and whether the systems agree."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import strawberry

from hub.domain.order import SourceView
from hub.domain.records import Kind
from schema.context import Info
from schema.scalars import Url


@strawberry.type(description="How a system names a thing.")
class ExternalRef:
    connection: str
    kind: Kind
    external_id: str


@strawberry.type(
    description="A system differs from what the order says it should hold, and nothing pending explains it."
)
class Drift:
    order_id: strawberry.ID
    connection: str
    about: str = strawberry.field(description="What differs, in words.")
    expected: str | None
    found: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Telling:
    """A source, and the order that it tells of ("" for a customer's)."""

    view: SourceView
    order_id: str

    @property
    def connection(self) -> str:
        return self.view.source.connection

    @property
    def kind(self) -> Kind:
        return self.view.source.kind

    @property
    def external_id(self) -> str:
        return self.view.source.external_id

    @property
    def url(self) -> str:
        return self.view.url

    @property
    def version(self) -> str:
        return str(self.view.version)

    @property
    def updated_at(self) -> datetime:
        return self.view.updated_at


async def _drifts(root: strawberry.Parent[Telling], info: Info) -> Any:
    if not root.order_id:
        return []
    found = await info.context.loaders.drifts.load(root.order_id) or ()
    return [drift for drift in found if drift.connection == root.connection]


async def _agrees(root: strawberry.Parent[Telling], info: Info) -> bool:
    return not await _drifts(root, info)


@strawberry.type(name="Source", description="One system's record of this thing, and whether that system agrees.")
class SourceRecord:
    connection: str
    kind: Kind
    external_id: str
    url: Url | None = strawberry.field(description="A page for people at the vendor.")
    version: str = strawberry.field(description="The vendor's own; a text, since it may be larger than Int.")
    updated_at: datetime
    agrees: bool = strawberry.field(resolver=_agrees, description="False: see `drifts`.")
    drifts: list[Drift] = strawberry.field(resolver=_drifts, description="Where this system differs from the order.")
