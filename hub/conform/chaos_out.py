"""Chaos out: the vendor fails in every way while it is asked for something. Each effect happens exactly once.

A plain run counts the calls of the card's wish; then each fault strikes at each of them in turn, in a fresh world.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from hub.card import Ability
from hub.conform.bench import Bench
from hub.conform.checks import Check
from hub.conform.result import Failed, expect
from hub.conform.rig import Rig
from hub.conform.story import doubled, effects, listened, named, wished
from hub.connector import OAuth2
from hub.domain.clock import rfc3339
from hub.sandbox import Faults, Sandbox
from hub.store import connections
from hub.store.outbox import CommandState

Spoil = Callable[[Sandbox], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """The wish on a good day. `log`: of each call, whether it may change something."""

    log: Sequence[bool]
    effects: Sequence[str]
    commands: int


async def plain(bench: Bench) -> Plain:
    if bench.plain is None:
        sandbox, time = bench.vendor()
        async with bench.rig(sandbox, time, bench.card.wish.settings) as rig:
            await wished(bench, rig)
            before = len(rig.wire.log)
            await rig.settle()
            done = await _all_done(rig)
            found = effects(bench, sandbox)
            expect(done, "the wish leads to no command")
            expect(found, "the wish leaves no effect (`Card.effects`)")
            expect(not (twice := doubled(found)), f"doubled on a good day: {', '.join(twice)}")
            bench.plain = Plain(log=tuple(rig.wire.log[before:]), effects=found, commands=done)
    return bench.plain


async def _all_done(rig: Rig) -> int:
    commands = await rig.commands()
    for each in commands:
        if each.state != CommandState.DONE:
            raise Failed(f"{each.action} ends {each.state}: {each.reason or await rig.paused() or 'no reason'}")
    return len(commands)


async def good_day(bench: Bench) -> str:
    found = await plain(bench)
    return f"{found.commands} commands, {len(found.log)} calls, {len(found.effects)} effects"


def _faulty(**faults: int) -> Spoil:
    def spoil(sandbox: Sandbox) -> None:
        for name, value in faults.items():
            setattr(sandbox.faults, name, value)

    return spoil


async def _struck(bench: Bench, places: Sequence[int], spoil: Spoil, what: str) -> int:
    """At each of these calls of the wish, in a world of its own. How often the work had to be left to a person."""
    good = await plain(bench)
    may_park = Ability.LOOK_UP in bench.card.lacks
    parked = 0
    for place in places:
        sandbox, time = bench.vendor()
        async with bench.rig(sandbox, time, bench.card.wish.settings) as rig:
            await wished(bench, rig)
            if good.log:
                rig.wire.before = {len(rig.wire.log) + place: partial(spoil, sandbox)}
            else:  # not over HTTP: no call to wait for
                spoil(sandbox)
            await rig.settle()
            where = f"{what} at call {place + 1}"
            try:
                await _all_done(rig)
            except Failed as fault:
                if may_park and await _waits_for_a_person(bench, rig, good, where):
                    parked += 1
                    continue
                raise Failed(f"{where}: {fault}") from fault
            await _once(bench, rig, good, where)
    return parked


async def _waits_for_a_person(bench: Bench, rig: Rig, good: Plain, where: str) -> bool:
    """Nobody can be asked what became of it: parked at most, with a reason, and surely not done twice."""
    states = {each.state for each in await rig.commands()}
    found = effects(bench, rig.sandbox)
    if (twice := doubled(found)) or len(found) > len(good.effects):
        raise Failed(f"{where}: doubled: {', '.join(twice)}")
    return states <= {CommandState.DONE, CommandState.PARKED} and all(
        each.reason for each in await rig.commands() if each.state == CommandState.PARKED
    )


async def _once(bench: Bench, rig: Rig, good: Plain, where: str) -> None:
    """The effects are those of a good day, now and after the vendor's webhooks came."""
    for _ in range(2):
        found = effects(bench, rig.sandbox)
        if twice := doubled(found):
            raise Failed(f"{where}: doubled: {', '.join(twice)}")
        if len(found) != len(good.effects):
            raise Failed(f"{where}: {len(found)} effects, on a good day {len(good.effects)}: {'; '.join(found)}")
        await listened(rig)
        await rig.settle()


def _spread(bench: Bench, places: Sequence[int]) -> list[int]:
    """A connector of many calls is struck at some of them, evenly."""
    step = max(len(places) / bench.places, 1)
    return [places[int(n * step)] for n in range(min(len(places), bench.places))]


def _at_writes(what: str, **faults: int) -> Callable[[Bench], Awaitable[str]]:
    async def check(bench: Bench) -> str:
        log = (await plain(bench)).log
        writes = [place for place, write in enumerate(log) if write] if log else [0]
        expect(writes, "no call of the wish changes anything (`Sandbox.is_write`)")
        places = _spread(bench, writes)
        parked = await _struck(bench, places, _faulty(**faults), what)
        lost = "drop_replies" in faults and Ability.LOOK_UP in bench.card.lacks
        expect(parked or not lost, "a lost answer is found out, though `Ability.LOOK_UP` is declared to be lacking")
        return _counted(places, writes, "writes", parked)

    return check


def _at_calls(what: str, **faults: int) -> Callable[[Bench], Awaitable[str]]:
    async def check(bench: Bench) -> str:
        calls = (await plain(bench)).log
        places = _spread(bench, range(max(len(calls), 1)))
        parked = await _struck(bench, places, _faulty(**faults), what)
        return _counted(places, calls, "calls", parked)

    return check


def _counted(places: Sequence[int], among: Sequence[Any], what: str, parked: int) -> str:
    return f"at {len(places)} of {len(among)} {what}" + (f", {parked} left to a person" if parked else "")


async def expired(bench: Bench) -> str:
    """All access tokens die in the middle of the work."""
    expire = bench.card.expire
    assert expire is not None
    places = _spread(bench, range(len((await plain(bench)).log)))
    await _struck(bench, places, expire, "tokens that expire")
    return f"at {len(places)} calls"


_WORKERS = 20


async def refresh_race(bench: Bench) -> str:
    """As many processes find their token dead at once: it is refreshed once, and all go on."""
    expire = bench.card.expire
    assert expire is not None
    sandbox, time = bench.vendor()
    async with bench.rig(sandbox, time) as rig:
        ask = _asking(rig)
        await ask(rig)
        expire(sandbox)
        asked = len(rig.wire.exchanges)
        processes = [rig.another_process() for _ in range(_WORKERS)]
        answers = await asyncio.gather(*(ask(rig, each) for each in processes), return_exceptions=True)
        failed = [each for each in answers if isinstance(each, BaseException)]
        expect(not failed, f"{len(failed)} of {_WORKERS} fail: {named(failed[0])}" if failed else "")
        auth = rig.there.connector.way(rig.there.settings).auth
        assert isinstance(auth, OAuth2)
        path = "/" + auth.token_url.split("://", 1)[-1].partition("/")[2].partition("?")[0]
        refreshes = sum(each.path == path for each in rig.wire.exchanges[asked:])
        expect(refreshes == 1, f"{refreshes} refreshes of one dead token by {_WORKERS} workers")
    return f"{_WORKERS} workers, one refresh"


def _asking(rig: Rig) -> Callable[..., Awaitable[Any]]:
    """The cheapest call that the connector has."""
    connector = rig.there.connector
    if not connector.pull:
        raise Failed("it has tokens and no pull to try them with")
    stream = connector.pull[min(connector.pull)]

    async def ask(rig: Rig, courier: Any = None) -> Any:
        account = (courier or rig.courier).account(rig.there)
        return await stream(account, f"since:{rfc3339(rig.time())}")

    return ask


def _shut_out(status: int) -> Callable[[Bench], Awaitable[str]]:
    async def check(bench: Bench) -> str:
        good = await plain(bench)
        sandbox, time = bench.vendor()
        async with bench.rig(sandbox, time, bench.card.wish.settings) as rig:
            await wished(bench, rig)
            _faulty(refuse=1_000_000, status=status)(sandbox)
            await rig.settle()
            expect(await rig.paused(), f"the connection is not paused by {status}")
            lost = [each for each in await rig.commands() if each.state == CommandState.PARKED]
            expect(not lost, f"a command is parked by {status}, and would be lost")
            sandbox.faults = Faults()
            time.forward(hours=1)
            async with rig.db.write() as held:
                await connections.resume(held, rig.there.id)
            await rig.settle()
            await _all_done(rig)
            await _once(bench, rig, good, f"after {status}")
        return "paused, resumed, done once"

    return check


_FAULTS: Mapping[str, Callable[[Bench], Awaitable[str]]] = {
    "time-out before commit": _at_writes("a request that is lost", drop_requests=1),
    "time-out after commit": _at_writes("an answer that is lost", drop_replies=1),
    "two lost answers in a row": _at_writes("two lost answers", drop_replies=2),
    "slow body": _at_writes("half an answer", slow_bodies=1),
    "half-open socket": _at_writes("no answer", silent=1),
    "429 with Retry-After": _at_calls("429", refuse=1, status=429, retry_after=3600),
    "429 without Retry-After": _at_calls("429", refuse=1, status=429),
    "a storm of 500": _at_calls("500", refuse=7, status=500),
    "an HTML error page": _at_calls("a page", pages=1, page_status=502),
    "an HTML page as 200": _at_calls("a page with 200", pages=1, page_status=200),
    "key expired (401)": _shut_out(401),
    "key refused (403)": _shut_out(403),
}
_OAUTH = (Ability.PLAN, Ability.OAUTH)
CHECKS = (
    Check(name="a good day", run=good_day, needs=(Ability.PLAN,)),
    *(Check(name=name, run=run, needs=(Ability.PLAN,)) for name, run in _FAULTS.items()),
    Check(name="token expired mid-flight", run=expired, needs=_OAUTH),
    Check(name="refresh race", run=refresh_race, needs=(Ability.OAUTH,)),
)
