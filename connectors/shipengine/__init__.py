"""ShipEngine (now ShipStation API), shipping: buys and gives back labels, tells where parcels are."""

from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.shipengine.buy import buy_label, find_label
from connectors.shipengine.check import audit, check
from connectors.shipengine.client import FETCH
from connectors.shipengine.commands import BuyLabel, CreateReturnLabel, VoidLabel
from connectors.shipengine.faults import verdict
from connectors.shipengine.inbound import events, published, sign, verify
from connectors.shipengine.plan import plan
from connectors.shipengine.pull import PULL
from connectors.shipengine.push import create_return_label, find_return_label, void_label
from connectors.shipengine.read import IGNORED, READ
from connectors.shipengine.recognise import recognise
from connectors.shipengine.settings import ShipEngineSettings, way
from hub.connector import Category, Connector, Find, Inbound, Push, Upsert

if TYPE_CHECKING:
    from hub.card import Card


def _card() -> "Card":
    from connectors.shipengine.card import card

    return card()


CONNECTOR = Connector(
    slug="shipengine",
    title="ShipEngine (ShipStation API)",
    category=Category.SHIPPING,
    settings=ShipEngineSettings,
    way=way,
    inbound=Inbound(verify=verify, events=events, published=published),
    read=READ,
    ignored=IGNORED,
    recognise=recognise,
    plan=plan,
    fetch=FETCH,
    pull=PULL,
    push={
        # A carrier may still be at work on a label when our call was cut off.
        BuyLabel: Push(send=buy_label, safety=Find(find_label, settles=timedelta(minutes=1))),
        VoidLabel: Push(send=void_label, safety=Upsert("the label's id; a voided one stays voided")),
        CreateReturnLabel: Push(send=create_return_label, safety=Find(find_return_label, settles=timedelta(minutes=1))),
    },
    check=check,
    audit=audit,
    verdict=verdict,
    sign=sign,
    card=_card,
)
