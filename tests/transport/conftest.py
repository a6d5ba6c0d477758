"""A way out with a memory for tokens, and clocks that only a test moves."""

from collections.abc import AsyncIterator

import pytest

from hub.transport.client import WayOut
from hub.transport.passage import Call
from tests.conftest import Time
from tests.transport.vendor import Memory


class Ticks:
    """Seconds that only a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def calls() -> list[Call]:
    return []


@pytest.fixture
async def out(time: Time, ticks: Ticks, calls: list[Call]) -> AsyncIterator[WayOut]:
    way = WayOut(Memory(), time, ticks=ticks, watch=calls.append)
    yield way
    await way.aclose()
