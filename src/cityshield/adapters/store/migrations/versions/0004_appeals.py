"""Appeals and the voices of people in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "appeals",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("decision_id", sa.BigInteger, sa.ForeignKey("decisions.id"), nullable=False),
        sa.Column("speaker", sa.SmallInteger, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("outcome", sa.SmallInteger),
        sa.Column("asked", sa.Text, nullable=False),
    )
    op.create_index("appeals_decision", "appeals", ["decision_id", "state"])
    op.create_index("appeals_due", "appeals", ["state", "due"])
    op.create_table(
        "appeal_voices",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("appeal_id", sa.BigInteger, sa.ForeignKey("appeals.id"), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("claim", sa.SmallInteger, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("contact", sa.Text, nullable=False),
        sa.Column("proof", sa.Text, nullable=False),
        sa.Column("messages", sa.Text, nullable=False),
    )
    op.create_index("ix_appeal_voices_appeal_id", "appeal_voices", ["appeal_id"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("appeal_voices")
    op.drop_table("appeals")
