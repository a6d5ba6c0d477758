"""QuickBooks Online, books: is told of sales, payments and refunds, and tells what its people change in them."""

from connectors.books.commands import VoidInvoice
from connectors.quickbooks.check import check
from connectors.quickbooks.client import FETCH
from connectors.quickbooks.commands import (
    CreateCreditMemo,
    CreateCustomer,
    CreateInvoice,
    RecordPayment,
    UpdateInvoice,
)
from connectors.quickbooks.customers import create_customer, find_customer
from connectors.quickbooks.faults import verdict
from connectors.quickbooks.inbound import events, sign, verify
from connectors.quickbooks.notices import read_notice
from connectors.quickbooks.plan import plan
from connectors.quickbooks.pull import changes
from connectors.quickbooks.push import (
    create_credit_memo,
    create_invoice,
    find_credit_memo,
    find_invoice,
    find_payment,
    record_payment,
    update_invoice,
    void_invoice,
)
from connectors.quickbooks.read import READ
from connectors.quickbooks.recognise import recognise
from connectors.quickbooks.settings import QuickBooksSettings, way
from hub.card import Card
from hub.connector import Category, Connector, Find, Inbound, Push, Upsert


def _card() -> Card:
    from connectors.quickbooks.card import card

    return card()


CONNECTOR = Connector(
    slug="quickbooks",
    title="QuickBooks Online",
    category=Category.ACCOUNTING,
    settings=QuickBooksSettings,
    way=way,
    inbound=Inbound(verify=verify, events=events),
    read={**READ, "notice": read_notice},
    recognise=recognise,
    plan=plan,
    fetch=FETCH,
    pull={"changes": changes},
    # `requestid` goes with each write, but how long it is kept is not published: what is found counts.
    push={
        CreateCustomer: Push(send=create_customer, safety=Find(find_customer)),
        CreateInvoice: Push(send=create_invoice, safety=Find(find_invoice)),
        UpdateInvoice: Push(send=update_invoice, safety=Upsert("the invoice's id; its lines are replaced")),
        VoidInvoice: Push(send=void_invoice, safety=Upsert("the invoice's id; a void one stays void")),
        RecordPayment: Push(send=record_payment, safety=Find(find_payment)),
        CreateCreditMemo: Push(send=create_credit_memo, safety=Find(find_credit_memo)),
    },
    check=check,
    verdict=verdict,
    sign=sign,
    card=_card,
)
