"""The sandbox must not flatter us: it refuses what the vendor refuses."""

import httpx
import pytest

from connectors.quickbooks import CONNECTOR
from connectors.quickbooks.client import quoted
from connectors.quickbooks.sandbox import QuickBooksSandbox
from connectors.quickbooks.sandbox_books import Declined
from connectors.quickbooks.sandbox_query import BadQuery, parse
from hub.connector import Hint, Incoming
from tests.connectors.books.sales import NOON
from tests.connectors.quickbooks.company import Company, reading, settings

LINE = {"Amount": 5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}


async def token(sandbox: QuickBooksSandbox, refresh: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=sandbox), base_url="http://localhost") as http:
        form = {"grant_type": "refresh_token", "refresh_token": refresh}
        auth = ("sandbox-client", "sandbox-client-secret")
        return await http.post("/oauth2/v1/tokens/bearer", data=form, auth=auth)


async def test_a_used_refresh_token_is_refused_and_counted() -> None:
    sandbox = QuickBooksSandbox()

    first = await token(sandbox, "refresh-0")
    again = await token(sandbox, "refresh-0")
    unknown = await token(sandbox, "guess")

    assert (first.status_code, first.json()["refresh_token"]) == (200, "refresh-1")
    assert again.json() == unknown.json() == {"error": "invalid_grant"}
    assert sandbox.state()["reused_refresh_tokens"] == 1


async def test_a_client_that_never_got_the_answer_is_let_in_again_only_where_the_sandbox_forgives() -> None:
    sandbox = QuickBooksSandbox(forgives_a_lost_answer=True)

    await token(sandbox, "refresh-0")
    again = await token(sandbox, "refresh-0")
    headers = {"Authorization": f"Bearer {again.json()['access_token']}", "Accept": "application/json"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox), base_url="http://books.test") as http:
        used = await http.get(f"/v3/company/{sandbox.realm_id}/customer/1", headers=headers)
    late = await token(sandbox, "refresh-0")

    assert (again.status_code, used.status_code, late.status_code) == (200, 200, 400)
    assert sandbox.state()["reused_refresh_tokens"] == 1


async def test_an_access_token_dies_after_its_time() -> None:
    company = Company()
    await CONNECTOR.fetch["customer"](company.account, "1")
    company.clock.forward(hours=1)

    await CONNECTOR.fetch["customer"](company.account, "1")

    assert [path for _, path in company.sandbox.calls].count("/oauth2/v1/tokens/bearer") == 2


async def test_the_same_requestid_gives_the_first_answer_whatever_is_asked() -> None:
    company = Company()
    url, headers = "/customer?requestid=r1", {"Accept": "application/json"}

    first = await company.account.http.post(url, json={"DisplayName": "A"}, headers=headers)
    second = await company.account.http.post(url, json={"DisplayName": "B"}, headers=headers)

    assert first.content == second.content


async def test_without_asking_for_json_the_answer_is_xml() -> None:
    answer = await Company().account.http.get("/item/1")

    assert answer.text.startswith("<IntuitResponse")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("2010", {"CustomerRef": {"value": "1"}, "Line": [LINE], "BadJson": True}),
        ("2500", {"CustomerRef": {"value": "9"}, "Line": [LINE]}),
        (
            "2500",
            {"CustomerRef": {"value": "1"}, "Line": [{**LINE, "SalesItemLineDetail": {"ItemRef": {"value": "9"}}}]},
        ),
        ("6000", {"CustomerRef": {"value": "1"}, "CurrencyRef": {"value": "EUR"}, "Line": [LINE]}),
        ("6000", {"CustomerRef": {"value": "1"}, "Line": [{**LINE, "Amount": -5}]}),
        ("6000", {"CustomerRef": {"value": "1"}, "Line": []}),
        (
            "6070",
            {
                "CustomerRef": {"value": "1"},
                "Line": [{**LINE, "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "Qty": 2, "UnitPrice": 3}}],
            },
        ),
        ("5010", {"Id": "101", "SyncToken": "7", "CustomerRef": {"value": "1"}, "Line": [LINE]}),
    ],
)
def test_an_invoice_is_declined_as_the_vendor_does(code: str, said: dict[str, object]) -> None:
    sandbox = QuickBooksSandbox()
    sandbox.books.save("Invoice", {"CustomerRef": {"value": "1"}, "Line": [LINE]})

    with pytest.raises(Declined) as declined:
        sandbox.books.save("Invoice", said)
    assert declined.value.args[0] == code


def test_a_payment_cannot_pay_more_than_is_open_and_gives_it_back_when_deleted() -> None:
    books = QuickBooksSandbox().books
    invoice = books.save("Invoice", {"CustomerRef": {"value": "1"}, "Line": [LINE]})
    link = {"Amount": 4, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    said = {"CustomerRef": {"value": "1"}, "TotalAmt": 4, "Line": [link]}

    payment = books.save("Payment", dict(said))
    assert invoice["Balance"] == 1
    with pytest.raises(Declined):
        books.save("Payment", dict(said))

    books.delete("Payment", {"Id": payment["Id"], "SyncToken": "0"})
    assert invoice["Balance"] == 5


def test_a_query_keeps_to_what_can_be_asked() -> None:
    name = "Amy's \\ Co"
    rows = [{"Id": "2", "DisplayName": name, "Active": True}, {"Id": "10", "DisplayName": name, "Active": False}]

    found = parse(f"SELECT * FROM Customer WHERE DisplayName = {quoted(name)}", ["Customer"]).rows(rows)

    assert found == rows[:1]
    for text in ("SELECT * FROM Custmoer", "SELECT Id FROM Customer", "SELECT * FROM Customer WHERE Notes = 'x'"):
        with pytest.raises(BadQuery):
            parse(text, ["Customer"])


@pytest.mark.parametrize("form", ["cloudevents", "legacy"])
def test_webhooks_are_signed_and_read_as_hints_in_both_forms(form: str) -> None:
    company = Company(webhook_format=form, secret="verifier")
    number = company.sandbox.books.save("Invoice", {"CustomerRef": {"value": "1"}, "Line": [LINE]})["Id"]
    (delivery,) = company.sandbox.deliveries
    incoming = Incoming(method="POST", url="", headers=delivery.headers, body=delivery.body)

    assert CONNECTOR.inbound is not None and CONNECTOR.sign is not None
    CONNECTOR.inbound.verify(incoming, ["verifier"], settings(), NOON)
    (event,) = CONNECTOR.inbound.events(incoming, settings())

    assert list(CONNECTOR.read[event.kind](reading(), event.body)) == [Hint(kind="invoice", external_id=number)]
    ours = CONNECTOR.sign(settings(webhook={"secrets": ["verifier"]}), "", delivery.body, NOON)
    assert ours == delivery.headers


async def test_check_names_each_setting_that_does_not_fit() -> None:
    company = Company(multicurrency=False, shipping_item_id="9", walk_in_customer_id="8")
    assert CONNECTOR.check is not None

    findings = [each async for each in CONNECTOR.check(company.account)]

    wrong = {each.subject for each in findings if not each.ok}
    assert wrong == {"multicurrency", "shipping_item_id", "walk-in customer in USD"}
    assert {each.subject for each in findings if each.ok} == {"credentials", "currency", "item_id"}
