"""What `[connections.<id>]` of a ShipEngine (ShipStation API) account holds."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from hub.connector import ConnectionSettings, Duration, Headers, Limits, Way
from hub.domain.money import Money
from hub.options import Url

HOME = "https://api.shipengine.com"
CHEAPEST = "cheapest"
_TEST_KEY = "TEST_"  # docs.shipstation.com, "Sandbox": keys of the sandbox environment begin so

# "Usage & Rate Limits": 200 requests a minute, 20 in the sandbox environment. The deadline leaves a carrier time to
# make a label: what is cut off here has to be looked up before anything else.
_DEADLINE = timedelta(seconds=60)


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
    name: Annotated[str, Field(min_length=1)]
    company: str = ""
    phone: Annotated[str, Field(min_length=1)]  # the vendor requires one of the sender
    line1: Annotated[str, Field(min_length=1)]
    line2: str = ""
    city: Annotated[str, Field(min_length=1)]
    region: str = ""
    postal_code: Annotated[str, Field(min_length=1)]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Parcel(_Part):
    """What a parcel weighs and measures: orders tell neither."""

    weight_per_unit: Annotated[Decimal, Field(gt=0)] = Decimal(500)
    weight_at_least: Annotated[Decimal, Field(gt=0)] = Decimal(100)
    weight_unit: Literal["gram", "kilogram", "ounce", "pound"] = "gram"
    length: Annotated[Decimal, Field(gt=0)] | None = None
    width: Annotated[Decimal, Field(gt=0)] | None = None
    height: Annotated[Decimal, Field(gt=0)] | None = None
    dimension_unit: Literal["inch", "centimeter"] = "centimeter"
    package_code: Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")] = "package"

    @model_validator(mode="after")
    def _all_or_none(self) -> Self:
        if len({side is None for side in (self.length, self.width, self.height)}) > 1:
            raise ValueError("length, width and height go together")
        return self


class ShipEngineSettings(ConnectionSettings):
    api_key: SecretStr
    base_url: Url = HOME

    buy_labels: Literal["never", "when_ready"] = "never"
    carriers: tuple[Annotated[str, Field(pattern=r"^se(-[a-z0-9]+)+$", max_length=25)], ...] = ()  # accounts to ask
    service: Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")] = CHEAPEST  # or the one wanted: usps_ground…
    most: Annotated[Money, BeforeValidator(_money)] | None = None  # for one label: "25.00 USD"
    ship_from: ShipFrom | None = None
    parcel: Parcel = Parcel()
    label_format: Literal["pdf", "png", "zpl"] = "pdf"
    return_labels: bool = False  # one for an order whose goods have left, once a refund is asked for

    track_every: Duration = timedelta(hours=1)  # how often parcels under way are asked for, beside the webhooks
    track_for: Duration = timedelta(days=45)  # and for how long after their label was made

    @model_validator(mode="after")
    def _can_buy(self) -> Self:
        if self.buy_labels != "never":
            missing = [name for name in ("carriers", "ship_from") if not getattr(self, name)]
            if missing:
                raise ValueError(f"buy_labels needs {' and '.join(missing)}")
        return self

    @property
    def is_test(self) -> bool:
        return self.api_key.get_secret_value().startswith(_TEST_KEY)


def way(settings: ShipEngineSettings) -> Way:
    return Way(
        base_url=settings.base_url,
        auth=Headers(headers={"API-Key": settings.api_key.get_secret_value()}),
        limits=Limits(
            requests=20 if settings.is_test else 200, per=timedelta(minutes=1), at_once=4, deadline=_DEADLINE
        ),
    )
