"""Acknowledged webhooks per second, against a handler that does no more than any door must."""

import contextlib
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

from bench.bare import SECRET
from bench.ground import Ground, Kind, ready
from bench.numbers import Figures, medians, paired
from bench.processes import HUB, Child, child, sent
from bench.requests import raw
from bench.sizes import Sizes
from connectors.stripe.sandbox import StripeSandbox

PATH = "/webhooks/payments"
_number = count(1)


def webhooks(amount: int) -> list[bytes]:
    """Signed now, each with an event id of its own; about 2.4 KB with the head."""
    stripe = StripeSandbox(secret=SECRET)
    stripe.pay(5500, "usd", email="ada@example.com", name="Ada Example", metadata={"order_id": "1001"})
    (charge,) = [each for each in stripe.deliveries if each.kind == "charge.succeeded"]
    head, _, tail = charge.body.partition(b'"id": "')
    _, _, tail = tail.partition(b'"')
    bodies = [b'%b"id": "evt_bench%012d"%b' % (head, next(_number), tail) for _ in range(amount)]
    return [raw(PATH, stripe.signed(body), body) for body in bodies]


async def door(ground: Ground, kinds: Sequence[Kind], sizes: Sizes) -> dict[str, Any]:
    """By database: the hub, the bare handler, their ratios. `nothing`: the bare one that keeps nothing."""
    rounds: dict[str, list[Figures]] = {}
    async with contextlib.AsyncExitStack() as stack:
        doors = {"nothing": await stack.enter_async_context(_bare(ground.folder, "none"))}
        for kind in kinds:
            url = stack.enter_context(ground.empty(kind))
            await (await ready(url)).close()
            doors[f"{kind} hub"] = await stack.enter_async_context(_hub(ground, kind, url))
            bare = stack.enter_context(ground.empty(kind))
            doors[f"{kind} bare"] = await stack.enter_async_context(_bare(ground.folder, bare))
        for turn in range(sizes.door_rounds):
            # Back and forth, so that none of them always comes after the same other one.
            for name in list(doors)[:: -1 if turn % 2 else 1]:
                rounds.setdefault(name, []).append(await _round(doors[name], ground.folder, sizes))
    return {kind: _compared(rounds[f"{kind} hub"], rounds[f"{kind} bare"], rounds["nothing"]) for kind in kinds}


def _compared(hub: Sequence[Figures], bare: Sequence[Figures], nothing: Sequence[Figures]) -> dict[str, Any]:
    return {
        "hub": medians(hub),
        "bare": medians(bare),
        "nothing": medians(nothing),
        "ratio": paired(hub, bare, "per_second"),
        "p99_ratio": paired(hub, bare, "p99_ms"),
        "nothing_ratio": paired(hub, nothing, "per_second"),
    }


async def _round(to: Child, folder: Path, sizes: Sizes) -> Figures:
    requests = webhooks(sizes.warm + sizes.webhooks)
    before = to.cpu_seconds()
    found = await sent(to, requests, folder, senders=sizes.senders, warm=sizes.warm)
    found["cpu_ms"] = (to.cpu_seconds() - before) * 1000 / len(requests)
    del found["started_at"]
    return found


def _hub(ground: Ground, kind: Kind, url: str) -> contextlib.AbstractAsyncContextManager[Child]:
    file = ground.settings(url)
    return child(ground.folder / f"door-{kind}.log", (*HUB, "serve", "--no-worker", "-c", str(file)))


def _bare(folder: Path, url: str) -> contextlib.AbstractAsyncContextManager[Child]:
    return child(folder / f"bare-{url.partition(':')[0]}.log", (sys.executable, "-m", "bench.bare", url))
