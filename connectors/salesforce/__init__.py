"""Salesforce, a CRM: is told of people and sales, and tells what its people change in them."""

from connectors.salesforce.check import check
from connectors.salesforce.client import FETCH
from connectors.salesforce.commands import CreateDeal, SaveContact, UpdateContact, UpdateDeal
from connectors.salesforce.fields import KEY, ORDER
from connectors.salesforce.inbound import ANSWER, events, sign, verify
from connectors.salesforce.plan import plan
from connectors.salesforce.pull import PULL
from connectors.salesforce.push import create_deal, save_contact, update_contact, update_deal
from connectors.salesforce.read import READ
from connectors.salesforce.recognise import IGNORED, recognise
from connectors.salesforce.settings import SalesforceSettings, way
from connectors.salesforce.verdict import pause, verdict
from hub.card import Card
from hub.connector import Category, Connector, Inbound, Push, Upsert


def _card() -> Card:
    from connectors.salesforce.card import card

    return card()


CONNECTOR = Connector(
    slug="salesforce",
    title="Salesforce",
    category=Category.CRM,
    settings=SalesforceSettings,
    way=way,
    inbound=Inbound(verify=verify, events=events, answer=ANSWER),
    read=READ,
    ignored=IGNORED,
    recognise=recognise,
    plan=plan,
    fetch=FETCH,
    pull=PULL,
    push={
        SaveContact: Push(send=save_contact, safety=Upsert(f"a key of the e-mail address in `{KEY}`, which is unique")),
        UpdateContact: Push(send=update_contact, safety=Upsert("the contact's id")),
        CreateDeal: Push(send=create_deal, safety=Upsert(f"the order's id in `{ORDER}`, an external id")),
        UpdateDeal: Push(send=update_deal, safety=Upsert("the opportunity's id")),
    },
    check=check,
    verdict=verdict,
    pause=pause,
    sign=sign,
    card=_card,
)
