"""What every peer keeps, and the statements that keep it: one for each step, so that nobody pays for round trips."""

import json
from collections.abc import Sequence
from typing import Any

TABLES = """
CREATE TABLE inbox (
    id text PRIMARY KEY, body bytea NOT NULL, at timestamptz NOT NULL DEFAULT now(), done_at timestamptz
);
CREATE TABLE orders (
    id text PRIMARY KEY, number text NOT NULL, currency text NOT NULL, total bigint NOT NULL, email text NOT NULL,
    revision int NOT NULL, document bytea NOT NULL, at timestamptz NOT NULL
);
CREATE TABLE external_ids (
    connection text, external_id text, order_id text NOT NULL, PRIMARY KEY (connection, external_id)
);
CREATE TABLE changes (
    id bigserial PRIMARY KEY, order_id text NOT NULL, revision int NOT NULL, event text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ON changes (order_id);
CREATE TABLE deliveries (
    id text PRIMARY KEY, order_id text NOT NULL, sink text NOT NULL, revision int NOT NULL, done_at timestamptz
);
"""

KEEP = "INSERT INTO inbox (id, body) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id"
TAKE = "SELECT body FROM inbox WHERE id = $1 AND done_at IS NULL FOR UPDATE"
_ORDER = """
WITH kept AS (
    INSERT INTO orders (id, number, currency, total, email, revision, document, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, now())
    ON CONFLICT (id) DO UPDATE SET total = excluded.total, email = excluded.email, revision = excluded.revision,
        document = excluded.document, at = excluded.at
    WHERE orders.revision < excluded.revision
), named AS (
    INSERT INTO external_ids VALUES ('shop', $2, $1) ON CONFLICT DO NOTHING
), changed AS (
    INSERT INTO changes (order_id, revision, event, at) VALUES ($1, $6, $8, now())
)
"""
APPLY = f"{_ORDER} UPDATE inbox SET done_at = now() WHERE id = $8"  # noqa: S608 - our own words
# Where a broker takes the jobs, the database has to say what is still to be done; and a job that comes again after its
# commit hands on once more what may not have been handed on.
TAKE_OR_DONE = "SELECT body, done_at FROM inbox WHERE id = $1 FOR UPDATE"
APPLY_AND_OWE = f"""{_ORDER}, owed AS (
    INSERT INTO deliveries (id, order_id, sink, revision)
    SELECT $8 || ':' || sink, $1, sink, $6 FROM unnest($9::text[]) AS sink
) UPDATE inbox SET done_at = now() WHERE id = $8"""  # noqa: S608
MARK = "UPDATE deliveries SET done_at = now() WHERE id = $1"

# By peer: how many deliveries are marked done, and when the last one was.
_MARKED = "SELECT count(*), extract(epoch FROM max({at}))::float8 FROM {table} WHERE {which}"
MARKED = _MARKED.format(at="done_at", table="deliveries", which="done_at IS NOT NULL")
MARKED_BY_PGQUEUER = _MARKED.format(
    at="created", table="pgqueuer_log", which="entrypoint = 'deliver' AND status = 'successful'"
)
MARKED_BY_PROCRASTINATE = _MARKED.format(
    at="procrastinate_events.at",
    table="procrastinate_events JOIN procrastinate_jobs ON procrastinate_jobs.id = job_id",
    which="task_name = 'deliver' AND type = 'succeeded'",
)


def applied(event: str, body: bytes) -> Sequence[Any]:
    """The parameters of `APPLY`."""
    order = json.loads(body)["order"]
    return (
        f"ord_{order['number']}",
        order["number"],
        order["currency"],
        order["total"],
        order["customer"]["email"],
        order["revision"],
        json.dumps(order).encode(),
        event,
    )
