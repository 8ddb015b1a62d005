"""Alembic's environment: the connection is handed in, so that one place opens the store."""

from __future__ import annotations

from alembic import context

from cityshield.adapters.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
