import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.settings.lines import Path as Place
from hub.settings.lines import lines

TRICKY = Path(__file__).with_name("tricky.toml").read_text(encoding="utf-8")


def paths(value: Any, path: Place = ()) -> set[Place]:
    found = {path} if path else set()
    match value:
        case dict():
            return found.union(*(paths(item, (*path, key)) for key, item in value.items()))
        case list():
            return found.union(*(paths(item, (*path, index)) for index, item in enumerate(value)))
    return found


def test_each_path_that_the_library_reads_has_a_line_and_no_other_has() -> None:
    assert set(lines(TRICKY)) == paths(tomllib.loads(TRICKY))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("title",), "title ="),
        (("a", "b", "c d"), "a.b."),
        (("date",), "date ="),
        (("after",), "after ="),
        (("quotes",), "quotes ="),
        (("literal",), "literal ="),
        (("array", 1), '"a", "b,]"'),
        (("array", 3, "y", "z"), "[1, 2]"),
        (("table", "with space", "key"), "key = 1"),
        (("table", "deep"), "[table.deep.er]"),
        (("many", 0, "sub", "k"), "k = 1"),
        (("many", 1, "name"), '"two"'),
        (("many", 1, "inner", 1, "k"), "k = 3"),
    ],
)
def test_a_line_is_the_one_where_the_key_stands(path: Place, text: str) -> None:
    assert text in TRICKY.splitlines()[lines(TRICKY)[path] - 1]


keys = st.text(st.sampled_from("ab-_1 .]=#\"'\\"), min_size=1, max_size=4)
scalars = st.one_of(st.booleans(), st.integers(), st.text(st.sampled_from("a[]{}=#,\"'\\\n"), max_size=6))
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def written(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return quoted(value)
        case list():
            return "[\n" + ",\n".join(written(item) for item in value) + "\n]"
        case dict():
            return "{ " + ", ".join(f"{quoted(key)} = {written(item)}" for key, item in value.items()) + " }"
    return str(value)


@given(st.dictionaries(keys, st.dictionaries(keys, values, max_size=3), max_size=3))
def test_whatever_is_in_the_strings_the_paths_are_the_librarys(data: dict[str, dict[str, Any]]) -> None:
    text = "\n".join(
        f"[{quoted(table)}]\n" + "\n".join(f"{quoted(key)} = {written(value)}" for key, value in items.items())
        for table, items in data.items()
    )

    assert set(lines(text)) == paths(tomllib.loads(text))
