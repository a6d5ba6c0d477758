"""Slack: what the team has to know, in a channel, by an incoming webhook."""

from connectors.messages.notes import KIND
from connectors.messages.read import reader, recognise
from connectors.slack.plan import PostNotice, plan, preview
from connectors.slack.push import SAFETY, send, verdict
from connectors.slack.settings import SlackSettings, way
from hub.card import Card
from hub.connector import Category, Connector, Push
from hub.domain.records import MessageChannel


def _card() -> Card:
    from connectors.slack.card import card

    return card()


CONNECTOR = Connector(
    slug="slack",
    title="Slack",
    category=Category.MESSAGING,
    settings=SlackSettings,
    way=way,
    read={KIND: reader(MessageChannel.TEAM)},
    recognise=recognise,
    plan=plan,
    preview=preview,
    push={PostNotice: Push(send=send, safety=SAFETY)},
    verdict=verdict,
    card=_card,
)
