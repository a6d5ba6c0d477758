"""Commands of one connection: a class for each push of the settings, since a class is what a push is known by."""

from dataclasses import dataclass
from typing import Any

from connectors.http_api.pushes import PushSettings
from hub.domain.commands import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Command):
    """All that is sent, as it was when it was planned."""

    reference: str  # the id of the order, or of the payment, refund or shipment that it is about
    path: str
    body: Any = None
    find: str = ""  # the path to look at, for `safety = "find"`


def command_of(push: PushSettings) -> type[Ask]:
    """What might be done twice by another content (all but an upsert) is done `once`."""
    return type(
        "".join(part.capitalize() for part in push.name.split("_")),
        (Ask,),
        {
            "__slots__": (),
            "action": push.name,
            "releases_goods": push.releases_goods,
            "once": push.safety != "upsert",
            "__module__": __name__,
        },
    )
