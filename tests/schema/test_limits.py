"""Documents that ask for more than a server has: refused, and fast."""

import gc
import time as clocks
from collections.abc import Callable, Iterator

import pytest
from graphql import get_introspection_query, parse

from hub.domain.clock import utc_now
from schema import SCHEMA
from schema.context import Caller, Hub
from schema.execution import Engine, Refusal, Request
from schema.limits import COST, check_cost

ADMIN = Caller("key", "admin", frozenset({"admin"}))


class NoHub:
    """Nothing is run here."""

    class database:  # noqa: N801
        @staticmethod
        def read() -> None:
            raise AssertionError("nothing is read")


@pytest.fixture
def engine() -> Engine:
    hub: Hub = NoHub()  # type: ignore[assignment]
    return Engine(hub, utc_now)


def codes(engine: Engine, query: str, **variables: object) -> set[str]:
    try:
        engine.prepare(Request(query=query, variables=variables), ADMIN)
    except Refusal as refusal:
        return {str(each.extensions["code"]) for each in refusal.errors if each.extensions}
    return set()


def chain(length: int, on: str = "Query") -> str:
    spreads = "".join(f"fragment F{n} on {on} {{ ...F{n + 1} ...F{n + 1} }}" for n in range(length))
    return f"{spreads} fragment F{length} on {on} {{ __typename }}"


def bad_documents() -> Iterator[tuple[str, str]]:
    yield "tokens", "{" + " a" * 1_000 + "}"
    yield "tokens in comments", "#\n" * 20_000 + "{__typename}"
    yield "the same field", "{" + ' node(id:"x"){id}' * 21 + "}"
    yield "the same field through fragments", "{orders{nodes{...F ...F}}} fragment F on Order {" + "id " * 11 + "}"
    yield "the same field in levels that merge", "{orders{nodes{" + ("total{" + "amount " * 16 + "}") * 10 + "}}}"
    yield "aliases", "{" + "".join(f"a{n}:__typename " for n in range(31)) + "}"
    yield "directives", "{" + "__typename " + "@skip(if:false)" * 21 + "}"
    yield "depth", "{orders{nodes" + "{commands{order" * 6 + "{id}" + "}}" * 6 + "}}"
    yield "depth in the parser", "{a" * 400 + "}" * 400
    yield "lists in the parser", "{a(b:" + "[" * 900
    yield "depth through inline fragments", "{" + "...{" * 150 + "__typename" + "}" * 151
    yield "fragments that double", "{...F0}" + chain(60)
    yield "page sizes", "{orders(first:250){nodes{timeline(first:250){nodes{summary}}}}}"


@pytest.fixture
def cpu() -> Iterator[Callable[[], float]]:
    """Seconds of CPU since the test began: of this process alone, without collecting the rubbish of other tests."""
    gc.collect()
    gc.disable()
    start = clocks.process_time()
    yield lambda: clocks.process_time() - start
    gc.enable()


@pytest.mark.parametrize(("name", "query"), list(bad_documents()))
def test_a_document_that_is_too_much_is_refused_within_a_blink(
    engine: Engine, cpu: Callable[[], float], name: str, query: str
) -> None:
    found = codes(engine, query)

    assert found == {"LIMIT_EXCEEDED"}, name
    assert cpu() < 0.25


def worst_allowed() -> Iterator[str]:
    yield (
        "{orders{nodes{"
        + "".join("total{amount} " for _ in range(20))
        + "".join("tax{amount} " for _ in range(20))
        + "}}}"
    )
    fields = "payments{id amount{amount currencyCode}}"
    yield (
        "{orders{nodes{"
        + "".join(f"...F{n} " for n in range(20))
        + "}}}"
        + "".join(f"fragment F{n} on Order{{{fields}}} " for n in range(20))
    )
    yield "{orders{nodes{...F0}}}" + chain(6, "Order")
    yield "{" + 'node(id:"x"){...on Order{id}...on Customer{id}...on Event{id}}' * 20 + "}"
    yield "{" + "orders{" + "nodes{id number}" * 20 + "}}"


@pytest.mark.parametrize("query", list(worst_allowed()))
def test_the_worst_documents_that_pass_the_limits_are_validated_in_little_time(
    engine: Engine, cpu: Callable[[], float], query: str
) -> None:
    codes(engine, query)

    assert cpu() < 0.5


@pytest.mark.parametrize(
    "query", ["{...A} fragment A on Query {...A}", "{...A} fragment A on Query {...B} fragment B on Query {...A}"]
)
def test_a_fragment_that_spreads_itself_is_refused(engine: Engine, query: str) -> None:
    assert codes(engine, query) == {"GRAPHQL_VALIDATION_FAILED"}


def test_a_page_size_in_a_variable_costs_the_same(engine: Engine) -> None:
    query = "query($n: Int = {}) {{orders(first: $n){{nodes{{timeline(first: $n){{nodes{{summary}}}}}}}}}}"

    assert codes(engine, query.format(250)) == {"LIMIT_EXCEEDED"}
    assert codes(engine, query.format(10)) == set()
    assert codes(engine, query.format(10), n=250) == {"LIMIT_EXCEEDED"}
    assert codes(engine, query.format(10), n=10**30) == {"LIMIT_EXCEEDED"}
    assert codes(engine, query.format(10), n="junk") == {"LIMIT_EXCEEDED"}


def test_cost_is_page_size_times_fields_below() -> None:
    document = parse(
        "query Q {orders(first: 10) {nodes {id ...F}} connections {id}} fragment F on Order {events(first: 5) {id}}"
    )
    (operation, _) = document.definitions

    # orders, 10 × (nodes, id, events, 5 × id), connections, id
    assert check_cost(SCHEMA, document, operation, {}) == 1 + 10 * (1 + 1 + 1 + 5) + 2  # type: ignore[arg-type]
    assert COST > 1 + 250 * 150  # a large page of whole orders is an ordinary wish


def test_the_tools_own_introspection_passes(engine: Engine) -> None:
    assert codes(engine, get_introspection_query(input_value_deprecation=True, directive_is_repeatable=True)) == set()


def test_valid_documents_are_parsed_once_and_the_memory_of_them_is_bounded(engine: Engine) -> None:
    first = engine.prepare(Request(query="{__typename}"), ADMIN)
    second = engine.prepare(Request(query="{__typename}"), ADMIN)
    for number in range(600):
        engine.prepare(Request(query=f"query Q{number} {{__typename}}"), ADMIN)

    assert first.document is second.document
    assert engine.prepare(Request(query="{__typename}"), ADMIN).document is not first.document
    assert len(engine._documents) <= 512
