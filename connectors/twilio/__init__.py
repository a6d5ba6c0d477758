"""Twilio: SMS to buyers, with what became of them, and people who do not want any."""

from connectors.messages.notes import KIND
from connectors.messages.read import reader
from connectors.twilio.client import check, fetch_message
from connectors.twilio.inbound import ANSWER, events, sign, verify
from connectors.twilio.plan import SendSms, plan, preview
from connectors.twilio.push import SAFETY, send, verdict
from connectors.twilio.read import IGNORED, READ, recognise
from connectors.twilio.settings import TwilioSettings, way
from hub.card import Card
from hub.connector import Category, Connector, Inbound, Push
from hub.domain.records import MessageChannel


def _card() -> Card:
    from connectors.twilio.card import card

    return card()


CONNECTOR = Connector(
    slug="twilio",
    title="Twilio",
    category=Category.MESSAGING,
    settings=TwilioSettings,
    way=way,
    inbound=Inbound(verify=verify, events=events, answer=ANSWER),
    read={**READ, KIND: reader(MessageChannel.SMS)},
    ignored=IGNORED,
    recognise=recognise,
    plan=plan,
    preview=preview,
    fetch={"message": fetch_message},
    push={SendSms: Push(send=send, safety=SAFETY)},
    check=check,
    verdict=verdict,
    sign=sign,
    card=_card,
)
