"""Streams: pages of what changed, by the settings.

The cursor is JSON: `since`, from when on this round looks; `newest`, the newest change that was seen; `at`, where in
the round we are. The next round begins `look_back` before the newest that was seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

import httpx
import msgspec

from connectors.http_api.client import get
from connectors.http_api.language import Unfit, encode
from connectors.http_api.read import Reader
from connectors.http_api.streams import PullSettings
from hub.connector import Account, Event, Page
from hub.domain.clock import parse_time, rfc3339
from hub.domain.errors import TryLater


class _Place(msgspec.Struct, frozen=True, omit_defaults=True):
    since: str
    newest: str
    at: str = ""  # a cursor, a page's number, an offset, the next page's address; "": the first page


_decode = msgspec.json.Decoder(_Place).decode


@dataclass(frozen=True, slots=True)
class Stream:
    kind: str
    settings: PullSettings
    reader: Reader

    async def __call__(self, account: Account, cursor: str) -> Page:
        place = _place(cursor)
        path, params = self._address(place)
        found, answer = await get(account, path, params)
        items = self._items(found)
        times = [at for item in items if (at := self.reader.newest(item)) is not None]
        # A clock over there that runs ahead must not make us miss what is written until then.
        newest = max([parse_time(place.newest), *(min(at, account.now()) for at in times)])
        following = self._next(place, found, answer, len(items))
        if following and following == place.at:
            raise TryLater(f"{path}: the next page is the same page again")
        since = place.since if following else rfc3339(max(parse_time(place.since), newest - self.settings.look_back))
        events = [Event(kind=self.kind, body=encode(item), at=account.now()) for item in items]
        after = _Place(since=since, newest=rfc3339(newest), at=following)
        return Page(events=events, cursor=msgspec.json.encode(after).decode(), more=bool(following))

    def _items(self, found: Any) -> Sequence[Any]:
        """`TryLater` where there is no list: an answer of another form must not pass for an empty page."""
        try:
            items = self.settings.expression("items")(found)
        except Unfit as fault:
            raise TryLater(f"items: {fault}") from fault
        if not isinstance(items, list):
            raise TryLater(f"items: `{self.settings.items}` finds no list in the answer")
        return items

    def _address(self, place: _Place) -> tuple[str, dict[str, str] | None]:
        settings = self.settings
        if settings.paging == "link" and place.at:
            return place.at, None
        first = {"page": str(settings.first_page), "offset": "0"}.get(settings.paging, "")
        places = {
            "since": _written(parse_time(place.since), settings.since),
            "size": str(settings.size),
            **dict.fromkeys(("cursor", "page", "offset"), place.at or first),
        }
        params = {name: _filled(text, places) for name, text in settings.params.items()}
        path, _, query = _filled(
            settings.path, {name: quote(value, safe="") for name, value in places.items()}
        ).partition("?")
        params = dict(parse_qsl(query)) | params
        return path, {name: value for name, value in params.items() if value}  # no cursor yet: no parameter

    def _next(self, place: _Place, found: Any, answer: httpx.Response, count: int) -> str:
        settings = self.settings
        match settings.paging:
            case "cursor":
                return self._cursor(found)
            case "link":
                return _linked(answer)
            case "page" if count >= settings.size:
                return str(int(place.at or settings.first_page) + 1)
            case "offset" if count >= settings.size:
                return str(int(place.at or 0) + count)
        return ""

    def _cursor(self, found: Any) -> str:
        try:
            value = self.settings.expression("next")(found)
        except Unfit as fault:
            raise TryLater(f"next: {fault}") from fault
        if value is None or value is False or value == "":
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise TryLater(f"next: `{self.settings.next}` finds no cursor")
        return str(value)


def _place(cursor: str) -> _Place:
    if cursor.startswith("since:"):
        since = cursor.removeprefix("since:")
        return _Place(since=since, newest=since)
    return _decode(cursor)


def _filled(text: str, places: dict[str, str]) -> str:
    for name, value in places.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _written(at: datetime, form: str) -> str:
    match form:
        case "seconds":
            return str(int(at.timestamp()))
        case "milliseconds":
            return str(int(at.timestamp() * 1000))
        case "date":
            return at.date().isoformat()
    return rfc3339(at)


def _linked(answer: httpx.Response) -> str:
    """RFC 8288, `rel="next"`: path and query only, and of the same host only."""
    url = answer.links.get("next", {}).get("url", "")
    if not url:
        return ""
    here = answer.request.url
    parts = urlsplit(urljoin(str(here), url))
    if (parts.scheme, parts.netloc) != (here.scheme, here.netloc.decode("ascii")):
        raise TryLater(f"the next page is at another host ({parts.netloc[:80]}), which is not asked")
    return str(
        httpx.URL(scheme=parts.scheme, netloc=parts.netloc.encode(), path=parts.path, query=parts.query.encode())
    )
