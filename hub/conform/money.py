"""Money: exact in every currency, refunded once and never beyond; a wrong sum stops the order, not the hub."""

from dataclasses import replace
from typing import Any

from hub.card import Ability
from hub.conform.bench import Bench
from hub.conform.checks import Check
from hub.conform.result import NotRun, expect
from hub.conform.rig import Rig
from hub.conform.story import doubled, effects, wished
from hub.conform.till import Sale, records, refund_request, scaled
from hub.decide.codec import decode_order
from hub.domain.order import HoldKind, Order
from hub.domain.records import InvoiceStatus, Kind
from hub.store.outbox import CommandState

_CURRENCIES = ("JPY", "USD", "EUR", "KWD")


async def _orders(rig: Rig) -> list[Order]:
    found = []
    for key, document in (await rig.golden()).items():
        if key.startswith("ord_"):
            found.append(decode_order(document))
    return found


async def _sound(rig: Rig) -> None:
    """No plan crashed, nothing is parked: what cannot be told exactly is a drift, not a refusal by the vendor."""
    crashed = [each for each in await rig.drifts() if each.about == "plan" and each.expected == "a plan"]
    expect(not crashed, f"the plan breaks: {crashed[0].found if crashed else ''}")


async def currencies(bench: Bench) -> str:
    """No, two and three decimals, tax in and beside the prices: what the vendor then says is the order's own amount."""
    if bench.card.wish.first is not None:
        raise NotRun("the sale is the vendor's own: its currency is not the till's to choose")
    sandbox, time = bench.vendor()
    async with bench.rig(sandbox, time, bench.card.wish.settings) as rig:
        number = 2000
        for currency in _CURRENCIES:
            for included in (False, True):
                number += 1
                sale = Sale(
                    number=f"{number}",
                    at=time(),
                    currency=currency,
                    prices=(scaled(1_251, currency), scaled(4_999, currency)),
                    tax=scaled(701, currency),
                    tax_included=included,
                    shipping=scaled(503, currency),
                    discount=scaled(307, currency),
                )
                await rig.say(records(sale, bench.card.wish.orders[0]))
        await rig.settle()
        await _sound(rig)
        commands = await rig.commands()
        parked = [each for each in commands if each.state == CommandState.PARKED]
        expect(not parked, f"{parked[0].action if parked else ''} is refused: {parked[0].reason if parked else ''}")
        expect(commands, "nothing was asked of the vendor in any currency")
        drifting = {each.order_id for each in await rig.drifts()}
        wrong = [
            f"{order.number} of {order.total}: {what} says {amount}"
            for order in await _orders(rig)
            if order.id not in drifting
            for what, amount in _told(order)
            if amount != order.total
        ]
        expect(not wrong, "; ".join(wrong[:3]))
        expect(not (twice := doubled(effects(bench, sandbox))), f"doubled: {', '.join(twice)}")
        done = sum(each.state == CommandState.DONE for each in commands)
    return f"{number - 2000} orders, {done} commands done, {len(drifting)} left as drifts"


def _told(order: Order) -> list[tuple[str, Any]]:
    invoices = [(f"invoice {each.number}", each.total) for each in order.invoices if each.status is not _VOID]
    return invoices + [(f"deal {each.name}", each.amount) for each in order.deals if each.amount is not None]


_VOID = InvoiceStatus.VOID


async def refunds(bench: Bench) -> str:
    """Two part refunds of one payment, told one after the other, and told again."""
    if bench.card.wish.first is not None:
        return await _requested(bench)
    sandbox, time = bench.vendor()
    async with bench.rig(sandbox, time, bench.card.wish.settings) as rig:
        sale = Sale(number="1001", at=time())
        await rig.say(records(sale, "paid"))
        await rig.settle()
        told = records(replace(sale, version=2), "paid+refunded")
        for each in (told[:-1], told, told):
            await rig.say(each)
            await rig.settle()
        await _sound(rig)
        (order,) = await _orders(rig)
        expect(order.refunded.minor == sale.total // 4 + sale.total // 5, f"{order.refunded} of two refunds")
        expect(not (twice := doubled(effects(bench, sandbox))), f"doubled: {', '.join(twice)}")
        if order.credit_notes:
            expect(order.credited == order.refunded, f"{order.refunded} given back, {order.credited} credited")
        return f"{order.refunded} of {order.total} given back, {order.credited} credited"


async def _requested(bench: Bench) -> str:
    """The vendor moves the money: two parts are asked for, each comes once."""
    sandbox, time = bench.vendor()
    async with bench.rig(sandbox, time, bench.card.wish.settings) as rig:
        wish = replace(bench.card.wish, orders=("paid",))
        (sale,) = await wished(bench, rig, wish)
        if not sale.has(Kind.PAYMENT):
            raise NotRun("the vendor moves no money")
        parts = (sale.money(sale.total // 4), sale.money(sale.total // 5))
        for number, part in enumerate(parts, 1):
            await rig.say([refund_request(sale, part, number)])
            await rig.settle()
        (order,) = await _orders(rig)
        expect(order.refunded == parts[0] + parts[1], f"{parts[0]} and {parts[1]} were asked for: {order.refunded}")
        expect(not (twice := doubled(effects(bench, sandbox))), f"doubled: {', '.join(twice)}")
        return f"{order.refunded} of {order.total} given back in two parts"


async def over_refunds(bench: Bench) -> str:
    """More than was paid is never given back, and never taken for right."""
    sandbox, time = bench.vendor()
    async with bench.rig(sandbox, time, bench.card.wish.settings) as rig:
        (sale, *_) = await wished(bench, rig, replace(bench.card.wish, orders=("paid",)))
        if sale.has(Kind.PAYMENT):
            await rig.say([refund_request(sale, sale.money(sale.total + 1))])
            await rig.settle()
            (order,) = await _orders(rig)
            expect(order.refunded.minor == 0, f"{order.refunded} was given back of {order.captured}")
            commands = await rig.commands()
            ended = [each for each in commands if each.state in (CommandState.PARKED, CommandState.DONE)]
            expect(all(each.state == CommandState.PARKED for each in ended), "a refund beyond the payment is said done")
            expect(ended or await rig.drifts(), "an impossible refund leaves neither a parked command nor a drift")
            return "refused"
        if sale.has(Kind.ORDER):
            raise NotRun("the vendor's own sale: the till gives no money back")
        told = records(replace(sale, version=2), "paid+refunded")
        await rig.say(
            [*told, *records(replace(sale, version=3, prices=(sale.prices[0], 90_000)), "paid+refunded")[-2:]]
        )
        await rig.settle()
        await _sound(rig)
        return "told of, and nothing broke"


async def odd_sums(bench: Bench) -> str:
    """A total that is not the sum: a hold, and no goods leave."""
    if bench.card.wish.first is not None:
        raise NotRun("the sale is the vendor's own")
    sandbox, time = bench.vendor()
    async with bench.rig(sandbox, time, bench.card.wish.settings) as rig:
        await rig.say(records(Sale(number="1001", at=time(), off=123), bench.card.wish.orders[0]))
        await rig.settle()
        await _sound(rig)
        (order,) = await _orders(rig)
        kinds = {hold.kind for hold in order.holds if hold.active}
        expect(HoldKind.INVARIANT_BROKEN in kinds, "the order is not held")
        letting = {command.action for command in rig.there.connector.push if command.releases_goods}
        gone = [each.action for each in await rig.commands() if each.action in letting]
        expect(not gone, f"goods leave all the same: {', '.join(gone)}")
    return "held"


CHECKS = (
    Check(name="currencies and tax", run=currencies, needs=(Ability.PLAN,)),
    Check(name="refunds in parts", run=refunds, needs=(Ability.PLAN,)),
    Check(name="refunds beyond the payment", run=over_refunds, needs=(Ability.PLAN,)),
    Check(name="totals that do not add up", run=odd_sums, needs=(Ability.PLAN,)),
)
