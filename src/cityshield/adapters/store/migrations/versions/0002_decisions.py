"""Decisions, the lists that guard names, and the block zone with its history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; sources learn whether they guard names and whether they are trusted."""
    op.add_column("sources", sa.Column("guard", sa.String(20), nullable=False, server_default=""))
    op.add_column("tokens", sa.Column("created_by", sa.Text, nullable=False, server_default=""))
    op.add_column("sources", sa.Column("trusted", sa.Boolean, nullable=False, server_default="0"))
    op.create_table(
        "guard_names",
        sa.Column("domain", sa.String(255), primary_key=True),
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column(
            "source_id",
            sa.Integer,
            sa.ForeignKey("sources.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("guard_names_source", "guard_names", ["source_id"])
    op.create_table(
        "decisions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("action", sa.SmallInteger, nullable=False),
        sa.Column("scope", sa.SmallInteger, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("origin", sa.SmallInteger, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("needed", sa.SmallInteger, nullable=False),
        sa.Column("approvals", sa.Text, nullable=False),
        sa.Column("proposed_at", sa.BigInteger, nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("dry_run", sa.Boolean, nullable=False),
        sa.Column("since", sa.BigInteger),
        sa.Column("expires", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("end_reason", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("key", sa.BigInteger, nullable=False),
        sa.Column("reversed", sa.Text, nullable=False),
        sa.Column("ended_by", sa.Text, nullable=False),
    )
    op.create_index("decisions_key", "decisions", ["key"])
    op.create_index("decisions_reversed", "decisions", ["reversed"])
    op.create_index("decisions_revision", "decisions", ["revision"])
    op.create_index("decisions_value", "decisions", ["value", "state"])
    op.create_index("decisions_expires", "decisions", ["state", "expires"])
    op.create_table(
        "zone_waiting",
        sa.Column("value", sa.String(255), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "zone_records",
        sa.Column("owner", sa.String(255), primary_key=True),
        sa.Column("policy", sa.SmallInteger, nullable=False),
        sa.Column("reversed", sa.String(255), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("zone_records_reversed", "zone_records", ["reversed"])
    op.create_table(
        "zone_serials",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("serial", sa.BigInteger, nullable=False, unique=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("changes", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "zone_changes",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("owner", sa.String(255), primary_key=True),
        sa.Column("before", sa.SmallInteger),
        sa.Column("after", sa.SmallInteger),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop the tables and the columns."""
    for table in (
        "zone_changes",
        "zone_serials",
        "zone_records",
        "zone_waiting",
        "decisions",
        "guard_names",
    ):
        op.drop_table(table)
    op.drop_column("tokens", "created_by")
    op.drop_column("sources", "trusted")
    op.drop_column("sources", "guard")
