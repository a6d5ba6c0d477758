"""The keys of an EasyPost connection in `hub.toml`, and the way to the account."""

import base64
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from hub.connector import ConnectionSettings, Duration, Headers, Limits, Way
from hub.domain.money import Money
from hub.options import Url

CHEAPEST = "cheapest"

# EasyPost names no number ("dynamic"): a modest pace, and a 429 is waited out. The deadline leaves carriers time to
# rate a parcel or to make a label: what is cut off here has to be looked up before anything else.
_CALLS_PER_SECOND = 5
_DEADLINE = timedelta(seconds=60)

_Text = Annotated[str, Field(min_length=1)]
_Positive = Annotated[Decimal, Field(gt=0, max_digits=10, decimal_places=3)]


def _money(value: Any) -> Any:
    if isinstance(value, Money):
        return value
    amount, _, currency = str(value).partition(" ")
    money = Money.parse(amount, currency)
    if money.minor <= 0:
        raise ValueError("more than nothing is expected")
    return money


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ShipFrom(_Part):
    name: _Text
    company: str = ""
    phone: str = ""
    line1: _Text
    line2: str = ""
    city: _Text
    region: str = ""
    postal_code: _Text
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Parcel(_Part):
    """What a parcel weighs (ounces) and measures (inches), EasyPost's only units: orders tell neither."""

    weight_per_unit: _Positive = Decimal(16)
    weight_at_least: _Positive = Decimal(4)
    length: _Positive | None = None
    width: _Positive | None = None
    height: _Positive | None = None

    @model_validator(mode="after")
    def _all_or_none(self) -> Self:
        if len({side is None for side in (self.length, self.width, self.height)}) > 1:
            raise ValueError("length, width and height go together")
        return self


class EasyPostSettings(ConnectionSettings):
    api_key: SecretStr
    mode: Literal["production", "test"] = "production"  # which the key is of; what is told of the other is ignored
    base_url: Url = "https://api.easypost.com/v2"

    buy_labels: Literal["never", "when_ready"] = "never"
    carrier: str = ""  # as EasyPost spells it: USPS, UPSDAP…; empty: any
    service: _Text = CHEAPEST  # or the one wanted, as EasyPost spells it: GroundAdvantage, Priority…
    most: Annotated[Money, BeforeValidator(_money)] | None = None  # for one label: "25.00 USD"
    ship_from: ShipFrom | None = None
    parcel: Parcel = Parcel()
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
    limits = Limits(requests=_CALLS_PER_SECOND, at_once=4, deadline=_DEADLINE)
    if settings.rate_limit:
        limits = Limits(
            requests=settings.rate_limit.requests, per=settings.rate_limit.per, at_once=4, deadline=_DEADLINE
        )
    return Way(
        base_url=settings.base_url, auth=Headers(headers={"Authorization": f"Basic {credentials}"}), limits=limits
    )
