"""Which of the offered rates is bought, once a connector has picked those of the service that is wanted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from hub.domain.errors import Refused
from hub.domain.money import Money

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(Generic[R]):
    price: Money
    rate: R
    id: str
    name: str
    days: int | None


def cheapest(offers: Sequence[Offer[R]], most: Money | None, *, wanted: str, unfit: Iterable[str], settle: str) -> R:
    """Raises `Refused`, in words for who has to decide then.

    `unfit`: why there are no more offers, looked at only where there is none. `settle`: the settings that would leave
    one currency.
    """
    if not offers:
        raise Refused(f"no rate for {wanted}: {'; '.join(word for word in unfit if word) or 'none was offered'}"[:500])
    if most is not None:
        offers = [offer for offer in offers if offer.price.currency == most.currency]
        if not offers:
            raise Refused(f"no rate in {most.currency}, in which the limit is, for {wanted}")
    currencies = sorted({offer.price.currency for offer in offers})
    if len(currencies) > 1:
        raise Refused(f"rates in {' and '.join(currencies)} cannot be compared: set {settle}")
    best = min(offers, key=lambda offer: (offer.price.minor, offer.days or 999, offer.id))
    if most is not None and most < best.price:
        raise Refused(f"the cheapest rate is {best.price} ({best.name}), the limit {most}")
    return best.rate
