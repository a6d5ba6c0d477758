"""Healing: what no webhook told is found by asking, what the vendor switched off is switched on again, and what was
changed over there is seen."""

from hub.card import WEBHOOK_URL, Ability, Made
from hub.conform.bench import Bench
from hub.conform.checks import Check
from hub.conform.result import NotRun, expect
from hub.conform.rig import Rig, settled
from hub.conform.story import acted, listened, made_one, same, wished
from hub.decide.codec import decode_record
from hub.pipeline.audit import audit


async def lost_day(bench: Bench) -> str:
    """A day of webhooks never comes; the pull brings all of it. What comes late after all changes nothing."""
    sandbox, time = bench.vendor()
    async with bench.rig(sandbox, time) as rig:
        await rig.pull()
        made = await acted(bench, sandbox, time)
        time.forward(days=1)
        await rig.pull()
        missing = [word for word, each in made if await rig.record(each) is None]
        expect(not missing, f"a pull does not find what was made: {', '.join(missing)}")
        found = await rig.golden()
        time.forward(days=1)
        await rig.pull()
        same(found, await rig.golden(), "a second pull")
    return f"{len(made)} things found by asking"


async def switched_off(bench: Bench) -> str:
    disable = bench.card.disable
    assert disable is not None
    sandbox, time = bench.vendor()
    async with bench.rig(sandbox, time) as rig:
        await audit(rig.courier, rig.there, WEBHOOK_URL)
        disable(sandbox)
        before = len(sandbox.deliveries)
        await made_one(bench, sandbox)
        expect(len(sandbox.deliveries) == before, "webhooks are switched off, and the sandbox delivers all the same")
        findings = await audit(rig.courier, rig.there, WEBHOOK_URL)
        expect(any(not each.ok for each in findings), "the audit finds nothing wrong with webhooks that are off")
        await made_one(bench, sandbox)
        expect(len(sandbox.deliveries) > before, "after the audit the vendor still delivers nothing")
        writes = sum(rig.wire.log)
        again = await audit(rig.courier, rig.there, WEBHOOK_URL)
        expect(sum(rig.wire.log) == writes, "an audit that finds all well writes all the same")
        expect(all(each.ok for each in again), "the audit mends, and then finds it wrong again")
    return f"{len(findings)} findings, mended"


async def _hears(rig: Rig, after: int) -> None:
    """Whatever the vendor says of it, by both ways."""
    await listened(rig, after)
    await rig.pull_anew()


async def edited(bench: Bench) -> str:
    edit = bench.card.edit
    assert edit is not None
    sandbox, time = bench.vendor()
    async with bench.rig(sandbox, time) as rig:
        made = await made_one(bench, sandbox)
        await _hears(rig, 0)
        before, heard = await rig.record(made), len(sandbox.deliveries)
        expect(before, "no record comes of what was made")
        time.forward(minutes=1)
        await settled(edit(sandbox, made))
        await _hears(rig, heard)
        after = await rig.record(made)
        expect(after.digest != before.digest, "what was edited over there is what it was here")
        expect(after.version >= before.version, "the edit is older than what it changed")
    return f"{made.kind} {made.external_id}"


async def deleted(bench: Bench) -> str:
    delete = bench.card.delete
    assert delete is not None
    sandbox, time = bench.vendor()
    async with bench.rig(sandbox, time) as rig:
        made = await made_one(bench, sandbox)
        await _hears(rig, 0)
        heard = len(sandbox.deliveries)
        time.forward(minutes=1)
        await settled(delete(sandbox, made))
        await _hears(rig, heard)
        expect(await _is_gone(rig, made), "what was deleted over there still counts here")
        for each in sandbox.deliveries[:heard]:
            await rig.post(each)
        await rig.hear()
        expect(await _is_gone(rig, made), "a late webhook revives what was deleted")
    return f"{made.kind} {made.external_id}"


async def _is_gone(rig: Rig, made: Made) -> bool:
    row = await rig.record(made)
    return row is not None and decode_record(row.kind, row.data).deleted


async def spoilt(bench: Bench) -> str:
    """Somebody changes what our commands made: it is mended by another command, or shown as a drift."""
    spoil = bench.card.wish.spoil
    if spoil is None:
        raise NotRun("the card does not say how somebody would spoil it (`Wish.spoil`)")
    sandbox, time = bench.vendor()
    async with bench.rig(sandbox, time, bench.card.wish.settings) as rig:
        await wished(bench, rig)
        await rig.settle()
        await _hears(rig, 0)
        await rig.settle()
        commands, drifts, heard = len(await rig.commands()), await rig.drifts(), len(sandbox.deliveries)
        expect(not drifts, f"a drift on a good day: {drifts[0].about if drifts else ''}")
        time.forward(minutes=1)
        await settled(spoil(sandbox))
        await _hears(rig, heard)
        await rig.settle()
        more, found = len(await rig.commands()) - commands, await rig.drifts()
        expect(more or found, "what we made there was spoilt, and nobody is told")
        return f"shown: {found[0].about}" if found else f"mended by {more} commands"


CHECKS = (
    Check(name="a day of lost webhooks", run=lost_day, needs=(Ability.PULL,)),
    Check(name="webhooks switched off", run=switched_off, needs=(Ability.SUBSCRIPTION,)),
    Check(name="edited over there", run=edited, needs=(Ability.EDIT,)),
    Check(name="deleted over there", run=deleted, needs=(Ability.DELETE,)),
    Check(name="drift is shown", run=spoilt, needs=(Ability.PLAN,)),
)
