"""What `[connections.<id>]` of a ShipEngine (ShipStation API) account holds."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from connectors.shipping.settings import CHEAPEST, Limit, Parcel, Positive, ShipFrom, Text
from hub.connector import ConnectionSettings, Duration, Headers, Limits, Way
from hub.options import Url

HOME = "https://api.shipengine.com"
_TEST_KEY = "TEST_"  # docs.shipstation.com, "Sandbox": keys of the sandbox environment begin so

# "Usage & Rate Limits": 200 requests a minute, 20 in the sandbox environment. The deadline leaves a carrier time to
# make a label: what is cut off here has to be looked up before anything else.
_DEADLINE = timedelta(seconds=60)


class Sender(ShipFrom):
    phone: Text  # the vendor requires one of the sender


class Package(Parcel):
    weight_per_unit: Positive = Decimal(500)
    weight_at_least: Positive = Decimal(100)
    weight_unit: Literal["gram", "kilogram", "ounce", "pound"] = "gram"
    dimension_unit: Literal["inch", "centimeter"] = "centimeter"
    package_code: Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")] = "package"


class ShipEngineSettings(ConnectionSettings):
    api_key: SecretStr
    base_url: Url = HOME

    buy_labels: Literal["never", "when_ready"] = "never"
    carriers: tuple[Annotated[str, Field(pattern=r"^se(-[a-z0-9]+)+$", max_length=25)], ...] = ()  # accounts to ask
    service: Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")] = CHEAPEST  # or the one wanted: usps_ground…
    most: Limit | None = None
    ship_from: Sender | None = None
    parcel: Package = Package()
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
