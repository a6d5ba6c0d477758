"""One message for each occasion: what is not said yet is sent, as the templates say it now."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from connectors.messages.occasions import Occasion
from connectors.messages.templates import Faulty
from hub.connector import OrderView
from hub.domain.commands import Command, Mismatch


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage(Command):
    """The common part of a message. Until it is sent, a newer rendering takes its place; then nothing does."""

    action: ClassVar[str] = "send_message"
    once: ClassVar[bool] = True

    order: str
    reached_at: datetime  # the occasion
    to: str
    text: str


Compose = Callable[[OrderView, Occasion], SendMessage | Mismatch]
"""Renders one message. May raise `Faulty`."""


def context(view: OrderView, occasion: Occasion) -> dict[str, Any]:
    """What templates may use."""
    return {
        "order": view.order,
        "customer": view.customer,
        "shop": view.settings.shop_name,
        "occasion": occasion.kind.value,
        **occasion.about,
    }


def messages(view: OrderView, occasions: Iterable[Occasion], compose: Compose) -> Iterator[SendMessage | Mismatch]:
    """Those that are due and were not sent."""
    if view.order.test and not view.settings.test_orders:
        return
    for occasion in occasions:
        due = occasion.kind in view.settings.occasions and occasion.at >= view.settings.start
        if due and not occasion.is_told(view):
            yield _composed(view, occasion, compose)


def preview(view: OrderView, wanted: str, occasions: Iterable[Occasion], compose: Compose) -> SendMessage | Mismatch:
    """The message of an occasion, by its key or (the first one) its kind."""
    found = list(occasions)
    for occasion in found:
        if wanted in (occasion.key, occasion.kind.value):
            return _composed(view, occasion, compose)
    there = ", ".join(occasion.key for occasion in found) or "none"
    return Mismatch(about=f"occasion {wanted}", expected="one that the order has reached", found=there)


def _composed(view: OrderView, occasion: Occasion, compose: Compose) -> SendMessage | Mismatch:
    try:
        return compose(view, occasion)
    except Faulty as fault:
        return Mismatch(about=f"message {occasion.key}", expected="a template that renders", found=str(fault))
