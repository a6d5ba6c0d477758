"""Everything that the vendor is known to send: records or reasons, and never a surprise. And our sandbox beside it."""

import json
from collections import Counter

import pytest

from connectors.hubspot import CONNECTOR
from connectors.hubspot.card import card
from hub.card import Exchange
from hub.domain.clock import parse_time
from hub.domain.errors import Forged
from hub.pipeline.reading import read
from hub.pipeline.registry import Connection
from tests.connectors.hubspot.portal import Crm, settings
from tests.connectors.hubspot.test_push import ADA, GUEST, PAID, SALE
from tests.shared import shared


def test_every_file_becomes_records_or_a_reason() -> None:
    connection = Connection(id="crm", connector=CONNECTOR, settings=settings(), settings_digest="")
    counts: Counter[str] = Counter()

    for name, body in card().recordings(shared("vendor", "hubspot")):
        events = CONNECTOR.recognise(name, body)
        assert events, name
        for event in events:
            found = read(connection, event)
            assert not found.faults, (name, found.faults)
            assert found.records or found.ignored or found.hints, name
            counts.update(record.kind.value for record in found.records)
            counts.update(event.kind for _ in found.ignored)
            counts["hint"] += len(found.hints)

    assert counts == {
        "customer": 23,
        "hint": 1,
        "association": 24,
        "company": 11,
        "done": 12,
        "legacy": 66,
        "owner": 1,
        "property": 7,
        "refusal": 7,
    }


def test_every_signature_is_judged_as_the_vendor_does_but_for_versions_that_prove_less() -> None:
    material = json.loads(shared("vendor", "hubspot", "signatures", "vectors.json").read_text())["vectors"]
    vectors = card().vectors(shared("vendor", "hubspot"))
    assert CONNECTOR.inbound is not None

    assert len(vectors) == sum(each["version"] == "v3" for each in material) == 4
    for vector in vectors:
        given = settings(**vector.settings)
        if vector.genuine:
            CONNECTOR.inbound.verify(vector.incoming, vector.secrets, given, parse_time(vector.at))
        else:
            with pytest.raises(Forged):
                CONNECTOR.inbound.verify(vector.incoming, vector.secrets, given, parse_time(vector.at))


async def test_what_we_send_and_what_the_sandbox_answers_are_as_the_vendor_describes() -> None:
    describe = card().description
    assert describe is not None and CONNECTOR.check is not None
    judge = describe(shared("vendor", "hubspot"))
    crm = Crm(prepared=False)

    assert [each async for each in CONNECTOR.check(crm.account)]
    await crm.settle(SALE, ADA)
    await crm.settle(SALE, ADA, PAID)
    crm.records.clear()
    await crm.settle(GUEST)
    for stream in CONNECTOR.pull:
        await crm.pull(stream, "since:2026-11-22T00:00:00Z")
    await CONNECTOR.fetch["deal"](crm.account, crm.sandbox.state()["deals"][0]["id"])

    assert {each.path.split("/")[2] for each in crm.exchanges} == {"v3", "v4"}
    assert len({(each.method, each.path) for each in crm.exchanges}) > 15
    assert [fault for each in crm.exchanges for fault in judge(each)] == []


def test_the_judge_is_not_blind() -> None:
    describe = card().description
    assert describe is not None
    judge = describe(shared("vendor", "hubspot"))
    head = {"content-type": "application/json"}

    def call(method: str, path: str, request: object, status: int, response: object) -> list[str]:
        bodies = [b"" if each is None else json.dumps(each).encode() for each in (request, response)]
        return list(
            judge(
                Exchange(
                    method=method,
                    path=path,
                    query="",
                    request_headers=head,
                    request=bodies[0],
                    status=status,
                    headers=head,
                    response=bodies[1],
                )
            )
        )

    assert call("GET", "/crm/v3/objects/contacts/1", None, 200, {"id": 1})
    assert call("POST", "/crm/v3/objects/contacts/search", {"limit": "5"}, 200, {"total": 0, "results": []})
    assert call("GET", "/crm/v3/objects/nothing/1/2", None, 200, {})
    assert call("GET", "/crm/v3/objects/contacts/1", None, 204, None)
