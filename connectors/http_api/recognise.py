"""What a file is, for `hub read`: by its name, or by the word in it that webhooks are known by."""

from collections.abc import Callable, Sequence

from connectors.http_api.inbound import events
from connectors.http_api.settings import HttpSettings
from hub.connector import Event, Incoming
from hub.domain.errors import Unreadable


def unconfigured(_name: str, _body: bytes) -> Sequence[Event]:
    raise Unreadable("what its bodies mean stands in the settings of a connection: name one with --connection")


def recogniser(settings: HttpSettings) -> Callable[[str, bytes], Sequence[Event]]:
    def recognise(name: str, body: bytes) -> Sequence[Event]:
        """`invoice.json` and `invoice.2.json` are an `invoice`; else a webhook's body says it."""
        kind = name.partition(".")[0]
        if kind in settings.read:
            return [Event(kind=kind, body=body)]
        if settings.webhook.scheme is None:
            return []
        return events(Incoming(method="POST", url="", headers={}, body=body), settings)

    return recognise
