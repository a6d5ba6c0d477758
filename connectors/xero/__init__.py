"""Xero, books: is told of sales, payments and refunds, and tells what its people change in them."""

from typing import TYPE_CHECKING

from connectors.books.commands import VoidInvoice
from connectors.xero.check import check
from connectors.xero.client import FETCH
from connectors.xero.commands import (
    CreateContact,
    CreateCreditNote,
    CreateInvoice,
    RecordPayment,
    UpdateInvoice,
)
from connectors.xero.contacts import create_contact, find_contact
from connectors.xero.faults import pause, verdict
from connectors.xero.inbound import events, sign, verify
from connectors.xero.notices import read_notice
from connectors.xero.plan import plan
from connectors.xero.pull import PULL
from connectors.xero.push import (
    create_credit_note,
    create_invoice,
    find_credit_note,
    find_invoice,
    find_payment,
    record_payment,
    update_invoice,
    void_invoice,
)
from connectors.xero.read import READ
from connectors.xero.recognise import recognise
from connectors.xero.settings import XeroSettings, way
from hub.connector import Category, Connector, Find, Inbound, Push, Upsert

if TYPE_CHECKING:
    from hub.card import Card


def _card() -> "Card":
    from connectors.xero.card import card

    return card()


CONNECTOR = Connector(
    slug="xero",
    title="Xero",
    category=Category.ACCOUNTING,
    settings=XeroSettings,
    way=way,
    inbound=Inbound(verify=verify, events=events, answer=("text/plain", b"")),
    read={**READ, "notice": read_notice},
    ignored={"connections": "the list of organisations that the app may reach"},
    recognise=recognise,
    plan=plan,
    fetch=FETCH,
    pull=PULL,
    # `Idempotency-Key` goes with each write, but how long it is kept is not published: what is found counts.
    push={
        CreateContact: Push(send=create_contact, safety=Find(find_contact)),
        CreateInvoice: Push(send=create_invoice, safety=Find(find_invoice)),
        UpdateInvoice: Push(send=update_invoice, safety=Upsert("the invoice's id; its lines are replaced")),
        VoidInvoice: Push(send=void_invoice, safety=Upsert("the invoice's id; a void one stays void")),
        RecordPayment: Push(send=record_payment, safety=Find(find_payment)),
        CreateCreditNote: Push(send=create_credit_note, safety=Find(find_credit_note)),
    },
    check=check,
    verdict=verdict,
    pause=pause,
    sign=sign,
    card=_card,
)
