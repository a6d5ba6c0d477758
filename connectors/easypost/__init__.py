"""EasyPost, labels and tracking of many carriers: tells of parcels; can be asked to buy a label and to give it back."""

from typing import TYPE_CHECKING

from connectors.easypost.check import audit, check
from connectors.easypost.client import fetch, pull_shipments, pull_trackers
from connectors.easypost.faults import verdict
from connectors.easypost.inbound import events, sign, verify
from connectors.easypost.kinds import IGNORED
from connectors.easypost.plan import plan
from connectors.easypost.push import PUSH
from connectors.easypost.read import READ
from connectors.easypost.recognise import recognise
from connectors.easypost.settings import EasyPostSettings, way
from hub.connector import Category, Connector, Inbound

if TYPE_CHECKING:
    from hub.card import Card


def _card() -> "Card":
    from connectors.easypost.card import card

    return card()


CONNECTOR = Connector(
    slug="easypost",
    title="EasyPost",
    category=Category.SHIPPING,
    settings=EasyPostSettings,
    way=way,
    inbound=Inbound(verify=verify, events=events),
    read=READ,
    ignored=IGNORED,
    recognise=recognise,
    plan=plan,
    fetch={"shipment": fetch},
    pull={"shipments": pull_shipments, "trackers": pull_trackers},
    push=PUSH,
    check=check,
    audit=audit,
    verdict=verdict,
    sign=sign,
    card=_card,
)
