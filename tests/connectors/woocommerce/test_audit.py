"""The store switches a webhook off after a row of failures, and tells nobody: the audit does."""

from dataclasses import replace

import pytest

from connectors.woocommerce import CONNECTOR
from connectors.woocommerce.audit import TOPICS
from connectors.woocommerce.sandbox import WooCommerceSandbox
from hub.connector import Account, Finding
from hub.domain.errors import NeedsAttention
from tests.conftest import Time
from tests.connectors.woocommerce.store import SECRET, URL, account, heard, incoming, sandbox


@pytest.fixture
def store() -> WooCommerceSandbox:
    return sandbox(Time(), delivery_url="")


@pytest.fixture
def way(store: WooCommerceSandbox) -> Account:
    return account(store)


async def audit(way: Account, secret: str = SECRET, url: str = URL) -> list[Finding]:
    assert CONNECTOR.audit
    return list(await CONNECTOR.audit(way, url, secret))


async def test_what_is_missing_is_created_with_our_secret_and_a_second_look_finds_all_well(
    store: WooCommerceSandbox, way: Account
) -> None:
    first = await audit(way)
    second = await audit(way)
    store.acts()["place_order"]()

    assert [each.ok for each in first] == [False] * len(TOPICS)
    assert all("created" in each.message for each in first)
    assert [each.ok for each in second] == [True] * len(TOPICS)
    assert heard(store)


async def test_a_webhook_that_the_store_switched_off_is_on_again(store: WooCommerceSandbox, way: Account) -> None:
    await audit(way)
    store.acts()["fail_deliveries"](7)
    store.acts()["place_order"]()
    lost = [each for each in store.deliveries if each.kind != "ping"]

    findings = await audit(way)
    store.acts()["place_order"]()

    assert lost == []
    assert all("was disabled: switched on again" in each.message for each in findings)
    assert [each.kind for each in store.deliveries if each.kind != "ping"] == ["order.created"]


async def test_six_failures_are_borne_and_the_seventh_is_not(store: WooCommerceSandbox, way: Account) -> None:
    await audit(way)

    assert store.acts()["fail_deliveries"](6)["disabled"] == []
    assert len(store.acts()["fail_deliveries"](1)["disabled"]) == len(TOPICS)


async def test_a_webhook_with_an_older_secret_or_made_by_hand_is_given_ours(
    store: WooCommerceSandbox, way: Account
) -> None:
    await audit(way, secret="an older one")

    findings = await audit(way)
    store.acts()["place_order"]()

    assert all("given ours" in each.message for each in findings)
    assert heard(store)
    assert len(store.held.webhooks) == len(TOPICS)


async def test_webhooks_of_others_are_left_alone_and_a_second_of_ours_is_named(
    store: WooCommerceSandbox, way: Account
) -> None:
    await audit(way, url="https://other.example/hook", secret="theirs")
    theirs = {each.id: each.secret for each in store.held.webhooks.values()}
    await audit(way)
    first = next(
        each for each in store.held.webhooks.values() if each.delivery_url == URL and each.topic == "order.created"
    )
    twin = replace(first, id=store.held.new_id())
    store.held.webhooks[twin.id] = twin

    findings = await audit(way)

    assert {number: store.held.webhooks[number].secret for number in theirs} == theirs
    assert [each.message for each in findings if not each.ok] == [
        f"subscribed more than once: remove webhook {twin.id}"
    ]


async def test_without_a_secret_nothing_is_subscribed(store: WooCommerceSandbox, way: Account) -> None:
    (finding,) = await audit(way, secret="")

    assert not finding.ok
    assert store.held.webhooks == {}


async def test_keys_that_may_not_look_after_webhooks_need_attention(store: WooCommerceSandbox) -> None:
    with pytest.raises(NeedsAttention):
        await audit(account(store, consumer_key="ck_other"))


async def test_saving_a_webhook_pings_without_a_signature(store: WooCommerceSandbox, way: Account) -> None:
    await audit(way)

    assert CONNECTOR.inbound
    assert CONNECTOR.inbound.is_ping
    assert all(CONNECTOR.inbound.is_ping(incoming(each)) for each in store.deliveries)
    assert len(store.deliveries) == len(TOPICS)


async def test_hub_check_tells_what_the_keys_may_see(store: WooCommerceSandbox, way: Account) -> None:
    assert CONNECTOR.check

    good = [finding async for finding in CONNECTOR.check(way)]
    bad = [finding async for finding in CONNECTOR.check(account(store, consumer_key="ck_other"))]

    assert all(each.ok for each in good)
    assert [each.subject for each in good][:2] == ["credentials", "reading orders"]
    assert [(each.ok, each.subject) for each in bad] == [(False, "credentials")]
