"""`hub identity`, as a person runs it over a file."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.cli import main
from tests.decide.evidence.people import HEADER, town

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hub", "identity", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


@pytest.fixture
def people(tmp_path: Path) -> dict[str, str]:
    """people.csv, truth.csv and the truth."""
    rows, truth = town(40)
    write(tmp_path / "people.csv", [list(HEADER), *([row[column] for column in HEADER] for row in rows)])
    write(tmp_path / "truth.csv", [["record_id", "cluster_id"], *([record, truth[record]] for record in sorted(truth))])
    return truth


def write(file: Path, rows: list[list[str]], mark: str = ",") -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text, delimiter=mark).writerows(rows)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "line 1: no header"),
        (b"record_id,name\n", "no records"),
        (b"record_id,name\n1,Ada\n,Bela\n", "line 3, column record_id: no id"),
        (b"record_id,name\n1,Ada\n1,Bela\n", "line 3, column record_id: 1 is on line 2, too"),
        (b"record_id,name\n1,Ada,King\n", "line 2: 3 fields, and the header has 2"),
        (b'record_id,name\n1,"Ada\n', "line 2: "),
        (b"record_id,name,name\n1,Ada,Eda\n", "line 1, column name: named twice"),
        (b"record_id,name\n1,Ad\xff\n", "not UTF-8"),
        (b"nr,name\n1,Ada\n", "no column for id; say which: --map id=COLUMN, one of nr, name"),
        (b"record_id,created_at\n1,2026-01-01\n", "nothing to compare"),
    ],
)
def test_a_table_that_cannot_be_read_is_told_with_line_and_column(
    run: Run, tmp_path: Path, body: bytes, words: str
) -> None:
    (tmp_path / "people.csv").write_bytes(body)

    code, _, err = run("match", "people.csv", "-o", "clusters.csv")

    assert code in (1, 2)
    assert words in err
    assert not (tmp_path / "clusters.csv").exists()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"id": 1}\n[2]\n', "line 2: not an object"),
        ('{"id": 1}\n{"id": \n', "line 2: "),
        ('{"id": 1, "name": {"first": "Ada"}}\n', "line 1, column name: a value is wanted, not a dict"),
    ],
)
def test_json_lines_that_cannot_be_read_are_told_with_their_line(
    run: Run, tmp_path: Path, body: str, words: str
) -> None:
    (tmp_path / "people.jsonl").write_text(body)

    code, _, err = run("match", "people.jsonl", "-o", "clusters.csv")

    assert code == 1
    assert words in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("match", "nobody.csv", "-o", "clusters.csv"), "No such file"),
        (("match", "people.csv", "-o", "people.csv"), "is what is read"),
        (("match", "people.csv", "-o", "no/where.csv"), "No such file"),
        (("match", "people.csv", "-o", "c.csv", "--map", "email"), "field=column is wanted"),
        (("match", "people.csv", "-o", "c.csv", "--map", "mail=email"), "no field 'mail'"),
        (("match", "people.csv", "-o", "c.csv", "--map", "email=post"), "no column 'post'"),
        (
            ("match", "people.csv", "-o", "c.csv", "--map", "email=phone", "--map", "email=city"),
            "mapped to phone already",
        ),
        (("match", "people.csv", "-o", "c.csv", "--weights", "truth.csv"), "not weights"),
        (("explain", "people.csv", "p001-0", "p999-9"), "no record p999-9"),
        (("evaluate", "--truth", "truth.csv", "people.csv"), "no column cluster_id"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    run: Run, people: dict[str, str], arguments: tuple[str, ...], words: str
) -> None:
    code, _, err = run(*arguments)

    assert code in (1, 2)
    assert words in err
    assert "Traceback" not in err


def test_too_few_records_to_learn_from_are_refused(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "few.csv", [["record_id", "name"], ["1", "Ada"]])

    assert run("learn", "few.csv", "-o", "weights.json")[0] == 1


def test_each_record_gets_a_cluster_a_score_and_a_reason(run: Run, tmp_path: Path, people: dict[str, str]) -> None:
    assert run("match", "people.csv", "-o", "clusters.csv")[0] == 0

    with (tmp_path / "clusters.csv").open() as text:
        rows = list(csv.DictReader(text))
    assert {row["record_id"] for row in rows} == set(people)
    for row in rows:
        alone = sum(each["cluster_id"] == row["cluster_id"] for each in rows) == 1
        assert row["reason"]
        assert alone or float(row["score"]) > 0
    figures = json.loads(run("evaluate", "--truth", "truth.csv", "clusters.csv", "-o", "json")[1])[0]
    assert figures["pair_f1"] > 0.9


def test_twice_gives_the_same_bytes(run: Run, tmp_path: Path, people: dict[str, str]) -> None:
    run("match", "people.csv", "-o", "one.csv")
    run("match", "people.csv", "-o", "two.csv")

    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_columns_of_other_names_are_mapped_and_json_lines_and_semicolons_are_read_alike(
    run: Run, tmp_path: Path
) -> None:
    said = [("1", "Ada King", "ada@post.net"), ("2", "King, Ada", "ada@post.net"), ("3", "Olga Farkas", "")]
    write(tmp_path / "people.csv", [["nr", "wer", "post"], *(list(each) for each in said)], ";")
    lines = (json.dumps({"nr": int(nr), "wer": who, "post": post or None}) for nr, who, post in said)
    (tmp_path / "people.jsonl").write_text("\n".join(lines))
    mapped = ("--map", "id=nr", "--map", "full_name=wer", "--map", "email=post")

    for file in ("people.csv", "people.jsonl"):
        run("match", file, "-o", "clusters.csv", *mapped)
        with (tmp_path / "clusters.csv").open() as text:
            clusters = [row["cluster_id"] for row in csv.DictReader(text)]
        assert clusters == ["1", "1", "3"]


def test_a_pair_is_explained_by_items_that_add_up(run: Run, people: dict[str, str]) -> None:
    one, other = sorted(record for record in people if people[record] == "1")[:2]

    rows = json.loads(run("explain", "people.csv", one, other, "-o", "json")[1])

    (total,) = [row["bits"] for row in rows if row["field"] == "sum"]
    items = [row for row in rows if row["field"] not in ("sum", "veto")]
    assert total == pytest.approx(sum(row["bits"] for row in items), abs=0.1)
    assert {"prior", "given", "family"} <= {row["field"] for row in items}


def test_weights_that_were_learned_are_used(run: Run, tmp_path: Path, people: dict[str, str]) -> None:
    assert run("learn", "people.csv", "-o", "weights.json")[0] == 0
    assert run("match", "people.csv", "-o", "clusters.csv", "--weights", "weights.json")[0] == 0

    figures = json.loads(run("evaluate", "--truth", "truth.csv", "clusters.csv", "-o", "json")[1])[0]
    assert figures["pair_f1"] > 0.9


def test_no_set_is_walked_so_another_hash_seed_gives_the_same_bytes(tmp_path: Path, people: dict[str, str]) -> None:
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-m", "hub.cli", "identity", "match", "people.csv", "-o", f"{seed}.csv"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
            check=True,
            capture_output=True,
        )

    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()
