"""The printed schema is a promise to clients."""

from pathlib import Path

from graphql import GraphQLObjectType, build_schema, find_breaking_changes, validate_schema

import schema
from schema import SCHEMA, print_schema

COMMITTED = Path(schema.__file__).parent / "schema.graphql"


def test_the_committed_schema_is_what_runs() -> None:
    """After a change that is meant: `hub schema print > schema/schema.graphql`."""
    assert COMMITTED.read_text() == print_schema()


def test_the_printed_schema_is_whole() -> None:
    printed = build_schema(print_schema())

    assert validate_schema(printed) == []
    assert find_breaking_changes(SCHEMA, printed) == []


def test_every_mutation_takes_one_input_and_says_what_is_wrong_as_data() -> None:
    assert SCHEMA.mutation_type is not None
    for name, field in SCHEMA.mutation_type.fields.items():
        assert list(field.args) == ["input"], name
        payload = SCHEMA.type_map[f"{name[0].upper()}{name[1:]}Payload"]
        assert isinstance(payload, GraphQLObjectType)
        assert "userErrors" in payload.fields


def test_creating_and_moving_money_needs_a_key() -> None:
    printed = print_schema()
    for name in ("OrderCreateInput", "RefundCreateInput"):
        block = printed.split(f"input {name} {{")[1].split("\n}")[0]
        assert "idempotencyKey: String!" in block
