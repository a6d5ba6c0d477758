"""E-mail to buyers by any mail server."""

from connectors.messages.notes import KIND
from connectors.messages.read import reader, recognise
from connectors.smtp.check import check
from connectors.smtp.plan import SendMail, plan, preview
from connectors.smtp.push import SAFETY, send
from connectors.smtp.settings import SmtpSettings, way
from hub.card import Card
from hub.connector import Category, Connector, Push
from hub.domain.records import MessageChannel


def _card() -> Card:
    from connectors.smtp.card import card

    return card()


CONNECTOR = Connector(
    slug="smtp",
    title="E-mail (SMTP)",
    category=Category.MESSAGING,
    settings=SmtpSettings,
    way=way,
    read={KIND: reader(MessageChannel.EMAIL)},
    recognise=recognise,
    plan=plan,
    preview=preview,
    push={SendMail: Push(send=send, safety=SAFETY)},
    check=check,
    card=_card,
)
