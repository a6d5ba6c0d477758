"""A day at the WooCommerce site, whose buyers pay by PayPal; and what carriers and people do around it."""

from typing import Any

from hub.demo.cast import SITE
from hub.demo.day import Day, Sale
from hub.domain.money import Money

_METHOD = "ppcp-gateway"  # WooCommerce's name of PayPal's own plug-in


class Site:
    def __init__(self, day: Day, orders: int) -> None:
        self._day = day
        self._orders = orders
        self._paid: list[tuple[Sale, str]] = []  # with PayPal's capture

    # ---------------------------------------------------------------------------------------------- the morning

    async def buyers(self) -> None:
        kinds = [self._known, self._guest, self._guest, self._known, self._known, self._held_first]
        once = [self._unpaid, self._cancelled, self._never_shipped]
        for at in range(self._orders):
            play = once[at] if at < len(once) else kinds[at % len(kinds)]
            await play()
            self._day.told("site")

    async def _place(self, **more: Any) -> dict[str, Any]:
        day, chance = self._day, self._day.chance
        extra: dict[str, Any] = {"shipping": "5.90" if chance.random() < 0.7 else 0}
        if chance.random() < 0.3:
            extra["discount"] = "3.00"
        if chance.random() < 0.6:
            extra |= {"tax": "4.20", "prices_include_tax": chance.random() < 0.5}
        given = {"lines": day.lines(SITE), "status": "pending", "payment_method": _METHOD}
        return await day.act(SITE, "place_order", **(given | extra | more))

    async def _pay(self, placed: dict[str, Any], **more: Any) -> None:
        """PayPal takes the money, and the site notes the capture on its order."""
        total = Money(placed["total"], "USD")
        made = await self._day.act("wallet", "pay", amount=total.major, currency="USD", **more)
        await self._day.act(SITE, "pay_order", order_id=placed["order_id"], transaction_id=made["capture"])
        sale = Sale(SITE, str(placed["order_id"]), total, (made["capture"],), total)
        self._paid.append((sale, made["capture"]))

    def _phone(self) -> str:
        return f"+1415555{self._day.chance.randint(100, 199):04}"

    async def _known(self) -> None:
        number = self._day.chance.randint(1, 12)
        email = f"member{number}@example.org"
        member = await self._day.act(SITE, "register_customer", email=email, first_name=f"Member{number}")
        await self._pay(await self._place(email=email, customer_id=member["customer_id"], phone=self._phone()))
        self._day.done["site: member, paid by PayPal"] += 1

    async def _guest(self) -> None:
        email = f"visitor{self._day.chance.randint(1, 300)}@example.net"
        await self._pay(await self._place(email=email, phone=self._phone()), email=email)
        self._day.done["site: guest, paid by PayPal"] += 1

    async def _held_first(self) -> None:
        """The money is held first and taken a little later."""
        placed = await self._place(email="careful@example.org", phone=self._phone())
        total = Money(placed["total"], "USD")
        held = await self._day.act("wallet", "pay", amount=total.major, currency="USD", capture=False)
        taken = await self._day.act("wallet", "capture", authorization=held["authorization"])
        await self._day.act(SITE, "pay_order", order_id=placed["order_id"], transaction_id=taken["capture"])
        self._day.done["site: authorised, captured later"] += 1

    async def _unpaid(self) -> None:
        await self._place(email="someday@example.org")
        self._day.done["site: never paid"] += 1

    async def _cancelled(self) -> None:
        placed = await self._place(email="never@example.org")
        await self._day.act(SITE, "set_status", order_id=placed["order_id"], status="cancelled")
        self._day.done["site: cancelled"] += 1

    async def _never_shipped(self) -> None:
        """A course: there is nothing to send."""
        await self._pay(await self._place(email="reader@example.org", needs_processing=True, shipping=0))
        self._day.done["site: guest, paid by PayPal"] += 1

    # --------------------------------------------------------------------------------------------- the afternoon

    async def carriers(self) -> None:
        """Most parcels leave, half of these arrive, and one carrier takes a delivery back."""
        day = self._day
        if "sms" in day.place.connections:
            await day.act("sms", "receive", sender="+14155550132", text="STOP")
        site = (await day.state("carrier_site"))["labels"] if "carrier_site" in day.place.connections else []
        shop = [each for each in (await day.state("carrier_us"))["shipments"] if each["postage_label"]]
        for act, name, ids, step in (
            ("move", "carrier_site", [each["label_id"] for each in site if not each["voided"]], "to"),
            ("scan", "carrier_us", [each["id"] for each in shop if not each["refund_status"]], "status"),
        ):
            for at, parcel in enumerate(ids[: len(ids) * 3 // 4]):
                await day.act(name, act, id=parcel, **{step: "in_transit"})
                day.done["carrier took a parcel"] += 1
                if at % 2:
                    await day.act(name, act, id=parcel, **{step: "delivered"})
                    day.done["carrier delivered a parcel"] += 1
                if at == 3:
                    correct = "correct" if name == "carrier_us" else act
                    await day.act(name, correct, id=parcel, **{step: "in_transit"})
                    day.done["carrier corrected itself"] += 1
                day.told("parcel")

    async def staff(self) -> None:
        """Some of the site's sales are given back, by PayPal's own page and in the store."""
        for at, (sale, capture) in enumerate(self._paid[: max(len(self._paid) // 8, 3)]):
            amount = sale.total if at == 0 else Money(max(sale.total.minor // 3, 1), "USD")
            await self._day.act("wallet", "refund", capture=capture, amount=amount.major)
            await self._day.act(SITE, "refund_order", order_id=sale.id, amount=amount.major, reason="Too large")
            self._day.done["site: refunded"] += 1
        there = "crm" in self._day.place.connections
        for contact in (await self._day.state("crm"))["contacts"][:3] if there else ():
            await self._day.act("crm", "edit", objects="contacts", id=contact["id"], phone="+1 555 0199")
            self._day.done["contact edited in the CRM"] += 1
