"""`hub connect`, `hub connections` and `hub backfill`, as a person runs them: a real hub, a vendor on loopback."""

import base64
import io
import json
import logging
import socket
import sys
import webbrowser
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from hub.cli import main
from tests.keeping.authorization_server import AuthorizationServer, authorization_server
from tests.keeping.bookish import Past, bookish

SETTINGS = """\
[security]
sealing_keys = ["${{SEALING_KEY}}"]
[connections.books]
connector = "bookish"
base_url = "{address}"
client_secret = "${{CLIENT_SECRET}}"
"""
TIMES = [datetime(2026, month, 10, tzinfo=UTC) for month in range(1, 6)]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def running() -> Iterator[AuthorizationServer]:
    with authorization_server() as server:
        yield server


@pytest.fixture
def vendor(running: AuthorizationServer) -> AuthorizationServer:
    running.forget()
    return running


@pytest.fixture
def past() -> Past:
    return Past(TIMES)


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found: int = free.getsockname()[1]
        return found


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    vendor: AuthorizationServer,
    past: Past,
    sqlite_template: Path,
) -> Iterator[Run]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hub.db").write_bytes(sqlite_template.read_bytes())
    monkeypatch.setattr("hub.connector.discover", lambda: {"bookish": bookish(past)})
    monkeypatch.setenv("SEALING_KEY", base64.b64encode(b"k" * 32).decode())
    monkeypatch.setenv("CLIENT_SECRET", "client-secret-canary")
    Path("hub.toml").write_text(SETTINGS.format(address=vendor.address))

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hub", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "canary" not in out + err
        return int(ended.value.code or 0), out, err

    handlers, level = logging.root.handlers[:], logging.root.level
    yield run
    logging.root.handlers[:], logging.root.level = handlers, level  # the command's own writes to what is closed now


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Response]:
    """Whose browser follows the vendor's redirect; the pages that it ended at."""
    pages: list[httpx.Response] = []

    def opened(url: str) -> bool:
        pages.append(httpx.get(url, follow_redirects=True))
        return True

    monkeypatch.setattr(webbrowser, "open", opened)
    return pages


# ------------------------------------------------------------------------------------------------------ connect


def test_a_declined_access_ends_with_the_reason_in_both_places(
    run: Run, person: list[httpx.Response], vendor: AuthorizationServer, port: int
) -> None:
    vendor.error = "access_denied"

    code, _, err = run("connect", "books", "--port", str(port))

    assert (code, person[0].status_code) == (1, 400)
    assert "access was not allowed (access_denied: said the person)" in err
    assert "access was not allowed" in person[0].text


def test_an_answer_to_another_question_is_told_and_the_right_one_still_counts(
    run: Run, monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    pages: list[int] = []

    def opened(url: str) -> bool:
        forged = f"http://127.0.0.1:{port}/callback?code=theirs&state=theirs"
        pages.extend(httpx.get(each, follow_redirects=True).status_code for each in (forged, url))
        return True

    monkeypatch.setattr(webbrowser, "open", opened)

    code, out, err = run("connect", "books", "--port", str(port))

    assert (code, pages) == (0, [400, 200])
    assert "not ours" in err
    assert "books is connected" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("connect", "shop"), "no connection 'shop'; there are: books"),
        (("connect", "books", "--port", "PORT"), "--port"),
        (("connect", "books", "--redirect-uri", "http://localhost:80800/callback"), "http://localhost:80800/callback"),
    ],
)
def test_what_cannot_begin_is_told_at_once(
    run: Run, person: list[httpx.Response], port: int, arguments: tuple[str, ...], words: str
) -> None:
    with socket.create_server(("127.0.0.1", port)):
        code, _, err = run(*(each.replace("PORT", str(port)) for each in arguments))

    assert code == 1
    assert words in err
    assert person == []


def test_connected_in_the_browser_the_hub_calls_and_shows_what_it_has(
    run: Run, person: list[httpx.Response], vendor: AuthorizationServer, port: int
) -> None:
    assert "WRONG credentials: books: not connected yet: run hub connect books" in run("check", "--online")[1]

    code, out, _ = run("connect", "books", "--port", str(port))

    assert code == 0
    assert "the vendor also says realmId = 4620816365" in out
    assert "ok    credentials: Acme" in out
    assert person[0].text.startswith("Thank you")
    assert vendor.asked[0]["redirect_uri"] == f"http://127.0.0.1:{port}/callback"
    (row,) = json.loads(run("connections", "--output", "json")[1])
    assert row["state"] == "ok"
    assert row["token until"] > row["renewed"]
    assert row["refreshable until"] > row["token until"]
    assert "access comes by hub connect books" in run("check")[1]


@pytest.mark.parametrize("redirect", [(), ("--redirect-uri", "https://app.example/landing")])
def test_without_a_browser_the_address_is_pasted(
    run: Run, monkeypatch: pytest.MonkeyPatch, vendor: AuthorizationServer, redirect: tuple[str, ...]
) -> None:
    class Person:
        """Reads the printed address, allows access elsewhere, and pastes where that ended."""

        def readline(self) -> str:
            (url,) = [each.strip() for each in shown.getvalue().splitlines() if vendor.address in each]
            return httpx.get(url).headers["location"] + "\n"

    shown = io.StringIO()
    monkeypatch.setattr("builtins.print", lambda *words, **_: shown.write(" ".join(words) + "\n"))
    monkeypatch.setattr(sys, "stdin", Person())

    code, _, _ = run("connect", "books", "--no-browser", *redirect)

    assert (code, "books is connected" in shown.getvalue()) == (0, True)
    host = urlsplit(vendor.asked[0]["redirect_uri"]).hostname
    assert host == ("app.example" if redirect else "127.0.0.1")


def test_nothing_pasted_is_nothing_connected(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))

    code, _, err = run("connect", "books", "--no-browser")

    assert (code, err.strip().splitlines()[-1]) == (1, "nothing was pasted")


# -------------------------------------------------------------------------------------- connections, backfill


def test_a_pause_wants_a_reason_and_is_shown_until_it_is_resumed(run: Run) -> None:
    assert run("connections", "pause", "books")[0] == 2
    assert run("connections", "resume", "books")[2].strip() == "the connection is not paused"

    run("connections", "pause", "books", "--why", "stock-taking")
    (paused,) = json.loads(run("connections", "--output", "json")[1])
    run("connections", "resume", "books")
    (resumed,) = json.loads(run("connections", "--output", "json")[1])

    assert (paused["state"], paused["why"]) == ("paused", "command line: stock-taking")
    assert (resumed["state"], resumed["why"]) == ("ok", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--since", "yesterday"), "a day such as 2026-01-01"),
        ((), "--since 2026-01-01"),
        (("--stream", "orders", "--since", "2026-01-01"), "there are: customers"),
        (("--since", "2999-01-01"), "in the future"),
    ],
)
def test_a_backfill_that_cannot_be_says_why(run: Run, past: Past, arguments: tuple[str, ...], words: str) -> None:
    code, _, err = run("backfill", "books", *arguments)

    assert code
    assert words in err
    assert past.asked == []


def test_a_backfill_shows_what_is_covered_then(run: Run) -> None:
    code, out, err = run("backfill", "books", "--since", "2026-01-01")

    assert code == 0
    assert "5 things, up to 2026-05-10" in err
    assert "2026-01-01 00:00" in out
    (row,) = json.loads(run("connections", "coverage", "--output", "json")[1])
    assert (row["stream"], row["from"], row["complete"]) == ("customers", "2026-01-01 00:00", "yes")
