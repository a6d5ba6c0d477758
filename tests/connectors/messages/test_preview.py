"""`hub preview`: what would be sent, on standard output."""

import asyncio
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hub.cli import previewing
from hub.domain.errors import Misconfigured
from hub.pipeline.apply import Said, apply
from hub.store.database import Database
from hub.store.golden import Cause
from tests.building import START, order, payment
from tests.connectors.messages.whole import CONNECTORS, settings

SALE = order()


@pytest.fixture
def file(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "hub.db"
    shutil.copy(sqlite_template, path)
    url = f"sqlite:///{path}"

    async def fill() -> None:
        database = Database(url)
        async with database.write() as held:
            said = [
                Said(record=each, cause=Cause(id="e", actor="t")) for each in (SALE, payment(claims=(SALE.source.key,)))
            ]
            await apply(held, said, START)
        await database.close()

    asyncio.run(fill())
    read: Any = SimpleNamespace(
        connections={"mail": settings("smtp"), "team": settings("slack")}, database=SimpleNamespace(url=url)
    )
    monkeypatch.setattr(previewing, "settings_of", lambda _file: (read, CONNECTORS))
    return tmp_path / "hub.toml"


def test_a_message_is_printed_with_its_receiver_and_its_texts(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    previewing.preview(file, "mail", "#1001", "confirmed")

    printed = capsys.readouterr().out
    assert "to: ada@example.com" in printed
    assert "heading: Your order #1001 is confirmed" in printed
    assert "<html" in printed


@pytest.mark.parametrize(
    ("order_", "occasion", "words"),
    [("#9", "confirmed", "no order #9"), ("#1001", "shipped", "found: confirmed")],
)
def test_what_is_not_there_ends_with_a_reason(
    file: Path, capsys: pytest.CaptureFixture[str], order_: str, occasion: str, words: str
) -> None:
    with pytest.raises(SystemExit):
        previewing.preview(file, "mail", order_, occasion)

    assert words in capsys.readouterr().err


def test_a_connection_that_is_not_there_is_named_with_those_that_are(file: Path) -> None:
    with pytest.raises(Misconfigured, match="mail, team"):
        previewing.preview(file, "post", "#1001", "confirmed")
