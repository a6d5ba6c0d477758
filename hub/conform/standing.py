"""Abilities: what the card declares to lack is true, and nothing that is absent goes undeclared."""

from dataclasses import replace

from hub.card import Ability
from hub.conform.bench import Bench, settings_of
from hub.conform.checks import Check, abilities_of
from hub.conform.result import expect
from hub.conform.story import told


async def declared(bench: Bench) -> str:
    sandbox, _ = bench.vendor()
    settings = settings_of(bench.connector, bench.card, sandbox, {})
    has = abilities_of(bench.connector, bench.card, settings)
    lacks = bench.card.lacks
    lies = [each for each, there in has.items() if there and each in lacks]
    expect(not lies, f"declared to be lacking, and there: {', '.join(lies)}")
    implied = {Ability.SIGNATURES, Ability.ECHO, Ability.SUBSCRIPTION}  # no webhooks: nothing to sign or switch
    silent = [
        each
        for each, there in has.items()
        if not there
        and each not in lacks
        and not (each in implied and not has[Ability.WEBHOOKS])
        and not (each in (Ability.ECHO, Ability.LOOK_UP) and not has[Ability.PLAN])
    ]
    expect(not silent, f"absent, and not declared with a reason in `Card.lacks`: {', '.join(silent)}")
    empty = [each for each, why in lacks.items() if not why.strip()]
    expect(not empty, f"lacking without a reason: {', '.join(empty)}")
    for ability, slot in ((Ability.SUBSCRIPTION, bench.card.disable), (Ability.OAUTH, bench.card.expire)):
        expect(slot or not has[ability], f"the connector has {ability}, and the card has no way to disturb it")
    return f"{sum(has.values())} abilities, {len(lacks)} declared to be lacking"


async def unsigned(bench: Bench) -> str:
    """Whoever says that the vendor does not sign takes what anybody sends: that is looked at."""
    if Ability.SIGNATURES not in bench.card.lacks:
        return "it signs"
    story = await told(bench)
    async with bench.rig(story.sandbox, story.time) as rig:
        (answer,) = await rig.post(replace(story.deliveries[0], body=story.deliveries[0].body + b" "))
    expect(
        not isinstance(answer, BaseException), "signatures are declared to be lacking, and a changed body is refused"
    )
    return "anybody's word is taken, as declared"


CHECKS = (
    Check(name="what is declared is so", run=declared),
    Check(name="what is unsigned is said to be", run=unsigned, needs=(Ability.WEBHOOKS,)),
)
