"""Prometheus metrics, in a registry of their own. Labels are ids of `hub.toml` and closed sets of words: their number
does not grow with traffic. `docs/operations.md` lists them; a test holds the two together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

registry = CollectorRegistry()
ProcessCollector(registry=registry)
PlatformCollector(registry=registry)

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_CALL = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_WAIT = (0.05, 0.25, 1, 5, 30, 60, 300, 1800, 7200, 43200)
_BATCH = (1, 2, 4, 8, 16, 32, 64, 128, 256)

# The door.
events_received = Counter(
    "hub_events_received",
    "Webhook events by outcome: new, duplicate, forged, refused, busy (asked to come again).",
    ["connection", "outcome"],
    registry=registry,
)
ack_seconds = Histogram(
    "hub_ack_seconds", "From a webhook's last byte to our 2xx.", ["connection"], buckets=_QUICK, registry=registry
)
commit_batch = Histogram(
    "hub_commit_batch", "Webhook requests that shared one transaction.", buckets=_BATCH, registry=registry
)

# The movements.
events_digested = Counter(
    "hub_events_digested",
    "Events by what became of them: applied, stale, ignored, parked.",
    ["connection", "state"],
    registry=registry,
)
event_wait_seconds = Histogram("hub_event_wait_seconds", "From receipt to digestion.", buckets=_WAIT, registry=registry)
orders_planned = Counter("hub_orders_planned", "Orders whose plan was made.", registry=registry)
commands_settled = Counter(
    "hub_commands_settled",
    "Commands by the state that an attempt or a plan left them in.",
    ["connection", "state"],
    registry=registry,
)
attempts = Counter(
    "hub_attempts",
    "Attempts at commands by outcome: done, later, unknown, refused, attention.",
    ["connection", "outcome"],
    registry=registry,
)
published = Counter(
    "hub_published",
    "Changes sent to webhook endpoints by outcome: taken, failed.",
    ["endpoint", "outcome"],
    registry=registry,
)
pulls = Counter(
    "hub_pulls", "Pulled pages by outcome: done, later, attention.", ["connection", "outcome"], registry=registry
)
workers_buried = Counter(
    "hub_workers_buried", "Other workers that this one found dead, and took over from.", registry=registry
)
pruned = Counter("hub_pruned", "Rows that were pruned, by what they were in [retention].", ["table"], registry=registry)

# The way out.
vendor_call_seconds = Histogram(
    "hub_vendor_call_seconds",
    "Calls to a vendor by outcome: answered, later, unknown, refused, attention.",
    ["connection", "outcome"],
    buckets=_CALL,
    registry=registry,
)

# The window.
graphql_seconds = Histogram(
    "hub_graphql_seconds",
    "GraphQL requests by operation type and outcome: done, errors.",
    ["operation", "outcome"],
    buckets=_QUICK,
    registry=registry,
)
subscriptions = Gauge("hub_subscriptions", "Subscriptions that are open.", registry=registry)

# What waits, measured when it is asked for (`measure`).
inbox_depth = Gauge("hub_inbox_depth", "Events by state.", ["state"], registry=registry)
outbox_depth = Gauge("hub_outbox_depth", "Commands by state.", ["connection", "state"], registry=registry)
oldest_event_seconds = Gauge("hub_oldest_event_seconds", "Age of the oldest event that waits.", registry=registry)
oldest_command_seconds = Gauge(
    "hub_oldest_command_seconds", "Age of the oldest command that waits.", ["connection"], registry=registry
)
connection_paused = Gauge("hub_connection_paused", "1: paused until a person acts.", ["connection"], registry=registry)
token_expires_seconds = Gauge(
    "hub_token_expires_seconds",
    "Until an OAuth connection's refresh token dies unused, where the vendor names a time.",
    ["connection"],
    registry=registry,
)
open_drifts = Gauge("hub_open_drifts", "Drifts that wait for a person.", ["connection"], registry=registry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Depths:
    """What waits in the database now."""

    inbox: Mapping[str, int]  # state -> events
    outbox: Mapping[tuple[str, str], int]  # (connection, state) -> commands
    oldest_event: datetime | None  # when it was received
    oldest_command: Mapping[str, datetime]  # connection -> when it was made
    paused: Mapping[str, bool]  # every connection
    drifts: Mapping[str, int]
    tokens: Mapping[str, datetime] = field(default_factory=dict)  # connection -> when its refresh token dies unused


def measure(depths: Depths, now: datetime) -> None:
    """Sets the gauges; what is no longer there is no longer shown."""
    for gauge in (
        inbox_depth,
        outbox_depth,
        oldest_command_seconds,
        connection_paused,
        open_drifts,
        token_expires_seconds,
    ):
        gauge.clear()
    for state, count in depths.inbox.items():
        inbox_depth.labels(state).set(count)
    for (connection, state), count in depths.outbox.items():
        outbox_depth.labels(connection, state).set(count)
    oldest_event_seconds.set(_age(depths.oldest_event, now))
    for connection, made in depths.oldest_command.items():
        oldest_command_seconds.labels(connection).set(_age(made, now))
    for connection, paused in depths.paused.items():
        connection_paused.labels(connection).set(paused)
    for connection, count in depths.drifts.items():
        open_drifts.labels(connection).set(count)
    for connection, dies in depths.tokens.items():
        token_expires_seconds.labels(connection).set((dies - now).total_seconds())


def _age(since: datetime | None, now: datetime) -> float:
    """A clock that another host set ahead must not show a negative age."""
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def render() -> bytes:
    """The text that `/metrics` answers with, of type `CONTENT_TYPE`."""
    return generate_latest(registry)
