"""Two sets of books share the work: each plans for the sales of its own channels only."""

from dataclasses import replace

from hub.connector import ConnectionSettings
from hub.decide.fold import fold_order
from hub.decide.identity import partition
from hub.pipeline.plan import wanted_of
from hub.pipeline.registry import Connection
from tests.building import order, payment
from tests.toy.parcelboy import CONNECTOR, Settings


def labels(*channels: str) -> int:
    records = [order(connection="shop_eu", claims=("stripe/pi_1",)), payment()]
    (group,) = partition(records)
    settings: ConnectionSettings = Settings.model_validate(
        {"connector": "parcelboy", "token": "t", "channels": channels}
    )
    known = Connection(id="carrier", connector=replace(CONNECTOR), settings=settings, settings_digest="1")
    return len(wanted_of(known, fold_order(group), records, None, []).commands)


def test_a_connection_plans_for_its_own_channels_or_for_all() -> None:
    assert labels() == labels("shop_eu") == labels("shop_us", "shop_eu") == 1
    assert labels("shop_us") == 0
