"""Sessions of people at the console; what waits, and what was done with a decision, found fast."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and the indexes."""
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("token_id", sa.String(16), nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("idle_at", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("sessions_token", "sessions", ["token_id"])
    op.create_index("decisions_state", "decisions", [sa.text("(state + 0)"), "id"])
    op.create_index("audit_decision", "audit", [sa.text("json_extract(detail, '$.decision')")])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("audit_decision", "audit")
    op.drop_index("decisions_state", "decisions")
    op.drop_table("sessions")
