"""Whatever people write into a column, it is read, compared and explained, from either side the same."""

from math import isclose

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.decide.evidence.columns import ALIASES, columns
from hub.decide.evidence.keys import keys
from hub.decide.evidence.memory import InMemory
from hub.decide.evidence.party import Party
from hub.decide.evidence.rarity import values
from hub.decide.evidence.reading import read
from hub.decide.evidence.resolve import Resolver
from hub.decide.evidence.score import items, score
from hub.decide.evidence.weights import SHIPPED

HEADER = [*(aliases.split()[0] for aliases in ALIASES.values()), "occupation"]
KNOWN = columns(HEADER)
SAID = st.one_of(
    st.just(""),
    st.text(max_size=30),
    st.sampled_from(
        ["King, Ada", "Dr. Ada King Jr.", "12 Mill Lane Apt 3", "1990-01-01", "a.k@post.net", "+1 848 532 7294"]
    ),
)
ROW = st.fixed_dictionaries(dict.fromkeys(HEADER, SAID))


def party(row: dict[str, str], id: str) -> Party:
    return read(KNOWN, row, id)


@settings(max_examples=150, deadline=None)
@given(ROW, ROW)
def test_any_two_rows_are_compared_alike_from_either_side(one: dict[str, str], other: dict[str, str]) -> None:
    left, right = party(one, "a"), party(other, "b")

    ours, theirs = score(left, right, SHIPPED), score(right, left, SHIPPED)

    assert isclose(ours.bits, theirs.bits, abs_tol=1e-9)
    assert ours.veto == theirs.veto
    assert isclose(ours.bits, sum(each.bits for each in items(left, right, SHIPPED)), abs_tol=1e-9)
    assert len(set(keys(left))) == len(keys(left))


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=8))
def test_any_rows_are_each_in_one_group_that_remembers_them(rows: list[dict[str, str]]) -> None:
    memory = InMemory()
    resolver = Resolver(memory)
    ids = [f"r{at}" for at in range(len(rows))]

    for each, row in zip(ids, rows, strict=True):
        resolver.resolve(party(row, each))
    list(resolver.look_again(ids))

    for record, group in memory.groups(ids).items():
        assert record in memory.members(group)
    assert memory.size() == len(rows)
    assert all(count >= 1 for count in memory.counts(values(memory.parties(["r0"])["r0"])).values())
