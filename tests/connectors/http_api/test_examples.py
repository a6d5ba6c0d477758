"""The three examples of the docs, each against a small server: what comes in, what is asked, what comes of it."""

from datetime import timedelta
from typing import Any

import pytest

from connectors.http_api import CONNECTOR
from connectors.http_api.sandbox import ErpSandbox
from connectors.http_api.settings import HttpSettings
from hub.connector import Connector, Hint, OAuth2, Page
from hub.domain.clock import rfc3339
from hub.domain.errors import Missing, NeedsAttention, Refused
from hub.domain.ids import CommandId
from hub.domain.money import Money
from hub.domain.records import CustomerRecord, DealRecord, InvoiceRecord, InvoiceStatus, OrderRecord, Record, vendor_key
from tests.building import order, payment, view
from tests.conftest import Time
from tests.connectors.http_api.calendar import Calendar
from tests.connectors.http_api.membership import MembershipSite
from tests.connectors.http_api.place import NOON, account, connector, example, heard, read, records

SINCE = f"since:{rfc3339(NOON - timedelta(days=1))}"
SALE = order(name="Ada", email="ada@example.com")
PAID = (SALE, payment(claims=(SALE.source.key,)))


def planned(made: Connector, given: HttpSettings, *said: Record) -> list[Any]:
    assert made.plan
    return list(made.plan(view(*PAID, *said, of="there", settings=given)))


async def pulled(there: Any, given: HttpSettings, clock: Time, stream: str) -> list[Record]:
    made, here = connector(given), account(there, given, clock)
    page, found = Page(events=[], cursor=SINCE, more=True), list[Record]()
    while page.more:
        page = await made.pull[stream](here, page.cursor)
        found += records(each for event in page.events for each in read(made, given, event))
    return found


# --------------------------------------------------------------------------------------------------------------- ERP


def erp(clock: Time) -> ErpSandbox:
    return ErpSandbox(secret="erp-secret", now=clock)


async def test_the_erp_gets_a_paid_order_once_however_often_it_is_asked() -> None:
    clock, given = Time(), example("erp")
    there, made = erp(clock), connector(given)
    here = account(there, given, clock)
    (wish,) = planned(made, given)
    push = made.push[type(wish)]

    await push.send(here, wish, CommandId("cmd_1"))
    (event,) = await push.send(here, wish, CommandId("cmd_1"))
    (deal,) = records(read(made, given, event))

    assert list(there.orders) == [SALE.source.key]
    assert isinstance(deal, DealRecord)
    assert (deal.amount, deal.claims, deal.version) == (Money(10_000, "EUR"), (SALE.source.key,), 1)
    assert planned(made, given, deal) == []
    assert records(heard(there, given, clock)) == [deal]


async def test_the_erp_is_asked_again_where_somebody_changed_what_we_wrote() -> None:
    clock, given = Time(), example("erp")
    there, made = erp(clock), connector(given)
    (wish,) = planned(made, given)
    await made.push[type(wish)].send(account(there, given, clock), wish, CommandId("cmd_1"))

    there.change(SALE.source.key, amount="1.00")

    (_, deal) = records(heard(there, given, clock))
    assert planned(made, given, deal) == [wish]


async def test_the_erps_invoices_and_sales_orders_come_back_page_by_page() -> None:
    clock, given = Time(), example("erp")
    there = erp(clock)
    numbers = [there.invoice(there.enter(f"{n}.10")["reference"])["id"] for n in range(1, 6)]
    clock.forward(minutes=1)
    there.pay(numbers[0])

    invoices = await pulled(there, given, clock, "invoice")
    deals = await pulled(there, given, clock, "deal")

    assert [each.source.external_id for each in invoices] == [*numbers[1:], numbers[0]]
    assert next(each.total for each in invoices if isinstance(each, InvoiceRecord)) == Money(210, "USD")
    last = invoices[-1]
    assert isinstance(last, InvoiceRecord)
    assert (last.status, last.balance) == (InvoiceStatus.PAID, Money(0, "USD"))
    assert {each.source.key for each in deals} == {key for each in invoices for key in each.claims}


async def test_the_erps_words_against_us_are_told_apart() -> None:
    clock, given = Time(), example("erp")
    there, made = erp(clock), connector(given)
    (wish,) = planned(made, given)
    empty = type(wish)(reference=wish.reference, path=wish.path, body={})

    with pytest.raises(Refused, match="amount is missing"):
        await made.push[type(wish)].send(account(there, given, clock), empty, CommandId("cmd_1"))
    with pytest.raises(Missing):
        await made.fetch["invoice"](account(there, given, clock), "INV-9")
    there.token = "another"
    with pytest.raises(NeedsAttention):
        await made.push[type(wish)].send(account(there, given, clock), wish, CommandId("cmd_1"))


async def test_the_check_says_whether_we_are_let_in() -> None:
    clock, given = Time(), example("erp")
    there = erp(clock)
    assert CONNECTOR.check

    assert [each.ok async for each in CONNECTOR.check(account(there, given, clock))] == [True]
    there.token = "another"
    assert [each.ok async for each in CONNECTOR.check(account(there, given, clock))] == [False]


# -------------------------------------------------------------------------------------------------- a membership site


def test_members_and_what_they_buy_come_by_webhook() -> None:
    clock, given = Time(), example("membership")
    there = MembershipSite(secret="members-secret", now=clock)
    there.buy(there.join()["id"])

    first, again, bought = records(heard(there, given, clock))

    assert first == again
    assert isinstance(first, CustomerRecord)
    assert (first.name, first.email, first.deleted) == ("Ada Lovelace", "ada@example.com", False)
    assert isinstance(bought, OrderRecord)
    assert (bought.number, bought.total, bought.customer) == ("M-0001", Money(4900, "EUR"), first.source)
    assert bought.claims == (vendor_key("stripe", "pi_1"),)
    assert [(line.sku, line.fulfillable) for line in bought.lines] == [("GOLD", False)]


def test_a_member_who_was_erased_counts_no_more() -> None:
    clock, given = Time(), example("membership")
    there = MembershipSite(secret="members-secret", now=clock)
    there.join()
    clock.forward(minutes=1)
    there.erase(1)

    before, after = records(heard(there, given, clock))

    assert (before.deleted, after.deleted) == (False, True)
    assert after.version > before.version


async def test_what_no_webhook_told_of_the_members_is_found_by_asking() -> None:
    clock, given = Time(), example("membership")
    there = MembershipSite(secret="members-secret", now=clock)
    for n in range(101):
        there.join(f"member{n}@example.com")
    bought = [there.buy(n)["number"] for n in (1, 2, 3)]

    members = await pulled(there, given, clock, "customer")
    orders = await pulled(there, given, clock, "order")

    assert len(members) == 101
    assert [each.number for each in orders if isinstance(each, OrderRecord)] == bought
    assert [path for _, path in there.calls].count("/api/v2/purchases") == 3


# -------------------------------------------------------------------------------------------------------- a calendar


async def test_the_calendar_gets_one_booking_for_a_paid_order_though_its_first_answer_is_lost() -> None:
    clock, given = Time(), example("calendar")
    there, made = Calendar(now=clock), connector(given)
    here = account(there, given, clock)
    (wish,) = planned(made, given)
    push = made.push[type(wish)]

    await push.send(here, wish, CommandId("cmd_1"))  # whose answer nobody read
    (event,) = await push.send(here, wish, CommandId("cmd_1"))
    (booked,) = records(read(made, given, event))

    assert wish.releases_goods
    assert wish.once
    assert [each["external_reference"] for each in there.bookings.values()] == [SALE.source.key]
    assert isinstance(booked, DealRecord)
    assert (booked.name, booked.stage, booked.url) == ("Order #1001", "requested", "https://calendar.example/b/bk_1")
    assert planned(made, given, booked) == []


async def test_the_calendars_webhooks_only_say_what_to_ask_for() -> None:
    clock, given = Time(), example("calendar")
    there, made = Calendar(now=clock), connector(given)
    here = account(there, given, clock)
    (wish,) = planned(made, given)
    await made.push[type(wish)].send(here, wish, CommandId("cmd_1"))
    clock.forward(minutes=1)

    there.confirm("bk_1")
    assert heard(there, given, clock) == [Hint(kind="deal", external_id="bk_1")]
    (booked,) = records(read(made, given, (await made.fetch["deal"](here, "bk_1"))[0]))
    assert isinstance(booked, DealRecord)
    assert booked.stage == "confirmed"

    there.delete("bk_1")
    assert heard(there, given, clock, after=1) == [Hint(kind="deal", external_id="bk_1", gone=True)]
    with pytest.raises(Missing):
        await made.fetch["deal"](here, "bk_1")


def test_the_calendars_tokens_are_had_by_client_credentials() -> None:
    auth = CONNECTOR.way(example("calendar")).auth

    assert isinstance(auth, OAuth2)
    assert (auth.grant, auth.token_url) == ("client_credentials", "https://calendar.example/token")
