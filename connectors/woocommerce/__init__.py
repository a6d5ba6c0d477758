"""WooCommerce, a store: tells of orders, payments, refunds, parcels and customers; can be told of holds, parcels,
refunds and the end of an order."""

from connectors.woocommerce.answers import verdict
from connectors.woocommerce.audit import audit
from connectors.woocommerce.check import check
from connectors.woocommerce.client import fetch_customer, fetch_order
from connectors.woocommerce.inbound import events, is_ping, sign, verify
from connectors.woocommerce.plan import plan
from connectors.woocommerce.pull import pull_customers, pull_orders, pull_refunds, pull_trash
from connectors.woocommerce.push import PUSH
from connectors.woocommerce.read import IGNORED, READ
from connectors.woocommerce.recognise import recognise
from connectors.woocommerce.settings import WooCommerceSettings, way
from hub.card import Card
from hub.connector import Category, Connector, Inbound


def _card() -> Card:
    from connectors.woocommerce.card import card

    return card()


CONNECTOR = Connector(
    slug="woocommerce",
    title="WooCommerce",
    category=Category.STORE,
    settings=WooCommerceSettings,
    way=way,
    inbound=Inbound(verify=verify, events=events, is_ping=is_ping),
    read=READ,
    ignored=IGNORED,
    recognise=recognise,
    plan=plan,
    fetch={"order": fetch_order, "customer": fetch_customer},
    pull={"orders": pull_orders, "refunds": pull_refunds, "trash": pull_trash, "customers": pull_customers},
    push=PUSH,
    check=check,
    audit=audit,
    verdict=verdict,
    sign=sign,
    card=_card,
)
