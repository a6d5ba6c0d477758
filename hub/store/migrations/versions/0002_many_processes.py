"""Many processes: workers with a beat, a queue of due orders, causes, what pruning finds its rows by. Only adds: code
of 0001 works beside it.
"""

import sqlalchemy as sa
from alembic import op

from hub.store.tables import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_table(
        "due",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("background", sa.Boolean(), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due")),
    )
    op.create_index("ix_due_next", "due", ["background", "id"], unique=False)
    op.add_column("inbox", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("inbox", sa.Column("pruned_at", UtcDateTime(), nullable=True))
    op.drop_index("ix_inbox_due", "inbox")
    waits = sa.text("part >= 0")
    op.create_index("ix_inbox_due", "inbox", ["part", "id"], postgresql_where=waits, sqlite_where=waits)
    odd = sa.text("state NOT IN ('received', 'applied')")
    op.drop_index("ix_inbox_state", "inbox")
    op.create_index("ix_inbox_state", "inbox", ["state", "id"], postgresql_where=odd, sqlite_where=odd)
    op.add_column("outbox", sa.Column("background", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("outbox", sa.Column("cause", sa.String(length=40), server_default="", nullable=False))
    for table in ("outbox", "hints", "cursors", "endpoints"):
        op.add_column(table, sa.Column("worker", sa.String(length=40), server_default="", nullable=False))
    op.drop_index("ix_outbox_due", "outbox")
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["connection", "background", "due_at", "id"],
        postgresql_where=sa.text("lane_due IS true"),
        sqlite_where=sa.text("lane_due IS 1"),
    )
    ended = sa.text("done_at IS NOT NULL AND state <> 'parked'")
    op.create_index("ix_inbox_done", "inbox", ["done_at"], postgresql_where=ended, sqlite_where=ended)
    again = sa.text("ordinal > 0")
    op.create_index("ix_outbox_again", "outbox", ["done_at", "id"], postgresql_where=again, sqlite_where=again)
    op.create_index("ix_intents_created", "intents", ["created_at"])
    if op.get_bind().dialect.name == "postgresql":
        # By default a table is vacuumed when a fifth of it is dead: at ten million events that are two million, and the
        # space of them. Pruning and the ends of events leave dead rows all the time, so: often, and little each time.
        for table in ("inbox", "outbox", "attempts"):
            op.execute(
                f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,"
                " autovacuum_analyze_scale_factor = 0.02)"
            )
        op.execute("ALTER TABLE due SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)")
        op.execute("ALTER TABLE inbox SET (toast.autovacuum_vacuum_scale_factor = 0.02)")
