"""Which of the offered rates is bought."""

import msgspec

from connectors.easypost.settings import CHEAPEST, EasyPostSettings
from connectors.easypost.shapes import Message, Rate
from hub.domain.errors import Refused
from hub.domain.money import Money


def choose(rates: list[Rate], messages: list[Message], settings: EasyPostSettings) -> Rate:
    """The cheapest one of the carrier and service that are wanted. `Refused`, in words for who has to decide then."""
    wanted: list[tuple[Money, Rate]] = []
    unfit: list[str] = []
    for rate in rates:
        if settings.service not in (CHEAPEST, rate.service) or settings.carrier not in ("", rate.carrier):
            continue
        try:
            wanted.append((Money.parse(rate.rate or "", rate.currency or ""), rate))
        except ValueError as fault:
            unfit.append(f"{rate.carrier} {rate.service}: {fault}")
    name = f"{settings.carrier} {settings.service}".strip()
    if not wanted:
        words = "; ".join([*unfit, *map(_words, messages)]) or "none was offered"
        raise Refused(f"no rate for {name}: {words}"[:500])
    if (most := settings.most) is not None:
        wanted = [(price, rate) for price, rate in wanted if price.currency == most.currency]
        if not wanted:
            raise Refused(f"no rate for {name} in {most.currency}, in which the limit is")
    currencies = sorted({price.currency for price, _ in wanted})
    if len(currencies) > 1:
        raise Refused(f"rates in {' and '.join(currencies)} cannot be compared: set `most`, or `carrier` and `service`")
    price, rate = min(wanted, key=lambda each: (each[0].minor, each[1].delivery_days or 999, each[1].id))
    if most is not None and most < price:
        raise Refused(f"the cheapest rate is {price} ({rate.carrier} {rate.service}), the limit {most}")
    return rate


def _words(message: Message) -> str:
    said = msgspec.json.decode(message.message)
    return f"{message.carrier or 'a carrier'}: {said if isinstance(said, str) else msgspec.json.encode(said).decode()}"
