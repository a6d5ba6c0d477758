"""The keys of an EasyPost connection in `hub.toml`, and the way to the account."""

import base64
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from connectors.shipping.settings import CHEAPEST, Limit, Parcel, Positive, ShipFrom, Text
from hub.connector import ConnectionSettings, Duration, Headers, Limits, Way
from hub.options import Url

# EasyPost names no number ("dynamic"): a modest pace, and a 429 is waited out. The deadline leaves carriers time to
# rate a parcel or to make a label: what is cut off here has to be looked up before anything else.
_CALLS_PER_SECOND = 5
_DEADLINE = timedelta(seconds=60)

_Measure = Annotated[Positive, Field(max_digits=10, decimal_places=3)]


class OuncesAndInches(Parcel):
    """EasyPost's only units."""

    weight_per_unit: _Measure = Decimal(16)
    weight_at_least: _Measure = Decimal(4)
    length: _Measure | None = None
    width: _Measure | None = None
    height: _Measure | None = None


class EasyPostSettings(ConnectionSettings):
    api_key: SecretStr
    mode: Literal["production", "test"] = "production"  # which the key is of; what is told of the other is ignored
    base_url: Url = "https://api.easypost.com/v2"

    buy_labels: Literal["never", "when_ready"] = "never"
    carrier: str = ""  # as EasyPost spells it: USPS, UPSDAP…; empty: any
    service: Text = CHEAPEST  # or the one wanted, as EasyPost spells it: GroundAdvantage, Priority…
    most: Limit | None = None
    ship_from: ShipFrom | None = None
    parcel: OuncesAndInches = OuncesAndInches()
    label_format: Literal["PNG", "PDF", "ZPL", "EPL2"] = "PDF"

    # Lists go by the time of creation, and parcels change long after it: so often, all of so many days are read again.
    review_every: Duration = timedelta(hours=6)
    review_for: Duration = timedelta(days=30)

    @model_validator(mode="after")
    def _can_buy(self) -> Self:
        if self.buy_labels != "never" and self.ship_from is None:
            raise ValueError("buy_labels needs ship_from")
        return self


def way(settings: EasyPostSettings) -> Way:
    """The key is the user name of Basic authentication, without a password (docs.easypost.com/docs/authentication)."""
    credentials = base64.b64encode(f"{settings.api_key.get_secret_value()}:".encode()).decode()
    return Way(
        base_url=settings.base_url,
        auth=Headers(headers={"Authorization": f"Basic {credentials}"}),
        limits=Limits(requests=_CALLS_PER_SECOND, at_once=4, deadline=_DEADLINE),
    )
