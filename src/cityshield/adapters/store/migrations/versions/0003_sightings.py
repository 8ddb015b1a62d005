"""How often an entry was seen, and how sure its source is.

No index helps to find what expires: it would hold every entry once more, and is asked once an hour.
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
    op.drop_index("indicators_expires", "indicators")
