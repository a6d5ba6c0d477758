"""The first tables"""

import sqlalchemy as sa
from alembic import op

from hub.store.tables import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("prefix", sa.String(length=24), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(length=255), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    )
    op.create_index("uq_api_keys_digest", "api_keys", ["digest"], unique=True)
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("command_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_command", "attempts", ["command_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("detail", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_table(
        "budgets",
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("paused_until", UtcDateTime(), nullable=False),
        sa.Column("day", sa.String(length=24), nullable=False),
        sa.Column("spent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection", name=op.f("pk_budgets")),
    )
    op.create_table(
        "changes",
        sa.Column("cursor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("fields", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("cursor", name=op.f("pk_changes")),
    )
    op.create_index("uq_changes_order", "changes", ["order_id", "seq"], unique=True)
    op.create_table(
        "clusters",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clusters")),
    )
    op.create_table(
        "connections",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("paused_reason", sa.Text(), nullable=False),
        sa.Column("paused_at", UtcDateTime(), nullable=True),
        sa.Column("paused_by", sa.String(length=255), nullable=False),
        sa.Column("settings_digest", sa.String(length=40), nullable=False),
        sa.Column("last_event_at", UtcDateTime(), nullable=True),
        sa.Column("last_ok_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "credentials",
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("refreshed_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("connection", "name", name=op.f("pk_credentials")),
    )
    op.create_table(
        "cursors",
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("stream", sa.String(length=64), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("last_ok_at", UtcDateTime(), nullable=True),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("window_from", UtcDateTime(), nullable=True),
        sa.Column("window", sa.Text(), nullable=False),
        sa.Column("covered_from", UtcDateTime(), nullable=True),
        sa.Column("covered_until", UtcDateTime(), nullable=True),
        sa.Column("caught_up", sa.Boolean(), nullable=False),
        sa.Column("things", sa.BigInteger(), nullable=False),
        sa.Column("reached_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("connection", "stream", name=op.f("pk_cursors")),
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("cluster", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_index("ix_customers_cluster", "customers", ["cluster"], unique=False)
    op.create_index("ix_customers_email", "customers", ["email"], unique=False)
    op.create_index("ix_customers_updated", "customers", ["updated_at", "id"], unique=False)
    op.create_table(
        "drifts",
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("about", sa.String(length=255), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "connection", "about", name=op.f("pk_drifts")),
    )
    op.create_index("ix_drifts_order", "drifts", ["order_id"], unique=False)
    op.create_table(
        "endpoints",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("last_ok_at", UtcDateTime(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints")),
    )
    op.create_table(
        "hints",
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "kind", "external_id", name=op.f("pk_hints")),
    )
    op.create_index("ix_hints_due", "hints", ["due_at"], unique=False)
    op.create_table(
        "holds",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index("ix_holds_order", "holds", ["order_id"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
    )
    op.create_index("ix_inbox_connection", "inbox", ["connection", "id"], unique=False)
    op.create_index("ix_inbox_due", "inbox", ["part", "id"], unique=False)
    op.create_index("ix_inbox_state", "inbox", ["state", "id"], unique=False)
    op.create_index("uq_inbox_connection_key", "inbox", ["connection", "key"], unique=True)
    op.create_table(
        "intents",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_intents")),
    )
    op.create_table(
        "keys",
        sa.Column("key", sa.String(length=320), nullable=False),
        sa.Column("cluster", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_keys")),
    )
    op.create_index("ix_keys_cluster", "keys", ["cluster"], unique=False)
    op.create_table(
        "order_terms",
        sa.Column("term", sa.String(length=255), nullable=False),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("term", "order_id", name=op.f("pk_order_terms")),
    )
    op.create_index("ix_order_terms_order", "order_terms", ["order_id"], unique=False)
    op.create_table(
        "orders",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("cluster", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("is_sale", sa.Boolean(), nullable=False),
        sa.Column("stage", sa.String(length=24), nullable=False),
        sa.Column("payment_state", sa.String(length=24), nullable=False),
        sa.Column("invoice_state", sa.String(length=24), nullable=False),
        sa.Column("fulfilment_state", sa.String(length=24), nullable=False),
        sa.Column("on_hold", sa.Boolean(), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("customer_key", sa.String(length=40), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("plan_due", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_index("ix_orders_cluster", "orders", ["cluster"], unique=False)
    op.create_index("ix_orders_customer", "orders", ["customer_key", "placed_at"], unique=False)
    op.create_index("ix_orders_number", "orders", ["number", "id"], unique=False)
    op.create_index("ix_orders_placed", "orders", ["placed_at", "id"], unique=False)
    op.create_index("ix_orders_plan_due", "orders", ["plan_due", "id"], unique=False)
    op.create_index("ix_orders_stage", "orders", ["stage", "placed_at", "id"], unique=False)
    op.create_index("ix_orders_total", "orders", ["currency", "total_minor", "id"], unique=False)
    op.create_index("ix_orders_updated", "orders", ["updated_at", "id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=255), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("rekeyed", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("lane_due", sa.Boolean(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("first_sent_at", UtcDateTime(), nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("lease", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_due", "outbox", ["lane_due", "connection", "due_at"], unique=False)
    op.create_index("ix_outbox_order", "outbox", ["order_id"], unique=False)
    op.create_index("ix_outbox_state", "outbox", ["state", "id"], unique=False)
    op.create_index("ix_outbox_subject", "outbox", ["subject"], unique=False)
    op.create_index("uq_outbox_fingerprint", "outbox", ["fingerprint"], unique=True)
    op.create_index("uq_outbox_slot", "outbox", ["connection", "subject", "action", "target", "ordinal"], unique=True)
    op.create_table(
        "partitions",
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("part", name=op.f("pk_partitions")),
    )
    op.create_table(
        "records",
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=40), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("cluster", sa.String(length=40), nullable=False),
        sa.Column("golden", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "kind", "external_id", name=op.f("pk_records")),
    )
    op.create_index("ix_records_cluster", "records", ["cluster"], unique=False)
    op.create_index("ix_records_external", "records", ["external_id"], unique=False)
    op.create_index("ix_records_golden", "records", ["golden"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_records_golden", table_name="records")
    op.drop_index("ix_records_external", table_name="records")
    op.drop_index("ix_records_cluster", table_name="records")
    op.drop_table("records")
    op.drop_table("partitions")
    op.drop_index("uq_outbox_slot", table_name="outbox")
    op.drop_index("uq_outbox_fingerprint", table_name="outbox")
    op.drop_index("ix_outbox_subject", table_name="outbox")
    op.drop_index("ix_outbox_state", table_name="outbox")
    op.drop_index("ix_outbox_order", table_name="outbox")
    op.drop_index("ix_outbox_due", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("ix_orders_updated", table_name="orders")
    op.drop_index("ix_orders_total", table_name="orders")
    op.drop_index("ix_orders_stage", table_name="orders")
    op.drop_index("ix_orders_plan_due", table_name="orders")
    op.drop_index("ix_orders_placed", table_name="orders")
    op.drop_index("ix_orders_number", table_name="orders")
    op.drop_index("ix_orders_customer", table_name="orders")
    op.drop_index("ix_orders_cluster", table_name="orders")
    op.drop_table("orders")
    op.drop_index("ix_order_terms_order", table_name="order_terms")
    op.drop_table("order_terms")
    op.drop_index("ix_keys_cluster", table_name="keys")
    op.drop_table("keys")
    op.drop_table("intents")
    op.drop_index("uq_inbox_connection_key", table_name="inbox")
    op.drop_index("ix_inbox_state", table_name="inbox")
    op.drop_index("ix_inbox_due", table_name="inbox")
    op.drop_index("ix_inbox_connection", table_name="inbox")
    op.drop_table("inbox")
    op.drop_index("ix_holds_order", table_name="holds")
    op.drop_table("holds")
    op.drop_index("ix_hints_due", table_name="hints")
    op.drop_table("hints")
    op.drop_table("endpoints")
    op.drop_index("ix_drifts_order", table_name="drifts")
    op.drop_table("drifts")
    op.drop_index("ix_customers_updated", table_name="customers")
    op.drop_index("ix_customers_email", table_name="customers")
    op.drop_index("ix_customers_cluster", table_name="customers")
    op.drop_table("customers")
    op.drop_table("cursors")
    op.drop_table("credentials")
    op.drop_table("counters")
    op.drop_table("connections")
    op.drop_table("clusters")
    op.drop_index("uq_changes_order", table_name="changes")
    op.drop_table("changes")
    op.drop_table("budgets")
    op.drop_index("ix_audit_at", table_name="audit")
    op.drop_table("audit")
    op.drop_index("ix_attempts_command", table_name="attempts")
    op.drop_table("attempts")
    op.drop_index("uq_api_keys_digest", table_name="api_keys")
    op.drop_table("api_keys")
