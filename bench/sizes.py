"""How much is done in one run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    rounds: int  # of each measure that has no other number here; medians of them are shown
    door_rounds: int
    webhooks: int  # at the door, in one round …
    warm: int  # … after so many that are not counted
    senders: int  # connections that send at the same time
    calls: int  # out, in one round of each way
    quiet_events: int  # sent at a slow, steady pace
    idle_seconds: float  # that nothing happens
    worker_events: int  # in the inbox that one worker, and then two, empty
    grown: tuple[int, int]  # orders in the small database, and in the large one …
    grown_events: int  # … and events that are then worked off in each, in one round
    load_events: int  # worked off before memory is looked at again …
    burst: int  # … and webhooks that then come at once …
    burst_senders: int  # … from so many connections
    flow_orders: int  # sold and paid in one round
    seed_orders: int  # in the database that pages are read from and that is rebuilt
    pages: int  # read in one round


FULL = Sizes(
    rounds=3,
    door_rounds=5,
    webhooks=8_000,
    warm=500,
    senders=16,
    calls=3_000,
    quiet_events=400,
    idle_seconds=20,
    worker_events=2_000,
    grown=(10_000, 1_000_000),
    grown_events=1_000,
    load_events=2_000,
    burst=50_000,
    burst_senders=400,
    flow_orders=150,
    seed_orders=10_000,
    pages=60,
)
QUICK = Sizes(
    rounds=1,
    door_rounds=1,
    webhooks=1_500,
    warm=200,
    senders=16,
    calls=300,
    quiet_events=40,
    idle_seconds=2,
    worker_events=200,
    grown=(500, 2_000),
    grown_events=100,
    load_events=100,
    burst=2_000,
    burst_senders=100,
    flow_orders=40,
    seed_orders=1_000,
    pages=30,
)
