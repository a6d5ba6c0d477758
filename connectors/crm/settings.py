"""Keys that every connection to a CRM has."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from hub.connector import ConnectionSettings
from hub.options import Currency


class Stages(BaseModel):
    """The vendor's stages, by how far an order has come. The defaults are the vendor's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    received: str
    paid: str
    shipped: str
    completed: str
    cancelled: str
    refunded: str

    @property
    def all(self) -> frozenset[str]:
        return frozenset((self.received, self.paid, self.shipped, self.completed, self.cancelled, self.refunded))


class CrmSettings(ConnectionSettings):
    currency: Currency = "USD"  # the account's own currency
    multicurrency: bool = False  # further currencies are set up in the account
    stages: Stages
    from_date: date | None = None  # sales before this day (UTC) are not told
    test_orders: bool = False  # tell of test orders as well: for a test account
    deals: Literal["ours", "all"] = "ours"  # read deals that do not come from an order of ours, too
