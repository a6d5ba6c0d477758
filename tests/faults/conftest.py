"""What faults are done to: a server of their own, and fresh databases on it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.history import midwife
from tests.history.postgres import Postgres, running


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    with running() as found:
        yield found


@pytest.fixture(scope="session")
def nursery() -> Iterator[Path]:
    with midwife.nursery() as path:
        yield path


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database on either."""
    if request.param == "sqlite":
        path = tmp_path / "hub.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    server: Postgres = request.getfixturevalue("server")
    return server.url(server.new_database())
