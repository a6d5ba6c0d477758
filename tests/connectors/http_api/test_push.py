import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.http_api.commands import Ask
from connectors.http_api.settings import HttpSettings
from hub.connector import Account, Find, KeyHeader, Push, Upsert
from hub.decide.codec import decode_command, encode
from hub.domain.commands import Mismatch
from hub.domain.errors import TryLater, Unknown
from hub.domain.ids import CommandId
from hub.domain.money import Money
from hub.domain.records import DealRecord, Kind, Record, Source
from tests.building import at, order, payment, refund, shipment, view
from tests.conftest import Time
from tests.connectors.http_api.place import NOON, connector, read, settings

CMD = CommandId("cmd_1")
SALE = order(name="Ada", email="ada@example.com")
PAID = (SALE, payment(claims=(SALE.source.key,)))
READ = {"deal": {"fields": {"id": "id", "name": "'it'", "stage": "'x'", "claims": "ref", "updated_at": "at"}}}
RECEIPT = {
    "deal": {
        "fields": {"id": "default(location, command)", "name": "sent.title", "stage": "'sent'", "claims": "reference"}
    }
}
BASE = {"name": "it", "when": "order.payment_state == 'paid'", "path": "/things", "answer": "deal"}
KEY = BASE | {
    "safety": "idempotency-key",
    "key_header": "X-Once",
    "key_lifetime": "2h",
    "body": {"title": "=order.number"},
}
FIND = BASE | {
    "safety": "find",
    "find": {"path": "/things?ref={order.id}", "each": "found", "reference": "ref", "settles": "30s"},
}


def of(push: dict[str, Any], kinds: dict[str, Any] = READ, **more: Any) -> HttpSettings:
    return settings(read=kinds, push=[push], **more)


def planned(given: HttpSettings, *records: Record) -> list[Any]:
    plan = connector(given).plan
    assert plan
    return list(plan(view(*records, of="there", settings=given)))


def account(given: HttpSettings, answers: list[httpx.Response], sent: list[httpx.Request]) -> Account:
    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return answers.pop(0)

    http = httpx.AsyncClient(transport=httpx.MockTransport(handle), base_url=given.base_url)
    return Account(connection="there", settings=given, http=http, now=Time())


def push_of(given: HttpSettings) -> tuple[type[Ask], Push]:
    ((command, push),) = connector(given).push.items()
    assert issubclass(command, Ask)
    return command, push


def said(*claims: str) -> DealRecord:
    return DealRecord(
        source=Source("there", Kind.DEAL, "d1"),
        version=1,
        claims=claims,
        created_at=at(1),
        updated_at=at(1),
        name="it",
        stage="x",
    )


# ---------------------------------------------------------------------------------------------------------- the plan


def test_nothing_is_asked_for_what_is_no_sale_is_not_due_or_is_a_test() -> None:
    given = of(KEY)
    tests = order(test=True)

    assert planned(given, payment()) == []
    assert planned(given, SALE) == []
    assert planned(given, tests, payment(claims=(tests.source.key,), test=True)) == []
    assert len(planned(of(KEY, test=True), tests, payment(claims=(tests.source.key,), test=True))) == 1


def test_what_a_record_of_ours_shows_to_be_done_is_not_asked_again() -> None:
    given = of(KEY)

    assert len(planned(given, *PAID)) == 1
    assert planned(given, *PAID, said(SALE.source.key)) == []


def test_the_settings_may_say_what_done_means_and_what_differs_is_asked_again() -> None:
    given = of(
        BASE | {"method": "PUT", "path": "/x/{order.id}", "safety": "upsert", "done_when": "said.deal[0].stage == 'y'"}
    )

    assert len(planned(given, *PAID, said(SALE.source.key))) == 1
    assert planned(of(KEY | {"done_when": "said.deal[0].stage == 'x'"}), *PAID, said(SALE.source.key)) == []


def test_a_path_without_its_id_and_a_body_that_does_not_fit_are_drifts_and_not_sent() -> None:
    for push in (KEY | {"path": "/x/{order.nothing}"}, KEY | {"body": {"a": {"each": "=order.number", "b": "=x"}}}):
        (found,) = planned(of(push), *PAID)
        assert isinstance(found, Mismatch)
        assert found.about == "push it"


def test_a_command_holds_all_that_is_sent_and_comes_back_from_the_outbox_as_it_went() -> None:
    body = {
        "title": "=concat('Order ', order.number)",
        "sum": "=number(order.total.amount)",
        "lines": {"each": "=order.lines", "what": "=title", "of": "=_root.order.number"},
        "to": ["=order.email", "info@example.com"],
        "fixed": 7,
        "literally": "order.number",
        "nothing": "=order.cancelled_at",
    }

    (found,) = planned(of(KEY | {"body": body, "path": "/o/{order.number}"}), *PAID)

    assert found.path == "/o/%231001"
    assert found.reference == SALE.source.key
    assert found.body == {
        "title": "Order #1001",
        "sum": 100,
        "lines": [{"what": "A thing", "of": "#1001"}],
        "to": ["ada@example.com", "info@example.com"],
        "fixed": 7,
        "literally": "order.number",
        "nothing": None,
    }
    assert decode_command(type(found), encode(found)) == found
    assert encode(found) == encode(planned(of(KEY | {"body": body, "path": "/o/{order.number}"}), *PAID[::-1])[0])


def test_amounts_are_sent_as_numbers_to_the_digit() -> None:
    sale = order(total=123_456_789_07)
    (found,) = planned(of(KEY | {"when": "`true`", "body": "=number(order.total.amount)"}), sale)

    assert b'"body":123456789.07' in encode(found)


@pytest.mark.parametrize("per", ["payment", "refund", "shipment"])
def test_there_is_one_command_for_each_and_it_is_done_by_what_claims_it(per: str) -> None:
    given = of(KEY | {"per": per, "when": "`true`", "body": f"={per}.id"})
    records = (*PAID, refund(), refund("re_2"), shipment(of=SALE), shipment("ship_2", of=SALE, tracking=("TN2",)))

    found = planned(given, *records)

    assert len(found) == {"payment": 1, "refund": 2, "shipment": 2}[per]
    assert all(each.target == each.body == each.reference for each in found)
    left = planned(given, *records, said(SALE.source.key, found[0].target))
    assert [each.target for each in left] == [each.target for each in found[1:]]


def test_goods_are_released_only_by_a_push_that_says_so_and_only_an_upsert_is_done_again() -> None:
    upsert = BASE | {"method": "PUT", "path": "/x/{order.id}", "safety": "upsert"}

    assert [(push_of(of(each))[0].once) for each in (KEY, FIND, upsert)] == [True, True, False]
    assert push_of(of(KEY | {"releases_goods": True}))[0].releases_goods
    assert not push_of(of(KEY))[0].releases_goods


def test_the_view_is_plain_json_under_the_names_of_the_golden_order() -> None:
    from connectors.http_api.view import root_of

    seen = root_of(view(*PAID, said(SALE.source.key), of="there", settings=of(KEY)))

    assert json.loads(json.dumps(seen)) == seen
    assert seen["order"]["total"] == {"amount": "100.00", "currency": "EUR", "minor": 10_000}
    assert seen["order"]["placed_at"] == "2026-11-22T09:00:00.000Z"
    assert seen["order"]["payments"][0]["verified"] is True
    assert seen["said"]["deal"][0]["id"] == "d1"


# --------------------------------------------------------------------------------------------------------- the calls


def test_each_push_says_how_it_is_repeated() -> None:
    upsert = BASE | {"method": "PUT", "path": "/x/{order.id}", "safety": "upsert"}

    assert push_of(of(KEY))[1].safety == KeyHeader("X-Once", timedelta(hours=2))
    assert isinstance(push_of(of(upsert))[1].safety, Upsert)
    safety = push_of(of(FIND))[1].safety
    assert isinstance(safety, Find)
    assert safety.before
    assert safety.settles == timedelta(seconds=30)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html="<html>Please try again</html>"),
        httpx.Response(200, text="OK"),
        httpx.Response(204),
    ],
)
async def test_a_reply_that_is_not_the_systems_own_leaves_the_outcome_unknown(answer: httpx.Response) -> None:
    given = of(KEY)
    command, push = push_of(given)

    with pytest.raises(Unknown):
        await push.send(account(given, [answer], []), command(reference="ord_1", path="/things"), CMD)


async def test_a_repeated_command_carries_the_same_key_and_our_reference() -> None:
    given = of(KEY)
    (wish,) = planned(given, *PAID)
    _, push = push_of(given)
    sent: list[httpx.Request] = []
    reply = {"id": 1, "ref": wish.reference, "at": "2026-11-22T12:00:00Z"}
    here = account(given, [httpx.Response(200, html="<p>"), httpx.Response(201, json=reply)], sent)

    with pytest.raises(Unknown):
        await push.send(here, wish, CMD)
    (event,) = await push.send(here, wish, CMD)

    assert {each.headers["x-once"] for each in sent} == {"cmd_1"}
    assert {each.headers["orderhub-reference"] for each in sent} == {SALE.source.key}
    assert {each.content for each in sent} == {b'{"title":"#1001"}'}
    (record,) = read(connector(given), given, event)
    assert isinstance(record, DealRecord)
    assert planned(given, *PAID, record) == []


@pytest.mark.parametrize(
    ("answer", "id"),
    [
        (httpx.Response(204), "cmd_1"),
        (httpx.Response(202, text="queued"), "cmd_1"),
        (httpx.Response(201, headers={"Location": "/things/7"}), "/things/7"),
    ],
)
async def test_a_reply_that_tells_nothing_becomes_a_record_of_what_we_sent(answer: httpx.Response, id: str) -> None:
    given = of({**KEY, "answer": "", "receipt": "deal"}, RECEIPT)
    if "location" not in answer.headers:
        given = of(
            {**KEY, "answer": "", "receipt": "deal"},
            {"deal": {"fields": RECEIPT["deal"]["fields"] | {"id": "command"}}},
        )
    (wish,) = planned(given, *PAID)
    _, push = push_of(given)

    (event,) = await push.send(account(given, [answer], []), wish, CMD)

    (record,) = read(connector(given), given, event)
    assert isinstance(record, DealRecord)
    assert (record.source.external_id, record.name, record.updated_at) == (id, "#1001", NOON)
    assert planned(given, *PAID, record) == []


async def test_what_is_there_already_is_found_by_our_reference_and_not_by_anothers() -> None:
    given = of(FIND)
    (wish,) = planned(given, *PAID)
    _, push = push_of(given)
    assert isinstance(push.safety, Find)
    mine = {"id": 2, "ref": wish.reference, "at": "2026-11-22T12:00:00Z"}
    answers = [
        httpx.Response(200, json={"found": []}),
        httpx.Response(200, json={"found": [mine | {"id": 1, "ref": "ord_other"}]}),
        httpx.Response(200, json={"found": [mine | {"ref": None}, mine]}),
        httpx.Response(200, text="<html>"),
    ]
    sent: list[httpx.Request] = []
    here = account(given, answers, sent)

    assert await push.safety.look(here, wish, CMD) is None
    assert await push.safety.look(here, wish, CMD) is None
    found = await push.safety.look(here, wish, CMD)
    assert found is not None
    assert json.loads(found[0].body)["id"] == 2
    with pytest.raises(TryLater):
        await push.safety.look(here, wish, CMD)
    assert str(sent[0].url) == f"https://there.example/things?ref={SALE.source.key}"


def test_an_amount_of_more_digits_than_a_number_keeps_is_not_rounded() -> None:
    sale = order(total=2**55 + 1)
    (found,) = planned(of(KEY | {"when": "`true`", "body": "=number(order.total.amount)"}), sale)

    assert isinstance(found, Mismatch)
    assert str(Money(2**55 + 1, "EUR").major) in found.found
