from collections.abc import AsyncIterator

import pytest

from hub.store.database import Database
from tests.conftest import Time
from tests.small_hub import SmallHub
from tests.toy.parcelboy import CONNECTOR, Settings
from tests.toy.sandbox import ParcelboySandbox


@pytest.fixture
def parcelboy(time: Time) -> ParcelboySandbox:
    return ParcelboySandbox(secret="whsec", now=time)


@pytest.fixture
async def house(db: Database, time: Time, parcelboy: ParcelboySandbox) -> AsyncIterator[SmallHub]:
    """A hub with one carrier; tests tell it of sales and payments as records."""
    settings = Settings.model_validate(
        {"connector": "parcelboy", "token": "t", "webhook": {"secrets": ["whsec"]}, "base_url": "http://parcelboy.test"}
    )
    house = SmallHub(db, time, {"carrier": (CONNECTOR, settings, parcelboy)})
    await house.open()
    yield house
    await house.close()
