"""A run as people read it: a table, JSON, and the matrix of who can do what for the docs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from hub.card import Ability
from hub.conform.result import Outcome, Report

_MARKS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.LACKS: "–"}


def as_json(report: Report) -> Mapping[str, Any]:
    return asdict(report) | {"passed": not report.failed}


def lines(report: Report) -> Iterator[str]:
    """The table of one connector, a check a line."""
    wide = max(len(each.check) for each in report.results)
    scenario = ""
    yield f"{report.title} ({report.slug}), {report.seconds:.1f} s"
    for each in report.results:
        if each.scenario != scenario:
            scenario = each.scenario
            yield f"  {scenario}"
        yield f"    {each.outcome.value:<8} {each.check:<{wide}}  {each.why}".rstrip()
    counts = {outcome: sum(each.outcome is outcome for each in report.results) for outcome in Outcome}
    yield "  " + ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items() if count)


def page(reports: Sequence[Report], linked: Sequence[str]) -> str:
    """Markdown: abilities and scenarios by connector. `linked` are the slugs that have a page beside this one."""
    ordered = sorted(reports, key=lambda report: (report.category, report.slug))
    scenarios = list(dict.fromkeys(each.scenario for report in ordered for each in report.results))
    rows = [
        "# Connectors",
        "",
        "Written by `hub conform --all --page`; [conformance.md](../conformance.md) says what each word means.",
        "",
        "## Who can do what",
        "",
        _row("connector", "category", *(each.value for each in Ability)),
        _row(*["---"] * (2 + len(Ability))),
    ]
    for report in ordered:
        has = ("✓" if each.value in report.abilities else "–" for each in Ability)
        rows.append(_row(_name(report, linked), report.category, *has))
    rows += [
        "",
        "## Held to the kit",
        "",
        "Checks that passed, of those that the connector's abilities call for.",
        "",
        _row("connector", *scenarios),
        _row(*["---"] * (1 + len(scenarios))),
    ]
    rows += [_row(_name(each, linked), *(_score(each, scenario) for scenario in scenarios)) for each in ordered]
    rows += ["", "## What is lacking, and why", ""]
    for report in ordered:
        why = dict.fromkeys(
            f"{each.check}: {each.why}"
            for each in report.results
            if each.outcome in (Outcome.LACKS, Outcome.NOT_RUN, Outcome.FAILED)
        )
        rows += [f"### {report.title}", "", *(f"- {each}" for each in why), ""] if why else []
    return "\n".join(rows).rstrip() + "\n"


def _name(report: Report, linked: Sequence[str]) -> str:
    return f"[{report.title}]({report.slug}.md)" if report.slug in linked else report.title


def _score(report: Report, scenario: str) -> str:
    mine = [each.outcome for each in report.results if each.scenario == scenario]
    due = [each for each in mine if each in (Outcome.PASSED, Outcome.FAILED)]
    if not due:
        return _MARKS[Outcome.LACKS]
    passed = due.count(Outcome.PASSED)
    return f"{_MARKS[Outcome.PASSED if passed == len(due) else Outcome.FAILED]} {passed}/{len(due)}"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
