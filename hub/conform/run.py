"""One connector through all scenarios."""

import tempfile
import time as clock
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from hub.card import Ability
from hub.conform import chaos_in, chaos_out, echo, healing, money, standing, truth
from hub.conform.bench import Bench, settings_of, template
from hub.conform.checks import Check, abilities_of
from hub.conform.result import Failed, NotRun, Outcome, Report, Result
from hub.connector import Connector
from hub.domain.errors import Misconfigured
from hub.pipeline.registry import configured

SCENARIOS: Mapping[str, Sequence[Check]] = {
    "abilities": standing.CHECKS,
    "truth": truth.CHECKS,
    "money": money.CHECKS,
    "chaos in": chaos_in.CHECKS,
    "chaos out": chaos_out.CHECKS,
    "healing": healing.CHECKS,
    "echo": echo.CHECKS,
}


async def run(
    connector: Connector,
    *,
    material: Path | None = None,
    scenarios: Collection[str] = tuple(SCENARIOS),
    burst: int = 10_000,
    places: int = 6,
) -> Report:
    """Runs these scenarios.

    `material` is the vendor's own folder of recordings; `burst` is how many deliveries come at once, `places` at how
    many calls of the wish each fault strikes at most. Raises `Misconfigured` where the connector has no card.
    """
    if connector.card is None:
        raise Misconfigured(f"{connector.slug} has no card: docs/conformance.md says what belongs on it")
    if unknown := set(scenarios) - set(SCENARIOS):
        raise Misconfigured(f"no scenario {', '.join(sorted(unknown))}; there are: {', '.join(SCENARIOS)}")
    card, began = connector.card(), clock.monotonic()
    with tempfile.TemporaryDirectory(prefix="hub-conform-") as name:
        folder = Path(name)
        bench = Bench(connector, card, folder, await template(folder), material, burst, places)
        try:
            sandbox, _ = bench.vendor()
            settings = settings_of(connector, card, sandbox, {})
            # A connector that is configuration has its slots only with the card's settings.
            connector = bench.connector = configured(connector, settings)
            has = abilities_of(connector, card, settings)
            results = [
                await _checked(bench, has, scenario, check)
                for scenario, checks in SCENARIOS.items()
                if scenario in scenarios
                for check in checks
            ]
            if "truth" in scenarios:
                results += [await _checked(bench, has, "truth", check) for check in truth.LAST]
        finally:
            await bench.close()
    return Report(
        slug=connector.slug,
        title=connector.title,
        category=connector.category,
        abilities=[each.value for each, there in has.items() if there],
        results=results,
        seconds=clock.monotonic() - began,
    )


async def _checked(bench: Bench, has: Mapping[Ability, bool], scenario: str, check: Check) -> Result:
    """A check that crashes has failed: whatever it came upon, the connector or its card brought it."""

    def ended(outcome: Outcome, why: str) -> Result:
        return Result(scenario=scenario, check=check.name, outcome=outcome, why=why)

    if missing := [each for each in check.needs if not has[each]]:
        return ended(Outcome.LACKS, bench.card.lacks.get(missing[0], f"no {missing[0].value}"))
    try:
        return ended(Outcome.PASSED, await check.run(bench))
    except NotRun as why:
        return ended(Outcome.NOT_RUN, str(why))
    except Failed as why:
        return ended(Outcome.FAILED, str(why))
    except Exception as bug:
        return ended(Outcome.FAILED, f"broke off: {type(bug).__name__}: {bug}")
