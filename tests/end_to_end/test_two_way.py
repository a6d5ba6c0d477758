"""A store and a carrier, each told by the other through the hub: one write per system, and then it is still."""

from typing import Any

from sqlalchemy import func, select

from connectors.easypost import CONNECTOR as EASYPOST
from connectors.easypost.sandbox import EasyPostSandbox
from connectors.shopify import CONNECTOR as SHOPIFY
from connectors.shopify.sandbox import ShopifySandbox
from hub.conform.bench import settings_of
from hub.connector import Connector
from hub.sandbox import Sandbox
from hub.store.database import Database
from hub.store.tables import OutboxRow
from tests.building import payment
from tests.conftest import Time
from tests.small_hub import SmallHub

_HOME = {"address1": "388 Townsend Street", "city": "San Francisco", "zip": "94107", "country_code": "US"}


def joined(connector: Connector, sandbox: Sandbox) -> tuple[Connector, Any, Sandbox]:
    assert connector.card is not None
    card = connector.card()
    return connector, settings_of(connector, card, sandbox, card.wish.settings), sandbox


class Post:
    """Brings every new webhook to the hub, each of them twice."""

    def __init__(self, house: SmallHub) -> None:
        self.house = house
        self.seen = dict.fromkeys(house.sandboxes, 0)

    async def round(self) -> int:
        brought = 0
        for name, sandbox in self.house.sandboxes.items():
            new, self.seen[name] = sandbox.deliveries[self.seen[name] :], len(sandbox.deliveries)
            for delivery in new:
                await self.house.post(name, delivery)
                await self.house.post(name, delivery)
                brought += 1
        await self.house.settle()
        return brought


def writes(sandbox: Sandbox, *paths: str) -> int:
    return sum(method != "GET" and any(path.endswith(each) for each in paths) for method, path in sandbox.calls)


async def test_each_system_is_written_once_and_its_echo_moves_nothing(db: Database, time: Time) -> None:
    carrier, store = EasyPostSandbox(now=time), ShopifySandbox(now=time, currency="USD")
    house = SmallHub(db, time, {"carrier": joined(EASYPOST, carrier), "store": joined(SHOPIFY, store)})
    await house.open()
    post = Post(house)

    placed = store.acts()["place_order"](lines=[{"sku": "MUG", "title": "Mug", "price": "20.00", "quantity": 1}],
                                         email="ada@example.com", address=_HOME)  # fmt: skip
    store.acts()["add_transaction"](order_id=placed["order_id"], gateway="stripe", amount="20.00", payment_id="pi_1")
    await house.say(payment(connection="pay", captured=2_000, currency="USD"))
    while await post.round():
        time.forward(minutes=1)
    (parcel,) = [each for each in carrier.state()["shipments"] if each["postage_label"]]
    for status in ("in_transit", "delivered"):
        carrier.scan(parcel["id"], status)
        while await post.round():
            time.forward(minutes=1)

    done = {"buy_label": 1, "fulfil_order": 1}
    assert (await commands(db), writes(carrier, "/buy")) == (done, 1)

    time.forward(hours=1)
    await house.pull()
    while await post.round():
        time.forward(minutes=1)

    (sold,) = store.state()["orders"]
    assert sold["fulfilment_status"] == "fulfilled"
    assert (await commands(db), writes(carrier, "/buy")) == (done, 1)
    await house.close()


async def commands(db: Database) -> dict[str, int]:
    async with db.read() as held:
        rows = await held.execute(select(OutboxRow.action, func.count().label("times")).group_by(OutboxRow.action))
        return {row.action: row.times for row in rows}
