"""Echo: what we told the vendor comes back as its own word, and moves nothing."""

from hub.card import Ability
from hub.conform.bench import Bench
from hub.conform.checks import Check
from hub.conform.result import expect
from hub.conform.story import effects, listened, wished


async def still(bench: Bench) -> str:
    """After the wish is done: all webhooks, a pull, a look at every order. No further command, no further write."""
    sandbox, time = bench.vendor()
    async with bench.rig(sandbox, time, bench.card.wish.settings) as rig:
        await wished(bench, rig)
        told = len(sandbox.deliveries)
        await rig.settle()
        commands, writes, found = len(await rig.commands()), sum(rig.wire.log), effects(bench, sandbox)
        expect(commands, "nothing was asked of the vendor")
        echoes = len(sandbox.deliveries) - told
        lacking = Ability.ECHO in bench.card.lacks or bench.connector.inbound is None
        expect(echoes or lacking, "what it is told does not come back as a webhook (`Ability.ECHO` is not declared)")
        expect(not echoes or not lacking, "it echoes what it is told, and is declared not to")
        for _ in range(3):
            await listened(rig)
            if rig.there.connector.pull:
                await rig.pull_anew()
            await rig.plan_all()
            await rig.settle()
        more = (await rig.commands())[commands:]
        expect(not more, f"the echo leads to another command: {more[0].action if more else ''}")
        expect(sum(rig.wire.log) == writes, f"{sum(rig.wire.log) - writes} more writes after all was done")
        expect(effects(bench, sandbox) == found, "more effects after all was done")
        drifts = await rig.drifts()
        expect(not drifts, f"a drift though all is done: {drifts[0].about}: {drifts[0].found}" if drifts else "")
    return f"{commands} commands, {echoes} echoes, then still"


CHECKS = (Check(name="settles and stays still", run=still, needs=(Ability.PLAN,)),)
