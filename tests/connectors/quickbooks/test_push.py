from dataclasses import replace
from typing import Any

import pytest

from connectors.books.commands import VoidInvoice
from connectors.quickbooks import CONNECTOR
from connectors.quickbooks.commands import (
    BookLine,
    CreateCreditMemo,
    CreateCustomer,
    CreateInvoice,
    RecordPayment,
    UpdateInvoice,
)
from hub.connector import Find, Upsert
from hub.domain.commands import Command, Mismatch
from hub.domain.errors import Missing, NeedsAttention, Refused, TryLater, Unknown
from hub.domain.ids import CommandId
from hub.domain.money import Money
from hub.domain.order import PaymentState
from hub.domain.records import CustomerRecord, InvoiceRecord, InvoiceStatus
from tests.connectors.books.sales import BACK, PAID, SALE, line, order, payment, person, refund, usd
from tests.connectors.quickbooks.company import Company, planned

DAY = "2026-11-22"


@pytest.fixture
async def company() -> Company:
    company = Company()
    await CONNECTOR.fetch["customer"](company.account, "1")  # tokens are there
    return company


def invoice(minor: int = 10_000, subject: str = SALE.key, **more: Any) -> CreateInvoice:
    lines = (BookLine(text="Cup", item="1", amount=usd(minor)),)
    plain = CreateInvoice(subject=subject, customer="1", date=DAY, lines=lines, total=usd(minor))
    return replace(plain, **more)


def customer(subject: str = "cus_00000001", currency: str = "USD", **more: Any) -> CreateCustomer:
    plain = CreateCustomer(
        subject=subject, target=currency, name="Ann O'Hara", email="ann@example.com", currency=currency
    )
    return replace(plain, **more)


def pay(minor: int, number: str, target: str = PAID.key) -> RecordPayment:
    return RecordPayment(subject=SALE.key, target=target, customer="1", invoice=number, date=DAY, amount=usd(minor))


def credit(minor: int) -> CreateCreditMemo:
    lines = (BookLine(text="Back", item="1", amount=usd(minor)),)
    return CreateCreditMemo(subject=SALE.key, target=BACK.key, customer="1", date=DAY, lines=lines, total=usd(minor))


async def find(company: Company, wish: Command, id: str) -> Any:
    safety = CONNECTOR.push[type(wish)].safety
    assert isinstance(safety, Find)
    return await safety.look(company.account, wish, CommandId(id))


async def new_invoice(company: Company, minor: int = 10_000) -> str:
    (found,) = await company.push(invoice(minor), "cmd_1")
    return found.source.external_id


@pytest.mark.parametrize("entity", ["Invoice", "Payment", "CreditMemo"])
async def test_a_lost_answer_makes_no_second_document(company: Company, entity: str) -> None:
    number = await new_invoice(company)
    wishes = {"Invoice": invoice(subject="ord_2"), "Payment": pay(4_000, number), "CreditMemo": credit(500)}
    wish = wishes[entity]
    before = len(company.sandbox.books.objects[entity])
    assert await find(company, wish, "cmd_9") is None

    company.sandbox.faults.drop_replies = 1
    with pytest.raises(Unknown):
        await company.push(wish, "cmd_9")
    found = await find(company, wish, "cmd_9")
    await company.push(wish, "cmd_9")

    assert found is not None and company.read(found)
    assert len(company.sandbox.books.objects[entity]) == before + 1


async def test_a_document_made_under_an_earlier_command_is_found_unless_it_is_void(company: Company) -> None:
    number = await new_invoice(company)

    assert await find(company, invoice(), "cmd_2") is not None
    assert await find(company, invoice(subject="ord_other"), "cmd_2") is None

    company.sandbox.acts()["void_invoice"](id=number)
    assert await find(company, invoice(), "cmd_2") is None
    assert await find(company, invoice(), "cmd_1") is not None


async def test_a_lost_answer_makes_no_second_customer(company: Company) -> None:
    company.sandbox.faults.drop_replies = 1
    with pytest.raises(Unknown):
        await company.push(customer(), "cmd_1")

    (found,) = company.read(await find(company, customer(), "cmd_1"))
    assert isinstance(found, CustomerRecord) and found.claims == ("cus_00000001",)
    assert await find(company, customer("cus_00000002"), "cmd_2") is None


async def test_a_namesake_is_never_taken_for_the_same_person(company: Company) -> None:
    company.sandbox.create_customer("Ann O'Hara", "other@example.com")

    (found,) = await company.push(customer(), "cmd_1")

    assert isinstance(found, CustomerRecord) and found.name == "Ann O'Hara"
    names = {each["DisplayName"] for each in company.sandbox.books.objects["Customer"].values()}
    assert names == {"Walk-in", "Ann O'Hara", "Ann O'Hara (00000001)"}
    assert await find(company, customer(), "cmd_1") is not None


async def test_a_customer_with_the_same_email_is_adopted_with_our_mark(company: Company) -> None:
    theirs = company.sandbox.create_customer("Ann O'Hara", "Ann@Example.com")
    company.sandbox.books.objects["Customer"][theirs["Id"]]["Notes"] = "likes tea"

    (found,) = await company.push(customer(), "cmd_1")

    assert isinstance(found, CustomerRecord)
    assert found.source.external_id == theirs["Id"] and found.claims == ("cus_00000001",)
    assert found.note.startswith("likes tea\n[orderhub ")


async def test_a_customer_that_carries_another_mark_is_not_adopted(company: Company) -> None:
    await company.push(customer("cus_00000002"), "cmd_1")

    (found,) = await company.push(customer(), "cmd_2")

    assert found.claims == ("cus_00000001",)


async def test_a_person_who_buys_in_two_currencies_is_two_customers_of_one_mark(company: Company) -> None:
    (dollars,) = await company.push(customer(), "cmd_1")
    (euros,) = await company.push(customer(currency="EUR"), "cmd_2")

    assert isinstance(dollars, CustomerRecord) and isinstance(euros, CustomerRecord)
    assert (dollars.currency, euros.currency) == ("USD", "EUR")
    assert dollars.claims == euros.claims and dollars.name == euros.name
    assert company.sandbox.books.get("Customer", euros.source.external_id)["DisplayName"] == "Ann O'Hara (EUR)"


async def test_a_name_that_quickbooks_refuses_is_made_fit(company: Company) -> None:
    (found,) = await company.push(customer(name="Ann:\tHara\n" + "x" * 600), "cmd_1")

    assert isinstance(found, CustomerRecord) and found.name.startswith("Ann Hara x")


async def test_a_payment_answers_with_the_invoice_that_it_pays(company: Company) -> None:
    number = await new_invoice(company)

    _, after = await company.push(pay(10_000, number), "cmd_2")

    assert isinstance(after, InvoiceRecord)
    assert (after.status, after.balance) == (InvoiceStatus.PAID, usd(0))


async def test_an_invoice_that_was_paid_meanwhile_is_neither_changed_nor_voided(company: Company) -> None:
    number = await new_invoice(company)
    await company.push(pay(1, number), "cmd_2")
    change = UpdateInvoice(subject=SALE.key, target=number, lines=invoice(5).lines, total=usd(5))

    for wish in (change, VoidInvoice(subject=SALE.key, target=number)):
        with pytest.raises(Refused):
            await company.push(wish, "cmd_3")


async def test_an_update_and_a_void_may_be_repeated(company: Company) -> None:
    number = await new_invoice(company)
    change = UpdateInvoice(subject=SALE.key, target=number, lines=invoice(5).lines, total=usd(5))
    void = VoidInvoice(subject=SALE.key, target=number)

    for wish, command in ((change, "cmd_2"), (void, "cmd_3")):
        assert isinstance(CONNECTOR.push[type(wish)].safety, Upsert)
        company.sandbox.faults.drop_replies = 1
        with pytest.raises(Unknown):
            await company.push(wish, command)
        (found,) = await company.push(wish, command)
        assert isinstance(found, InvoiceRecord)
        assert found.total == (usd(5) if wish is change else usd(0))
        assert (found.status is InvoiceStatus.VOID) == (wish is void)
        assert found.claims == (SALE.key,)


async def test_an_edit_by_someone_else_at_the_same_time_is_tried_again_later(company: Company) -> None:
    number = await new_invoice(company)

    with pytest.raises(TryLater):
        await company.account.http.post(
            "/invoice", json={"Id": number, "SyncToken": "9"}, headers={"Accept": "application/json"}
        )


async def test_what_the_company_refuses_is_told_in_its_own_words(company: Company) -> None:
    with pytest.raises(Refused, match="Invalid Reference Id"):
        await company.push(invoice(customer="77"), "cmd_1")
    with pytest.raises(Missing):
        await CONNECTOR.fetch["invoice"](company.account, "77")
    with pytest.raises(Missing):
        await CONNECTOR.fetch["invoice"](company.account, "../companyinfo")


async def test_the_request_limit_is_waited_for_as_long_as_the_vendor_asks() -> None:
    company = Company(per_minute=1)
    await CONNECTOR.fetch["customer"](company.account, "1")

    with pytest.raises(TryLater) as limited:
        await CONNECTOR.fetch["customer"](company.account, "1")
    assert limited.value.after.total_seconds() == 60

    company.clock.forward(seconds=60)
    await CONNECTOR.fetch["customer"](company.account, "1")


async def test_another_companys_realm_needs_a_person(company: Company) -> None:
    with pytest.raises(NeedsAttention):
        await company.account.http.get("http://localhost/v3/company/1/item/1", headers={"Accept": "application/json"})


async def test_a_sale_is_booked_step_by_step_until_nothing_is_left_to_do(company: Company) -> None:
    """Guest and known customer, two currencies and one without decimals: paid, partly refunded, and every document
    agrees with the order to the minor unit."""
    for currency, total in (("USD", 10_001), ("EUR", 999), ("JPY", 4_999)):
        before = len(company.records)
        lines = (line(total - 1, currency=currency),)
        back = replace(refund(0), amount=Money(499, currency), id=f"ord_{currency.lower()}")
        sale = order(
            total,
            currency,
            id=f"ord_sale{currency.lower()}",
            lines=lines,
            tax=Money(1, currency),
            payments=(payment(total, currency=currency, id=f"ord_pay{currency.lower()}"),),
            refunds=(back,),
        )
        for step in range(10):
            at = company.view(sale, person())
            mine = replace(at, said=tuple(each for each in at.said if sale.id in each.claims))
            wishes = planned(mine)
            for number, wish in enumerate(wishes):
                assert not isinstance(wish, Mismatch), wish
                await company.push(wish, f"cmd_{currency.lower()}{step}{number}")
            if not wishes:
                break
        assert wishes == []
        assert len(company.records) - before == 4  # a customer of the currency, an invoice, a payment, a credit memo

    state = company.sandbox.state()
    totals = [(each["CurrencyRef"]["value"], str(each["TotalAmt"]), str(each["Balance"])) for each in state["invoices"]]
    assert totals == [("USD", "100.01", "0.00"), ("EUR", "9.99", "0.00"), ("JPY", "4999.00", "0.00")]
    assert [str(each["RemainingCredit"]) for each in state["credit_memos"]] == ["4.99", "4.99", "499.00"]
    assert state["reused_refresh_tokens"] == 0


async def test_what_was_asked_for_and_what_came_are_the_same_to_the_minor_unit(company: Company) -> None:
    """0.07 × 3 and 19.99 × 7 are the amounts where floats go wrong."""
    lines = (line(7, 3), line(1_999, 7, 1))
    sale = order(21 + 13_992, lines=lines, payment_state=PaymentState.PAID)

    (wish,) = planned(company.view(sale))
    assert isinstance(wish, CreateInvoice)
    (found,) = await company.push(wish, "cmd_1")

    assert isinstance(found, InvoiceRecord) and found.total == sale.total
    assert planned(company.view(sale)) == []
