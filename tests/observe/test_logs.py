import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from hub.observe import set_up
from hub.observe.logs import redact


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield io.StringIO()
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_its_event_and_ids(out: io.StringIO) -> None:
    set_up("json", out=out)

    structlog.get_logger("hub.x").info("command.done", connection="books", order="ord_1")

    (line,) = lines(out)
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "command.done", "level": "info", "logger": "hub.x", "connection": "books", "order": "ord_1",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["body", "raw_body", "payload", "token", "access_token", "api_key", "webhook_secrets", "Authorization", "email",
     "headers", "password", "sealing_keys", "query"],
)  # fmt: skip
def test_fields_named_like_bodies_and_secrets_do_not_come_out(out: io.StringIO, name: str) -> None:
    set_up("json", out=out)

    structlog.get_logger().info("x", **{name: "canary"}, nested={name: ["canary"]})

    assert "canary" not in out.getvalue()
    assert lines(out)[0][name] == "[redacted]"


@pytest.mark.parametrize("name", ["key", "event_id", "connection", "order", "reason", "batch", "keys"])
def test_ids_and_reasons_do(name: str) -> None:
    assert redact(None, "info", {name: "evt_1"}) == {name: "evt_1"}


@pytest.mark.parametrize(
    "text",
    ["refused: sk_live_abcdef0123456789", "Authorization: Bearer abcdef012345", "shpat_0123456789abcdef",
     "could not connect to postgresql://hub:pa55word@db/hub", "whsec_0123456789abcdef"],
)  # fmt: skip
def test_credentials_are_cut_out_of_messages_and_tracebacks(out: io.StringIO, text: str) -> None:
    set_up("json", out=out)

    structlog.get_logger().warning("x", reason=text)
    try:
        raise RuntimeError(text)
    except RuntimeError:
        logging.getLogger("library").exception("failed: %s", text)

    for secret in ("abcdef", "pa55word", "012345"):
        assert secret not in out.getvalue()
    assert "RuntimeError" in lines(out)[1]["exception"]


def test_bytes_are_told_by_their_number(out: io.StringIO) -> None:
    set_up("json", out=out)

    structlog.get_logger().info("x", thing=b"canary")

    assert lines(out)[0]["thing"] == "[6 bytes]"


def test_lines_of_libraries_take_the_same_way(out: io.StringIO) -> None:
    set_up("json", out=out)

    logging.getLogger("uvicorn.error").error("Exception in %s", "app")
    logging.getLogger("uvicorn.error").info("Started server process")

    (line,) = lines(out)
    assert line["event"] == "Exception in app"
    assert line["logger"] == "uvicorn.error"


def test_the_level_holds(out: io.StringIO) -> None:
    set_up("json", level="warning", out=out)

    structlog.get_logger().info("quiet")
    structlog.get_logger().error("loud")

    assert [line["event"] for line in lines(out)] == ["loud"]


def test_text_for_people_is_redacted_too(out: io.StringIO) -> None:
    set_up("text", out=out)

    structlog.get_logger().info("inbox.parked", connection="shop", token="canary")

    assert "inbox.parked" in out.getvalue()
    assert "canary" not in out.getvalue()
