"""Orders, payments, refunds and customers as the store tells them: exact, tolerant, and never a guess."""

from typing import Any

import pytest

from hub.connector import Hint, Ignored
from hub.decide.fold import fold_order
from hub.decide.identity import partition
from hub.domain.errors import Unreadable
from hub.domain.money import Money
from hub.domain.records import (
    CustomerRecord,
    OrderRecord,
    ShipmentRecord,
)
from tests.connectors.woocommerce.store import Said, order_body, read, records


def order_of(said: list[Said]) -> OrderRecord:
    (order,) = (each for each in said if isinstance(each, OrderRecord))
    return order


def broken(said: list[Said]) -> list[str]:
    (group,) = (group for group in partition(records(said)) if any(r.kind == "order" for r in group.records))
    return [hold.reason for hold in fold_order(group).holds if hold.kind == "invariant_broken"]


def line(**more: Any) -> dict[str, Any]:
    return {"id": 11, "name": "Mug", "sku": "MUG", "quantity": 1, "subtotal": "25.00", "total": "25.00"} | more


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"total": "32.005"}, "$.total"),
        ({"total": []}, "$.total"),
        ({"total": "a lot"}, "$.total"),
        ({"shipping_total": True}, "$.shipping_total"),
        ({"line_items": [line(total="25.001")]}, "$.line_items[0].total"),
        ({"line_items": [{"name": "no id"}]}, "$.line_items[0]"),
        ({"line_items": [7]}, "$.line_items[0]"),
        ({"line_items": "none"}, "$.line_items"),
        ({"date_modified_gmt": "yesterday"}, "$.date_modified_gmt"),
        ({"date_modified_gmt": None, "date_created_gmt": None}, "$.date_modified_gmt"),
        ({"status": 5}, "$.status"),
        ({"id": "x"}, "$.id"),
        ({"total": "1e999999"}, "$.total"),
    ],
)
def test_what_cannot_be_read_says_where(change: dict[str, Any], path: str) -> None:
    with pytest.raises(Unreadable) as fault:
        read("order", order_body(**change))

    assert path in str(fault.value)


def test_a_currency_that_nobody_prices_in_is_refused() -> None:
    with pytest.raises(Unreadable, match="ISO 4217"):
        read("order", order_body(currency="BTC"))


def test_more_decimals_than_the_currency_has_pass_only_where_they_are_nought() -> None:
    said = read("order", order_body(total="32.0000", shipping_total="5.000000"))

    assert order_of(said).total == Money(3_200, "USD")


def test_line_totals_are_without_tax_whatever_the_catalogue_says() -> None:
    said = read("order", order_body(prices_include_tax=True))

    assert not order_of(said).tax_included
    assert broken(said) == []


def test_coupons_fees_and_gift_cards_add_up() -> None:
    said = read(
        "order",
        order_body(
            total="9.50",
            discount_total="5.00",
            line_items=[line(quantity=2, subtotal="25.00", total="20.00", total_tax="2.00")],
            fee_lines=[{"id": 1, "name": "Rebate", "total": "-1.50"}, {"id": 2, "total": ""}],
            gift_cards=[{"id": 2, "code": "X", "amount": 16}],
        ),
    )

    order = order_of(said)
    assert (order.lines[0].discount, order.discount, order.fees) == (
        Money(500, "USD"),
        Money(0, "USD"),
        Money(-1_750, "USD"),
    )
    assert broken(said) == []


def test_totals_that_do_not_add_up_are_read_as_they_are_and_hold_the_order() -> None:
    said = read("order", order_body(total="30.00"))

    assert order_of(said).total == Money(3_000, "USD")
    assert len(broken(said)) == 1


@pytest.mark.parametrize("quantity", [3, 7, -3, 0, 1])
def test_a_lines_total_is_exact_though_its_price_is_not(quantity: int) -> None:
    (told,) = order_of(
        read("order", order_body(line_items=[line(quantity=quantity, subtotal="10.00", total="9.99")]))
    ).lines

    assert told.unit_price.minor * told.quantity - told.discount.minor == told.total.minor == 999


def test_a_fraction_of_a_piece_is_one_piece_that_says_so() -> None:
    (told,) = order_of(read("order", order_body(line_items=[line(quantity=1.5)]))).lines

    assert (told.quantity, told.title, told.total) == (1, "Mug × 1.5", Money(2_500, "USD"))


@pytest.mark.parametrize(("sku", "read_as"), [(None, ""), (123, "123"), ("", ""), (False, ""), ([], "")])
def test_a_sku_may_be_anything(sku: object, read_as: str) -> None:
    (told,) = order_of(read("order", order_body(line_items=[line(sku=sku)]))).lines

    assert told.sku == read_as


def test_phps_empty_list_for_an_object_and_its_object_for_a_list_are_read() -> None:
    said = read(
        "order", order_body(billing=[], shipping=[], meta_data={"3": {"id": 1, "key": "_wcpay_mode", "value": "test"}})
    )

    assert order_of(said).test
    assert order_of(said).shipping_address is None
    assert order_of(said).customer is None


def test_a_status_that_a_plugin_added_is_an_open_order() -> None:
    order = order_of(read("order", order_body(status="being-packed")))

    assert (order.cancelled_at, order.closed_at, order.deleted) == (None, None, False)
    assert order.tags == ("status:being-packed",)


def test_trash_is_deleted_and_what_comes_back_is_not() -> None:
    trashed = order_of(read("order", order_body(status="trash")))
    restored = order_of(read("order.restored", order_body(date_modified_gmt="2026-11-22T11:31:00")))

    assert trashed.deleted
    assert not restored.deleted
    assert restored.version > trashed.version > order_of(read("order", order_body())).version


@pytest.mark.parametrize("status", ["auto-draft", "checkout-draft", "draft"])
def test_a_checkout_that_nobody_finished_is_no_order(status: str) -> None:
    (said,) = read("order", order_body(status=status))

    assert isinstance(said, Ignored)


@pytest.mark.parametrize("kind", ["order", "customer"])
def test_a_deletion_asks_the_store(kind: str) -> None:
    assert read(f"{kind}.deleted", {"id": 77}) == [Hint(kind=kind, external_id="77", gone=True)]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"status": "pending"}, {"status": "processing"}),
        ({"status": "processing"}, {"status": "completed"}),
        ({"meta_data": []}, {"meta_data": [{"key": "orderhub_hold", "value": "held 1"}]}),
        (
            {"meta_data": [{"key": "orderhub_hold", "value": "held 1"}]},
            {"meta_data": [{"key": "orderhub_hold", "value": "released 2"}]},
        ),
        ({"status": "completed"}, {"date_modified_gmt": "2026-11-22T11:30:01", "status": "pending"}),
    ],
)
def test_of_two_states_the_later_has_the_higher_version(earlier: dict[str, Any], later: dict[str, Any]) -> None:
    first, second = (order_of(read("order", order_body(**each))) for each in (earlier, later))

    assert first.version < second.version


def test_a_guest_is_known_by_mail_and_a_customer_by_number() -> None:
    guest = [each for each in read("order", order_body()) if isinstance(each, CustomerRecord)]
    known = [each for each in read("order", order_body(customer_id=5)) if isinstance(each, CustomerRecord)]

    assert [each.source.external_id for each in (*guest, *known)] == ["guest:ada@example.com", "5"]
    assert known[0].version == 0


def test_a_customer_never_claims_an_order_and_an_order_is_no_customer() -> None:
    body = {"id": 5, "email": "a@example.com", "billing": {}, "date_created_gmt": "2026-11-22T11:00:00"}
    (customer,) = read("customer", body)

    assert isinstance(customer, CustomerRecord)
    assert customer.claims == ()
    with pytest.raises(Unreadable):
        read("customer.updated", order_body(email="a@example.com"))


def test_parcels_of_the_tracking_plugin_are_read() -> None:
    items = [
        {"tracking_provider": "fedex", "tracking_number": "780201939860", "date_shipped": "1571097600"},
        {"tracking_provider": None, "custom_tracking_provider": "Bike", "tracking_number": 5, "date_shipped": "soon"},
        {"tracking_number": ""},
    ]
    said = read("order", order_body(meta_data=[{"key": "_wc_shipment_tracking_items", "value": items}]))

    parcels = [each for each in said if isinstance(each, ShipmentRecord)]
    assert [(each.carrier, each.tracking_numbers, each.authority) for each in parcels] == [
        ("fedex", ("780201939860",), False),
        ("Bike", ("5",), False),
    ]


def test_an_order_placed_through_the_hub_carries_its_id() -> None:
    ours = "ord_" + "0" * 26

    def claimed(value: object) -> tuple[str, ...]:
        return order_of(read("order", order_body(meta_data=[{"key": "_orderhub_order", "value": value}]))).claims

    assert (claimed(ours), claimed("ord_x"), claimed([ours])) == ((ours,), (), ())
