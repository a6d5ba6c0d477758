"""Which of the offered rates is taken. All that a rate costs counts, not only its postage."""

from connectors.shipengine.read import money
from connectors.shipengine.settings import CHEAPEST
from connectors.shipengine.shapes import Rate, Rates
from hub.domain.errors import Refused
from hub.domain.money import Money


def cost(rate: Rate) -> Money:
    """Raises `ValueError` where it cannot be told exactly."""
    total = money(rate.shipping_amount)
    for part in (rate.insurance_amount, rate.confirmation_amount, rate.other_amount, rate.tax_amount):
        if part is not None and part.amount:
            total += money(part)
    return total


def choose(offered: Rates, service: str, most: Money | None) -> Rate:
    """The cheapest one of the service that is wanted. Raises `Refused`, in words for who has to decide then."""
    wanted: list[tuple[Money, Rate]] = []
    unfit: list[str] = []
    for rate in offered.rates:
        if service not in (CHEAPEST, rate.service_code):
            continue
        if rate.validation_status == "invalid" or rate.error_messages:
            unfit.append(f"{rate.service_code}: {'; '.join(rate.error_messages or ()) or 'invalid'}")
            continue
        try:
            price = cost(rate)
        except ValueError as fault:
            unfit.append(f"{rate.service_code}: {fault}")
            continue
        wanted.append((price, rate))
    if not wanted:
        words = [*unfit, *(error.message or "" for error in offered.errors or ())]
        raise Refused(f"no rate for {service}: {'; '.join(word for word in words if word) or 'none was offered'}"[:500])
    if most is not None:
        if all(price.currency != most.currency for price, _ in wanted):
            raise Refused(f"no rate in {most.currency}, in which the limit is")
        wanted = [(price, rate) for price, rate in wanted if price.currency == most.currency]
    currencies = sorted({price.currency for price, _ in wanted})
    if len(currencies) > 1:
        raise Refused(f"rates in {' and '.join(currencies)} cannot be compared: set `most` or `service`")
    price, rate = min(wanted, key=lambda each: (each[0].minor, each[1].delivery_days or 999, each[1].rate_id))
    if most is not None and most < price:
        raise Refused(f"the cheapest rate is {price} ({rate.service_code}), the limit {most}")
    return rate
