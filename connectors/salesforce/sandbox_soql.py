"""The part of SOQL that an integration of contacts and opportunities needs.

`SELECT fields, (SELECT fields FROM children) FROM object WHERE … ORDER BY fields LIMIT n`, with `AND`, `OR`, brackets,
comparisons, `null`, text, times and true/false. Whatever else is asked is MALFORMED_QUERY.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.domain.clock import parse_time

Json = dict[str, Any]
Test = Callable[[Json], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:\\.|[^'\\])*')|(?P<time>\d{4}-\d\d-\d\dT[\d:.]+Z)|(?P<number>\d+)"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_.]*)|(?P<sign><=|>=|!=|[=<>(),]))"
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_UNESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}
_TIMES = ("SystemModstamp", "CreatedDate")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


class Malformed(Exception):
    """MALFORMED_QUERY, with the words for it."""


@dataclass(slots=True)
class Query:
    fields: list[str] = field(default_factory=list)
    children: dict[str, list[str]] = field(default_factory=dict)  # relationship -> fields
    objects: str = ""
    where: Test = lambda _row: True
    named: set[str] = field(default_factory=set)  # fields of the condition and the order
    order: list[str] = field(default_factory=list)
    limit: int | None = None

    def run(self, rows: Iterable[Json]) -> list[Json]:
        found = [row for row in rows if self.where(row)]
        found.sort(key=lambda row: tuple(_value(row, name) or "" for name in self.order))
        return found if self.limit is None else found[: self.limit]


def parse(text: str) -> Query:
    parser = _Parser(_tokens(text))
    found = parser.select()
    if parser.tokens:
        raise Malformed(f"unexpected token: {parser.tokens[0][1]}")
    return found


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Malformed(f"unexpected token: {text[position : position + 20]!r}")
        kind = match.lastgroup or ""
        tokens.append((kind, match[kind]))
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens

    def select(self) -> Query:
        found = Query()
        self._expect("SELECT")
        while True:
            if self._taken("("):
                self._expect("SELECT")
                names = self._names()
                self._expect("FROM")
                found.children[self._word()] = names
                self._expect(")")
            else:
                found.fields.append(self._word())
            if not self._taken(","):
                break
        self._expect("FROM")
        found.objects = self._word()
        if self._taken("WHERE"):
            found.where = self._either(found)
        if self._taken("ORDER"):
            self._expect("BY")
            found.order = self._names()
            found.named.update(found.order)
        if self._taken("LIMIT"):
            kind, number = self._next()
            if kind != "number":
                raise Malformed(f"LIMIT {number}")
            found.limit = int(number)
        return found

    def _either(self, query: Query) -> Test:
        """SOQL takes AND beside OR between brackets only."""
        tests, words = [self._term(query)], set()
        while self.tokens and self.tokens[0][1].upper() in ("AND", "OR"):
            words.add(self._next()[1].upper())
            tests.append(self._term(query))
        if len(words) > 1:
            raise Malformed("AND and OR need brackets")
        return (lambda row: any(test(row) for test in tests)) if "OR" in words else _all(tests)

    def _term(self, query: Query) -> Test:
        if self._taken("("):
            inner = self._either(query)
            self._expect(")")
            return inner
        name = self._word()
        query.named.add(name)
        sign, (kind, said) = self._next()[1], self._next()
        if sign not in _COMPARE:
            raise Malformed(f"unexpected token: {sign}")
        return _comparison(name, sign, kind, said)

    def _names(self) -> list[str]:
        names = [self._word()]
        while self._taken(","):
            names.append(self._word())
        return names

    def _word(self) -> str:
        kind, said = self._next()
        if kind != "word":
            raise Malformed(f"unexpected token: {said}")
        return said

    def _next(self) -> tuple[str, str]:
        if not self.tokens:
            raise Malformed("unexpected end of the query")
        return self.tokens.pop(0)

    def _taken(self, word: str) -> bool:
        if self.tokens and self.tokens[0][0] in ("word", "sign") and self.tokens[0][1].upper() == word:
            self.tokens.pop(0)
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._taken(word):
            raise Malformed(f"expected {word}")


def _all(tests: list[Test]) -> Test:
    return lambda row: all(test(row) for test in tests)


def _comparison(name: str, sign: str, kind: str, said: str) -> Test:
    compare = _COMPARE[sign]
    match kind, said.lower():
        case "text", _:
            text = _ESCAPED.sub(lambda found: _escaped(found[1]), said[1:-1])
            if name == "Id" or name.endswith("Id"):  # ids are compared with their case
                return lambda row: compare(row.get(name) or "", text)
            return lambda row: compare(str(row.get(name) or "").lower(), text.lower())
        case "time", _:
            at = parse_time(said)
            return lambda row: compare(parse_time(row[name]), at)
        case "word", "null":
            return lambda row: compare(row.get(name), None)
        case "word", "true" | "false":
            return lambda row: compare(bool(row.get(name)), said.lower() == "true")
        case "number", _:
            return lambda row: compare(row.get(name) or 0, int(said))
    raise Malformed(f"unexpected token: {said}")


def _escaped(sign: str) -> str:
    if sign not in _UNESCAPED:
        raise Malformed(f"invalid escape: \\{sign}")
    return _UNESCAPED[sign]


def _value(row: Json, name: str) -> Any:
    return parse_time(row[name]) if name in _TIMES else row.get(name)
