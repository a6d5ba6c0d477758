from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.quickbooks import CONNECTOR, pull
from hub.connector import Event, Page
from hub.domain.clock import rfc3339
from hub.domain.errors import Unreadable
from hub.domain.records import InvoiceRecord
from tests.connectors.books.sales import NOON
from tests.connectors.quickbooks.company import Company

SALE: dict[str, Any] = {
    "CustomerRef": {"value": "1"},
    "Line": [{"Amount": 5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}],
}


async def changes(company: Company, cursor: str) -> Page:
    return await CONNECTOR.pull["changes"](company.account, cursor)


async def walk(company: Company, cursor: str) -> tuple[list[Event], str, int]:
    events: list[Event] = []
    for calls in range(1, 60):
        page = await changes(company, cursor)
        events += page.events
        cursor = page.cursor
        if not page.more:
            return events, cursor, calls
    raise AssertionError("does not end")


@pytest.mark.parametrize(
    "cursor", ["", "cdc:", "cdc:yesterday", "since:2026-11-22T00:00:00", "walk:a|b", "walk:|x|y|z|w"]
)
async def test_a_cursor_of_another_form_is_unreadable(cursor: str) -> None:
    with pytest.raises(Unreadable):
        await changes(Company(), cursor)


async def test_deletions_come_with_the_other_changes() -> None:
    company = Company()
    kept, gone = (company.sandbox.books.save("Invoice", dict(SALE))["Id"] for _ in range(2))
    company.sandbox.acts()["delete_invoice"](id=gone)

    page = await changes(company, f"since:{rfc3339(NOON - timedelta(days=1))}")
    records = [each for each in company.read(page.events) if isinstance(each, InvoiceRecord)]

    assert {each.source.external_id: each.deleted for each in records} == {kept: False, gone: True}
    assert (page.cursor, page.more) == ("cdc:2026-11-22T12:00:00Z", False)


async def test_what_changed_just_before_the_cursor_comes_again() -> None:
    company = Company()
    company.sandbox.books.save("Invoice", dict(SALE))
    company.clock.forward(minutes=4)

    page = await changes(company, "cdc:2026-11-22T12:04:00Z")

    assert "Invoice" in [event.kind for event in page.events]


async def test_a_quiet_company_keeps_up_with_the_clock() -> None:
    company = Company()
    company.clock.forward(days=20)

    page = await changes(company, "cdc:2026-12-01T00:00:00Z")

    assert page == Page(events=[], cursor="cdc:2026-12-12T12:00:00Z", more=False)


async def test_what_is_too_long_ago_for_the_feed_is_queried_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "_ROWS", 3)
    company = Company()
    numbers = set()
    for second in (0, 0, 0, 0, 1, 2, 2, 3):  # more of one second than a page holds
        company.clock.at = NOON + timedelta(seconds=second)
        numbers.add(company.sandbox.books.save("Invoice", dict(SALE))["Id"])
    company.sandbox.books.save("SalesReceipt", dict(SALE))
    company.clock.at = datetime(2027, 2, 1, tzinfo=UTC)

    events, cursor, calls = await walk(company, "since:2026-11-01T00:00:00Z")
    records = [each for each in company.read(events) if isinstance(each, InvoiceRecord)]

    assert numbers < {each.source.external_id for each in records}
    assert cursor == "cdc:2027-02-01T00:00:00Z"
    assert calls < 20


async def test_a_full_answer_of_the_feed_is_followed_by_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "_FULL", 5)
    company = Company()
    numbers = {company.sandbox.books.save("Invoice", dict(SALE))["Id"] for _ in range(6)}

    first = await changes(company, "cdc:2026-11-22T12:00:00Z")

    assert first.more and first.cursor.startswith("walk:")
    monkeypatch.setattr(pull, "_FULL", 1000)
    events, cursor, _ = await walk(company, first.cursor)
    assert {each.source.external_id for each in company.read(events) if isinstance(each, InvoiceRecord)} == numbers
    assert cursor == "cdc:2026-11-22T12:00:00Z"
