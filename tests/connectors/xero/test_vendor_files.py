"""Xero's own material: what it recorded is read, what it signed is believed, and the sandbox speaks as it describes."""

from collections import Counter
from typing import Any

import pytest

from connectors.xero import CONNECTOR
from connectors.xero.check import check
from hub.connector import Faulty, Find, Finding, Hint, Ignored
from hub.domain.clock import parse_time
from hub.domain.commands import Command
from hub.domain.errors import Forged, Unreadable
from hub.domain.ids import CommandId
from hub.domain.records import Record
from tests.connectors.books.sales import order, payment, person, refund
from tests.connectors.xero.office import Office, planned, reading, settings
from tests.shared import shared


def everything() -> tuple[Counter[str], list[str]]:
    """What is read of all recorded bodies, and what cannot be."""
    assert CONNECTOR.card is not None
    counts: Counter[str] = Counter()
    faults: list[str] = []
    for name, body in CONNECTOR.card().recordings(shared("vendor", "xero")):
        for event in CONNECTOR.recognise(name, body):
            counts["events"] += 1
            if event.kind in CONNECTOR.ignored:
                counts["ignored"] += 1
                continue
            try:
                found = list(CONNECTOR.read[event.kind](reading(tenant_id=TENANT), event.body))
            except Unreadable as fault:
                faults.append(f"{name}: {fault}")
                continue
            for each in found:
                match each:
                    case Faulty(path=path):
                        faults.append(f"{name}: {path}")
                    case Ignored(reason=reason):
                        assert reason
                        counts["ignored"] += 1
                    case Hint():
                        counts["hints"] += 1
                    case Record():
                        counts[each.kind.value] += 1
    return counts, faults


TENANT = "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f"


def test_every_recorded_body_is_read_or_has_a_reason() -> None:
    counts, faults = everything()

    read = {kind: number for kind, number in counts.items() if kind not in ("events", "ignored")}
    assert read == {"invoice": 30, "invoice_payment": 20, "credit_note": 2, "customer": 5, "hints": 1}
    # Two contacts that are only named in an answer about a group, by their id.
    assert len(faults) == 2 and all("createContactGroupContacts" in fault for fault in faults), faults


def test_every_signature_vector_is_judged_as_it_says() -> None:
    assert CONNECTOR.card is not None and CONNECTOR.inbound is not None
    vectors = CONNECTOR.card().vectors(shared("vendor", "xero"))
    assert {each.genuine for each in vectors} == {True, False}

    for each in vectors:
        chosen = settings(**each.settings)
        if each.genuine:
            CONNECTOR.inbound.verify(each.incoming, each.secrets, chosen, parse_time(each.at))
            CONNECTOR.inbound.events(each.incoming, chosen)
        else:
            with pytest.raises(Forged):
                CONNECTOR.inbound.verify(each.incoming, each.secrets, chosen, parse_time(each.at))


async def booked(office: Office, this: Any, customer: Any) -> list[Command]:
    sent: list[Command] = []
    while wishes := planned(office.view(this, customer)):
        for number, wish in enumerate(wishes):
            assert isinstance(wish, Command), wish
            await office.push(wish, f"cmd_{office.sandbox.books.last_id}x{number}")
            sent.append(wish)
    return sent


async def test_what_the_hub_and_the_sandbox_say_to_each_other_is_as_xero_describes_it() -> None:
    folder = shared("vendor", "xero")
    assert CONNECTOR.card is not None
    describe = CONNECTOR.card().description
    assert describe is not None
    office = Office(order_page="https://hub.example/orders", tax="rate", tax_type="OUTPUT", no_tax_type="NONE")
    office.sandbox.create_contact("Ann O'Hara", "ann@example.com")
    sent = await booked(office, order(payments=(payment(),), refunds=(refund(2_500),)), person())
    for pull in CONNECTOR.pull.values():
        office.read((await pull(office.account, "since:2026-11-22T00:00:00Z")).events)
    for command, push in CONNECTOR.push.items():
        if isinstance(push.safety, Find):
            (wish,) = (each for each in sent if type(each) is command)
            assert await push.safety.look(office.account, wish, CommandId("cmd_again"))
    findings = [each async for each in check(office.account)]
    judge = describe(folder)

    wrong = [fault for each in office.line.exchanges for fault in judge(each)]

    assert wrong == []
    assert {each.method for each in office.line.exchanges} == {"GET", "PUT", "POST"}
    assert all(each.ok for each in findings), findings


async def test_a_check_names_each_setting_that_does_not_fit_the_books() -> None:
    wrong = {
        "currency": "EUR",
        "currencies": ["GBP"],
        "sales_account": "404",
        "payment_account": "200",
        "walk_in_contact": "00000000-0000-0000-0000-0000000000ff",
        "tax": "rate",
        "tax_type": "OUTPUT9",
        "no_tax_type": "NONE",
    }

    findings: list[Finding] = [each async for each in check(Office(**wrong).account)]

    bad = {each.subject for each in findings if not each.ok}
    assert bad == {"currency", "currencies", "sales_account", "payment_account", "walk_in_contact", "tax_type"}
    elsewhere = [each async for each in check(Office(tenant_id=TENANT).account)]
    assert [(each.ok, each.subject) for each in elsewhere] == [(False, "credentials")]
