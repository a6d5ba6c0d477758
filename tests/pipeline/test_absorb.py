"""What a page or a reply brings is digested in the transaction of its source."""

from hub.connector import Event
from hub.decide.codec import encode
from hub.domain.records import Record
from hub.pipeline.absorb import Answer, absorb
from hub.store.database import Database
from hub.store.golden import Cause
from tests.building import START, order
from tests.laws.asking import events, orders
from tests.toy.teller import tellers


def told(record: Record) -> Event:
    return Event(kind=record.kind.value, body=encode(record))


async def test_an_item_that_cannot_be_stored_is_parked_and_its_page_goes_on(db: Database) -> None:
    page = [told(order("1")), told(order("7", total=2**64)), told(order("2"))]

    async with db.write() as held:
        new = await absorb(held, [Answer(tellers("shop")["shop"], page, Cause(id="pull:orders", actor="shop"))], START)

    assert new == 2
    assert {each.number for each in await orders(db)} == {"#1", "#2"}
    [parked] = await events(db)
    assert parked.state == "parked" and "could not be applied" in parked.reason


async def test_a_page_told_again_brings_nothing_new(db: Database) -> None:
    for expected in (1, 0):
        async with db.write() as held:
            cause = Cause(id="pull:orders", actor="shop")
            assert await absorb(held, [Answer(tellers("shop")["shop"], [told(order("1"))], cause)], START) == expected
