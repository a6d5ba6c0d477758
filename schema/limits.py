"""Limits on documents, kept before validation: the language lets a few bytes ask for more work than a server has.

Each fragment is walked once and its result kept, so that the walk costs what the document is long, whatever it spreads.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    VariableNode,
    Visitor,
    get_named_type,
    visit,
)

from schema.errors import Code, error
from schema.paging import DEFAULT, MOST

TOKENS = 1_000
DEPTH = 10
INTROSPECTION_DEPTH = 16  # the tools' own question nests `ofType`; it is for keys with that scope alone
ALIASES = 30
SAME_KEY = 20  # equal response keys in one level …
SAME_KEY_IN_ALL = 150  # … and in the document: levels that have the same name are merged and compared with each other
DIRECTIVES = 20
COST = 50_000
_SIZES = ("first", "last")
_INTROSPECTION = ("__schema", "__type")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a document asks for, as far as that does not depend on variables."""

    introspects: bool


@dataclass(slots=True)
class _Level:
    """One selection set with all that it spreads."""

    depth: int = 0
    cost: int = 0
    keys: Counter[str] = field(default_factory=Counter)


def check_shape(document: DocumentNode) -> Shape:
    """Raises for a document that is too much, whatever its variables are."""
    counting = _Counting()
    visit(document, counting)
    for count, most, what in (
        (counting.aliases, ALIASES, "aliases"),
        (counting.directives, DIRECTIVES, "directives"),
        (max(counting.keys.values(), default=0), SAME_KEY_IN_ALL, "fields with the same response key"),
    ):
        if count > most:
            raise _too_much(f"more than {most} {what}")
    if counting.null_character:
        raise error(Code.BAD_USER_INPUT, "a text holds the character U+0000")
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            _Walk(document, None, {}).level(operation.selection_set, None)
    return Shape(introspects=any(counting.keys[name] for name in _INTROSPECTION))


def check_cost(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> int:
    """Fields times the page sizes above them. Raises when that is too much."""
    defaults = {
        definition.variable.name.value: definition.default_value.value
        for definition in operation.variable_definitions or ()
        if isinstance(definition.default_value, IntValueNode)
    }
    root = schema.get_root_type(operation.operation)
    cost = _Walk(document, schema, {**defaults, **variables}).level(operation.selection_set, root).cost
    if cost > COST:
        raise _too_much(f"a cost of {cost}, where {COST} is the most: ask for smaller pages or fewer fields")
    return cost


def _too_much(what: str) -> GraphQLError:
    return error(Code.LIMIT_EXCEEDED, f"The document is too large: {what}.")


class _Counting(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.aliases = self.directives = 0
        self.keys: Counter[str] = Counter()
        self.null_character = False

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self.aliases += node.alias is not None
        self.keys[node.name.value if node.alias is None else node.alias.value] += 1
        if node.alias is not None and node.name.value in _INTROSPECTION:
            self.keys[node.name.value] += 1

    def enter_directive(self, *_: Any) -> None:
        self.directives += 1

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        self.null_character = self.null_character or "\0" in node.value


class _Walk:
    def __init__(self, document: DocumentNode, schema: GraphQLSchema | None, variables: Mapping[str, Any]) -> None:
        self._schema = schema
        self._variables = variables
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._walked: dict[str, _Level | None] = {}

    def level(self, selections: SelectionSetNode, of: Any, nested: int = 1, most: int = DEPTH) -> _Level:
        if nested > 2 * most:  # inline fragments nest, too, and add nothing to the depth
            raise _too_much(f"deeper than {most} levels")
        level = _Level(depth=1)
        for node in selections.selections:
            match node:
                case FieldNode():
                    self._field(level, node, of, nested, most)
                case InlineFragmentNode(type_condition=condition, selection_set=inner):
                    named = self._type(condition.name.value) if condition else of
                    self._merge(level, self.level(inner, named, nested + 1, most))
                case FragmentSpreadNode(name=name):
                    self._merge(level, self._fragment(name.value, nested + 1, most))
        if level.depth > most:
            raise _too_much(f"deeper than {most} levels")
        for key, count in level.keys.items():
            if count > SAME_KEY:
                raise _too_much(f"more than {SAME_KEY} times {key!r} in one level")
        return level

    def _field(self, level: _Level, node: FieldNode, of: Any, nested: int, most: int) -> None:
        level.keys[node.name.value if node.alias is None else node.alias.value] += 1
        level.cost += 1
        if node.selection_set is None:
            return
        definition = (
            of.fields.get(node.name.value) if isinstance(of, GraphQLObjectType | GraphQLInterfaceType) else None
        )
        named = get_named_type(definition.type) if definition else None
        if node.name.value in _INTROSPECTION:
            inner = self.level(node.selection_set, named, 1, INTROSPECTION_DEPTH)
        else:
            inner = self.level(node.selection_set, named, nested + 1, most)
            level.depth = max(level.depth, inner.depth + 1)
        level.cost += inner.cost * (self._size(node) if definition is not None and "first" in definition.args else 1)

    def _size(self, node: FieldNode) -> int:
        """The page size. One that is wrong costs the most: it is refused later, and must not slip through here."""
        sizes = []
        for argument in node.arguments or ():
            if argument.name.value in _SIZES:
                value: Any = argument.value
                size = self._variables.get(value.name.value) if isinstance(value, VariableNode) else value
                text = getattr(size, "value", size)
                if text is None:
                    continue
                number = int(text) if str(text).isdecimal() and len(str(text)) < 6 else MOST
                sizes.append(min(number, MOST))
        return max(sizes, default=DEFAULT)

    def _fragment(self, name: str, nested: int, most: int) -> _Level:
        if name not in self._walked:
            fragment = self._fragments.get(name)
            if fragment is None:
                return _Level()  # validation says so
            self._walked[name] = None
            self._walked[name] = self.level(
                fragment.selection_set, self._type(fragment.type_condition.name.value), nested, most
            )
        found = self._walked[name]
        if found is None:
            raise error(Code.VALIDATION_FAILED, f"the fragment {name!r} spreads itself")
        return found

    def _type(self, name: str) -> Any:
        return None if self._schema is None else self._schema.type_map.get(name)

    @staticmethod
    def _merge(level: _Level, other: _Level) -> None:
        level.depth = max(level.depth, other.depth)
        level.cost += other.cost
        level.keys.update(other.keys)
