"""What the settings want done for an order. Looks at states: what is done, by our own records, is not asked again."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.http_api.commands import Ask
from connectors.http_api.language import Unfit
from connectors.http_api.pushes import PushSettings
from connectors.http_api.settings import HttpSettings
from connectors.http_api.view import plain, root_of
from hub.connector import OrderView
from hub.domain.commands import Mismatch

_LISTS = {"payment": "payments", "refund": "refunds", "shipment": "shipments"}


@dataclass(frozen=True, slots=True)
class Planner:
    commands: Mapping[str, type[Ask]]  # by the push's name

    def __call__(self, view: OrderView) -> Iterable[Ask | Mismatch]:
        settings: HttpSettings = view.settings
        if not view.order.is_sale or (view.order.test and not settings.test):
            return
        root = root_of(view)
        for push in settings.push:
            yield from self._of(view, push, root)

    def _of(self, view: OrderView, push: PushSettings, root: dict[str, Any]) -> Iterator[Ask | Mismatch]:
        for item_id, given in _items(view, push, root):
            try:
                if push.condition(given) is not True or _is_done(view, push, item_id, given):
                    continue
                yield self.commands[push.name](
                    target=item_id,
                    reference=item_id or view.order.id,
                    path=push.target(given),
                    body=push.content(given),
                    find=push.search(given) if push.search is not None else "",
                )
            except Unfit as fault:
                yield Mismatch(about=f"push {push.name}", expected="something to send", found=str(fault)[:500])


def _items(view: OrderView, push: PushSettings, root: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if push.per == "order":
        yield "", root
        return
    for each in getattr(view.order, _LISTS[push.per]):
        yield each.id, root | {push.per: plain(each)}


def _is_done(view: OrderView, push: PushSettings, item_id: str, given: Any) -> bool:
    """In the settings' own words; without them: once a record of the kind that the reply is stands with the order, and
    claims the payment, refund or shipment where it is about one."""
    if push.done is not None:
        return push.done(given) is True
    settings: HttpSettings = view.settings
    kind = settings.record_of(push.answer or push.receipt)
    return any(record.kind is kind and (not item_id or item_id in record.claims) for record in view.said)
