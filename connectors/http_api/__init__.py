"""The generic connector: a website, ERP, membership site, calendar or automation tool, described by its settings."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.http_api.check import check
from connectors.http_api.client import Fetcher
from connectors.http_api.commands import command_of
from connectors.http_api.inbound import THIN, UNNAMED, events, sign, verify
from connectors.http_api.plan import Planner
from connectors.http_api.pull import Stream
from connectors.http_api.push import push_of
from connectors.http_api.read import Reader, ThinReader
from connectors.http_api.recognise import recogniser, unconfigured
from connectors.http_api.settings import HttpSettings, way
from hub.connector import Category, Connector, Inbound
from hub.connector import Reader as Reads

if TYPE_CHECKING:
    from hub.card import Card

_IGNORED = {UNNAMED: "the delivery does not say what it is (`webhook.kind` finds no word)"}


def _card() -> "Card":
    from connectors.http_api.card import card

    return card()


def configured(settings: HttpSettings) -> Connector:
    """The connector that these settings describe."""
    readers = {name: Reader(settings.record_of(name), kind) for name, kind in settings.read.items()}
    commands = {push.name: command_of(push) for push in settings.push}
    return replace(
        CONNECTOR,
        inbound=Inbound(verify=verify, events=events) if settings.webhook.scheme is not None else None,
        read={**readers, **_thin(settings)},
        ignored=_IGNORED | {f"{THIN}{UNNAMED}": _IGNORED[UNNAMED]},
        recognise=recogniser(settings),
        plan=Planner(commands) if settings.push else None,
        fetch={name: Fetcher(name, kind) for name, kind in settings.read.items() if kind.fetch},
        pull={
            name: Stream(stream.kind or name, stream, readers[stream.kind or name])
            for name, stream in settings.pull.items()
        },
        push={commands[push.name]: push_of(push) for push in settings.push},
    )


def _thin(settings: HttpSettings) -> Mapping[str, Reads]:
    which = settings.webhook.expression("id")
    if not settings.webhook.thin or which is None:
        return {}
    gone = settings.webhook.expression("gone")
    return {f"{THIN}{name}": ThinReader(name, which, gone) for name, kind in settings.read.items() if kind.fetch}


CONNECTOR = Connector(
    slug="http",
    title="HTTP API (described by its settings)",
    category=Category.OTHER,
    settings=HttpSettings,
    way=way,
    read={},
    recognise=unconfigured,
    check=check,
    sign=sign,
    card=_card,
    configured=configured,
)
