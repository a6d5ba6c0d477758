"""What Salesforce was recorded to say: each body ends in a reason, and the sandbox's answers have the same form."""

import json
from collections import Counter
from typing import Any

from connectors.salesforce import CONNECTOR
from hub.pipeline.reading import read
from hub.pipeline.registry import Connection
from tests.connectors.salesforce.org import Crm, settings
from tests.shared import shared


def recorded(name: str) -> Any:
    return json.loads(shared("vendor", "salesforce", "records", f"{name}.json").read_text())


def test_every_file_ends_in_records_or_a_reason() -> None:
    """None of them holds a contact or an opportunity: they are of objects that some test made up."""
    connection = Connection(id="crm", connector=CONNECTOR, settings=settings(), settings_digest="")
    counts: Counter[str] = Counter()
    files = sorted(shared("vendor", "salesforce", "records").glob("*.json"))

    for file in files:
        (event,) = CONNECTOR.recognise(file.name, file.read_bytes())
        found = read(connection, event)
        assert not found.faults and found.ignored, (file.name, found.faults)
        counts[event.kind] += 1

    assert len(files) == 23
    assert counts == {
        "description": 5,
        "done": 2,
        "other": 2,
        "refusal": 4,
        "rows": 5,
        "search": 1,
        "token": 4,
    }


async def answered(crm: Crm, method: str, path: str, **more: Any) -> Any:
    """As it stands on the wire, with no verdict in between."""
    crm.account.http.event_hooks = {}
    return (await crm.account.http.request(method, path, **more)).json()


async def test_the_sandbox_answers_in_the_form_that_was_recorded() -> None:
    crm = Crm(page=1)
    for _ in range(2):
        crm.sandbox.create_contact("Ada")
    query = {"q": "SELECT Id FROM Contact"}

    made = await answered(crm, "POST", "/sobjects/Contact", json={"LastName": "Ada"})
    page = await answered(crm, "GET", "/query", params=query)
    last = await answered(crm, "GET", "/query", params=query | {"q": "SELECT Id FROM Opportunity"})
    refused = await answered(crm, "POST", "/sobjects/Contact", json={"foo": "x"})
    nowhere = await answered(crm, "GET", "/sobjects/Whizbang/describe")
    described = await answered(crm, "GET", "/sobjects/Contact/describe")
    limits = await answered(crm, "GET", "/limits")

    assert made.keys() == recorded("create_success_response").keys()
    assert page.keys() == recorded("query_paginated_first_page_response").keys()
    assert page["records"][0]["attributes"].keys() == {"type", "url"}
    assert last == recorded("query_empty_response")
    assert refused[0]["message"] == "No such column 'foo' on sobject of type Contact"
    assert refused[0].keys() == recorded("write_error_response")[0].keys()
    assert refused[0]["errorCode"] == recorded("write_error_response")[0]["errorCode"]
    assert nowhere == recorded("sobject_describe_error_response")
    whizbang = recorded("sobject_describe_success_response")
    assert described.keys() <= whizbang.keys() and described["fields"][0].keys() <= whizbang["fields"][0].keys()
    assert limits["DailyApiRequests"].keys() == recorded("organization_limits")["DailyApiRequests"].keys()


async def test_the_sandboxs_token_endpoint_answers_as_recorded() -> None:
    crm = Crm()
    address = "http://localhost/services/oauth2/token"
    form = {"client_id": "sandbox-client", "client_secret": "sandbox-client-secret", "grant_type": "refresh_token"}

    good = await answered(crm, "POST", address, data=form | {"refresh_token": "sandbox-refresh"})
    bad = await answered(crm, "POST", address, data=form | {"refresh_token": "x"})

    assert good.keys() - {"token_type"} == recorded("refresh_success_response").keys()
    assert bad == recorded("refresh_error_response")
