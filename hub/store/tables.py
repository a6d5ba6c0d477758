"""The tables. Columns are what is filtered, sorted, joined or locked; the rest is in JSON documents."""

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, Boolean, DateTime, Index, Integer, LargeBinary, MetaData, String, Text, false, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC on both databases (SQLite forgets the zone). A naive value raises."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        at: datetime = value
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


Id = Annotated[str, mapped_column(String(40))]
IdKey = Annotated[str, mapped_column(String(40), primary_key=True)]
Name = Annotated[str, mapped_column(String(64))]
Word = Annotated[str, mapped_column(String(24))]
Long = Annotated[str, mapped_column(String(255))]
Txt = Annotated[str, mapped_column(Text)]
Utc = Annotated[datetime, mapped_column(UtcDateTime)]
UtcMaybe = Annotated[datetime | None, mapped_column(UtcDateTime, nullable=True)]
Big = Annotated[int, mapped_column(BigInteger)]
Bytes = Annotated[bytes, mapped_column(LargeBinary)]
# Whose lease it is: it ends with the worker, not with the clock. "": nobody's, or a time alone tells.
Worker = Annotated[str, mapped_column(String(40), default="", server_default="")]


def _where(postgresql: str, sqlite: str = "") -> dict[str, Any]:
    """Of an index: only these rows are in it. Worded as SQLAlchemy words the condition, or SQLite does not use it."""
    return {"postgresql_where": text(postgresql), "sqlite_where": text(sqlite or postgresql)}


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


_ODD = "state NOT IN ('received', 'applied')"
ENDED = "done_at IS NOT NULL AND state <> 'parked'"  # said as it stands, or the databases do not see the partial index


class InboxRow(Base):
    """Events as they came. `state`: received, applied, duplicate is never stored, stale, ignored, parked."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index("uq_inbox_connection_key", "connection", "key", unique=True),
        Index("ix_inbox_due", "part", "id", **_where("part >= 0")),
        # What is looked for by its state: few of many. Those that wait are in the index above, those that ended well
        # are in none, so that the many are written to one index less, twice.
        Index("ix_inbox_state", "state", "id", **_where(_ODD)),
        Index("ix_inbox_connection", "connection", "id"),
        # What ended, in the order in which it did: for pruning, so what waits for a person is not in it.
        Index("ix_inbox_done", "done_at", **_where(ENDED)),
    )
    id: Mapped[IdKey]
    connection: Mapped[Name]
    key: Mapped[Long]
    kind: Mapped[Long]
    body: Mapped[Bytes]
    at: Mapped[UtcMaybe]  # the vendor's clock, where a header tells it
    received_at: Mapped[Utc]
    part: Mapped[int] = mapped_column(Integer)  # hash partition while it waits; -1 once it is done
    state: Mapped[Word]
    reason: Mapped[Txt]  # why ignored or parked, with the path of the fault
    order_id: Mapped[str] = mapped_column(String(40), default="")  # one of the orders that it touched
    deliveries: Mapped[int] = mapped_column(Integer, default=1)  # how often the same event came
    due_at: Mapped[Utc]
    done_at: Mapped[UtcMaybe]
    # How often a process died while it read this one: alone the second time, parked in the end.
    tries: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    pruned_at: Mapped[UtcMaybe]  # when its body was dropped for age; the key stays, so that it is still known


class PartitionRow(Base):
    """One row per hash partition of the inbox: its lock is the right to apply the partition's events."""

    __tablename__ = "partitions"
    part: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)


class RecordRow(Base):
    """The newest snapshot per source."""

    __tablename__ = "records"
    __table_args__ = (
        Index("ix_records_cluster", "cluster"),
        Index("ix_records_golden", "golden"),
        Index("ix_records_external", "external_id"),
    )
    connection: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(24), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    version: Mapped[Big]
    digest: Mapped[Id]  # of `data`: breaks ties of version, and tells an echo
    data: Mapped[Bytes]  # the record as JSON
    cluster: Mapped[Id]
    golden: Mapped[Id]  # the order or customer that it is folded into
    event_id: Mapped[Id]  # the event, command or intent that brought it
    seen_at: Mapped[Utc]


class ClusterRow(Base):
    """What may be connected: the unit of locking. Never split; the pure partition decides what is one order."""

    __tablename__ = "clusters"
    id: Mapped[IdKey]


class KeyRow(Base):
    """Identity keys, own and claimed, and the cluster that holds them."""

    __tablename__ = "keys"
    __table_args__ = (Index("ix_keys_cluster", "cluster"),)
    key: Mapped[str] = mapped_column(String(320), primary_key=True)
    cluster: Mapped[Id]


class OrderRow(Base):
    """Golden orders: what is filtered and sorted as columns, the whole folded aggregate as one document."""

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_placed", "placed_at", "id"),
        Index("ix_orders_updated", "updated_at", "id"),
        Index("ix_orders_number", "number", "id"),
        Index("ix_orders_total", "currency", "total_minor", "id"),
        Index("ix_orders_stage", "stage", "placed_at", "id"),
        Index("ix_orders_customer", "customer_key", "placed_at"),
        Index("ix_orders_cluster", "cluster"),
        Index("ix_orders_plan_due", "plan_due", "id"),
    )
    id: Mapped[IdKey]
    cluster: Mapped[Id]
    number: Mapped[Long]
    channel: Mapped[Name]
    is_sale: Mapped[bool] = mapped_column(Boolean)
    stage: Mapped[Word]
    payment_state: Mapped[Word]
    invoice_state: Mapped[Word]
    fulfilment_state: Mapped[Word]
    on_hold: Mapped[bool] = mapped_column(Boolean)
    test: Mapped[bool] = mapped_column(Boolean)
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[Big]
    placed_at: Mapped[Utc]
    updated_at: Mapped[Utc]
    customer_key: Mapped[Id]  # `Source.key` of the customer's record, "" for a guest without contact
    document: Mapped[Bytes]  # `Order` as JSON, deterministic
    # Not folded: bookkeeping of the movements, left out of rebuild comparisons.
    version: Mapped[int] = mapped_column(Integer)  # grows with each change: `expectedVersion`
    plan_due: Mapped[int] = mapped_column(Integer)  # >0: wants a plan


class DueRow(Base):
    """Orders that want a plan, oldest first; one order may stand here several times. A queue of its own, because a
    mark on the order itself would write all its indices again for each change of mind.
    """

    __tablename__ = "due"
    __table_args__ = (Index("ix_due_next", "background", "id"),)
    id: Mapped[IdKey]
    order_id: Mapped[Id]
    background: Mapped[bool] = mapped_column(Boolean)  # behind all that is live: it came with a backfill
    cause: Mapped[Id]  # the event or intent at the root of it


class WorkerRow(Base):
    """Processes that hold leases. Whoever sees a beat stand still takes over what its worker held."""

    __tablename__ = "workers"
    id: Mapped[IdKey]
    name: Mapped[Long]  # host and process, for people; behind `@` what its neighbours tell it by
    started_at: Mapped[Utc]
    beat: Mapped[Big]
    reading: Mapped[Txt]  # JSON: the ids of the events that it is about to read; should it die of one, they are known


class CustomerRow(Base):
    __tablename__ = "customers"
    __table_args__ = (
        Index("ix_customers_email", "email"),
        Index("ix_customers_updated", "updated_at", "id"),
        Index("ix_customers_cluster", "cluster"),
    )
    id: Mapped[IdKey]
    cluster: Mapped[Id]
    name: Mapped[Long]
    email: Mapped[Long]
    phone: Mapped[Name]
    updated_at: Mapped[Utc]
    document: Mapped[Bytes]


class TermRow(Base):
    """What people search orders by: numbers, ids, e-mail, names, tracking, in lower case; exact or by prefix."""

    __tablename__ = "order_terms"
    __table_args__ = (Index("ix_order_terms_order", "order_id"),)
    term: Mapped[str] = mapped_column(String(255), primary_key=True)
    order_id: Mapped[str] = mapped_column(String(40), primary_key=True)


class ChangeRow(Base):
    """The timeline. `cursor` is global and gap-free in commit order; `seq` is gap-free within one order."""

    __tablename__ = "changes"
    __table_args__ = (Index("uq_changes_order", "order_id", "seq", unique=True),)
    cursor: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    order_id: Mapped[Id]
    seq: Mapped[int] = mapped_column(Integer)
    at: Mapped[Utc]
    cause: Mapped[Id]  # event, command or intent id
    actor: Mapped[Long]  # a connection, an API key's name, "hub"
    summary: Mapped[Txt]
    fields: Mapped[Bytes]  # JSON: [{"path", "before", "after"}]


class CounterRow(Base):
    __tablename__ = "counters"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Big]


AGAIN = "ordinal > 0"


class OutboxRow(Base):
    """Commands. `state`: pending, sending, unknown, done, superseded, parked."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("uq_outbox_fingerprint", "fingerprint", unique=True),
        Index("uq_outbox_slot", "connection", "subject", "action", "target", "ordinal", unique=True),
        Index("ix_outbox_subject", "subject"),
        Index(
            "ix_outbox_due", "connection", "background", "due_at", "id", **_where("lane_due IS true", "lane_due IS 1")
        ),
        Index("ix_outbox_state", "state", "id"),
        Index("ix_outbox_order", "order_id"),
        # What came after another command of its slot: for pruning, which finds the ones before by the slot.
        Index("ix_outbox_again", "done_at", "id", **_where(AGAIN)),
    )
    id: Mapped[IdKey]
    connection: Mapped[Name]
    order_id: Mapped[Id]
    subject: Mapped[Long]
    action: Mapped[Name]
    target: Mapped[Long]
    content: Mapped[Bytes]  # the command as JSON
    fingerprint: Mapped[str] = mapped_column(String(64))
    ordinal: Mapped[int] = mapped_column(Integer)  # how many commands of the slot came before
    rekeyed: Mapped[int] = mapped_column(Integer, default=0)  # how often a person had it tried again after a refusal
    state: Mapped[Word]
    reason: Mapped[Txt]
    tries: Mapped[int] = mapped_column(Integer)
    lane_due: Mapped[bool] = mapped_column(Boolean)  # waits in its lane: pending, sending or unknown
    due_at: Mapped[Utc]
    first_sent_at: Mapped[UtcMaybe]
    leased_until: Mapped[UtcMaybe]
    lease: Mapped[Id]  # the attempt that holds it
    worker: Mapped[Worker]  # whose attempt that is
    background: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())  # behind all that is live
    cause: Mapped[str] = mapped_column(String(40), default="", server_default="")  # the event or intent at its root
    created_at: Mapped[Utc]
    done_at: Mapped[UtcMaybe]


class AttemptRow(Base):
    """One try at a command. `state`: sending, done, later, unknown, refused, attention."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_command", "command_id"),)
    id: Mapped[IdKey]
    command_id: Mapped[Id]
    state: Mapped[Word]
    message: Mapped[Txt]
    started_at: Mapped[Utc]
    ended_at: Mapped[UtcMaybe]


class CursorRow(Base):
    """Where a connection's pull stream, or a backfill of it, goes on, and what that has covered so far."""

    __tablename__ = "cursors"
    connection: Mapped[str] = mapped_column(String(64), primary_key=True)
    stream: Mapped[str] = mapped_column(String(64), primary_key=True)
    cursor: Mapped[Txt]
    due_at: Mapped[Utc]
    leased_until: Mapped[UtcMaybe]
    worker: Mapped[Worker]
    tries: Mapped[int] = mapped_column(Integer)
    message: Mapped[Txt]
    last_ok_at: Mapped[UtcMaybe]
    since: Mapped[UtcMaybe]  # how far back it was asked to look
    window_from: Mapped[UtcMaybe]  # how far back the vendor shows it, where that is not all, …
    window: Mapped[str] = mapped_column(Text, default="")  # … and why
    covered_from: Mapped[UtcMaybe]  # all that changed between these two was seen; empty before it first caught up
    covered_until: Mapped[UtcMaybe]
    caught_up: Mapped[bool] = mapped_column(Boolean, default=False)  # the last page was the last for then
    things: Mapped[int] = mapped_column(BigInteger, default=0)  # that this run of a backfill read
    reached_at: Mapped[UtcMaybe]  # the newest of them


class HintRow(Base):
    """Things to fetch: a thin event or a link said that something is there. One row per thing, however often hinted."""

    __tablename__ = "hints"
    __table_args__ = (Index("ix_hints_due", "due_at"),)
    connection: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    event_id: Mapped[Id]
    gone: Mapped[bool] = mapped_column(Boolean)  # the vendor spoke of a deletion
    generation: Mapped[int] = mapped_column(Integer)  # grows when hinted again while a fetch is under way
    due_at: Mapped[Utc]
    leased_until: Mapped[UtcMaybe]
    worker: Mapped[Worker]
    tries: Mapped[int] = mapped_column(Integer)
    message: Mapped[Txt]


class DriftRow(Base):
    """A system's record differs from what the order says it should hold, and nothing pending explains it."""

    __tablename__ = "drifts"
    __table_args__ = (Index("ix_drifts_order", "order_id"),)
    order_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    connection: Mapped[str] = mapped_column(String(64), primary_key=True)
    about: Mapped[str] = mapped_column(String(255), primary_key=True)
    expected: Mapped[Txt]
    found: Mapped[Txt]
    since: Mapped[Utc]


class HoldRow(Base):
    """Index of the holds in the order documents, for lists."""

    __tablename__ = "holds"
    __table_args__ = (Index("ix_holds_order", "order_id"),)
    id: Mapped[IdKey]
    order_id: Mapped[Id]
    kind: Mapped[Word]
    active: Mapped[bool] = mapped_column(Boolean)


class ConnectionRow(Base):
    """What the hub has learnt about a connection; its settings are in `hub.toml`."""

    __tablename__ = "connections"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    paused_reason: Mapped[Txt]  # "": not paused
    paused_at: Mapped[UtcMaybe]
    paused_by: Mapped[str] = mapped_column(String(255), default="")  # a person; "": the vendor refused
    settings_digest: Mapped[Id]  # a pause that the vendor caused ends when the settings change
    last_event_at: Mapped[UtcMaybe]
    last_ok_at: Mapped[UtcMaybe]


class CredentialRow(Base):
    """OAuth tokens, sealed. `data` is AES-GCM with (connection, name) as associated data."""

    __tablename__ = "credentials"
    connection: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    data: Mapped[Bytes]
    generation: Mapped[int] = mapped_column(Integer)  # grows with each refresh: who lost the race reads again
    refreshed_at: Mapped[UtcMaybe]  # when the vendor last gave some: refresh tokens die unused
    expires_at: Mapped[UtcMaybe]
    leased_until: Mapped[UtcMaybe]


class BudgetRow(Base):
    """When the next call to a connection's vendor may be made, by whichever process."""

    __tablename__ = "budgets"
    connection: Mapped[str] = mapped_column(String(64), primary_key=True)
    next_at: Mapped[Utc]
    paused_until: Mapped[Utc]  # the vendor's own word
    day: Mapped[Word]  # UTC, YYYY-MM-DD …
    spent: Mapped[int] = mapped_column(Integer)  # … and the calls of it


class EndpointRow(Base):
    """How far an outgoing webhook has come; its settings are in `hub.toml`."""

    __tablename__ = "endpoints"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    cursor: Mapped[Big]  # of the last change that it took
    tries: Mapped[int] = mapped_column(Integer)  # in a row that failed
    due_at: Mapped[Utc]
    leased_until: Mapped[UtcMaybe]
    worker: Mapped[Worker]
    failing_since: Mapped[UtcMaybe]
    last_ok_at: Mapped[UtcMaybe]
    message: Mapped[Txt]  # of the last failure
    disabled_at: Mapped[UtcMaybe]  # nothing is sent until a person resumes it


class ApiKeyRow(Base):
    """API keys: shown once, kept as SHA-256 of 256 random bits."""

    __tablename__ = "api_keys"
    __table_args__ = (Index("uq_api_keys_digest", "digest", unique=True),)
    id: Mapped[IdKey]
    name: Mapped[Name]
    prefix: Mapped[Word]
    digest: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[Long]  # space-separated
    created_at: Mapped[Utc]
    revoked_at: Mapped[UtcMaybe]


class IntentRow(Base):
    """Idempotency keys of mutations: the same key gives the first answer, another input under it is refused."""

    __tablename__ = "intents"
    __table_args__ = (Index("ix_intents_created", "created_at"),)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)  # (API key id, operation, idempotency key)
    digest: Mapped[str] = mapped_column(String(64))
    result: Mapped[Txt]
    created_at: Mapped[Utc]


class AuditRow(Base):
    """What was refused at the door, with a short line and no body; and what people did to connections."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_at", "at"),)
    id: Mapped[IdKey]
    at: Mapped[Utc]
    connection: Mapped[Name]
    what: Mapped[Word]
    detail: Mapped[Long]
