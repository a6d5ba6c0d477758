"""Everything that the vendor is known to send: records or reasons, and never a surprise."""

import json
import re
from collections import Counter
from datetime import UTC, datetime

import pytest

from connectors.quickbooks import CONNECTOR
from connectors.quickbooks.sandbox_books import FIELDS
from hub.connector import Hint, Ignored, Incoming, Reading
from hub.domain.errors import Forged
from hub.domain.records import Record
from tests.connectors.quickbooks.company import Company, reading
from tests.shared import shared

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("folder", ["exchanges", "records_xml", "webhooks"])
@pytest.mark.parametrize("known", [True, False], ids=["with a connection", "without one"])
def test_every_file_becomes_records_or_a_reason(folder: str, known: bool) -> None:
    at = reading() if known else Reading(connection="books", settings=None)
    counts: Counter[str] = Counter()

    for file in sorted(shared("vendor", "quickbooks", folder).iterdir()):
        events = CONNECTOR.recognise(file.name, file.read_bytes())
        assert events, file.name
        for event in events:
            for found in CONNECTOR.read[event.kind](at, event.body):
                kind = found.kind.value if isinstance(found, Record) else type(found).__name__
                counts[kind] += 1
                assert not isinstance(found, Ignored) or found.reason

    expected = {
        "exchanges": {"customer": 87, "invoice": 9, "Ignored": 5},
        "records_xml": {"Ignored": 55},
        "webhooks": {"Ignored" if known else "Hint": 1},  # of another company than ours
    }
    assert counts == expected[folder]


def test_every_signature_is_judged_as_the_vendor_does() -> None:
    vectors = json.loads(shared("vendor", "quickbooks", "signatures", "vectors.json").read_text())["vectors"]
    assert CONNECTOR.inbound is not None

    for vector in vectors:
        incoming = Incoming(method="POST", url="", headers=vector["headers"], body=vector["body"].encode())
        if vector["valid"]:
            CONNECTOR.inbound.verify(incoming, [vector["secret"]], None, NOW)
            events = CONNECTOR.inbound.events(incoming, None)
            at = Reading(connection="books", settings=None)
            hints = [hint for event in events for hint in CONNECTOR.read[event.kind](at, event.body)]
            assert hints and all(isinstance(hint, Hint) for hint in hints)
        else:
            with pytest.raises(Forged):
                CONNECTOR.inbound.verify(incoming, [vector["secret"]], None, NOW)


async def test_the_sandbox_uses_no_element_that_the_vendor_does_not_describe() -> None:
    xsd = shared("vendor", "quickbooks", "spec", "xsd")
    text = "".join(
        (xsd / name).read_text()
        for name in ("Finance.xsd", "IntuitBaseTypes.xsd", "IntuitNamesTypes.xsd", "IntuitRestServiceDef.xsd")
    )
    described = set(re.findall(r'<xs:(?:element|attribute)\b[^>]*\bname="(\w+)"', text))
    # Parts of JSON alone: a reference's value and name; the wrappers of pages, which the service description has.
    described |= {"value", "name", "time", "QueryResponse", "CDCResponse", "startPosition", "maxResults", "Line"}
    company = Company()
    sandbox = company.sandbox
    sandbox.create_customer("Ann", "ann@example.com", "EUR")
    lines = [{"Amount": 5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}]
    sale = {"CustomerRef": {"value": "1"}, "Line": lines}
    invoice = sandbox.books.save("Invoice", dict(sale))
    for entity in ("SalesReceipt", "CreditMemo", "RefundReceipt"):
        sandbox.books.save(entity, dict(sale))
    link = {"Amount": 5, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    sandbox.books.save("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 5, "Line": [link]})

    bodies = [(await company.account.http.get(path, headers={"Accept": "application/json"})).json() for path in (
        "/cdc?entities=Customer,Invoice,SalesReceipt,Payment,CreditMemo,RefundReceipt&changedSince=2026-11-22T00:00:00Z",
        "/item/1",
        "/companyinfo/1",
        "/preferences",
    )]  # fmt: skip

    found = set().union(*map(_keys, bodies))
    assert {"UnappliedAmt", "RemainingCredit", "TxnId", "HomeCurrency"} <= found
    assert found - described == set()
    assert set().union(*FIELDS.values()) - described == set()


def _keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_keys, value.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()
