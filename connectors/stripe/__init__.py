"""Stripe, a payment processor: tells of payments, refunds, disputes and customers; can be asked to refund, capture and
cancel."""

from datetime import timedelta

from connectors.stripe import client
from connectors.stripe.inbound import events, sign, verify
from connectors.stripe.kinds import CHARGE, CUSTOMER, DISPUTE, IGNORED, PAYMENT_INTENT, REFUND, SESSION
from connectors.stripe.plan import CancelPayment, CapturePayment, CreateRefund, plan
from connectors.stripe.pull import PULL
from connectors.stripe.read import READ
from connectors.stripe.recognise import recognise
from connectors.stripe.settings import StripeSettings, way
from connectors.stripe.verdict import verdict
from hub.card import Card
from hub.connector import Category, Connector, Inbound, KeyHeader, Push

# docs.stripe.com/api/idempotent_requests: keys are kept for at least 24 hours.
_KEY, _LIFETIME = "Idempotency-Key", timedelta(hours=24)


def _card() -> Card:
    from connectors.stripe.card import card

    return card()


CONNECTOR = Connector(
    slug="stripe",
    title="Stripe",
    category=Category.PAYMENTS,
    settings=StripeSettings,
    way=way,
    inbound=Inbound(verify=verify, events=events),
    read=READ,
    ignored=IGNORED,
    recognise=recognise,
    plan=plan,
    fetch={
        PAYMENT_INTENT: client.fetch_intent,
        CHARGE: client.fetch_charge,
        REFUND: client.fetch_refund,
        DISPUTE: client.fetch_dispute,
        SESSION: client.fetch_session,
        CUSTOMER: client.fetch_customer,
    },
    pull=PULL,
    push={
        CreateRefund: Push(send=client.create_refund, safety=KeyHeader(_KEY, _LIFETIME, client.find_refund)),
        CapturePayment: Push(send=client.capture, safety=KeyHeader(_KEY, _LIFETIME, client.find_capture)),
        CancelPayment: Push(send=client.cancel, safety=KeyHeader(_KEY, _LIFETIME, client.find_cancel)),
    },
    check=client.check,
    verdict=verdict,
    sign=sign,
    card=_card,
)
