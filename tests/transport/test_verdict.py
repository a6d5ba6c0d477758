from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.errors import HubError, Missing, NeedsAttention, Refused, TryLater, Unknown
from hub.transport.redact import HIDDEN, Redactor
from hub.transport.verdict import EXCERPT, retry_after, verdict

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def response(
    status: int, method: str = "POST", body: bytes = b"", reads: bool = False, **headers: str
) -> httpx.Response:
    request = httpx.Request(method, "https://shop.test/orders/7?token=x", extensions={"orderhub.reads": reads})
    named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return httpx.Response(status, content=body, headers=named, request=request)


@pytest.mark.parametrize(
    ("status", "write", "read"),
    [
        (400, Refused, Refused),
        (401, NeedsAttention, NeedsAttention),
        (402, Refused, Refused),
        (403, NeedsAttention, NeedsAttention),
        (404, Missing, Missing),
        (408, Unknown, TryLater),
        (409, Refused, Refused),
        (410, Missing, Missing),
        (422, Refused, Refused),
        (425, TryLater, TryLater),
        (429, TryLater, TryLater),
        (302, Refused, Refused),
        (303, Unknown, Refused),
        (304, Refused, Refused),
        (500, Unknown, TryLater),
        (502, Unknown, TryLater),
        (503, Unknown, TryLater),
        (599, Unknown, TryLater),
        (999, Unknown, TryLater),
    ],
)
def test_a_status_has_one_meaning(status: int, write: type[HubError], read: type[HubError]) -> None:
    assert type(verdict(response(status, "POST"), NOW)) is write
    assert type(verdict(response(status, "DELETE"), NOW)) is write
    assert type(verdict(response(status, "GET"), NOW)) is read
    assert type(verdict(response(status, "POST", reads=True), NOW)) is read


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206])
def test_a_good_status_is_no_error(status: int) -> None:
    assert verdict(response(status), NOW) is None


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("30", 30),
        ("0", 0),
        ("", 0),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("٣", 0),
        ("99999999999999999999", 86_400),
        ("Sun, 22 Nov 2026 12:00:45 GMT", 45),
        ("Sunday, 22-Nov-26 12:00:45 GMT", 45),
        ("Sun, 22 Nov 2026 13:00:45 +0100", 45),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("Sun, 99 Nov 2026 12:00:45 GMT", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_at_most_a_day(said: str, seconds: int) -> None:
    busy = response(429, Retry_After=said)

    error = verdict(busy, NOW)

    assert isinstance(error, TryLater)
    assert error.after == timedelta(seconds=seconds)


@given(st.text(max_size=60))
def test_no_retry_after_is_a_crash(said: str) -> None:
    wait = retry_after(response(503, Retry_After=said), NOW)

    assert timedelta() <= wait <= timedelta(days=1)


def test_the_vendors_words_are_short_clean_and_without_our_secrets() -> None:
    redact = Redactor(["sk_live_canary_4711"])
    body = b"<html><style>p{}</style><p>bad\x00\r\n key sk_live_canary_4711 " + b"x" * 1000 + b"</p>"

    error = verdict(response(400, body=body, Content_Type="text/html"), NOW, redact)

    assert str(error).startswith(f"POST /orders/7: 400 bad key {HIDDEN} xxx")
    assert len(str(error)) <= len("POST /orders/7: 400 ") + EXCERPT


def test_a_secret_on_the_edge_of_the_excerpt_is_hidden_whole() -> None:
    redact = Redactor(["sk_live_canary_4711"])

    for before in range(EXCERPT - 25, EXCERPT + 5):
        error = verdict(response(400, body=b"x" * before + b"sk_live_canary_4711"), NOW, redact)
        assert "sk_" not in str(error)
