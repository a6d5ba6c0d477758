"""A connector's card: what the conformance kit has to know of it beyond the contract.

The kit (`hub conform`) runs the connector in a whole hub against its sandbox, beside a till of the kit's own that takes
orders and says that they are paid. All it knows of the vendor stands here.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hub.connector import Incoming
from hub.domain.clock import Clock
from hub.domain.records import Kind
from hub.sandbox import Sandbox


class Ability(StrEnum):
    """What a connector may lack, with a reason. What it has, it may not skip."""

    WEBHOOKS = "webhooks"  # tells by itself
    SIGNATURES = "signatures"  # … and proves it
    FETCH = "fetch"  # one thing by its id
    PULL = "pull"  # what changed since
    PLAN = "plan"  # is asked to do something
    EDIT = "edit"  # its users can change a thing there
    DELETE = "delete"  # its users can delete a thing there
    SUBSCRIPTION = "subscription"  # its webhooks are switched on and off by API: the hub audits them
    OAUTH = "oauth"  # tokens that expire
    ECHO = "echo"  # what it is told comes back as a webhook
    LOOK_UP = "look_up"  # what became of a lost answer can be found out; where not, a person has to look


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A thing that the vendor's own users made in the sandbox."""

    kind: Kind
    external_id: str  # of the record that the connector reads from it


Act = Callable[[Sandbox], "Made | Awaitable[Made]"]
"""Makes one new thing, and has the sandbox deliver what the vendor would."""

Touch = Callable[[Sandbox, Made], "Awaitable[None] | None"]
"""Edits or deletes a thing that was made."""

CONNECTION = "there"  # the id that the connector under test has in the kit's hub
WEBHOOK_URL = f"https://hub.example/webhooks/{CONNECTION}"  # where the kit's hub takes webhooks: some schemes sign it


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An order of the till for which the connector has something to do at its vendor.

    The till knows: `paid`, `unpaid`, `refunded` (in part), `cancelled`, `shipped` (by a parcel of the till, with a
    tracking number). Words join with `+`: "paid+shipped". `refund_requested`: somebody asks the hub for a part of the
    payment back; `cancel_requested`: … to cancel the order. `settings` are added to the connection's.

    `first` is what the vendor has before the hub is asked for anything: the payment that shall be given back, the
    order that shall be told of a parcel. What it makes takes the place of the till's own order or payment.
    """

    orders: Sequence[str] = ("paid",)
    settings: Mapping[str, Any] = field(default_factory=dict)
    first: Act | None = None
    # Somebody at the vendor spoils what our commands made: a further command, or a drift, has to follow.
    spoil: Callable[[Sandbox], "Awaitable[None] | None"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One call of the hub and what the sandbox answered, as they were on the wire."""

    method: str
    path: str  # without the query
    query: str
    request_headers: Mapping[str, str]
    request: bytes
    status: int
    headers: Mapping[str, str]
    response: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """A delivery and whether it is genuine, from the vendor's own signature material."""

    name: str
    incoming: Incoming
    secrets: Sequence[str]
    settings: Mapping[str, Any]  # options of the connection, beside those of `Card.settings`
    at: str  # RFC 3339: our clock when it came
    genuine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    # A fresh vendor with a clock and a webhook secret of its own.
    sandbox: Callable[[Clock], Sandbox]
    # (the sandbox, its address) -> the keys of `[connections.<id>]` that reach it, without `connector`; with
    # `webhook.secrets` where it signs.
    settings: Callable[[Sandbox, str], Mapping[str, Any]]
    # Each thing that the vendor's users can make and the connector reads, by a word for the table: "order", "charge".
    makes: Mapping[str, Act] = field(default_factory=dict)
    edit: Touch | None = None
    delete: Touch | None = None
    wish: Wish = Wish()
    # The sandbox's state -> one word for each effect that must happen exactly once: "refund ord_1 500 EUR". The same
    # word twice is a doubled effect.
    effects: Callable[[Mapping[str, Any]], Sequence[str]] = lambda _state: ()
    # The sandbox, as if the vendor had switched its webhooks off. The audit puts them back (`Ability.SUBSCRIPTION`).
    disable: Callable[[Sandbox], None] | None = None
    # The sandbox's access tokens die now, before their time (`Ability.OAUTH`).
    expire: Callable[[Sandbox], None] | None = None
    # (sandbox, kind, body) -> the headers of a genuine delivery now, where `Connector.sign` is absent.
    sign: Callable[[Sandbox, str, bytes], Mapping[str, str]] | None = None
    # Another account of the vendor whose deliveries are signed with the same secret or key, where one app's secret
    # signs for all its accounts. Where there is none, another secret is another account.
    stranger: Callable[[Clock], Sandbox] | None = None
    lacks: Mapping[Ability, str] = field(default_factory=dict)  # and why

    # Truth. `folder` is the vendor's material, where somebody has it: it is never shipped.
    recordings: Callable[[Any], Sequence[tuple[str, bytes]]] = lambda _folder: ()  # (name, recorded body)
    vectors: Callable[[Any], Sequence[Vector]] = lambda _folder: ()
    # (folder) -> a judge of exchanges: what is wrong with one by the vendor's own description, in words.
    description: Callable[[Any], Callable[[Exchange], Sequence[str]]] | None = None
