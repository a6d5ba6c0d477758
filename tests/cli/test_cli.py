import asyncio
import base64
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from hub.cli import main
from hub.front import bind, serve
from tests.cli.shopwave import SHOPWAVE

SETTINGS = """\
[hub]
public_url = "http://127.0.0.1:{port}"
[security]
sealing_keys = ["${{SEALING_KEY}}"]
[connections.shop]
connector = "shopwave"
shop = "acme"
token = "${{TOKEN}}"
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `hub …` in this process, in an empty folder, with Shopwave as the one connector."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("hub.connector.discover", lambda: {"shopwave": SHOPWAVE})
    monkeypatch.setenv("SEALING_KEY", base64.b64encode(b"k" * 32).decode())
    monkeypatch.setenv("TOKEN", "t-0k3n")
    Path("hub.toml").write_text(SETTINGS.format(port=1))

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hub", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def body(tmp_path: Path, *items: dict[str, str]) -> str:
    (tmp_path / "body.json").write_text(json.dumps(items))
    return "body.json"


def told(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


# ------------------------------------------------------------------------------------------------------- read


@pytest.mark.parametrize(
    ("item", "key", "value"),
    [
        ({"kind": "thing", "what": "faulty"}, "fault", "lines[3].price: expected str"),
        ({"kind": "thing", "what": "unreadable"}, "fault", "id: expected int"),
    ],
)
def test_what_cannot_be_read_is_told_and_ends_with_1(
    run: Run, tmp_path: Path, item: dict[str, str], key: str, value: str
) -> None:
    code, out, err = run("read", "shopwave", body(tmp_path, item))

    assert (code, err) == (1, "")
    assert told(out) == [{key: value, "kind": "thing", "file": "body.json"}]


def test_a_connectors_mistake_is_no_traceback(run: Run, tmp_path: Path) -> None:
    code, out, err = run("read", "shopwave", body(tmp_path, {"kind": "thing", "what": "?"}))

    assert (code, err) == (1, "")
    assert "KeyError" in told(out)[0]["fault"]


def test_a_body_of_another_form_and_a_missing_file_are_told_and_the_others_are_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "torn.json").write_bytes(b"{")

    code, out, err = run("read", "shopwave", "torn.json", "absent.json", body(tmp_path, {"kind": "theme"}))

    assert (code, err) == (1, "")
    assert told(out) == [
        {"fault": "torn.json: not JSON", "file": "torn.json"},
        {"fault": "cannot be read: No such file or directory", "file": "absent.json"},
        {"ignored": "no order has one", "kind": "theme", "file": "body.json"},
    ]


def test_records_hints_and_ignored_items_are_one_line_each(run: Run, tmp_path: Path) -> None:
    items = [{"kind": "thing", "what": what} for what in ("customer", "hint", "ignored")]

    code, out, _ = run("read", "shopwave", body(tmp_path, *items, {"kind": "novelty"}))

    record, hint, ignored, unknown = told(out)
    assert code == 0
    assert record["record"]["kind"] == "customer"
    assert record["record"]["source"] == {"connection": "shopwave", "kind": "customer", "external_id": "7"}
    assert hint["hint"] == {"kind": "order", "external_id": "8"}
    assert ignored["ignored"] == "of no use"
    assert unknown["ignored"] == "unknown kind"


def test_standard_input_is_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'[{"kind": "theme"}]')))

    code, out, _ = run("read", "shopwave", "-")

    assert (code, told(out)[0]["file"]) == (0, "-")


def test_nothing_recognised_is_told(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("read", "shopwave", body(tmp_path))

    assert (code, told(out)[0]["ignored"]) == (0, "nothing in it that this connector knows")


# ------------------------------------------------------------------------------------------ settings, usage


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["read", "shopwav", "x"], "no connector 'shopwav' is installed; there are: shopwave"),
        (["trigger", "shp", "x"], "no connection 'shp'; there are: shop"),
        (["trigger", "shop", "absent.json"], "absent.json: cannot be read: No such file or directory"),
        (["check", "-c", "absent.toml"], "absent.toml: there is no such file"),
        (["webhooks", "resume", "erp", "-c", "absent.toml"], "absent.toml: there is no such file"),
        (["events", "lst"], "lst"),
        (["nonsense"], "nonsense"),
        (["events", "list", "--output", "yaml"], "yaml"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_sentence(run: Run, arguments: list[str], expected: str) -> None:
    code, _, err = run(*arguments)

    assert code == 2
    assert expected in err
    assert "Traceback" not in err


def test_check_tells_all_problems_and_ends_with_2(run: Run) -> None:
    text = Path("hub.toml").read_text().replace("TOKEN", "UNSET").replace("shop =", "shp =")
    Path("hub.toml").write_text(text)

    code, out, err = run("check")

    assert (code, out) == (2, "")
    assert "hub.toml:7  connections.shop.shp: unknown key, did you mean shop?" in err
    assert "hub.toml:8  connections.shop.token: the environment variable UNSET is not set" in err


def test_check_names_the_webhook_addresses_and_missing_secrets(run: Run) -> None:
    code, out, _ = run("check")

    assert code == 0
    assert "webhooks to http://127.0.0.1:1/webhooks/shop" in out
    assert "no webhook.secrets" in out
    assert "t-0k3n" not in out


def test_a_new_sealing_key_is_one_that_the_settings_take(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    _, first, _ = run("keys", "new-sealing-key")
    _, second, _ = run("keys", "new-sealing-key")
    monkeypatch.setenv("SEALING_KEY", first.strip())

    assert first != second
    assert run("check")[0] == 0


# ---------------------------------------------------------------------------------------------------- trigger


@asynccontextmanager
async def answering(status: int) -> AsyncIterator[tuple[int, list[dict[str, str]]]]:
    seen: list[dict[str, str]] = []

    async def hook(request: Request) -> PlainTextResponse:
        seen.append({**request.headers, "path": request.url.path, "body": (await request.body()).decode()})
        return PlainTextResponse("said", status_code=status)

    app = Starlette(routes=[Route("/webhooks/shop", hook, methods=["POST"])])
    listening, stop = bind("127.0.0.1", 0), asyncio.Event()
    task = asyncio.create_task(serve(app, listening, stop=stop))
    yield listening.getsockname()[1], seen
    stop.set()
    await task


def write(port: int) -> None:
    Path("hub.toml").write_text(SETTINGS.format(port=port))
    Path("body.json").write_text("[1]")


@pytest.mark.parametrize(("status", "expected"), [(200, 0), (401, 1), (503, 1)])
async def test_trigger_signs_posts_and_tells_the_answer(run: Run, status: int, expected: int) -> None:
    async with answering(status) as (port, seen):
        write(port)

        code, out, _ = await asyncio.to_thread(run, "trigger", "shop", "body.json", "--kind", "order/paid")

    assert code == expected
    assert out == f"{status} http://127.0.0.1:{port}/webhooks/shop said\n"
    assert (seen[0]["x-shop"], seen[0]["x-kind"], seen[0]["body"]) == ("acme", "order/paid", "[1]")


def test_trigger_without_a_running_hub_is_told(run: Run) -> None:
    Path("body.json").write_text("[1]")

    code, _, err = run("trigger", "shop", "body.json")

    assert code == 1
    assert "http://127.0.0.1:1/webhooks/shop" in err


# ------------------------------------------------------------------------------------------------------- help


def hub(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", "from hub.cli import main; main()", *arguments]
    return subprocess.run(program, capture_output=True, text=True, env={**os.environ, "COLUMNS": "100"}, check=True)


def quickest(run: Callable[[], object]) -> float:
    taken = []
    for _ in range(4):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return min(taken)


def test_help_takes_little_longer_than_the_library_that_prints_it() -> None:
    library = [sys.executable, "-c", "import typer, typer.rich_utils"]

    ours = quickest(lambda: hub(["--help"]))

    assert ours < 6 * quickest(lambda: subprocess.run(library, check=True, timeout=30))


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from hub.cli.app import app; "
        "print([name for name in ('httpx', 'aiohttp', 'sqlalchemy', 'strawberry', 'pydantic', 'uvicorn', 'stripe')"
        " if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
