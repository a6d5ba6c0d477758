from datetime import timedelta
from typing import Any

import pytest

from connectors.http_api.settings import HttpSettings
from hub.connector import Event, Faulty, Ignored, Reading
from hub.decide.codec import decode_record, encode
from hub.domain.errors import Unreadable
from hub.domain.ids import derived_id
from hub.domain.money import Money
from hub.domain.records import (
    Address,
    CustomerRecord,
    InvoiceRecord,
    InvoiceStatus,
    Kind,
    OrderRecord,
    PaymentRecord,
    PaymentStatus,
    RefundRecord,
    ShipmentRecord,
    ShipmentStatus,
    Source,
    vendor_key,
)
from tests.connectors.http_api.place import NOON, Said, connector, said, settings

OURS = derived_id("ord", "shop", "order", "1")
HEAD = {"id": "id", "updated_at": "at"}
AT = '"at": "2026-11-22T12:00:00Z"'


def of(record: str, fields: dict[str, Any], **more: Any) -> HttpSettings:
    return settings(read={"thing": {"record": record, "fields": HEAD | fields, **more}})


def one(given: HttpSettings, body: str) -> Any:
    (found,) = said(given, "thing", body.encode())
    return found


ORDER = {
    "total": "total",
    "currency": "cur",
    "lines": {"each": "rows", "sku": "art", "quantity": "n", "unit_price": "price"},
}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("", "not JSON"),
        ("[" * 5000, "not JSON"),
        ("null", "id: nothing is found there"),
        ("{}", "id: nothing is found there"),
        (f'{{"id": [], {AT}}}', "id: a text is expected"),
        ('{"id": 1, "cur": "EUR", "total": "1.00"}', "updated_at: nothing is found there"),
        ('{"id": 1, "at": "yesterday"}', "updated_at:"),
        (f'{{"id": 1, {AT}, "cur": "EUR"}}', "total: nothing is found there"),
        (f'{{"id": 1, {AT}, "cur": "EUR", "total": "1,00"}}', "total: '1,00' is not a decimal number"),
        (f'{{"id": 1, {AT}, "total": "1.00"}}', "total: no currency is known"),
        (f'{{"id": 1, {AT}, "cur": "EUR", "total": 1e999999}}', "total:"),
        (f'{{"id": 1, {AT}, "cur": "EUR", "total": "1", "rows": 7}}', "lines[]: `rows` is no list"),
        (f'{{"id": 1, {AT}, "cur": "EUR", "total": "1", "rows": [{{}}]}}', "lines: [0] unit_price: nothing is found"),
    ],
)
def test_a_body_that_does_not_fit_is_unreadable_with_its_path(body: str, path: str) -> None:
    with pytest.raises(Unreadable) as told:
        one(of("order", ORDER), body)

    assert path in str(told.value)


def test_a_word_that_no_table_knows_is_a_fault_that_names_it() -> None:
    given = of("invoice", {"status": "state", "total": "money('1.00', 'EUR')"}, maps={"status": {"sent": "open"}})

    with pytest.raises(Unreadable, match=r"status: 'frozen' is none of draft, open, paid, void: say in `maps`"):
        one(given, f'{{"id": 1, {AT}, "state": "frozen"}}')

    assert one(given, f'{{"id": 1, {AT}, "state": "SENT"}}').status is InvoiceStatus.OPEN
    assert one(given, f'{{"id": 1, {AT}, "state": "Paid"}}').status is InvoiceStatus.PAID


def test_a_table_may_have_a_word_for_all_the_rest() -> None:
    given = of("shipment", {"status": "state"}, maps={"status": {"gone": "delivered", "*": "pending"}})

    assert one(given, f'{{"id": 1, {AT}, "state": "novel"}}').status is ShipmentStatus.PENDING


def test_one_bad_item_of_several_does_not_spoil_its_siblings() -> None:
    given = of("deal", {"id": "nr", "name": "_root.shop", "stage": "s", "updated_at": "_root.at"}, each="rows")
    body = f'{{"shop": "A", {AT}, "rows": [{{"nr": 1, "s": "x"}}, {{"s": "y"}}, 7, {{"nr": 4, "s": "z"}}]}}'

    found = said(given, "thing", body.encode())

    assert [type(each).__name__ for each in found] == ["DealRecord", "Faulty", "Faulty", "DealRecord"]
    assert isinstance(found[1], Faulty)
    assert found[1].path == "[1].id: nothing is found there"


def test_items_of_no_use_are_ignored_with_the_condition() -> None:
    given = of("deal", {"name": "id", "stage": "s"}, when="s != 'draft'")

    assert one(given, f'{{"id": 1, {AT}, "s": "draft"}}') == Ignored(reason="`s != 'draft'` is not so")


def test_an_order_is_read_whole_and_what_follows_needs_no_mapping() -> None:
    ship = {"shipping_address": {"line1": "to.street", "country": "country(to.land)"}, "tags": "labels"}
    body = (
        f'{{"id": 7, {AT}, "cur": "usd", "total": 86.5, "labels": ["a", null, "b"],'
        ' "to": {"street": "X 1", "land": "us"},'
        ' "rows": [{"art": "MUG", "n": 3, "price": 12.50}, {"art": "LAMP", "n": 1, "price": "49.00"}]}'
    )

    found = one(of("order", ORDER | ship), body)

    assert isinstance(found, OrderRecord)
    assert (found.number, found.currency, found.total) == ("7", "USD", Money(8650, "USD"))
    assert [(line.id, line.sku, line.quantity, line.total.minor) for line in found.lines] == [
        ("1", "MUG", 3, 3750),
        ("2", "LAMP", 1, 4900),
    ]
    assert found.subtotal == Money(8650, "USD")
    assert found.tax == Money(0, "USD")
    assert found.shipping_address == Address(line1="X 1", country="US")
    assert one(of("order", ORDER | ship), f'{{"id": 7, {AT}, "cur": "EUR", "total": 1}}').shipping_address is None
    assert found.tags == ("a", "b")
    assert found.placed_at == found.created_at == found.updated_at == NOON
    assert decode_record("order", encode(found)) == found


def test_a_line_of_a_total_that_is_no_multiple_of_its_quantity_needs_a_price() -> None:
    lines = {"lines": {"each": "rows", "quantity": "n", "total": "sum"}}
    body = f'{{"id": 7, {AT}, "cur": "EUR", "total": "10.00", "rows": [{{"n": 3, "sum": "%s"}}]}}'

    assert one(of("order", ORDER | lines), body % "9.99").lines[0].unit_price == Money(333, "EUR")
    with pytest.raises(Unreadable, match="map `unit_price`"):
        one(of("order", ORDER | lines), body % "10.00")


def test_the_word_of_a_generic_system_about_money_proves_nothing_unless_it_is_said_to() -> None:
    fields = {"status": "'captured'", "amount": "money(sum, 'EUR')", "identity": "vendor('stripe', pi)"}
    body = f'{{"id": 7, {AT}, "sum": "5.00", "pi": "pi_1"}}'

    told, proved = one(of("payment", fields), body), one(of("payment", fields | {"authority": True}), body)

    assert isinstance(told, PaymentRecord)
    assert (told.status, told.captured, told.refunded) == (PaymentStatus.CAPTURED, Money(500, "EUR"), Money(0, "EUR"))
    assert not told.authority
    assert proved.authority
    assert told.claims == (vendor_key("stripe", "pi_1"),)


def test_a_refund_shares_a_claim_with_its_payment() -> None:
    fields = {"status": "'succeeded'", "amount": "money('1.00', 'EUR')", "payment": "source('payment', paid_by)"}

    found = one(of("refund", fields), f'{{"id": 7, {AT}, "paid_by": 9}}')

    assert isinstance(found, RefundRecord)
    assert found.claims == (found.payment,) == (Source("there", Kind.PAYMENT, "9").key,)


def test_a_parcel_is_known_by_its_tracking_number_and_says_which_lines_it_holds() -> None:
    fields = {
        "status": "'delivered'",
        "tracking_numbers": "track",
        "lines": {"each": "rows", "id": "r", "quantity": "n"},
    }

    found = one(of("shipment", fields), f'{{"id": 7, {AT}, "track": "PB1", "rows": [{{"r": 1, "n": 2}}, {{"r": 2}}]}}')

    assert isinstance(found, ShipmentRecord)
    assert found.claims == (vendor_key("tracking", "PB1"),)
    assert found.lines == (("1", 2), ("2", 1))
    assert found.delivered_at == NOON


@pytest.mark.parametrize("text", ["PO 4711", "ord_short", "stripe/pi_1", f"{OURS}x", "cus_" + OURS[4:]])
def test_what_people_write_into_a_reference_claims_nothing(text: str) -> None:
    given = of("deal", {"name": "id", "stage": "id", "claims": "ref"})

    assert one(given, f'{{"id": 1, {AT}, "ref": "{text}"}}').claims == ()
    assert one(given, f'{{"id": 1, {AT}, "ref": "{OURS}"}}').claims == (OURS,)


def test_a_customer_never_claims_an_order() -> None:
    theirs = derived_id("cus", "shop", "customer", "1")
    given = of("customer", {"claims": ["a", "b"], "name": "id"})

    found = one(given, f'{{"id": 1, {AT}, "a": "{OURS}", "b": "{theirs}"}}')

    assert isinstance(found, CustomerRecord)
    assert found.claims == (theirs,)


def test_versions_are_the_systems_own_sequence_or_the_microseconds_of_its_time() -> None:
    fields = {"name": "id", "stage": "id"}
    body = f'{{"id": 1, {AT}, "rev": 12}}'

    assert one(of("deal", fields | {"version": "rev"}), body).version == 12
    assert one(of("deal", fields), body).version == int(NOON.timestamp()) * 1_000_000
    assert one(of("deal", fields | {"version": "at"}), body).version == int(NOON.timestamp()) * 1_000_000


def test_a_body_without_a_time_has_that_of_its_delivery() -> None:
    given = settings(read={"invoice": {"fields": {"id": "id", "status": "'paid'", "total": "money('1', 'EUR')"}}})
    later = NOON + timedelta(hours=1)
    made, event = connector(given), Event(kind="invoice", body=b'{"id": 1}', at=later)

    found: list[Said] = list(made.read["invoice"](Reading(connection="c", settings=given, at=event.at), event.body))

    assert isinstance(found[0], InvoiceRecord)
    assert found[0].updated_at == later
