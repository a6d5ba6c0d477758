import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.http_api import CONNECTOR
from connectors.http_api.card import ERP
from connectors.http_api.settings import HttpSettings
from hub.domain.errors import Misconfigured
from hub.settings import load, settings_digest
from hub.store.sealing import new_key
from tests.connectors.http_api.place import ENVIRON, EXAMPLES, connector, example, settings, table

NAMES = ("erp", "membership", "calendar")
MINIMAL = '[security]\nsealing_keys = ["${KEY}"]\n\n'
DEAL = {"fields": {"id": "id", "name": "name", "stage": "stage"}}
PUSH = {
    "name": "it",
    "when": "order.is_sale",
    "path": "/x/{order.id}",
    "method": "PUT",
    "safety": "upsert",
    "answer": "deal",
}
HMAC = {"scheme": "hmac-sha256-hex", "secrets": ["s"], "header": "X-Sig", "kind": "'deal'"}


@pytest.mark.parametrize("name", NAMES)
def test_each_example_is_a_connection_of_at_most_thirty_lines_that_the_hub_starts_with(
    name: str, tmp_path: Path
) -> None:
    text = (EXAMPLES / f"{name}.toml").read_text()
    file = tmp_path / "hub.toml"
    file.write_text(MINIMAL + text)

    loaded = load(file, {"http": CONNECTOR}, ENVIRON | {"KEY": new_key()})

    (found,) = loaded.connections.values()
    assert isinstance(found, HttpSettings)
    assert connector(found).read
    assert len([line for line in text.splitlines() if line and not line.startswith("#")]) <= 30


def test_the_conformance_kit_holds_the_connection_of_the_first_example() -> None:
    found = table("erp")

    for name in ("connector", "base_url", "auth"):
        del found[name]
    del found["webhook"]["secrets"]
    assert json.loads(json.dumps(ERP)) == found


def test_a_fault_in_an_expression_is_told_with_its_line_and_key(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    text = MINIMAL + (EXAMPLES / "membership.toml").read_text()
    file.write_text(text.replace('"lower(email)"', '"lowr(email)"').replace('email = "member.email"', 'email = "a["'))

    with pytest.raises(Misconfigured) as told:
        load(file, {"http": CONNECTOR}, ENVIRON | {"KEY": new_key()})

    lines = str(told.value).splitlines()
    assert len(lines) == 2
    assert "connections.members.read.customer.fields.email: unknown function lowr(), did you mean lower()?" in lines[0]
    assert "connections.members.read.order.fields.email: not JMESPath" in lines[1]
    place = next(n for n, line in enumerate(text.splitlines(), 1) if line.startswith('email = "member.email"'))
    assert f"hub.toml:{place} " in lines[1]


def problems(**more: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as told:
        settings(**more)
    return {".".join(map(str, each["loc"])): each["msg"] for each in told.value.errors()}


@pytest.mark.parametrize(
    ("given", "place", "words"),
    [
        ({"base_url": "http://there.example"}, "base_url", "https is required"),
        ({"base_url": "there"}, "base_url", "an address"),
        ({"auth": {"bearer": "a", "header": {"name": "X", "value": "b"}}}, "auth", "one of bearer"),
        (
            {"auth": {"oauth2": {"token_url": "http://x", "client_id": "a", "client_secret": "b"}}},
            "auth.oauth2.token_url",
            "https",
        ),
        ({"limits": {"deadline": "90s"}}, "limits.deadline", "60s"),
        ({"read": {"thing": DEAL}}, "read.thing.record", "is missing"),
        ({"read": {"deal": {"fields": {"nam": "x", "id": "y"}}}}, "read.deal.fields.nam", "no such field"),
        ({"read": {"deal": {"fields": {"name": "x"}}}}, "read.deal.fields", "`id` is missing"),
        ({"read": {"deal": DEAL | {"maps": {"nam": {}}}}}, "read.deal.maps.nam", "no such field"),
        ({"read": {"deal": DEAL | {"fetch": "/x"}}}, "read.deal.fetch", "{id}"),
        ({"read": {"deal": DEAL | {"fetch": "https://evil.example/{id}"}}}, "read.deal.fetch", "below base_url"),
        ({"check": "https://evil.example"}, "check", "pattern"),
        ({"read": {"x": {"record": "hold_release", "fields": {"id": "x"}}}}, "read.x.record", "only the hub itself"),
        (
            {"read": {"order": {"fields": {"id": "x", "lines": {"sku": "y"}}}}},
            "read.order.fields.lines.each",
            "an expression is expected",
        ),
        (
            {"read": {"order": {"fields": {"id": "x", "lines": {"each": "y", "sku": "a b"}}}}},
            "read.order.fields.lines.sku",
            "JMESPath",
        ),
        ({"pull": {"deal": {"path": "/x"}}}, "pull.deal", "no read.deal"),
        (
            {"read": {"deal": DEAL}, "pull": {"deal": {"path": "/x", "paging": "page"}}},
            "pull.deal.params",
            "{page} is missing",
        ),
        ({"read": {"deal": DEAL}, "pull": {"deal": {"path": "/x?a={b}"}}}, "pull.deal.params", "no placeholder {b}"),
        (
            {"read": {"deal": DEAL}, "pull": {"deal": {"path": "/x?a={cursor}", "paging": "cursor"}}},
            "pull.deal.next",
            "goes with",
        ),
        ({"webhook": {"header": "X"}}, "webhook", "`scheme` is missing"),
        ({"webhook": {"scheme": "none", "kind": "'deal'"}}, "webhook.thin", "believed only after asking"),
        ({"webhook": HMAC | {"secrets": []}}, "webhook.secrets", "is missing"),
        ({"webhook": HMAC | {"header": ""}}, "webhook.header", "is missing"),
        ({"webhook": HMAC | {"signed": "{timestamp}.{body}"}}, "webhook.timestamp_header", "is missing"),
        ({"webhook": HMAC | {"timestamp_header": "X-T"}}, "webhook.signed", "anybody could set it"),
        ({"webhook": HMAC | {"signed": "{id}"}}, "webhook.signed", "{body} is expected"),
        ({"webhook": HMAC | {"kind": ""}}, "webhook.kind", "is missing"),
        ({"webhook": HMAC | {"kinds": {"a": "b"}}}, "webhook.kinds", "no read.b"),
        (
            {"webhook": {"scheme": "standard-webhooks", "secrets": ["whsec_é"], "kind": "'deal'"}},
            "webhook.secrets.0",
            "base64",
        ),
        ({"read": {"deal": DEAL}, "webhook": HMAC | {"thin": True, "id": "id"}}, "read.deal.fetch", "is missing"),
        ({"push": [PUSH]}, "push.0.answer", "no read.deal"),
        ({"push": [PUSH | {"answer": ""}]}, "push.0.answer", "how the hub sees that it is done"),
        ({"push": [PUSH | {"method": "POST"}]}, "push.0.safety", "an upsert is PUT"),
        ({"push": [PUSH | {"safety": "find"}]}, "push.0.find", "where to look"),
        ({"push": [PUSH | {"safety": "hope"}]}, "push.0.safety", "Input should be"),
        ({"push": [PUSH | {"path": "/x/{lowr(a)}"}]}, "push.0.path", "unknown function"),
        ({"push": [PUSH | {"path": "https://elsewhere/{order.id}"}]}, "push.0.path", "below base_url"),
        ({"push": [PUSH | {"body": {"a": [{"b": "=c("}]}}]}, "push.0.body.a.0.b", "not JMESPath"),
        (
            {"read": {"deal": DEAL}, "push": [PUSH, PUSH | {"name": "too"}]},
            "push.1.done_when",
            "the same kind of record",
        ),
        ({"read": {"deal": DEAL}, "push": [PUSH, PUSH | {"done_when": "a"}]}, "push", "two of one name"),
    ],
)
def test_wrong_settings_are_told_with_their_key(given: dict[str, Any], place: str, words: str) -> None:
    found = problems(**given)

    assert words in found.get(place, ""), found


def test_secrets_print_nowhere_and_count_in_the_digest() -> None:
    for name in NAMES:
        given = example(name)
        shown = f"{given!r} {given} {CONNECTOR.way(given)!r}"
        assert not any(secret in shown for secret in ENVIRON.values())

    first, second = (settings(auth={"bearer": token}) for token in ("one", "two"))
    assert settings_digest(first) != settings_digest(second)


def test_without_its_settings_the_connector_can_nothing_and_says_so() -> None:
    assert not CONNECTOR.read
    assert CONNECTOR.inbound is None
    with pytest.raises(Exception, match="--connection"):
        CONNECTOR.recognise("order.json", b"{}")


def test_every_setting_stands_in_the_docs() -> None:
    page = (EXAMPLES.parent / "connectors" / "http.md").read_text()
    common = {"connector", "enabled", "sync", "rate_limit", "channels"}

    def names(model: Any) -> set[str]:
        return set(model.model_fields)

    from connectors.http_api.auth import AuthSettings, BasicSettings, HeaderSettings, OAuthSettings
    from connectors.http_api.kinds import KindSettings
    from connectors.http_api.pushes import FindSettings, PushSettings
    from connectors.http_api.settings import LimitSettings
    from connectors.http_api.streams import PullSettings
    from connectors.http_api.webhooks import HttpWebhook

    parts = (AuthSettings, BasicSettings, HeaderSettings, OAuthSettings, KindSettings, FindSettings, PushSettings)
    known = set().union(*(names(each) for each in (HttpSettings, LimitSettings, PullSettings, HttpWebhook, *parts)))
    assert sorted(name for name in known - common if f"`{name}`" not in page) == []
