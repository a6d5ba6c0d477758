"""What a connector is: a value with slots, in which a vendor's abilities are present or absent.

Everything but `fetch`, `pull`, `push` and `check` is pure: bytes and values in, values out.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from enum import StrEnum
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

import httpx
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from hub.domain.clock import Clock
from hub.domain.commands import Command, Mismatch
from hub.domain.errors import HubError, Misconfigured
from hub.domain.ids import CommandId
from hub.domain.order import Customer, Order
from hub.domain.records import CustomerRecord, Record

if TYPE_CHECKING:
    from hub.card import Card

ENTRY_POINTS = "orderhub.connectors"


class Category(StrEnum):
    STORE = "store"
    PAYMENTS = "payments"
    ACCOUNTING = "accounting"
    SHIPPING = "shipping"
    CRM = "crm"
    MESSAGING = "messaging"
    OTHER = "other"  # an ERP, a website, a membership site: whatever its configuration says


# ---------------------------------------------------------------------------------------------------- settings

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(value: object) -> object:
    if isinstance(value, str) and value[:-1].isdecimal() and value[-1:] in _UNITS:
        return timedelta(**{_UNITS[value[-1]]: int(value[:-1])})
    if isinstance(value, timedelta):
        return value
    raise ValueError("a duration such as 30s, 15m, 6h or 30d is expected")


Duration = Annotated[timedelta, BeforeValidator(_duration)]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WebhookSettings(_Settings):
    """Two live secrets at once, so that one can be replaced without losing a delivery."""

    secrets: tuple[SecretStr, ...] = ()
    tolerance: Duration = timedelta(minutes=5)  # how far a signed time may be from ours, either way


class SyncSettings(_Settings):
    every: Duration = timedelta(minutes=15)
    since: Duration = timedelta(days=30)  # how far back the first pull looks


class RateLimit(_Settings):
    requests: Annotated[int, Field(gt=0)]
    per: Duration = timedelta(seconds=1)


class ConnectionSettings(_Settings):
    """The keys that every `[connections.<id>]` has; a connector's own settings extend it."""

    connector: str
    enabled: bool = True
    webhook: WebhookSettings = WebhookSettings()
    sync: SyncSettings = SyncSettings()
    rate_limit: RateLimit | None = None  # instead of the connector's own limits
    # Only orders of these connections are planned for here, so that two carriers or two sets of books can share the
    # work; empty: all.
    channels: tuple[str, ...] = ()


# ----------------------------------------------------------------------------------------------------- inbound


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A webhook request as it came. Header names are in lower case; `url` is the public one that the vendor called."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    published: bytes = b""  # what stands at the address that `Inbound.published` named: keys, a certificate chain


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that a vendor told us, still in its own words: a webhook, an item of a page, a reply."""

    kind: str  # names the reader: `Connector.read[kind]`
    body: bytes
    key: str = ""  # webhooks only: what makes it the same event when it comes again
    # Webhooks only: what it is about, where the envelope tells at no cost. Events of one thing are applied one by one,
    # in the order received. "": it stands alone.
    about: str = ""
    # The vendor's clock when it said so, where the body does not tell; ours when we asked, where that counts seconds.
    at: datetime | None = None


Verify = Callable[[Incoming, Sequence[str], Any, datetime], None]
"""(request, current secrets, settings, now): raises `Forged`, or `Malformed` for a body that is not of the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    verify: Verify
    events: Callable[[Incoming, Any], Sequence[Event]]  # (request, settings); called after `verify`
    # (request, settings) -> the address of the vendor's public keys or certificates that this delivery needs, which
    # the door fetches, keeps and gives to `verify` as `Incoming.published`. Called before anything is proved: it
    # raises `Forged` for an address that is not the vendor's own. For schemes with public keys only.
    published: Callable[[Incoming, Any], str] | None = None
    # A handshake without signature that has to be answered 200: nothing of it is kept. Called before `verify`.
    is_ping: Callable[[Incoming], bool] | None = None
    # What the vendor wants to read in the 2xx: (media type, body). JSON of counts where there is none.
    answer: tuple[str, bytes] | None = None


# -------------------------------------------------------------------------------------------------------- read


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """For which connection a body is read, by which settings, and when the vendor said it (if that is known)."""

    connection: str
    settings: Any
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """ "Something changed there": the hub fetches the truth with its own credentials."""

    kind: str  # names the fetcher: `Connector.fetch[kind]`
    external_id: str
    # The vendor speaks of a deletion: where the fetch finds nothing, what we hold is deleted. Otherwise finding nothing
    # (a scope that is missing, a copy that lags) proves nothing, and what we hold stays.
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Understood, and of no use to us."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Faulty:
    """One item of several that could not be read; its siblings could. The event is parked, the rest applied."""

    path: str  # where in the body, and what was expected


Reader = Callable[[Reading, bytes], Iterable[Record | Hint | Ignored | Faulty]]
"""Raises `Unreadable`, with the path of the fault, when nothing at all can be read."""


# -------------------------------------------------------------------------------------------------------- plan


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """What a plan may look at: the golden order, and what the planned connection itself says about it."""

    connection: str
    settings: Any
    order: Order
    said: tuple[Record, ...]  # this connection's records of the order, in source order, without deleted ones
    others: tuple[Record, ...]  # all other records of the order, without deleted ones
    customer: Customer | None
    customer_said: tuple[CustomerRecord, ...]  # this connection's records of the customer, without deleted ones


Plan = Callable[[OrderView], Iterable[Command | Mismatch]]


# ------------------------------------------------------------------------------------------------- fetch, pull, push


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One configured account of a vendor, with the way to it.

    `http` knows base URL, credentials, deadline, limits and verdicts: it raises a `HubError` instead of returning a
    bad answer. Pass `extensions=READS` with a POST that only reads, so that a lost answer is `TryLater`, not `Unknown`.
    """

    connection: str
    settings: Any
    http: httpx.AsyncClient
    now: Clock
    mail: "Mail | None" = None  # for connectors whose `Way` names a mail server


class Mail(Protocol):
    """The way to a mail server."""

    async def send(self, message: EmailMessage, to: Sequence[str]) -> None:
        """Raises `TryLater` (nothing was sent), `Unknown` (the answer to the message was lost) or `Refused`."""
        ...

    async def greet(self) -> None:
        """Connects, logs in and leaves. Raises as `send` does."""
        ...

    async def find(self, message_id: str) -> bool | None:
        """Whether the archive has a message of this Message-ID; `None`: there is no archive to ask."""
        ...


READS: dict[str, Any] = {"orderhub.reads": True}


def is_read(request: httpx.Request) -> bool:
    """Repeating it changes nothing at the vendor."""
    return request.method in ("GET", "HEAD") or READS.items() <= request.extensions.items()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    events: Sequence[Event]
    cursor: str  # where the next call goes on; kept durably together with what the page brought
    more: bool  # call again now; False: until the next time
    window: "Window | None" = None  # where the vendor does not show all that was asked for


@dataclass(frozen=True, slots=True)
class Window:
    """How far back a vendor shows a stream. Said with the first page, whatever was asked for."""

    start: datetime
    why: str  # for people: "Stripe keeps events for 30 days"


Fetch = Callable[[Account, str], Awaitable[Sequence[Event]]]
"""(account, external id) -> what the vendor says about it. `Missing` where there is no such thing."""

Pull = Callable[[Account, str], Awaitable[Page]]
"""(account, cursor). The first cursor is `since:<RFC 3339>`, from `sync.since`."""

Audit = Callable[[Account, str, str], Awaitable[Sequence["Finding"]]]
"""(account, our webhook address, our newest secret): makes the vendor's webhook subscriptions what they should be.

Creates what is missing, switches on what the vendor switched off, and says what it found and did. Safe to repeat.
"""

FindIt = Callable[[Account, Any, CommandId], Awaitable[Sequence[Event] | None]]
"""(account, command, its id) -> what the vendor has that came of this command; `None`: surely nothing did."""


@dataclass(frozen=True, slots=True)
class KeyHeader:
    """The vendor answers a repeated key with the first result, for as long as `lifetime`."""

    name: str
    lifetime: timedelta
    find: FindIt | None = None  # for when the key has died


@dataclass(frozen=True, slots=True)
class KeyBody:
    """As `KeyHeader`, with the key in a field of the body or the query."""

    name: str
    lifetime: timedelta
    find: FindIt | None = None


@dataclass(frozen=True, slots=True)
class Upsert:
    """Sending it again leaves the vendor in the same state: the call names the thing and what it should be."""

    by: str  # what names it, in words for the docs


@dataclass(frozen=True, slots=True)
class Find:
    """Look by our reference before creating, and after an unknown outcome. `Unknowable` where nobody can be asked."""

    look: FindIt
    before: bool = True  # False: where only a sent command can have left a trace, it is looked for after that alone
    settles: timedelta = timedelta()  # how long after sending the vendor may not show it yet


Safety = KeyHeader | KeyBody | Upsert | Find


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """`send` asks the vendor, with the command's id as idempotency key or reference, and returns what it answered."""

    send: Callable[[Account, Any, CommandId], Awaitable[Sequence[Event]]]
    safety: Safety


# ------------------------------------------------------------------------------------------------------ way out


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """Credentials that do not expire."""

    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2:
    """Bearer tokens that expire and are refreshed, once for all processes (RFC 6749, section 6).

    The refresh token of the settings is the first one only: a vendor that rotates them sends a new one with each
    answer, which the hub keeps sealed.
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)  # unused with `client_credentials`
    grant: Literal["refresh_token", "client_credentials"] = "refresh_token"
    client_auth: Literal["basic", "body"] = "basic"  # how client id and secret travel (RFC 6749, section 2.3.1)
    # For `hub connect`: where a person is sent to allow us in, and what is asked for (RFC 6749, section 4.1).
    authorize_url: str = ""
    scopes: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)  # that every call of the account carries: a tenant's id
    refresh_lives: timedelta | None = None  # how long a refresh token lives unused, where the vendor says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """A mail server (RFC 5321), and an IMAP mailbox with a copy of all we sent, to look in after a lost answer."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    archive: str = field(default="", repr=False)  # imaps://user:password@host:port/Mailbox; "": none


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    requests: int  # so many …
    per: timedelta = timedelta(seconds=1)  # … in so long,
    at_once: int = 8  # and so many at the same time
    per_day: int | None = None  # and so many in a UTC day, a fifth of them kept from backfills
    deadline: timedelta = timedelta(seconds=30)  # for one call as a whole
    body_bytes: int = 8 * 1024 * 1024  # of one answer, unpacked


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How to reach an account."""

    base_url: str
    auth: Headers | OAuth2
    limits: Limits
    smtp: Smtp | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that `hub check` found out online."""

    ok: bool
    subject: str  # "credentials", "scope read_orders"
    message: str


# --------------------------------------------------------------------------------------------------- the connector


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    slug: str
    title: str
    category: Category
    settings: type[ConnectionSettings]
    way: Callable[[Any], Way]  # settings -> how to reach the account
    read: Mapping[str, Reader]
    ignored: Mapping[str, str] = field(default_factory=dict)  # kinds that we know and do not read, and why
    recognise: Callable[[str, bytes], Sequence[Event]]  # (file name, its bytes): what `hub read` has before it
    inbound: Inbound | None = None
    plan: Plan | None = None
    fetch: Mapping[str, Fetch] = field(default_factory=dict)
    pull: Mapping[str, Pull] = field(default_factory=dict)
    push: Mapping[type[Command], Push] = field(default_factory=dict)
    check: Callable[[Account], AsyncIterator[Finding]] | None = None
    # (view, occasion): the message that would be sent, whether or not it is due, or why there is none.
    preview: Callable[[OrderView, str], Command | Mismatch] | None = None
    audit: Audit | None = None  # run at start and every hour
    # What the vendor's answer means, where the status code does not tell. `None`: the usual reading.
    verdict: Callable[[httpx.Response], HubError | None] | None = None
    # Seconds until the vendor wants the next call, from an answer's own word; 0: now.
    pause: Callable[[httpx.Response], float] | None = None
    # (settings, request headers and body of `hub trigger`): the headers of a genuine delivery.
    sign: Callable[[Any, str, bytes, datetime], Mapping[str, str]] | None = None
    # What the conformance kit needs (`hub.card`), made when asked for: a sandbox is no part of a hub at work.
    card: "Callable[[], Card] | None" = None
    # settings -> this connector with the slots that these settings describe: for connectors that are configuration.
    configured: "Callable[[Any], Connector] | None" = None

    def command(self, action: str) -> type[Command]:
        for command in self.push:
            if command.action == action:
                return command
        raise Misconfigured(f"{self.slug} has no push for {action!r}")


def discover() -> dict[str, Connector]:
    """All installed connectors by slug, from the entry-point group `orderhub.connectors`."""
    found: dict[str, Connector] = {}
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name):
        try:
            connector = point.load()
        except Exception as fault:  # another's package: whatever it raises, a person has to mend or remove it
            why = f"{type(fault).__name__}: {fault}"
            raise Misconfigured(f"the connector {point.name!r} ({point.value}) cannot be loaded: {why}") from fault
        if not isinstance(connector, Connector):
            raise Misconfigured(f"the entry point {point.value} is not a Connector")
        found[connector.slug] = connector
    return found
