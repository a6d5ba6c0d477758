"""Against the vendor's own files: recorded bodies, the list of topics, the API's schema, the webhooks' schemas."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    parse,
    validate,
)

from connectors.shopify import CONNECTOR, queries
from connectors.shopify.answers import DEAREST
from connectors.shopify.sandbox_graphql import MOST_POINTS, SCHEMA, requested_cost
from hub.connector import Faulty, Hint, Ignored
from hub.domain.errors import Unreadable
from hub.domain.records import OrderRecord
from tests.connectors.shopify.shop import HAT, MUG, Clock, read, records, sandbox
from tests.shared import shared

TEXTS = {name: text for name, text in vars(queries).items() if name.isupper() and name[0] != "_" and "{" in str(text)}


@pytest.fixture(scope="session")
def admin() -> GraphQLSchema:
    """3.7 MB, built once. `assume_valid`: graphql-core objects to some deprecations in it."""
    return build_schema(shared("vendor", "shopify", "spec", "admin_2026-07.graphql").read_text(), assume_valid=True)


def recorded() -> list[Path]:
    return sorted(
        path for folder in ("webhooks", "api") for path in shared("vendor", "shopify", folder).rglob("*.json")
    )


def outcome(kind: str, body: bytes) -> list[str]:
    if kind in CONNECTOR.ignored:
        return ["ignored"]
    try:
        said = read(kind, body)
    except Unreadable as why:
        assert str(why)
        return ["unreadable"]
    names: dict[type, str] = {Hint: "hint", Ignored: "ignored", Faulty: "faulty"}
    return [names.get(type(each)) or str(each.kind) for each in said]  # type: ignore[union-attr]


def test_every_recorded_body_gives_records_or_a_reason_and_never_another_error() -> None:
    counts: Counter[str] = Counter()
    files = recorded()
    for path in files:
        events = CONNECTOR.recognise(path.name, path.read_bytes())
        assert events, path.name
        for event in events:
            found = outcome(event.kind, event.body)
            assert found, path.name
            counts.update(found)

    print(f"\n{len(files)} files:", *(f"{name} {count}" for name, count in sorted(counts.items())), sep="\n  ")
    assert len(files) == 76
    assert counts["order"] >= 9
    assert counts["unreadable"] == 0


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9])
def test_a_body_that_was_cut_short_is_unreadable(cut: float) -> None:
    for path in recorded():
        for event in CONNECTOR.recognise(path.name, path.read_bytes()):
            if event.kind in CONNECTOR.read:
                with pytest.raises(Unreadable):
                    read(event.kind, event.body[: int(len(event.body) * cut)])


@pytest.mark.parametrize("wrong", [None, True, [], {}, "x", -1, 1e400])
def test_a_field_of_the_wrong_type_makes_a_body_unreadable_or_changes_nothing_else(wrong: object) -> None:
    for name in ("orders.updated", "order_transactions.create", "fulfillments.update", "customers.update"):
        body = json.loads(shared("vendor", "shopify", "webhooks", f"{name}.json").read_bytes())
        for field in body:
            outcome(name.replace(".", "/"), json.dumps(body | {field: wrong}).encode())


def test_ids_that_were_rounded_on_their_way_are_taken_from_the_exact_one() -> None:
    body = shared("vendor", "shopify", "webhooks", "orders.create.json").read_bytes()
    assert json.loads(body)["id"] == 820982911946154500

    order, customer = records(read("orders/create", body))

    assert order.source.external_id == "820982911946154508"
    assert customer.source.external_id == "115310627314723954"


def test_the_documented_sample_is_read_as_it_is() -> None:
    """Its shipping line costs 10.00, is discounted to nothing, and ten more are off: then its total is right."""
    body = shared("vendor", "shopify", "webhooks", "orders.updated.json").read_bytes()

    order = records(read("orders/updated", body))[0]

    assert isinstance(order, OrderRecord)
    assert (order.total.major, order.subtotal.major, order.shipping.major) == ("404.95", "414.95", "0.00")
    assert order.discount.major == "10.00"
    assert order.test


def test_every_topic_is_read_or_ignored_with_a_reason_and_none_is_both() -> None:
    topics = set(json.loads(shared("vendor", "shopify", "spec", "webhook_topics_2026-07.json").read_bytes()))

    assert topics - set(CONNECTOR.read) - set(CONNECTOR.ignored) == set()
    assert set(CONNECTOR.read) & set(CONNECTOR.ignored) == set()
    assert set(CONNECTOR.ignored) - topics == {"other"}
    assert all(CONNECTOR.ignored.values())


@pytest.mark.parametrize("name", TEXTS)
def test_what_we_ask_is_valid_at_the_vendor_and_within_the_cost_of_one_query(name: str, admin: GraphQLSchema) -> None:
    document = parse(TEXTS[name])

    assert validate(admin, document) == []
    assert requested_cost(document, {}) <= DEAREST <= MOST_POINTS


def test_the_sandbox_has_no_field_argument_or_value_that_the_vendor_has_not(admin: GraphQLSchema) -> None:
    checked = 0
    for name, ours in SCHEMA.type_map.items():
        if name.startswith("__") or name in ("Boolean", "Float", "ID", "Int", "String"):
            continue
        theirs = admin.type_map.get(name)
        assert type(theirs) is type(ours), name
        match ours, theirs:
            case GraphQLEnumType(), GraphQLEnumType():
                assert set(ours.values) <= set(theirs.values), name
            case GraphQLUnionType(), GraphQLUnionType():
                assert {each.name for each in ours.types} == {each.name for each in theirs.types}
            case GraphQLInputObjectType(), GraphQLInputObjectType():
                for field, said in ours.fields.items():
                    assert str(said.type) == str(theirs.fields[field].type), f"{name}.{field}"
            case GraphQLObjectType(), GraphQLObjectType():
                checked += _same_fields(ours, theirs)
    assert checked > 150


def _same_fields(ours: GraphQLObjectType, theirs: GraphQLObjectType) -> int:
    for field, said in ours.fields.items():
        told = theirs.fields[field]
        assert str(said.type) == str(told.type), f"{ours.name}.{field}"
        for argument, wanted in (said.args or {}).items():
            assert str(wanted.type) == str(told.args[argument].type), f"{ours.name}.{field}({argument})"
        missing = {name for name, each in told.args.items() if str(each.type).endswith("!")} - set(said.args or {})
        assert not missing, f"{ours.name}.{field} needs {missing}"
    return len(ours.fields)


# The schemas are inferred from samples, and know nothing of what no sample had: nulls that Shopify documents …
_NULLABLE = {
    "address2",
    "company",
    "contact_email",
    "current_total_additional_fees_set",
    "current_total_duties_set",
    "customer",
    "note",
    "original_total_additional_fees_set",
    "original_total_duties_set",
}


def test_the_sandbox_sends_webhooks_of_the_shape_that_the_vendor_sends() -> None:
    clock = Clock()
    shop = sandbox(clock)
    acts = shop.acts()
    guest = acts["place_order"](lines=[MUG, HAT], email="g@example.com", tax="4.00", shipping="5.00", discount="3.00")
    known = acts["place_order"](lines=[MUG], email="k@example.com", customer=True, transactions=[{"amount": "25.00"}])
    acts["edit_order"](guest["order_id"], remove=[{"line": "MUG", "quantity": 1}], add=[HAT])
    acts["add_transaction"](guest["order_id"], gateway="stripe", payment_id="pi_1")
    acts["refund_order"](known["order_id"], "5.00", lines=[{"line": "MUG", "quantity": 1}])
    acts["fulfil_order"](known["order_id"], tracking="1Z", carrier="UPS", url="https://example.com/1Z")
    acts["deliver_parcel"](known["order_id"])
    acts["update_customer"](known["customer_id"], note="kind")
    acts["cancel_order"](guest["order_id"])

    wrong = []
    for delivery in shop.deliveries:
        path = (
            shared("vendor", "shopify", "spec", "webhook_schemas_2026-07") / f"{delivery.kind.replace('/', '.')}.json"
        )
        wrong += _faults(json.loads(path.read_bytes()), json.loads(delivery.body), delivery.kind)

    assert {delivery.kind for delivery in shop.deliveries} >= {"orders/edited", "refunds/create", "customers/update"}
    assert wrong == [], "\n".join(wrong)


def _faults(schema: dict[str, Any], body: object, kind: str) -> list[str]:
    """… and, in orders, refunds: no sample has one."""
    faults = jsonschema.Draft202012Validator(schema).iter_errors(body)
    told = ((fault, str(fault.absolute_path[-1]) if fault.absolute_path else "") for fault in faults)
    return [
        f"{kind}: {fault.json_path}: {fault.message[:120]}"
        for fault, field in told
        if not (fault.instance is None and field in _NULLABLE) and not fault.json_path.startswith("$.refunds")
    ]
