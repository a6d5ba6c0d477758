"""All faults at random, for as long as wanted, and then the verdict:

    python -m tests.history.soak MINUTES [SEED]          (`make soak MINUTES=n`)

Half of the time on PostgreSQL with several processes, half on SQLite. Exit code 1 on any violation.
"""

import asyncio
import logging
import random
import secrets
import sys
import tempfile
from collections import Counter
from pathlib import Path

from hub.store.database import Database
from hub.store.migrations import migrate
from tests.history import midwife, postgres
from tests.history.check import Kind, Violation
from tests.history.nemesis import Nemesis
from tests.history.postgres import Postgres
from tests.history.proxy import wire
from tests.history.seen import Answer
from tests.history.world import Host, World, world

_ROUND = 60.0  # seconds between two verdicts


async def _sqlite(nursery: Path, folder: Path, seconds: float, seed: int) -> int:
    url = f"sqlite:///{folder / 'hub.db'}"
    database = Database(url)
    await migrate(database)
    await database.close()
    chance = random.Random(seed)
    async with wire("127.0.0.1", 0, chance) as to_sink:
        hosts = {"hub": Host(sink=f"http://127.0.0.1:{to_sink.port}")}
        async with world(folder, url, nursery, seed=seed, hosts=hosts) as here:
            to_sink.leads_to("127.0.0.1", here.sink_port)
            return await _rounds("SQLite, one process", here, Nemesis(here, chance, to_sink), seconds)


async def _postgresql(nursery: Path, folder: Path, seconds: float, seed: int, server: Postgres) -> int:
    name, chance = server.new_database(), random.Random(seed)
    async with wire("127.0.0.1", 0, chance) as to_sink, wire("127.0.0.1", server.port, chance) as to_server:
        sink, slow = f"http://127.0.0.1:{to_sink.port}", server.url(name, port=to_server.port)
        processes = {"api-1": "api", "api-2": "api", "worker-1": "work", "worker-2": "work"}
        hosts = {each: Host(sink=sink, database=slow, clock=f"clock of {each}") for each in processes}
        async with world(folder, server.url(name), nursery, seed=seed, processes=processes, hosts=hosts) as here:
            to_sink.leads_to("127.0.0.1", here.sink_port)
            nemesis = Nemesis(here, chance, to_sink, server, to_server)
            return await _rounds(f"PostgreSQL, {len(processes)} processes", here, nemesis, seconds)


async def _rounds(where: str, here: World, nemesis: Nemesis, seconds: float) -> int:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    violations: list[Violation] = []
    while loop.time() < end and not violations:
        await nemesis.rage(min(_ROUND, end - loop.time()))
        violations = await here.verdict()
    _print(where, here, nemesis, violations)
    return len(violations)


def _print(where: str, here: World, nemesis: Nemesis, violations: list[Violation]) -> None:
    sent, kinds = here.sender.sent, Counter(each.kind for each in violations)
    acknowledged = len({each.key for each in sent if each.answer is Answer.ACKNOWLEDGED})
    print(f"\n{where}")
    print(f"  webhooks          {len({each.key for each in sent})} in {len(sent)} tries, {acknowledged} acknowledged")
    print(f"  vendor effects    {sum(each.effect for each in here.sink.ledger)} in {len(here.sink.ledger)} requests")
    print(f"  processes ended   {here.house.deaths}")
    print("  faults            " + ", ".join(f"{name} {count}" for name, count in sorted(nemesis.done.items())))
    print(f"  slowest recovery  {nemesis.slowest:.1f} s until new webhooks were acknowledged")
    print("  violations        " + ", ".join(f"{kind} {kinds[kind]}" for kind in Kind))
    for each in violations[:20]:
        print(f"    {each.kind}: {each.what}")


def main(minutes: float, seed: int) -> int:
    print(f"seed {seed}", flush=True)
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # answers that the books break off are meant
    half = minutes * 30
    with (
        tempfile.TemporaryDirectory(prefix="hub-soak-") as folder,
        midwife.nursery() as nursery,
        postgres.running() as server,
    ):
        for name in ("several", "alone"):
            (Path(folder) / name).mkdir()
        found = asyncio.run(_postgresql(nursery, Path(folder) / "several", half, seed, server))
        found += asyncio.run(_sqlite(nursery, Path(folder) / "alone", half, seed))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(10**6)))
