import json

import pytest

from hub.cli.show import Output, rows

FOUND: list[dict[str, str | None]] = [
    {"id": "in_1", "reason": "lines[3].price: [bold]no markup[/bold]", "order": None},
    {"id": "in_2", "reason": "x" * 300, "order": "ord_ä"},
]


def test_a_table_in_a_pipe_has_a_line_for_each_row_and_takes_nothing_for_markup(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows(FOUND, Output.TABLE)

    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "reason", "order"]
    assert "[bold]no markup[/bold]" in first
    assert "x" * 300 in second


def test_an_empty_list_says_so_to_people_and_is_empty_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    rows([], Output.TABLE)
    table = capsys.readouterr()
    rows([], Output.JSON)
    as_json = capsys.readouterr()
    rows([], Output.JSONL)

    assert (table.out, table.err) == ("", "none\n")
    assert json.loads(as_json.out) == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("output", [Output.JSON, Output.JSONL])
def test_programs_get_back_what_was_found(capsys: pytest.CaptureFixture[str], output: Output) -> None:
    rows(FOUND, output)
    out = capsys.readouterr().out

    told = json.loads(out) if output is Output.JSON else [json.loads(line) for line in out.splitlines()]

    assert told == FOUND
