"""How much is done in one run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    rounds: int  # of each measure but the first seed; medians of them are shown
    webhooks: int  # at the door, in one round …
    warm: int  # … after so many that are not counted
    senders: int  # connections that send at the same time
    flow_orders: int  # sold and paid in one round
    seed_orders: int  # in the database that pages are read from and that is rebuilt
    pages: int  # read in one round


FULL = Sizes(rounds=3, webhooks=6_000, warm=500, senders=16, flow_orders=150, seed_orders=10_000, pages=60)
QUICK = Sizes(rounds=1, webhooks=1_500, warm=200, senders=16, flow_orders=40, seed_orders=1_000, pages=30)
