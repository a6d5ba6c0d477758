"""Seconds to fold every order again from its records, by the command that people run."""

import hashlib
import time
from typing import Any

from sqlalchemy import select

from bench.ground import Ground
from bench.numbers import Figures, medians
from bench.processes import HUB, finished
from bench.sizes import Sizes
from hub.store.database import Database
from hub.store.tables import CustomerRow, OrderRow


async def rebuild(ground: Ground, url: str, database: Database, sizes: Sizes) -> dict[str, Any]:
    """The start of the process is part of it. Raises unless the same bytes came back."""
    before = await _bytes(database)
    rounds: list[Figures] = []
    for _ in range(sizes.rounds):
        started = time.perf_counter()
        said = await finished(*HUB, "rebuild", "-c", str(ground.settings(url)))
        seconds = time.perf_counter() - started
        rounds.append({"seconds": seconds, "orders_per_second": sizes.seed_orders / seconds})
        if f"{sizes.seed_orders} orders" not in said or await _bytes(database) != before:
            raise RuntimeError(f"what was rebuilt is not what was there: {said}")
    return {"orders": sizes.seed_orders} | medians(rounds)


async def _bytes(database: Database) -> str:
    digest = hashlib.sha256()
    async with database.read() as connection:
        for table in (OrderRow, CustomerRow):
            for document in await connection.scalars(select(table.document).order_by(table.id)):
                digest.update(document)
    return digest.hexdigest()
