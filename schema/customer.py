"""People and companies."""

from datetime import datetime
from typing import Any

import strawberry

from hub.domain import order as golden
from schema.context import Info
from schema.ids import Node
from schema.scalars import CountryCode
from schema.source import SourceRecord, Telling


@strawberry.type
class Address:
    name: str | None
    company: str | None
    line1: str | None
    line2: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country: CountryCode | None
    phone: str | None


def _sources(root: strawberry.Parent[golden.Customer]) -> Any:
    return [Telling(view, "") for view in root.sources]


@strawberry.type(description="One person or company, folded from what all systems say.")
class Customer(Node):
    name: str | None
    company: str | None
    email: str | None
    phone: str | None
    addresses: list[Address]
    tags: list[str]
    created_at: datetime
    updated_at: datetime
    sources: list[SourceRecord] = strawberry.field(resolver=_sources)

    @classmethod
    def is_type_of(cls, value: object, _info: Info) -> bool:
        return isinstance(value, golden.Customer)
