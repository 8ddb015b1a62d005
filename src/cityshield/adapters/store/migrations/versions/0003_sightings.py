"""How often an entry was seen, how sure a source is and how many it has, what expires.

None helps to find indicators that expire: it would hold every entry once more, and is asked once
an hour. That of decisions holds those in force only.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what is there was seen once, by a source that is sure."""
    op.add_column(
        "indicators", sa.Column("sightings", sa.Integer, nullable=False, server_default="1")
    )
    op.add_column(
        "sources", sa.Column("confidence", sa.SmallInteger, nullable=False, server_default="100")
    )
    op.add_column(
        "sources", sa.Column("entries", sa.BigInteger, nullable=False, server_default="0")
    )
    op.execute(
        "UPDATE sources SET entries ="
        " (SELECT count(*) FROM indicators WHERE indicators.source_id = sources.id)"
    )
    op.drop_index("indicators_expires", "indicators")
    op.drop_index("decisions_expires", "decisions")
    in_force = sa.text("state = 1")
    op.create_index(
        "decisions_due",
        "decisions",
        ["expires"],
        sqlite_where=in_force,
        postgresql_where=in_force,
    )
