"""Which of the offered rates is bought."""

from itertools import chain

import msgspec

from connectors.easypost.settings import EasyPostSettings
from connectors.easypost.shapes import Message, Rate
from connectors.shipping.rates import Offer, cheapest
from connectors.shipping.settings import CHEAPEST
from hub.domain.money import Money


def choose(rates: list[Rate], messages: list[Message], settings: EasyPostSettings) -> Rate:
    """The cheapest one of the carrier and service that are wanted. `Refused`, in words for who has to decide then."""
    offers: list[Offer[Rate]] = []
    unfit: list[str] = []
    for rate in rates:
        if settings.service not in (CHEAPEST, rate.service) or settings.carrier not in ("", rate.carrier):
            continue
        name = f"{rate.carrier} {rate.service}"
        try:
            price = Money.parse(rate.rate or "", rate.currency or "")
        except ValueError as fault:
            unfit.append(f"{name}: {fault}")
            continue
        offers.append(Offer(price=price, rate=rate, id=rate.id, name=name, days=rate.delivery_days))
    return cheapest(
        offers,
        settings.most,
        wanted=f"{settings.carrier} {settings.service}".strip(),
        unfit=chain(unfit, map(_words, messages)),
        settle="`most`, or `carrier` and `service`",
    )


def _words(message: Message) -> str:
    said = msgspec.json.decode(message.message)
    return f"{message.carrier or 'a carrier'}: {said if isinstance(said, str) else msgspec.json.encode(said).decode()}"
