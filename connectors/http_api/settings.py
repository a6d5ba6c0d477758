"""What `[connections.<id>]` of the generic connector holds. All expressions are compiled here, once."""

from datetime import timedelta
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from connectors.http_api.auth import AuthSettings
from connectors.http_api.fields import Problem
from connectors.http_api.kinds import KindSettings, Part, refuse
from connectors.http_api.pushes import PushSettings
from connectors.http_api.streams import PullSettings
from connectors.http_api.webhooks import HttpWebhook
from hub.connector import ConnectionSettings, Duration, Limits, Way
from hub.domain.records import Kind
from hub.options import exact_url

_NAME = r"^[a-z][a-z0-9_]{0,39}$"
_LONGEST_CALL = timedelta(seconds=60)  # a command's lease is longer


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("an address such as https://erp.example/api is expected")
    return exact_url(value).rstrip("/")


def _short(value: timedelta) -> timedelta:
    if not timedelta() < value <= _LONGEST_CALL:
        raise ValueError("between 1s and 60s")
    return value


class LimitSettings(Part):
    at_once: Annotated[int, Field(gt=0, le=64)] = 4
    per_day: Annotated[int, Field(gt=0)] | None = None
    deadline: Annotated[Duration, AfterValidator(_short)] = timedelta(seconds=30)  # of one call as a whole


class HttpSettings(ConnectionSettings):
    base_url: Annotated[str, AfterValidator(_url)]
    auth: AuthSettings = AuthSettings()
    headers: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")], str] = Field(default_factory=dict)  # no secrets
    limits: LimitSettings = LimitSettings()
    webhook: HttpWebhook = HttpWebhook()
    read: dict[Annotated[str, Field(pattern=_NAME)], KindSettings] = Field(default_factory=dict)
    pull: dict[Annotated[str, Field(pattern=_NAME)], PullSettings] = Field(default_factory=dict)
    push: tuple[PushSettings, ...] = ()
    check: Annotated[str, Field(pattern=r"^(/.*)?$")] = ""  # a path that answers 2xx to good credentials
    test: bool = False  # orders that are marked as tests are planned for, too

    _records: dict[str, Kind] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems: list[Problem] = []
        for name, kind in self.read.items():
            problems += [(("read", name, *place), why) for place, why in self._name(name, kind)]
        problems += self._webhook()
        for name, stream in self.pull.items():
            if (stream.kind or name) not in self.read:
                problems.append((("pull", name), f"no read.{stream.kind or name} says what its items are"))
        problems += [
            (("push", place, *where), why) for place, each in enumerate(self.push) for where, why in self._of(each)
        ]
        if len({each.name for each in self.push}) < len(self.push):
            problems.append((("push",), "two of one name"))
        problems += self._alike()
        refuse("http", problems)
        return self

    def _name(self, name: str, kind: KindSettings) -> list[Problem]:
        if kind.record is not None:
            self._records[name] = kind.record
            return []
        if name not in list(Kind):
            return [(("record",), "is missing: what such a body is (order, payment, invoice…)")]
        self._records[name] = Kind(name)
        return kind.compile(Kind(name))

    def _webhook(self) -> list[Problem]:
        problems: list[Problem] = []
        named = self.webhook.kinds.values()
        problems += [
            (("webhook", "kinds"), f"no read.{each} says what that is") for each in named if each not in self.read
        ]
        if self.webhook.thin:
            for each in sorted(set(named) or set(self.read)):
                if each in self.read and not self.read[each].fetch:
                    problems.append(
                        (("read", each, "fetch"), "is missing: thin webhooks need a path to ask for the thing")
                    )
                elif self.webhook.gone and self._records.get(each) != each:
                    problems.append((("webhook", "gone"), f"works for kinds named as their records; {each} is not"))
        return problems

    def _of(self, push: PushSettings) -> list[Problem]:
        kind = push.answer or push.receipt
        if kind and kind not in self.read:
            return [(("answer" if push.answer else "receipt",), f"no read.{kind} says what that is")]
        return []

    def _alike(self) -> list[Problem]:
        """Two pushes that count as done by the same records need their own words for it."""
        problems: list[Problem] = []
        seen: set[Any] = set()
        for place, each in enumerate(self.push):
            mark = (each.per, self._records.get(each.answer or each.receipt))
            if not each.done_when and mark in seen:
                problems.append(
                    (("push", place, "done_when"), "is missing: another push leaves the same kind of record")
                )
            seen.add(mark)
        return problems

    def record_of(self, kind: str) -> Kind:
        return self._records[kind]


def way(settings: HttpSettings) -> Way:
    limits = settings.limits
    return Way(
        base_url=settings.base_url,
        auth=settings.auth.auth(settings.headers),
        limits=Limits(requests=10, at_once=limits.at_once, per_day=limits.per_day, deadline=limits.deadline),
    )
