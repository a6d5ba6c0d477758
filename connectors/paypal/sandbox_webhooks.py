"""The stand-in's webhook subscriptions and the events that were sent to them."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field

from connectors.paypal.kinds import SUBSCRIBED
from connectors.paypal.sandbox_ledger import ApiError, Ledger, Thing, missing
from hub.domain.clock import rfc3339


@dataclass(eq=False)
class Webhooks:
    """`first` is the id of the subscription that there is at the beginning, at `url`."""

    ledger: Callable[[], Ledger]
    first: str
    url: str
    hooks: dict[str, Thing] = field(default_factory=dict)
    events: list[Thing] = field(default_factory=list)  # oldest first; PayPal has none of what nobody subscribed to

    def __post_init__(self) -> None:
        self.hooks[self.first] = {"id": self.first, "url": self.url, "event_types": _types(SUBSCRIBED)}

    def shown(self) -> list[Thing]:
        return [
            {**hook, "event_types": [{**each, "status": "ENABLED"} for each in hook["event_types"]]}
            for hook in self.hooks.values()
        ]

    def create(self, given: Thing) -> Thing:
        if any(hook["url"] == given["url"] for hook in self.hooks.values()):
            raise ApiError(400, "WEBHOOK_URL_ALREADY_EXISTS", "Webhook URL already exists")
        hook = {"id": self.ledger().new_id(), "url": given["url"], "event_types": given["event_types"]}
        self.hooks[hook["id"]] = hook
        return hook

    def patch(self, external_id: str, changes: list[Thing]) -> Thing:
        if external_id not in self.hooks:
            raise missing()
        hook = self.hooks[external_id]
        for change in changes:
            if change["op"] != "replace" or change["path"] not in ("/url", "/event_types"):
                raise ApiError(400, "WEBHOOK_PATCH_REQUEST_INVALID", "Only replace of url and event_types is supported")
            hook[change["path"][1:]] = change["value"]
        return hook

    def told(self, kind: str, resource_type: str, resource: Thing, base: str) -> tuple[Thing, list[str]]:
        """The event, kept if anybody subscribed to it, and the ids of those subscriptions."""
        ledger = self.ledger()
        number = f"WH-{ledger.new_id()}-{ledger.new_id()}"
        event: Thing = {
            "id": number,
            "event_version": "1.0",
            "create_time": rfc3339(ledger.now()),
            "resource_type": resource_type,
            "resource_version": "2.0",
            "event_type": kind,
            "summary": kind.replace(".", " ").lower(),
            "resource": deepcopy(resource),
            "links": [{"href": f"{base}/v1/notifications/webhooks-events/{number}", "rel": "self", "method": "GET"}],
        }
        to = [
            hook["id"] for hook in self.hooks.values() if {kind, "*"} & {each["name"] for each in hook["event_types"]}
        ]
        if to:
            self.events.append(event)
        return event, to


def _types(names: tuple[str, ...]) -> list[Thing]:
    return [{"name": name} for name in names]
