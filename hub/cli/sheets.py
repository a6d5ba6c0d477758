"""Records out of a file of people's own: CSV, or JSON lines. What is wrong is told with its line and column."""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from hub.domain.errors import Malformed, Misconfigured

if TYPE_CHECKING:
    from hub.decide.evidence.columns import Columns
    from hub.decide.evidence.party import Party

Row = Mapping[str, str]
_MARKS = ",;\t|"


def parties(file: Path, chosen: Mapping[str, str]) -> "list[Party]":
    """`chosen`: field -> column, beside what is known by its name."""
    from hub.decide.evidence.columns import columns
    from hub.decide.evidence.reading import read

    rows = list(_rows(file))
    if not rows:
        raise Malformed(f"{file}: no records")
    header = list(dict.fromkeys(column for _, row in rows for column in row))
    found = columns(header, chosen)
    id_column = _id_column(file, found, header)
    seen: dict[str, int] = {}
    said = []
    for line, row in rows:
        record = row.get(id_column, "").strip()
        if not record:
            raise Malformed(f"{file}: line {line}, column {id_column}: no id")
        if record in seen:
            raise Malformed(f"{file}: line {line}, column {id_column}: {record} is on line {seen[record]}, too")
        seen[record] = line
        said.append(read(found, row, record))
    if not set(found.fields) - {"id", "source", "country"} and not found.plain:
        raise Misconfigured(f"{file}: nothing to compare; --map field=column says which column is what")
    return said


def pairs(file: Path, names: tuple[str, str] = ("record_id", "cluster_id")) -> dict[str, str]:
    """Record -> cluster."""
    found: dict[str, str] = {}
    for line, row in _rows(file):
        for name in names:
            if name not in row:
                raise Malformed(f"{file}: line {line}: no column {name}; there are: {', '.join(row)}")
            if not row[name]:
                raise Malformed(f"{file}: line {line}, column {name}: empty")
        record, cluster = (row[name] for name in names)
        if found.setdefault(record, cluster) != cluster:
            raise Malformed(f"{file}: line {line}, column {names[0]}: {record} is in two clusters")
    return found


def _id_column(file: Path, found: "Columns", header: list[str]) -> str:
    if not found.fields.get("id"):
        raise Misconfigured(
            f"{file}: no column for id; say which: --map id=COLUMN, one of {', '.join(header) or 'none'}"
        )
    return found.fields["id"][0]


def _rows(file: Path) -> Iterator[tuple[int, Row]]:
    """With the line that each ends on."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            yield from _json_lines(file, text) if file.suffix in (".jsonl", ".ndjson") else _csv(file, text)
    except OSError as fault:
        raise Misconfigured(f"{file}: {fault.strerror}") from fault
    except UnicodeDecodeError as fault:
        raise Malformed(f"{file}: not UTF-8 at byte {fault.start}") from fault


def _csv(file: Path, text: TextIO) -> Iterator[tuple[int, Row]]:
    first = text.readline()
    text.seek(0)
    reader = csv.reader(text, delimiter=max(_MARKS, key=first.count), strict=True)
    try:
        header = next(reader, None)
        if not header:
            raise Malformed(f"{file}: line 1: no header")
        if twice := sorted({each for each in header if header.count(each) > 1}):
            raise Malformed(f"{file}: line 1, column {twice[0]}: named twice")
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                raise Malformed(f"{file}: line {reader.line_num}: {len(row)} fields, and the header has {len(header)}")
            yield reader.line_num, dict(zip(header, row, strict=True))
    except csv.Error as fault:
        raise Malformed(f"{file}: line {reader.line_num}: {fault}") from fault


def _json_lines(file: Path, text: TextIO) -> Iterator[tuple[int, Row]]:
    for at, line in enumerate(text, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as fault:
            raise Malformed(f"{file}: line {at}: {fault}") from fault
        if not isinstance(value, dict):
            raise Malformed(f"{file}: line {at}: not an object")
        for column, said in value.items():
            if isinstance(said, dict | list):
                raise Malformed(f"{file}: line {at}, column {column}: a value is wanted, not a {type(said).__name__}")
        yield at, {column: "" if said is None else str(said) for column, said in value.items()}
