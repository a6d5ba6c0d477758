"""Which of the offered rates is taken. All that a rate costs counts, not only its postage."""

from connectors.shipengine.read import money
from connectors.shipengine.shapes import Rate, Rates
from connectors.shipping.rates import Offer, cheapest
from connectors.shipping.settings import CHEAPEST
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
    offers: list[Offer[Rate]] = []
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
        offers.append(Offer(price=price, rate=rate, id=rate.rate_id, name=rate.service_code, days=rate.delivery_days))
    words = [*unfit, *(error.message or "" for error in offered.errors or ())]
    return cheapest(offers, most, wanted=service, unfit=words, settle="`most` or `service`")
