from dataclasses import replace

import httpx
import pytest

from connectors.xero import CONNECTOR
from hub.domain.errors import Unreadable
from hub.domain.records import InvoicePaymentRecord, InvoiceRecord, Source
from tests.connectors.xero.office import Office

SINCE = "since:2026-11-22T11:00:00Z"


async def walk(office: Office, name: str, cursor: str) -> tuple[list[Source], str, int]:
    found: list[Source] = []
    for number in range(1, 20):
        page = await CONNECTOR.pull[name](office.account, cursor)
        found += [each.source for each in office.read(page.events)]
        cursor = page.cursor
        if not page.more:
            return found, cursor, number
    raise AssertionError("it never ends")


async def test_a_payment_that_people_reverse_is_told_by_the_stream_of_payments() -> None:
    office = Office()
    invoice = office.sandbox.create_invoice("100.00")["InvoiceID"]
    payment = office.sandbox.pay_invoice(invoice, "40.00")["PaymentID"]
    await walk(office, "invoices", SINCE)
    office.clock.forward(minutes=1)
    office.sandbox.delete_payment(payment)

    await walk(office, "payments", SINCE)

    (said,) = (each for each in office.records.values() if isinstance(each, InvoicePaymentRecord))
    assert said.void


async def test_a_late_page_is_older_than_what_is_known() -> None:
    office = Office()
    invoice = office.sandbox.create_invoice("100.00")["InvoiceID"]
    late = await CONNECTOR.pull["invoices"](office.account, SINCE)
    office.sandbox.pay_invoice(invoice, "100.00")
    await walk(office, "invoices", SINCE)

    stale = office.read(late.events)[0]

    (held,) = (each for each in office.records.values() if isinstance(each, InvoiceRecord))
    assert held.balance.minor == 0 and stale.version < held.version


async def test_each_change_is_read_even_where_people_change_things_between_two_pages() -> None:
    office = Office()
    ids = []
    for _ in range(130):
        office.clock.forward(seconds=1)
        ids.append(office.sandbox.create_invoice("1.00")["InvoiceID"])
    first = await CONNECTOR.pull["invoices"](office.account, SINCE)
    office.clock.forward(seconds=1)
    for each in ids[:40]:  # these leave the first page, and the ones after it move up
        office.sandbox.edit_invoice(each, reference="edited")

    found, _, _ = await walk(office, "invoices", first.cursor)

    told = {each.source.external_id for each in office.read(first.events)} | {each.external_id for each in found}
    assert first.more and told >= set(ids)


async def test_many_changes_within_one_second_are_paged_by_number() -> None:
    office = Office()
    for _ in range(250):
        office.sandbox.create_contact(f"Person {office.sandbox.books.last_id}")

    found, cursor, pages = await walk(office, "contacts", SINCE)

    assert len(set(found)) == 251 and pages <= 6
    assert cursor.startswith("since:2026-11-22T12:00:0")


async def test_a_quiet_organisation_is_asked_again_from_the_same_place() -> None:
    office = Office()
    office.clock.forward(hours=1)

    found, cursor, pages = await walk(office, "credit_notes", SINCE)

    assert (found, cursor, pages) == ([], SINCE, 1)


async def test_what_was_written_while_the_last_answer_was_is_read_again() -> None:
    office = Office()
    office.clock.forward(minutes=-3)
    office.sandbox.create_invoice("1.00")
    office.clock.forward(minutes=3)

    page = await CONNECTOR.pull["invoices"](office.account, "since:2026-11-22T12:00:00Z")

    assert len(page.events) == 1


@pytest.mark.parametrize("time", [{}, {"UpdatedDateUTC": "soon"}, {"UpdatedDateUTC": "/Date(-99999999999999)/"}])
async def test_an_object_without_a_time_stops_neither_its_page_nor_its_stream(time: dict[str, str]) -> None:
    good = {"UpdatedDateUTC": "/Date(1795348800000)/", "ContactID": "00000000-0000-0000-0000-000000000009"}
    body = {"Contacts": [{"ContactID": "x", **time}, good]}
    answer = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    office = Office()
    async with httpx.AsyncClient(transport=answer, base_url="https://api.xero.com") as http:
        page = await CONNECTOR.pull["contacts"](replace(office.account, http=http), SINCE)

    assert (len(page.events), page.cursor) == (2, "since:2026-11-22T12:00:00Z")
    with pytest.raises(Unreadable):  # its reader says so: it is parked
        office.read(page.events[:1])


async def test_supplier_bills_are_not_asked_for() -> None:
    office = Office()
    office.sandbox.books.save("Invoices", office.sandbox._sale("ACCPAY", "5.00", "", "") | {"Status": "DRAFT"})

    page = await CONNECTOR.pull["invoices"](office.account, SINCE)

    assert page.events == []


@pytest.mark.parametrize("cursor", ["", "since:yesterday", "walk:2026-11-22T12:00:00Z|x", "x"])
async def test_a_cursor_of_another_form_is_named(cursor: str) -> None:
    with pytest.raises(Unreadable):
        await CONNECTOR.pull["invoices"](Office().account, cursor)
