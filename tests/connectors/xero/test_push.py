from dataclasses import replace
from typing import Any

import httpx
import pytest

from connectors.books.commands import VoidInvoice
from connectors.xero import CONNECTOR
from connectors.xero.commands import (
    BookLine,
    CreateContact,
    CreateCreditNote,
    CreateInvoice,
    RecordPayment,
    UpdateInvoice,
)
from connectors.xero.faults import pause
from connectors.xero.sandbox import WALK_IN
from hub.connector import Event, Find, Reading, Upsert
from hub.domain.commands import Command
from hub.domain.errors import Missing, NeedsAttention, Refused, TryLater, Unknown
from hub.domain.ids import CommandId
from hub.domain.records import CustomerRecord, InvoicePaymentRecord, InvoiceRecord, InvoiceStatus
from tests.connectors.books.sales import BACK, PAID, SALE, line, order, payment, person, refund, usd
from tests.connectors.xero.office import Office, planned

LINE = BookLine(text="Cup", account="200", amount=usd(10_000))
INVOICE = CreateInvoice(
    subject=SALE.key,
    contact=WALK_IN,
    date="2026-11-22",
    due="2026-11-22",
    reference=f"{SALE.key} #1001",
    amounts="NoTax",
    lines=(LINE,),
    total=usd(10_000),
)
CONTACT = CreateContact(subject=person().id, name="Ann O'Hara", email="ann@example.com")
NOTE = CreateCreditNote(
    subject=SALE.key,
    target=BACK.key,
    contact=WALK_IN,
    date="2026-11-22",
    reference=f"{SALE.key} {BACK.key}",
    amounts="NoTax",
    lines=(replace(LINE, amount=usd(2_500)),),
    total=usd(2_500),
)


async def find(office: Office, wish: Command, id: str) -> list[Event] | None:
    safety = CONNECTOR.push[type(wish)].safety
    assert isinstance(safety, Find)
    found = await safety.look(office.account, wish, CommandId(id))
    return None if found is None else list(found)


async def made(office: Office, **more: Any) -> str:
    (record,) = await office.push(replace(INVOICE, **more), "cmd_made")
    return record.source.external_id


def paying(invoice: str, **more: Any) -> RecordPayment:
    plain = RecordPayment(
        subject=SALE.key, target=PAID.key, invoice=invoice, account="090", date="2026-11-22", amount=usd(10_000)
    )
    return replace(plain, **more)


@pytest.mark.parametrize("wish", [CONTACT, INVOICE, NOTE], ids=lambda wish: wish.action)
async def test_an_effect_whose_answer_was_lost_is_found_and_not_made_again(wish: Command) -> None:
    office = Office()
    office.sandbox.faults.drop_replies = 1
    assert await find(office, wish, "cmd_1") is None

    with pytest.raises(Unknown):
        await office.push(wish, "cmd_1")
    found = await find(office, wish, "cmd_1")

    assert found is not None and len(office.read(found)) == 1
    assert [office.count(name) for name in ("Contacts", "Invoices", "CreditNotes")].count(1) == 1


async def test_a_payment_whose_answer_was_lost_is_found_on_its_invoice() -> None:
    office = Office()
    invoice = await made(office)
    assert await find(office, paying(invoice), "cmd_1") is None
    office.sandbox.faults.drop_replies = 1

    with pytest.raises(Unknown):
        await office.push(paying(invoice), "cmd_1")
    found = await find(office, paying(invoice), "cmd_1")

    assert found is not None
    kinds = [type(each) for each in office.read(found)]
    assert kinds == [InvoiceRecord, InvoicePaymentRecord]
    assert await find(office, paying(invoice, target="ord_other"), "cmd_2") is None


async def test_the_answer_to_a_payment_tells_what_is_still_due() -> None:
    office = Office()
    invoice = await made(office)

    paid, after = await office.push(paying(invoice, amount=usd(4_000)), "cmd_1")

    assert isinstance(paid, InvoicePaymentRecord) and paid.reference == PAID.key
    assert isinstance(after, InvoiceRecord) and after.balance == usd(6_000)


async def test_a_repeat_with_the_same_key_is_answered_as_the_first_time() -> None:
    office = Office()

    first = await office.push(INVOICE, "cmd_1")
    again = await office.push(INVOICE, "cmd_1")

    assert first == again and office.count("Invoices") == 1
    sent = [each.request_headers["idempotency-key"] for each in office.line.exchanges if each.method == "PUT"]
    assert set(sent) == {"cmd_1"}


async def test_a_voided_invoice_of_the_order_is_found_too_as_a_second_one_is_for_people_to_decide() -> None:
    office = Office()
    office.sandbox.end_invoice(await made(office))

    (found,) = office.read(await find(office, INVOICE, "cmd_2") or ())

    assert isinstance(found, InvoiceRecord) and found.status is InvoiceStatus.VOID


async def test_only_the_orders_own_invoice_is_found() -> None:
    office = Office()
    office.sandbox.create_invoice("100.00", reference=f"{SALE.key}x")
    office.sandbox.create_invoice("100.00", reference=f"PO of {SALE.key}")

    assert await find(office, INVOICE, "cmd_1") is None


async def test_a_sale_is_booked_step_by_step_until_nothing_is_left_to_do() -> None:
    office = Office(order_page="https://hub.example/orders")
    this = order(payments=(payment(),), refunds=(refund(2_500),))
    done: list[str] = []

    while wishes := planned(office.view(this, person())):
        for number, wish in enumerate(wishes):
            assert isinstance(wish, Command), wish
            await office.push(wish, f"cmd_{len(done)}{number}")
            done.append(wish.action)

    assert done == ["contact.create", "invoice.create", "payment.record", "credit_note.create"]
    (invoice,) = office.sandbox.state()["Invoices"]
    assert (invoice["Status"], invoice["Url"]) == ("PAID", f"https://hub.example/orders/{SALE.key}")


async def test_tax_at_rates_is_booked_as_it_was_charged() -> None:
    office = Office(tax="rate", tax_type="OUTPUT", no_tax_type="ZERORATEDOUTPUT")
    lines = (line(3_333, tax=331), line(1_000))
    this = order(5_164, lines=lines, tax=usd(331), shipping=usd(500))

    (wish,) = planned(office.view(this))
    assert isinstance(wish, CreateInvoice)
    (record,) = await office.push(wish, "cmd_1")

    assert isinstance(record, InvoiceRecord) and record.total == usd(5_164)
    (booked,) = office.sandbox.state()["Invoices"]
    assert f"{booked['TotalTax']}" == "3.31" and planned(office.view(this)) == []


async def test_an_unpaid_invoice_follows_its_order_and_is_voided_with_it() -> None:
    office = Office()
    invoice = await made(office)
    update = UpdateInvoice(
        subject=SALE.key, target=invoice, amounts="NoTax", lines=(replace(LINE, amount=usd(900)),), total=usd(900)
    )

    (changed,) = await office.push(update, "cmd_2")
    (same,) = await office.push(update, "cmd_2")
    (void,) = await office.push(VoidInvoice(subject=SALE.key, target=invoice), "cmd_3")
    (still,) = await office.push(VoidInvoice(subject=SALE.key, target=invoice), "cmd_3")

    assert isinstance(changed, InvoiceRecord) and changed.total == usd(900)
    assert isinstance(same, InvoiceRecord) and same.total == usd(900)
    assert isinstance(void, InvoiceRecord) and void.status is InvoiceStatus.VOID
    assert still.version == void.version


async def test_a_draft_of_the_order_is_deleted_where_it_cannot_be_voided() -> None:
    office = Office()
    draft = office.sandbox.create_invoice("1.00", reference=SALE.key, status="DRAFT")["InvoiceID"]

    (gone,) = await office.push(VoidInvoice(subject=SALE.key, target=draft), "cmd_1")

    assert gone.deleted


async def test_an_invoice_that_was_paid_or_taken_over_meanwhile_is_left_alone() -> None:
    office = Office()
    paid, taken = await made(office), office.sandbox.create_invoice("100.00")["InvoiceID"]
    office.sandbox.pay_invoice(paid, "1.00")
    update = UpdateInvoice(subject=SALE.key, target=paid, amounts="NoTax", lines=(LINE,), total=usd(10_000))

    for wish in (update, replace(update, target=taken), VoidInvoice(subject=SALE.key, target=paid)):
        with pytest.raises(Refused):
            await office.push(wish, "cmd_2")


async def test_a_name_that_is_taken_is_adopted_only_from_the_same_person() -> None:
    office = Office()
    theirs = office.sandbox.create_contact("ann o'hara", "ANN@example.com")["ContactID"]

    (adopted,) = await office.push(CONTACT, "cmd_1")
    stranger = replace(CONTACT, subject="cus_00000000000000000000abcdef", email="other@example.com")
    (other,) = await office.push(stranger, "cmd_2")

    assert adopted.source.external_id == theirs and adopted.claims == (person().id,)
    assert isinstance(other, CustomerRecord) and other.name == "Ann O'Hara"
    assert other.claims == (stranger.subject,) and office.count("Contacts") == 2


async def test_what_xero_does_not_take_is_told_in_its_own_words() -> None:
    office = Office()
    closed = replace(INVOICE, lines=(replace(LINE, account="999"),))
    invoice = await made(office)

    with pytest.raises(Refused, match="Account code '999' is not a valid code"):
        await office.push(closed, "cmd_1")
    with pytest.raises(Refused, match="exceeds the amount outstanding"):
        await office.push(paying(invoice, amount=usd(10_001)), "cmd_2")
    with pytest.raises(Refused, match="must not be less than 0"):
        body = replace(INVOICE, reference="", lines=(replace(LINE, amount=usd(-1)),))
        await office.push(body, "cmd_3")


def answer(status: int, method: str = "PUT", **more: Any) -> httpx.Response:
    url = "https://api.xero.com/api.xro/2.0/Invoices"
    return httpx.Response(status, request=httpx.Request(method, url), **more)


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (answer(401, json={"Title": "Unauthorized", "Detail": "TokenExpired"}), NeedsAttention),
        (answer(403, json={"title": "Forbidden", "detail": "AuthenticationUnsuccessful"}), NeedsAttention),
        (answer(400, json={"ErrorNumber": 10, "Elements": [{"ValidationErrors": [{"Message": "no"}]}]}), Refused),
        (answer(404, json={"title": "Not Found"}), Missing),
        (answer(429, headers={"retry-after": "17", "x-rate-limit-problem": "minute"}), TryLater),
        (answer(200, json={"Invoices": [{"HasErrors": True, "ValidationErrors": [{"Message": "no"}]}]}), Refused),
    ],
)
def test_each_form_of_fault_has_its_meaning(response: httpx.Response, error: type[Exception]) -> None:
    assert CONNECTOR.verdict is not None

    assert type(CONNECTOR.verdict(response)) is error


@pytest.mark.parametrize("body", ["<html>sorry</html>", "<Response/>", ""])
def test_a_page_where_an_answer_should_be_tells_nothing_of_what_happened(body: str) -> None:
    assert CONNECTOR.verdict is not None

    assert isinstance(CONNECTOR.verdict(answer(200, text=body)), Unknown)
    assert isinstance(CONNECTOR.verdict(answer(200, "GET", text=body)), TryLater)


def test_old_errors_on_a_page_are_none_of_ours_and_a_server_fault_is_left_to_the_usual_reading() -> None:
    assert CONNECTOR.verdict is not None
    page = {"Invoices": [{"HasErrors": True, "ValidationErrors": [{"Message": "no"}]}]}

    assert CONNECTOR.verdict(answer(200, "GET", json=page)) is None
    for status in (500, 503, 408):
        assert CONNECTOR.verdict(answer(status, text="<html>")) is None


def test_the_next_call_waits_as_each_answer_says() -> None:
    assert pause(answer(429, headers={"retry-after": "17"})) == 17
    assert pause(answer(200, headers={"x-minlimit-remaining": "0"})) == 60
    assert pause(answer(200, headers={"x-daylimit-remaining": "0", "x-minlimit-remaining": "5"})) == 900
    assert pause(answer(200, headers={"x-daylimit-remaining": "1", "x-minlimit-remaining": "1"})) == 0
    assert pause(answer(200, headers={"retry-after": "soon"})) == 0


async def test_a_wrong_organisation_and_a_spent_budget_are_told_apart() -> None:
    elsewhere = Office(tenant_id="00000000-1111-2222-3333-444444444444")
    busy = Office(per_minute=0)

    with pytest.raises(NeedsAttention):
        await elsewhere.push(INVOICE, "cmd_1")
    with pytest.raises(TryLater, match="minute"):
        await busy.push(INVOICE, "cmd_1")


async def test_what_is_not_there_is_missing_and_no_id_leads_elsewhere() -> None:
    office = Office()

    for odd in ("00000000-0000-0000-0000-0000000000ff", "../Accounts", "x", ""):
        with pytest.raises(Missing):
            await CONNECTOR.fetch["invoice"](office.account, odd)
    assert all(path.count("/") <= 4 for _, path in office.sandbox.calls)


@pytest.mark.parametrize(
    ("kind", "act"),
    [("invoice", "create_invoice"), ("creditnote", "create_credit_note"), ("contact", "create_contact")],
)
async def test_what_a_hint_names_can_be_fetched(kind: str, act: str) -> None:
    office = Office()
    office.sandbox.acts()[act]("7.00")
    notice = office.sandbox.deliveries[-1]
    assert CONNECTOR.inbound is not None

    (hint,) = CONNECTOR.read["notice"](Reading(connection="books", settings=office.account.settings), notice.body)
    assert getattr(hint, "kind", "") == kind
    (record,) = office.read(await CONNECTOR.fetch[kind](office.account, getattr(hint, "external_id", "")))

    assert record.source.external_id == getattr(hint, "external_id", "")


def test_each_push_is_looked_up_or_names_what_it_changes() -> None:
    safeties = {command: type(push.safety) for command, push in CONNECTOR.push.items()}

    assert {command for command, safety in safeties.items() if safety is Upsert} == {UpdateInvoice, VoidInvoice}
    assert set(safeties.values()) == {Upsert, Find}
