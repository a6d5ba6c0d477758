"""PayPal, a payment processor: tells of orders, authorizations, captures, refunds and disputes; can be asked to refund,
capture and void."""

from datetime import timedelta

from connectors.paypal import push
from connectors.paypal.check import audit, check
from connectors.paypal.client import FETCH
from connectors.paypal.inbound import events, published, verify
from connectors.paypal.kinds import IGNORED
from connectors.paypal.plan import CapturePayment, CreateRefund, VoidAuthorization, plan
from connectors.paypal.pull import PULL
from connectors.paypal.read import READ
from connectors.paypal.recognise import recognise
from connectors.paypal.settings import PayPalSettings, way
from connectors.paypal.verdict import verdict
from hub.card import Card
from hub.connector import Category, Connector, Find, Inbound, KeyHeader, Push

# developer.paypal.com/docs/api/payments/v2: "The server stores keys for 45 days."
_LIFETIME = timedelta(days=45)


def _card() -> Card:
    from connectors.paypal.card import card

    return card()


CONNECTOR = Connector(
    slug="paypal",
    title="PayPal",
    category=Category.PAYMENTS,
    settings=PayPalSettings,
    way=way,
    inbound=Inbound(verify=verify, events=events, published=published),
    read=READ,
    ignored=IGNORED,
    recognise=recognise,
    plan=plan,
    fetch=FETCH,
    pull=PULL,
    push={
        CreateRefund: Push(send=push.create_refund, safety=KeyHeader(push.KEY, _LIFETIME, push.find_refund)),
        CapturePayment: Push(send=push.capture, safety=KeyHeader(push.KEY, _LIFETIME, push.find_capture)),
        # PayPal takes no key for a void, and refuses a second one.
        VoidAuthorization: Push(send=push.void, safety=Find(push.find_void)),
    },
    check=check,
    audit=audit,
    verdict=verdict,
    card=_card,
)
