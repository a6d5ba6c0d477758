"""`hub conform`: connectors held to the kit."""

import asyncio
import json
import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hub.cli.faults import end

if TYPE_CHECKING:
    from hub.conform import Report
    from hub.connector import Connector


def conform(
    slugs: Sequence[str],
    everyone: bool,
    material: Path | None,
    scenarios: Collection[str],
    burst: int,
    into_json: Path | None,
    into_page: Path | None,
) -> None:
    """Exits with 1 if anything failed. A vendor's material is the folder of its slug in `material`."""
    import structlog

    from hub.conform.page import as_json, lines, page

    # What goes wrong here is planned: the hub's own log of it would bury the table.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    chosen = _chosen(slugs, everyone)
    reports: list[Report] = []
    for connector in chosen.values():
        report = asyncio.run(_run(connector, material, scenarios, burst))
        print("\n".join(lines(report)), flush=True)
        reports.append(report)
    if into_json is not None:
        into_json.write_text(json.dumps([as_json(each) for each in reports], indent=2) + "\n")
    if into_page is not None:
        into_page.write_text(page(reports, [path.stem for path in into_page.parent.glob("*.md")]))
    if failed := [each.slug for each in reports if each.failed]:
        end(f"does not conform: {', '.join(failed)}")


def _chosen(slugs: Sequence[str], everyone: bool) -> "Mapping[str, Connector]":
    """`--all` leaves out connectors without a card, and says so; naming one is an error."""
    from hub.connector import discover
    from hub.domain.errors import Misconfigured

    found = discover()
    if everyone:
        for slug in sorted(found):
            if found[slug].card is None:
                print(f"{slug}: has no card, and is not looked at")
        return {slug: found[slug] for slug in sorted(found) if found[slug].card is not None}
    if unknown := sorted(set(slugs) - set(found)):
        raise Misconfigured(f"no connector {', '.join(unknown)}; there are: {', '.join(sorted(found)) or 'none'}")
    if not slugs:
        raise Misconfigured("which connector? Name some, or use --all")
    return {slug: found[slug] for slug in dict.fromkeys(slugs)}


async def _run(connector: "Connector", material: Path | None, scenarios: Collection[str], burst: int) -> "Report":
    from hub.conform import SCENARIOS, run

    folder = material / connector.slug if material is not None else None
    return await run(
        connector,
        material=folder if folder is not None and folder.is_dir() else None,
        scenarios=scenarios or tuple(SCENARIOS),
        burst=burst,
    )
