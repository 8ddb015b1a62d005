"""The inventory of websites, runs through them, and what they found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "site_imports",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("authorised_by", sa.Text, nullable=False),
    )
    op.create_table(
        "sites",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("host", sa.String(255), nullable=False, unique=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("sector", sa.Text, nullable=False),
        sa.Column("district", sa.Text, nullable=False),
        sa.Column("import_id", sa.BigInteger, sa.ForeignKey("site_imports.id"), nullable=False),
        sa.Column("visited_at", sa.BigInteger),
        sa.Column("run_id", sa.BigInteger),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("grade", sa.String(4), nullable=False),
    )
    op.create_table(
        "site_opt_outs",
        sa.Column("host", sa.String(255), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "site_runs",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("profile", sa.SmallInteger, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("targets", sa.BigInteger, nullable=False),
        sa.Column("settled", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("judgement", sa.Integer, nullable=False),
        sa.Column("judged_at", sa.BigInteger),
    )
    op.create_table(
        "site_checks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False, unique=True),
    )
    op.create_table(
        "site_findings",
        sa.Column("site_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("check_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("location", sa.Text, primary_key=True),
        sa.Column("severity", sa.SmallInteger, nullable=False),
        sa.Column("profile", sa.SmallInteger, nullable=False),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
        sa.Column("run_id", sa.BigInteger, nullable=False),
        sa.Column("gone_at", sa.BigInteger),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in (
        "site_findings", "site_checks", "site_runs", "site_opt_outs", "sites", "site_imports",
    ):  # fmt: skip
        op.drop_table(name)
