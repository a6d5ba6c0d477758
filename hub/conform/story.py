"""What the vendor's users did, told once: the plain run that all others are compared with."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hub.card import Made, Wish
from hub.conform.bench import Bench
from hub.conform.result import Failed, expect
from hub.conform.rig import Rig, Time, settled
from hub.conform.till import Sale, records
from hub.decide.codec import decode_record
from hub.domain.money import Money
from hub.domain.records import OrderRecord, PaymentRecord
from hub.sandbox import Delivery, Sandbox

_UPDATED = re.compile(rb'"(updated_at|version)":("[^"]*"|[0-9]+),?')
_BETWEEN = 5.0  # seconds from act to act: all together stay within any signature's tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    sandbox: Sandbox
    time: Time
    deliveries: Sequence[Delivery]
    golden: dict[str, bytes]  # after all was heard in order
    events: int


async def acted(bench: Bench, sandbox: Sandbox, time: Time) -> list[tuple[str, Made]]:
    """Every act of the card, and an edit of what the first one made."""
    expect(bench.card.makes, "the card makes nothing (`Card.makes`)")
    made = []
    for word, act in bench.card.makes.items():
        made.append((word, await settled(act(sandbox))))
        time.forward(seconds=_BETWEEN)
    if bench.card.edit is not None:
        await settled(bench.card.edit(sandbox, made[0][1]))
        time.forward(seconds=_BETWEEN)
    return made


async def made_one(bench: Bench, sandbox: Sandbox) -> Made:
    """The first act of the card."""
    expect(bench.card.makes, "the card makes nothing (`Card.makes`)")
    return await settled(next(iter(bench.card.makes.values()))(sandbox))


async def told(bench: Bench) -> Story:
    """The same for all checks of a bench."""
    if bench.story is not None:
        return bench.story
    sandbox, time = bench.vendor()
    made = await acted(bench, sandbox, time)
    deliveries = tuple(sandbox.deliveries)
    expect(deliveries, "the sandbox delivers no webhook of what its users do, though the connector takes them")
    async with bench.rig(sandbox, time) as rig:
        for each in deliveries:
            (answer,) = await rig.post(each)
            if isinstance(answer, BaseException):
                raise Failed(f"a delivery of the sandbox ({each.kind}) is not taken: {named(answer)}")
        await rig.hear()
        golden, events = await rig.golden(), len(await rig.events())
        missing = [word for word, each in made if await rig.record(each) is None]
        expect(not missing, f"no record comes of what was made: {', '.join(missing)}")
    bench.story = Story(sandbox=sandbox, time=time, deliveries=deliveries, golden=golden, events=events)
    return bench.story


def named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def timeless(golden: dict[str, bytes]) -> dict[str, bytes]:
    """Without `updated_at`: what is fetched later was so later."""
    return {key: _UPDATED.sub(b"", document) for key, document in golden.items()}


def same(plain: dict[str, bytes], found: dict[str, bytes], what: str) -> None:
    """Golden documents are byte-identical."""
    if plain == found:
        return
    gone, new = plain.keys() - found.keys(), found.keys() - plain.keys()
    differ = sorted(each for each in plain.keys() & found.keys() if plain[each] != found[each])
    parts = [f"{len(gone)} are missing" if gone else "", f"{len(new)} are new" if new else ""]
    if differ:
        parts.append(f"{differ[0]} differs near {_difference(plain[differ[0]], found[differ[0]])}")
    raise Failed(f"{what}: golden documents are not those of the plain run: {'; '.join(filter(None, parts))}")


def _difference(one: bytes, other: bytes) -> str:
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return f"{one[max(at - 40, 0) : at + 40]!r}, found {other[max(at - 40, 0) : at + 40]!r}"


# -------------------------------------------------------------------------------------------------------- the wish


async def wished(bench: Bench, rig: Rig, wish: Wish | None = None, sale: Sale | None = None) -> list[Sale]:
    """What the till says, and what the vendor has before. Nothing is planned or delivered yet."""
    wish = wish or bench.card.wish
    expect(wish.orders, "the card wishes for nothing (`Card.wish`)")
    sales = []
    for number, words in enumerate(wish.orders, 1001):
        made = None
        if wish.first is not None:
            made = await settled(wish.first(rig.sandbox))
            rig.time.forward(seconds=_BETWEEN)
            await listened(rig)
        base = sale or Sale(number="", at=rig.time())
        this = await _priced(rig, replace(base, number=str(number), at=rig.time(), made=made))
        await rig.say(records(this, words))
        sales.append(this)
    return sales


async def listened(rig: Rig, after: int = 0) -> None:
    """All that the sandbox has to say, by webhook or, where there is none, by asking."""
    if rig.there.connector.inbound is None:
        await rig.pull_anew()
        return
    await rig.post(*rig.sandbox.deliveries[after:])
    await rig.hear()


async def _priced(rig: Rig, sale: Sale) -> Sale:
    """Costs what the vendor has of it."""
    if sale.made is None:
        return sale
    row = await rig.record(sale.made)
    expect(row, f"no record comes of what `Wish.first` made ({sale.made.kind} {sale.made.external_id})")
    record = decode_record(row.kind, row.data)
    amount: Money | None = None
    if isinstance(record, PaymentRecord):
        amount = record.amount
    elif isinstance(record, OrderRecord):
        amount = record.total
    if amount is None:
        return sale
    return replace(
        sale, currency=amount.currency, prices=(0, amount.minor), tax=0, shipping=0, discount=0, tax_included=False
    )


def effects(bench: Bench, sandbox: Sandbox) -> list[str]:
    return sorted(bench.card.effects(sandbox.state()))


def doubled(words: Iterable[str]) -> list[str]:
    known = list(words)
    return sorted({word for word in known if known.count(word) > 1})
