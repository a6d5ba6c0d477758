"""A day of three shops: what buyers and staff do, through the vendors' own doors and the hub's GraphQL."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from hub.demo.cast import CARRIED, SHOPS
from hub.demo.place import Place
from hub.domain.money import Money

_GOODS = [("MUG", "Mug", 12), ("TEE", "T-shirt", 25), ("BAG", "Bag", 48), ("LAMP", "Lamp", 89), ("DESK", "Desk", 310)]
_PATIENCE = 600  # tries
_AMERICA = {
    "address1": "388 Townsend Street",
    "city": "San Francisco",
    "zip": "94107",
    "province": "California",
    "province_code": "CA",
    "country_code": "US",
}
_PEOPLE = ["ada", "grace", "edsger", "barbara", "alan", "katherine", "donald", "margaret", "tony", "radia"]


@dataclass(frozen=True, slots=True)
class Sale:
    """One order as its buyer knows it."""

    shop: str
    id: str
    total: Money
    intents: tuple[str, ...] = ()  # Stripe payment intents
    card: Money | None = None  # what Stripe took


@dataclass(eq=False, kw_only=True)
class Day:
    place: Place
    http: httpx.AsyncClient
    chance: random.Random
    orders: int
    told: Callable[[str], None] = lambda _what: None
    done: Counter[str] = field(default_factory=Counter)
    sales: list[Sale] = field(default_factory=list)

    # ------------------------------------------------------------------------------------------------ who acts

    async def act(self, name: str, act: str, **arguments: Any) -> dict[str, Any]:
        answer = await self.http.post(f"{self.place.sandbox(name)}/_sandbox/act", json={"act": act, **arguments})
        if not answer.is_success:
            raise RuntimeError(f"{name} would not {act}: {answer.status_code} {answer.text[:300]}")
        found: dict[str, Any] = answer.json()
        return found

    async def state(self, name: str) -> dict[str, Any]:
        """All that a vendor holds."""
        return await self.place.state(self.http, name)

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The hub's GraphQL, until it answers: each mutation carries an idempotency key. Raises on errors."""
        for _ in range(_PATIENCE):
            try:
                answer = await self.http.post(
                    f"{self.place.hub}/graphql",
                    json={"query": query, "variables": variables},
                    headers={"Authorization": f"Bearer {self.place.api_key}"},
                )
                break
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
        else:
            raise RuntimeError("the hub does not answer")
        said = answer.json()
        if "errors" in said:
            raise RuntimeError(f"GraphQL: {said['errors']}")
        data: dict[str, Any] = said["data"]
        return data

    # ---------------------------------------------------------------------------------------------- the morning

    async def buyers(self) -> None:
        """Every kind of sale, in a mix that a shop would know."""
        kinds: list[tuple[int, str, Callable[[str], Awaitable[None]]]] = [
            (44, "known customer, paid by card", self._known),
            (20, "guest checkout", self._guest),
            (3, "no contact at all", self._anonymous),
            (6, "split: gift card and card", self._gift_and_card),
            (4, "split: two cards", self._two_cards),
            (7, "authorised, captured later", self._captured_later),
            (6, "edited after payment", self._edited),
            (5, "first card declined", self._declined_first),
            (3, "cancelled before capture", self._cancelled),
            (2, "never paid", self._unpaid),
        ]
        once = [
            ("500 lines", self._huge),
            ("everything free", self._free),
            ("payment that no order claims", self._orphan),
            ("refunded in three parts", self._three_parts),
        ]
        shops = self.chance.choices(list(SHOPS), weights=[5, 4, 3], k=self.orders)
        chosen = self.chance.choices(kinds, weights=[weight for weight, _, _ in kinds], k=self.orders)
        # Of each kind at least one in each shop, whatever chance says.
        first = [(shop, name, play) for shop in SHOPS for _, name, play in kinds]
        plays = first + [(shop, name, play) for shop, (_, name, play) in zip(shops, chosen, strict=True)][len(first) :]
        plays += [(shop, name, play) for (name, play), shop in zip(once, [*SHOPS, "shop_eu"], strict=True)]
        self.chance.shuffle(plays)
        for shop, name, play in plays:
            await play(shop)
            self.done[name] += 1
            self.told(name)

    def _price(self, shop: str, base: int) -> str:
        return str(base * 150) if SHOPS.get(shop) == "JPY" else f"{base}.{self.chance.choice(['00', '49', '90', '95'])}"

    def lines(self, shop: str, most: int = 4) -> list[dict[str, Any]]:
        goods = self.chance.sample(_GOODS, self.chance.randint(1, most))
        return [
            {"sku": sku, "title": title, "quantity": self.chance.randint(1, 3), "price": self._price(shop, base)}
            for sku, title, base in goods
        ]

    async def _place(self, shop: str, lines: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        extra: dict[str, Any] = {"shipping": self._price(shop, 5) if self.chance.random() < 0.7 else 0}
        if self.chance.random() < 0.25:
            extra["discount"] = self._price(shop, 3)
        if self.chance.random() < 0.6:
            extra |= {"tax": self._price(shop, 4), "taxes_included": SHOPS[shop] == "EUR"}
        if shop in CARRIED:
            extra["address"] = _AMERICA
        return await self.act(shop, "place_order", lines=lines, **(extra | more))

    def _person(self) -> dict[str, Any]:
        name = self.chance.choice(_PEOPLE)
        number = self.chance.randint(1, 9)
        return {
            "email": f"{name}{number}@example.com",
            "customer": {"first_name": name.title(), "last_name": "Example"},
        }

    async def _charge(self, total: Money, *, capture: bool = True, email: str | None = None) -> str:
        made = await self.act("payments", "pay", amount=total.minor, currency=total.currency.lower(), capture=capture,
                              email=email)  # fmt: skip
        return str(made["payment_intent"])

    async def _paid_by_card(self, shop: str, placed: dict[str, Any], **more: Any) -> Sale:
        """The card is charged by Stripe, and the shop notes the intent on its transaction."""
        total = Money.parse(placed["outstanding"], SHOPS[shop])
        intent = await self._charge(total, **more)
        await self.act(
            shop,
            "add_transaction",
            order_id=placed["order_id"],
            gateway="stripe",
            amount=total.major,
            payment_id=intent,
        )
        sale = Sale(shop, str(placed["order_id"]), Money.parse(placed["total"], SHOPS[shop]), (intent,), total)
        self.sales.append(sale)
        return sale

    async def _known(self, shop: str) -> None:
        person = self._person()
        await self._paid_by_card(shop, await self._place(shop, self.lines(shop), **person), email=person["email"])

    async def _guest(self, shop: str) -> None:
        email = f"guest{self.chance.randint(1, 400)}@example.net"
        await self._paid_by_card(shop, await self._place(shop, self.lines(shop), email=email), email=email)

    async def _anonymous(self, shop: str) -> None:
        """Over the counter. The books know walk-in customers in their own currency only."""
        shop = "shop_us"
        await self._paid_by_card(shop, await self._place(shop, self.lines(shop)))

    async def _gift_and_card(self, shop: str) -> None:
        lines = [{"sku": "DESK", "title": "Desk", "quantity": 1, "price": self._price(shop, 310)}]
        gift = [{"gateway": "gift_card", "amount": self._price(shop, 50)}]
        await self._paid_by_card(shop, await self._place(shop, lines, transactions=gift, **self._person()))

    async def _two_cards(self, shop: str) -> None:
        placed = await self._place(shop, self.lines(shop), **self._person())
        total = Money.parse(placed["outstanding"], SHOPS[shop])
        half = Money(total.minor // 2, total.currency)
        parts, intents = (half, total - half), []
        for part in parts:
            intents.append(await self._charge(part))
            await self.act(shop, "add_transaction", order_id=placed["order_id"], gateway="stripe", amount=part.major,
                           payment_id=intents[-1])  # fmt: skip
        self.sales.append(Sale(shop, str(placed["order_id"]), total, tuple(intents), total))

    async def _captured_later(self, shop: str) -> None:
        placed = await self._place(shop, self.lines(shop), **self._person())
        total = Money.parse(placed["outstanding"], SHOPS[shop])
        intent = await self._charge(total, capture=False)
        order = placed["order_id"]
        await self.act(shop, "add_transaction", order_id=order, gateway="stripe", kind="authorization",
                       amount=total.major, payment_id=intent)  # fmt: skip
        await self.act("payments", "capture", payment_intent=intent)
        await self.act(shop, "add_transaction", order_id=order, kind="capture", amount=total.major)
        self.sales.append(Sale(shop, str(order), total, (intent,), total))

    async def _edited(self, shop: str) -> None:
        """Something is added when the card was charged; the rest is charged, too."""
        placed = await self._place(shop, self.lines(shop), **self._person())
        sale = await self._paid_by_card(shop, placed)
        added = [{"sku": "MUG", "title": "Mug", "quantity": 1, "price": self._price(shop, 12)}]
        edited = await self.act(shop, "edit_order", order_id=sale.id, add=added)
        rest = Money.parse(edited["outstanding"], SHOPS[shop])
        intent = await self._charge(rest)
        await self.act(shop, "add_transaction", order_id=sale.id, gateway="stripe", amount=rest.major,
                       payment_id=intent)  # fmt: skip
        assert sale.card is not None
        both = (*sale.intents, intent)
        self.sales[-1] = Sale(shop, sale.id, Money.parse(edited["total"], SHOPS[shop]), both, sale.card + rest)

    async def _declined_first(self, shop: str) -> None:
        placed = await self._place(shop, self.lines(shop), email="unlucky@example.com")
        total = Money.parse(placed["outstanding"], SHOPS[shop])
        failed = await self.act("payments", "pay", amount=total.minor, currency=total.currency.lower(), decline=True)
        await self.act(shop, "add_transaction", order_id=placed["order_id"], gateway="stripe", amount=total.major,
                       payment_id=failed["payment_intent"], status="failure")  # fmt: skip
        await self._paid_by_card(shop, placed)

    async def _cancelled(self, shop: str) -> None:
        placed = await self._place(shop, self.lines(shop), **self._person())
        total = Money.parse(placed["outstanding"], SHOPS[shop])
        intent = await self._charge(total, capture=False)
        await self.act(shop, "add_transaction", order_id=placed["order_id"], gateway="stripe", kind="authorization",
                       amount=total.major, payment_id=intent)  # fmt: skip
        await self.act(shop, "cancel_order", order_id=placed["order_id"])

    async def _unpaid(self, shop: str) -> None:
        await self._place(shop, self.lines(shop), email="later@example.com")

    async def _huge(self, shop: str) -> None:
        lines = [{"sku": f"PART{n}", "title": f"Part {n}", "quantity": 1, "price": self._price(shop, 2)}
                 for n in range(500)]  # fmt: skip
        await self._paid_by_card(shop, await self._place(shop, lines, **self._person()))

    async def _free(self, shop: str) -> None:
        free = [{"sku": "MUG", "title": "Mug", "quantity": 1, "price": "0"}]
        where = {"address": _AMERICA} if shop in CARRIED else {}
        await self.act(shop, "place_order", lines=free, email="lucky@example.com", **where)

    async def _orphan(self, shop: str) -> None:
        await self._charge(Money(4_200, SHOPS[shop]), email="nobody@example.com")

    async def _three_parts(self, shop: str) -> None:
        lines = [{"sku": "DESK", "title": "Desk", "quantity": 3, "price": self._price(shop, 310)}]
        sale = await self._paid_by_card(shop, await self._place(shop, lines, **self._person()))
        self.sales.remove(sale)  # nobody gives back any more of it
        for part in (10, 20, 30):
            await self._refund(sale, Money.parse(part * (100 if SHOPS[shop] == "JPY" else 1), SHOPS[shop]))

    # --------------------------------------------------------------------------------------------- the afternoon

    async def staff(self) -> None:
        """Parcels leave, some sales are given back, some by the store's staff and some through the hub."""
        single = [sale for sale in self.sales if len(sale.intents) == 1 and sale.card == sale.total]
        self.chance.shuffle(single)
        back, rest = single[: max(len(single) // 10, 6)], single[max(len(single) // 10, 6) :]
        for at, sale in enumerate(back):
            third = Money(max(sale.total.minor // 3, 1), sale.total.currency)
            await self._refund(sale, sale.total if at % 3 == 0 else third)
            self.done["refunded in full" if at % 3 == 0 else "refunded in part"] += 1
        by_hand = [sale for sale in rest if sale.shop not in CARRIED]  # the others go by the hub's own labels
        for at, sale in enumerate(by_hand[: len(by_hand) * 2 // 3]):
            number = f"TRACK{at:05}"
            await self.act(sale.shop, "fulfil_order", order_id=sale.id, tracking=number, carrier="DHL")
            self.done["shipped"] += 1
            if at % 2:
                await self.act(sale.shop, "deliver_parcel", order_id=sale.id)
                self.done["delivered"] += 1
            self.told("shipped")

    async def _refund(self, sale: Sale, amount: Money) -> None:
        """Staff give back in the shop, which has Stripe do it."""
        made = await self.act("payments", "refund", payment_intent=sale.intents[0], amount=amount.minor)
        await self.act(sale.shop, "refund_order", order_id=sale.id, amount=amount.major, payment_id=made["id"])

    # ------------------------------------------------------------------------------------------------ the evening

    async def support(self) -> None:
        """Through the hub's own GraphQL: gives money back, cancels, lets an order go on without its money."""
        unpaid = await self._nodes("{orders(first: 50, where: {isOnHold: true}) {nodes {id holds {id isActive kind}}}}")
        for at, order in enumerate(unpaid):
            active = [hold for hold in order["holds"] if hold["isActive"] and hold["kind"] == "PAYMENT_NOT_VERIFIED"]
            if at == 0 and active:
                await self._mutate("holdRelease", orderId=order["id"], holdId=active[0]["id"], note="Pays by transfer")
                self.done["hold released"] += 1
            elif at <= 2:
                await self._mutate("orderCancel", orderId=order["id"], reason="Never paid")
                self.done["cancelled through the hub"] += 1
        paid = await self._nodes(
            "{orders(first: 50, where: {paymentState: [PAID], stage: [PAID]}) "
            "{nodes {id currencyCode payments {id captured {amount currencyCode} source {connection}}}}}"
        )
        for at, order in enumerate(paid[:8]):
            taken = [
                (each, Money.parse(each["captured"]["amount"], order["currencyCode"]))
                for each in order["payments"]
                if each["source"]["connection"] in ("payments", "wallet")
            ]
            payment, whole = next(((each, money) for each, money in taken if money), (None, None))
            if payment is None or whole is None:
                continue
            amount = whole if at % 4 == 0 else Money(max(whole.minor // 4, 1), whole.currency)
            for _ in range(1 + at % 2):  # an impatient click: the same key twice
                await self._mutate(
                    "refundCreate", orderId=order["id"], paymentId=payment["id"], idempotencyKey=f"demo-{at}",
                    reason="Changed their mind", amount={"amount": amount.major, "currencyCode": amount.currency},
                )  # fmt: skip
            self.done["refunded through the hub"] += 1

    async def _nodes(self, query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.ask(query))["orders"]["nodes"]
        return found

    async def _mutate(self, name: str, **input: Any) -> None:
        kind = name[0].upper() + name[1:]
        input.setdefault("idempotencyKey", f"demo-{name}-{input['orderId']}")
        mutation = f"mutation($input: {kind}Input!) {{{name}(input: $input) {{userErrors {{code message field}}}}}}"
        said = (await self.ask(mutation, input=input))[name]["userErrors"]
        if said:
            raise RuntimeError(f"{name} {input}: {said}")
