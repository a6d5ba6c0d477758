"""Who is told of changes, as staff see and steer it."""

from hub.store import endpoints
from tests.conftest import Time
from tests.schema.conftest import Window

LIST = "{webhookEndpoints {id host state cursor behind message nextTryAt}}"


async def test_an_address_shows_its_host_alone(window: Window) -> None:
    (found,) = (await window.data(LIST))["webhookEndpoints"]

    assert found == {
        "id": "warehouse", "host": "warehouse.example", "state": "OK", "cursor": None, "behind": 0, "message": None,
        "nextTryAt": None,
    }  # fmt: skip


async def test_a_replay_needs_a_cursor_in_digits_an_endpoint_that_there_is_and_the_scope_to_write(
    window: Window, time: Time
) -> None:
    query = """mutation($id: ID!, $after: String!) {
        webhookEndpointReplay(input: {endpointId: $id, afterCursor: $after}) {
            endpoint {cursor state} userErrors {code field} } }"""
    async with window.hub.database.write() as connection:
        await endpoints.meet(connection, "warehouse", time())
        await endpoints.settle(connection, "warehouse", time(), cursor=7)

    assert await window.code(query, id="warehouse", after="0") == "FORBIDDEN"
    for after in ("-1", "x", "", "９", "9" * 30):
        said = (await window.data(query, holder="writer", id="warehouse", after=after))["webhookEndpointReplay"]
        assert said["userErrors"] == [{"code": "INVALID", "field": ["input", "afterCursor"]}]
    said = (await window.data(query, holder="writer", id="other", after="0"))["webhookEndpointReplay"]
    assert [each["code"] for each in said["userErrors"]] == ["NOT_FOUND"]

    said = (await window.data(query, holder="writer", id="warehouse", after="3"))["webhookEndpointReplay"]
    assert said == {"endpoint": {"cursor": "3", "state": "OK"}, "userErrors": []}


async def test_one_that_gave_up_goes_on_when_it_is_resumed(window: Window, time: Time) -> None:
    async with window.hub.database.write() as connection:
        await endpoints.meet(connection, "warehouse", time())
        until = time.forward(minutes=1)
        assert await endpoints.claim(connection, "warehouse", time(), until) is not None
        await endpoints.settle(connection, "warehouse", until, disabled_at=time(), message="410", tries=1)
    assert (await window.data(LIST))["webhookEndpoints"][0]["state"] == "DISABLED"

    query = """mutation {webhookEndpointResume(input: {endpointId: "warehouse"}) {endpoint {state message}}}"""
    said = (await window.data(query, holder="writer"))["webhookEndpointResume"]

    assert said == {"endpoint": {"state": "OK", "message": None}}
