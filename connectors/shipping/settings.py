"""Parts of the settings that every connection with labels has."""

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from hub.domain.money import Money
from hub.domain.records import Address

CHEAPEST = "cheapest"  # the service, where none is wanted


def _money(value: Any) -> Any:
    if isinstance(value, Money):
        return value
    amount, _, currency = str(value).partition(" ")
    money = Money.parse(amount, currency)
    if money.minor <= 0:
        raise ValueError("more than nothing is expected")
    return money


Text = Annotated[str, Field(min_length=1)]
Positive = Annotated[Decimal, Field(gt=0)]
Limit = Annotated[Money, BeforeValidator(_money)]  # for one label: "25.00 USD"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ShipFrom(_Part):
    name: Text
    company: str = ""
    phone: str = ""
    line1: Text
    line2: str = ""
    city: Text
    region: str = ""
    postal_code: Text
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]

    @property
    def address(self) -> Address:
        return Address(**self.model_dump())


class Parcel(_Part):
    """What a parcel weighs and measures, in the units of its connector: orders tell neither."""

    weight_per_unit: Positive
    weight_at_least: Positive
    length: Positive | None = None
    width: Positive | None = None
    height: Positive | None = None

    @model_validator(mode="after")
    def _all_or_none(self) -> Self:
        if len({side is None for side in self.sides.values()}) > 1:
            raise ValueError("length, width and height go together")
        return self

    @property
    def sides(self) -> dict[str, Decimal | None]:
        return {"length": self.length, "width": self.width, "height": self.height}
