"""Shopify, a store: tells of orders, payments, refunds, parcels and customers; can be told of parcels, holds and
cancellations."""

from connectors.shopify.answers import pause, verdict
from connectors.shopify.check import check
from connectors.shopify.client import fetch_customer, fetch_order, pull_customers, pull_orders
from connectors.shopify.ignored import IGNORED
from connectors.shopify.inbound import events, sign, verify
from connectors.shopify.plan import plan
from connectors.shopify.push import PUSH
from connectors.shopify.read import READ
from connectors.shopify.recognise import recognise
from connectors.shopify.settings import ShopifySettings, way
from hub.card import Card
from hub.connector import Category, Connector, Inbound


def _card() -> Card:
    from connectors.shopify.card import card

    return card()


CONNECTOR = Connector(
    slug="shopify",
    title="Shopify",
    category=Category.STORE,
    settings=ShopifySettings,
    way=way,
    inbound=Inbound(verify=verify, events=events),
    read=READ,
    ignored=IGNORED,
    recognise=recognise,
    plan=plan,
    fetch={"order": fetch_order, "customer": fetch_customer},
    pull={"orders": pull_orders, "customers": pull_customers},
    push=PUSH,
    check=check,
    verdict=verdict,
    pause=pause,
    sign=sign,
    card=_card,
)
