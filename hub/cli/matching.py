"""`hub identity`: who is who in a file of records, why, and how well that agrees with the truth."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from hub.cli import sheets, show
from hub.cli.faults import end
from hub.domain.errors import Malformed, Misconfigured

if TYPE_CHECKING:
    from hub.decide.evidence.weights import Weights


def match(file: Path, into: Path, mapped: Sequence[str], weights_file: Path | None, link: float) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from hub.decide.evidence.batch import match
    from hub.decide.evidence.resolve import Zones

    if into.resolve() == file.resolve():
        raise Misconfigured(f"{into}: is what is read; write elsewhere")
    weights = _weights(weights_file)
    parties = sheets.parties(file, _chosen(mapped))
    try:
        text = into.open("w", encoding="utf-8", newline="")
    except OSError as fault:
        raise Misconfigured(f"{into}: {fault.strerror}") from fault
    with text:
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(f"{len(parties)} records", total=2 * len(parties))
            found = match(parties, weights, Zones(link=link, review=link - 4), lambda: bar.advance(task))
        writer = csv.writer(text)
        writer.writerow(("record_id", "cluster_id", "score", "reason"))
        for each in found:
            score = "" if each.bits is None else f"{each.bits:.1f}"
            writer.writerow((each.record, each.cluster, score, each.reason))
    print(f"{len(found)} records, {len({each.cluster for each in found})} clusters: {into}")


def evaluate(truth: Path, clusters: Path, output: show.Output) -> None:
    from hub.decide.evidence.measure import measure

    figures = measure(sheets.pairs(clusters), sheets.pairs(truth))
    if output is show.Output.TABLE:
        show.rows(
            [{"what": name.replace("_", " "), "figure": _number(value)} for name, value in asdict(figures).items()],
            output,
        )
    else:
        show.rows([asdict(figures)], output)


def explain(
    file: Path, left: str, right: str, mapped: Sequence[str], weights_file: Path | None, output: show.Output
) -> None:
    """By how rare each value is in the whole file."""
    from hub.decide.evidence.compare import compare
    from hub.decide.evidence.learn import with_rarity
    from hub.decide.evidence.resolve import crowding
    from hub.decide.evidence.score import items, veto

    weights = _weights(weights_file)
    found = {each.id: each for each in with_rarity(sheets.parties(file, _chosen(mapped)))}
    for record in (left, right):
        if record not in found:
            end(f"{file}: no record {record}")
    one, other = found[left], found[right]
    rows = [asdict(each) for each in items(one, other, weights)]
    if (crowd := crowding(len(found))) > 0:
        rows.append({"field": "crowd", "level": f"{len(found)} records", "left": "", "right": "", "bits": -crowd})
    rows = [{**row, "bits": round(float(str(row["bits"])), 2)} for row in rows]
    total = round(sum(float(str(row["bits"])) for row in rows), 2)
    rows.append({"field": "sum", "level": "", "left": left, "right": right, "bits": total})
    if why := veto(compare(one, other), one, other):
        rows.append({"field": "veto", "level": why, "left": "", "right": "", "bits": None})
    show.rows(rows, output)


def learn(file: Path, into: Path, mapped: Sequence[str]) -> None:
    from hub.decide.evidence.learn import FEWEST, learn

    parties = sheets.parties(file, _chosen(mapped))
    if len(parties) < FEWEST:
        end(f"{file}: {len(parties)} records; at least {FEWEST} are wanted to learn from")
    weights = learn(parties)
    try:
        into.write_text(json.dumps({"bits": weights.bits}, indent=2) + "\n", encoding="utf-8")
    except OSError as fault:
        raise Misconfigured(f"{into}: {fault.strerror}") from fault
    print(f"weights of {len(parties)} records: {into}")


def _chosen(mapped: Sequence[str]) -> Mapping[str, str]:
    chosen: dict[str, str] = {}
    for each in mapped:
        field, is_there, column = each.partition("=")
        if not is_there or not column:
            raise Misconfigured(f"--map {each}: field=column is wanted, such as --map email=Mail")
        if field in chosen:
            raise Misconfigured(f"--map {each}: {field} is mapped to {chosen[field]} already")
        chosen[field] = column
    return chosen


def _weights(file: Path | None) -> "Weights":
    """Those that ship, or those of `hub identity learn`."""
    from hub.decide.evidence.weights import SHIPPED

    if file is None:
        return SHIPPED
    try:
        bits = json.loads(file.read_text(encoding="utf-8"))["bits"]
        table = {
            field: {level: float(bits[field][level]) for level in levels} for field, levels in SHIPPED.bits.items()
        }
    except OSError as fault:
        raise Misconfigured(f"{file}: {fault.strerror}") from fault
    except KeyError as fault:
        raise Malformed(f"{file}: no {fault.args[0]}; was it written by hub identity learn?") from fault
    except (TypeError, ValueError) as fault:
        raise Malformed(f"{file}: not weights: {fault}") from fault
    return SHIPPED.with_bits(table, file.name)


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4f}"
