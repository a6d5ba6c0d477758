"""The window: the hub's GraphQL schema. `SCHEMA` is what runs, `print_schema()` what clients read."""

from typing import Any

import strawberry
from graphql import GraphQLSchema, build_schema, lexicographic_sort_schema
from graphql import print_schema as print_sdl
from strawberry.schema.config import StrawberryConfig

import schema.enums  # noqa: F401  (declares the hub's enums before the types that show them)
from schema.mutations import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from schema.subscription import Subscription


def _said(source: Any, name: str) -> Any:
    """Attributes as they are; a text that nobody told is `null`, not the empty text."""
    value = getattr(source, name)
    return None if type(value) is str and not value else value


STRAWBERRY = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(default_resolver=_said, scalar_map=SCALARS),
)
SCHEMA: GraphQLSchema = STRAWBERRY._schema


def print_schema() -> str:
    """Sorted, so that a diff shows what changed. Only the text: Strawberry's own sorting breaks enums at run time."""
    return print_sdl(lexicographic_sort_schema(build_schema(STRAWBERRY.as_str()))) + "\n"
