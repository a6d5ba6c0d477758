"""Law 4 at full size: a running day, the hub killed again and again with SIGKILL, vendors' answers cut off after the
vendor had committed. At the end every system agrees: nothing was lost, and nothing happened twice.
"""

import asyncio
import contextlib
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from connectors.paypal.reversals import refund_reference
from hub.demo.agree import agree
from hub.demo.cast_site import free_port
from hub.demo.place import Place, hub_command, place
from hub.demo.run import Stage, play

CUTS = 12
# After a lost answer these wait for minutes before they look what became of it: the conformance kit cuts them off, with
# its own clock.
AT_HOME = ("mail", "sms", "team", "carrier_site")


class Victim:
    """A hub of one or several processes; again and again one of them is killed and started again."""

    def __init__(self, here: Place, http: httpx.AsyncClient, commands: list[list[str]], chance: random.Random) -> None:
        self.here, self.http, self.commands, self.chance = here, http, commands, chance
        self.kills = 0
        self._processes: list[asyncio.subprocess.Process] = []

    async def start(self) -> None:
        self._processes = [await self._run(command) for command in self.commands]

    async def _run(self, command: list[str]) -> asyncio.subprocess.Process:
        log = self.here.folder / "hub.log"
        with log.open("ab") as out:
            return await asyncio.create_subprocess_exec(*command, stdout=out, stderr=out)

    async def end(self) -> None:
        for process in self._processes:
            await _kill(process)

    async def suffer(self, kills: int) -> None:
        while self.kills < kills:
            await self._answers()
            # From the first breath on: in the middle of a start, of a commit, of a vendor's call.
            await asyncio.sleep(self.chance.uniform(0.0, 0.9))
            which = self.chance.randrange(len(self.commands))
            await _kill(self._processes[which])
            self.kills += 1
            self._processes[which] = await self._run(self.commands[which])

    async def _answers(self) -> None:
        for _ in range(600):
            with contextlib.suppress(httpx.HTTPError):
                if (await self.http.get(f"{self.here.hub}/healthz")).is_success:
                    return
            await asyncio.sleep(0.05)
        raise AssertionError("the hub did not come back")


async def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)
    await process.wait()


@contextlib.asynccontextmanager
async def cutting(victim: Victim, chance: random.Random) -> AsyncIterator[None]:
    """Now and then a vendor does the work and the answer never comes."""
    here, http = victim.here, victim.http

    async def cut() -> None:
        # Not for ever: a command that is cut off time and again waits ever longer, as it should.
        for _ in range(CUTS):
            await asyncio.sleep(1.5)
            name = chance.choice(sorted(here.connections))
            await http.post(f"{here.sandbox(name)}/_sandbox/faults", json={"drop_replies": 1})

    task = asyncio.create_task(cut())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for name in here.connections:
            await http.post(f"{here.sandbox(name)}/_sandbox/faults", json={"drop_replies": 0})


@pytest.mark.parametrize(("kills", "orders"), [(8, 20), pytest.param(26, 40, marks=pytest.mark.nightly)])
async def test_a_day_of_kills_loses_nothing_and_doubles_nothing(
    database_url: str, tmp_path: Path, kills: int, orders: int
) -> None:
    chance = random.Random(7)
    limits = httpx.Limits(max_connections=40)
    async with (
        place(tmp_path / "demo", free_port(), database_url, without=AT_HOME) as here,
        httpx.AsyncClient(timeout=30, limits=limits, trust_env=False) as http,
    ):
        commands = [hub_command(here.folder)]
        if database_url.startswith("postgresql"):  # an API and two workers
            commands = [hub_command(here.folder, "serve", "--no-worker"), *[hub_command(here.folder, "worker")] * 2]
        victim = Victim(here, http, commands, chance)
        await victim.start()
        suffering = asyncio.create_task(victim.suffer(kills))
        seen: list[Stage] = []

        async def unhurt(stage: Stage) -> None:
            """The day's last part waits until the last kill is done."""
            seen.append(stage)
            if stage is Stage.SUPPORT:
                await suffering

        try:
            async with cutting(victim, chance):
                verdict = await play(here, http, orders, Console(quiet=True), before=unhurt)
            books = await here.state(http, "books")
            verdict = await agree(here, http)
        finally:
            suffering.cancel()
            await asyncio.gather(suffering, return_exceptions=True)
            await victim.end()

    assert victim.kills == kills
    assert verdict.faults == []
    assert max(Counter(each["DisplayName"] for each in books["customers"]).values()) == 1


@pytest.mark.parametrize("name", ["orders", "payments", "wallet"])
def test_the_checker_sees_a_planted_fault(name: str) -> None:
    """`agree` itself can fail: an invoice too many, a charge that the hub does not know, a refund carried out twice."""
    from hub.demo.agree import books_agree, stripe_agrees
    from hub.demo.agree_site import wallet_agrees
    from hub.demo.verdict import Verdict

    verdict = Verdict()
    order = {
        "id": "ord_1", "channel": "shop_eu", "number": "#1", "stage": "PAID", "currencyCode": "EUR",
        "total": {"amount": "10.00"}, "captured": {"amount": "10.00"}, "refunded": {"amount": "0.00"},
        "holds": [], "refundRequests": [], "invoices": [],
        "sources": [{"connection": "payments", "kind": "PAYMENT", "externalId": "pi_1"}],
    }  # fmt: skip
    if name == "payments":
        charge = {
            "id": "ch",
            "payment_intent": "pi_1",
            "captured": True,
            "status": "succeeded",
            "amount_captured": 2000,
        }
        stripe_agrees(verdict, {"refund": [], "charge": [charge]}, [order])
    elif name == "wallet":
        custom = refund_reference(f"ord_{'1' * 26}", "int_1", "cmd_1")
        half = {"capture": "c1", "amount": {"value": "5.00", "currency_code": "USD"}, "custom_id": custom}
        capture = {"id": "c1", "status": "COMPLETED", "amount": {"value": "10.00", "currency_code": "USD"}}
        given = order | {
            "currencyCode": "USD", "refunded": {"amount": "10.00"}, "refundRequests": [{"id": "int_1", "isDone": True}],
            "sources": [{"connection": "wallet", "kind": "PAYMENT", "externalId": "captures/c1"}],
        }  # fmt: skip
        wallet_agrees(verdict, {"captures": [capture], "refunds": [half, half]}, [given])
    else:
        twice = {"TotalAmt": "10.00", "Balance": "0", "PrivateNote": "[orderhub ord_1 cmd_1]"}
        state = {"reused_refresh_tokens": 0, "customers": [], "payments": [], "credit_memos": []}
        books_agree(verdict, state | {"invoices": [twice | {"Id": "1"}, twice | {"Id": "2"}]}, [order])

    assert len(verdict.faults) == 1
