"""Our own transport on both event loops: the one of production and the one of Python."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import uvloop

from hub.transport.inner import tls
from hub.transport.wire import Wire


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.SelectorEventLoop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    one = Wire(tls)
    yield one
    await one.aclose()
