"""Bookish, an invented vendor with OAuth and one stream of customers, for what people do with connections."""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from hub.connector import (
    Account,
    Category,
    ConnectionSettings,
    Connector,
    Event,
    Finding,
    Limits,
    OAuth2,
    Page,
    Reading,
    Way,
    Window,
)
from hub.domain.clock import parse_time, rfc3339
from hub.domain.errors import HubError
from hub.domain.records import CustomerRecord, Kind, Source
from hub.keeping import Keeper
from hub.pipeline.deliver import Courier
from hub.pipeline.registry import Connection, Connections
from hub.store.credentials import Credentials
from hub.store.database import Database
from hub.store.sealing import Sealer, new_key
from hub.transport.client import WayOut
from tests.conftest import Time
from tests.keeping.authorization_server import CLIENT


class Settings(ConnectionSettings):
    base_url: str = "http://bookish.test"
    client_secret: SecretStr
    refresh_token: SecretStr = SecretStr("")


def way(settings: Settings) -> Way:
    return Way(
        base_url=settings.base_url,
        auth=OAuth2(
            token_url=f"{settings.base_url}/token",
            client_id=CLIENT,
            client_secret=settings.client_secret.get_secret_value(),
            refresh_token=settings.refresh_token.get_secret_value(),
            authorize_url=f"{settings.base_url}/authorize",
            scopes=("books",),
            refresh_lives=timedelta(days=100),
        ),
        limits=Limits(requests=1000),
    )


def read(reading: Reading, body: bytes) -> Iterable[CustomerRecord]:
    said = json.loads(body)
    at = parse_time(said["at"])
    source = Source(reading.connection, Kind.CUSTOMER, said["id"])
    yield CustomerRecord(source=source, version=1, created_at=at, updated_at=at, name=f"Customer {said['id']}")


async def check(account: Account) -> AsyncIterator[Finding]:
    try:
        answer = await account.http.get("/books")
    except HubError as error:
        yield Finding(ok=False, subject="credentials", message=str(error))
    else:
        yield Finding(ok=True, subject="credentials", message=answer.json()["company"])


@dataclass(eq=False)
class Past:
    """Customers by the time of their last change, a few to a page."""

    times: Sequence[datetime]
    shown_from: datetime | None = None  # a vendor's window
    faults: list[Exception] = field(default_factory=list)  # raised by the next calls
    asked: list[str] = field(default_factory=list)
    before: Any = None  # called before each answer

    async def pull(self, _account: Account, cursor: str) -> Page:
        self.asked.append(cursor)
        if self.before is not None:
            await self.before(len(self.asked))
        if self.faults:
            raise self.faults.pop(0)
        window = None
        first = parse_time(cursor.partition(":")[2])
        if cursor.startswith("since:") and self.shown_from and first < self.shown_from:
            first, window = self.shown_from, Window(self.shown_from, "Bookish forgets")
        left = [(number, at) for number, at in enumerate(self.times) if at >= first]
        page, more = left[:2], len(left) > 2
        events = [Event(kind="c", body=json.dumps({"id": str(n), "at": rfc3339(at)}).encode()) for n, at in page]
        following = left[2][1] if more else page[-1][1] + timedelta(seconds=1) if page else first
        return Page(events=events, cursor=f"at:{rfc3339(following)}", more=more, window=window)


def bookish(past: Past | None = None) -> Connector:
    return Connector(
        slug="bookish",
        title="Bookish",
        category=Category.ACCOUNTING,
        settings=Settings,
        way=way,
        read={"c": read},
        recognise=lambda _name, _body: [],
        pull={"customers": past.pull} if past else {},
        check=check,
    )


def keeper(db: Database, time: Time, connector: Connector, *, base_url: str = "", **more: Any) -> Keeper:
    """A keeper of the one connection `books`, with calls that really go out."""
    fields = {"connector": "bookish", "client_secret": "client-secret-canary", **more}
    settings = Settings.model_validate(fields | ({"base_url": base_url} if base_url else {}))
    books = Connection(id="books", connector=connector, settings=settings, settings_digest="1")
    connections = Connections({"books": books})
    credentials = Credentials(db, Sealer([new_key()]), time)
    way_out = WayOut(credentials, time, httpx.AsyncHTTPTransport)
    courier = Courier(
        database=db,
        account=lambda each: way_out.account(each.id, each.connector, each.settings),
        clock=time,
        connections=connections,
        jitter=lambda: 0.0,
    )
    return Keeper(
        database=db,
        connections=connections,
        credentials=credentials,
        way_out=way_out,
        courier=courier,
        clock=time,
    )
