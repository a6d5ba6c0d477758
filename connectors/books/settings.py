"""Keys that every connection with books has."""

from datetime import date
from typing import Literal

from hub.connector import ConnectionSettings
from hub.options import Currency, Zone


class BookSettings(ConnectionSettings):
    invoice: Literal["when_paid", "when_placed"] = "when_paid"
    from_date: date | None = None  # sales before this day are not booked
    timezone: Zone = "UTC"  # the books' own: which day a sale belongs to
    currency: Currency = "USD"  # the books' home currency
