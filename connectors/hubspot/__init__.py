"""HubSpot, a CRM: is told of people and sales, and tells what its people change in them."""

from connectors.hubspot.check import check
from connectors.hubspot.client import FETCH
from connectors.hubspot.commands import CreateDeal, SaveContact, UpdateContact, UpdateDeal
from connectors.hubspot.inbound import events, sign, verify
from connectors.hubspot.plan import plan
from connectors.hubspot.properties import ORDER
from connectors.hubspot.pull import PULL
from connectors.hubspot.push import create_deal, save_contact, update_contact, update_deal
from connectors.hubspot.read import READ
from connectors.hubspot.recognise import IGNORED, recognise
from connectors.hubspot.settings import HubSpotSettings, way
from connectors.hubspot.verdict import pause, verdict
from hub.card import Card
from hub.connector import Category, Connector, Inbound, Push, Upsert


def _card() -> Card:
    from connectors.hubspot.card import card

    return card()


CONNECTOR = Connector(
    slug="hubspot",
    title="HubSpot",
    category=Category.CRM,
    settings=HubSpotSettings,
    way=way,
    inbound=Inbound(verify=verify, events=events),
    read=READ,
    ignored=IGNORED,
    recognise=recognise,
    plan=plan,
    fetch=FETCH,
    pull=PULL,
    push={
        SaveContact: Push(send=save_contact, safety=Upsert("the e-mail address, which one contact has")),
        UpdateContact: Push(send=update_contact, safety=Upsert("the contact's id")),
        CreateDeal: Push(send=create_deal, safety=Upsert(f"the order's id in `{ORDER}`, a unique property")),
        UpdateDeal: Push(send=update_deal, safety=Upsert("the deal's id")),
    },
    check=check,
    verdict=verdict,
    pause=pause,
    sign=sign,
    card=_card,
)
