"""One vendor's stand-in as a process of its own, with the vendor's own call limits lifted: the hub is measured, not
the waiting that a vendor asks for.

    python -m bench.vendor shopify|stripe|quickbooks
"""

import asyncio
import sys
from collections.abc import Callable, Mapping

import uvloop

from bench.bare import SECRET
from connectors.quickbooks.sandbox import QuickBooksSandbox
from connectors.shopify.sandbox import ShopifySandbox
from connectors.stripe.sandbox import StripeSandbox
from hub.front import bind, serve, stopping_on_signals
from hub.sandbox import Sandbox

SHOP = "bench.myshopify.com"
_MANY = 1_000_000_000

VENDORS: Mapping[str, Callable[[], Sandbox]] = {
    "shopify": lambda: ShopifySandbox(secret=SECRET, shop=SHOP, currency="USD", points=_MANY, points_per_second=_MANY),
    "stripe": lambda: StripeSandbox(secret=SECRET, calls_per_second=0),
    "quickbooks": lambda: QuickBooksSandbox(secret=SECRET, per_minute=_MANY),
}


async def main(vendor: str) -> None:
    stop, listening = asyncio.Event(), bind("127.0.0.1", 0)
    shown = f"http://127.0.0.1:{listening.getsockname()[1]}"

    def ready() -> None:
        print(f"Ready: {shown}", file=sys.stderr, flush=True)

    with stopping_on_signals(stop):
        await serve(VENDORS[vendor](), listening, stop=stop, ready=ready)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
