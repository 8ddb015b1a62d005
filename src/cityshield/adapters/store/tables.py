"""The tables of the present state (SQLAlchemy Core), in words that PostgreSQL understands too."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    literal_column,
    text,
)

metadata = MetaData()

sources = Table(
    "sources",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("reason", Text, nullable=False),
    Column("imported_at", BigInteger, nullable=False),
    Column("good_lines", BigInteger, nullable=False),
    Column("bad_lines", BigInteger, nullable=False),
    Column("guard", String(20), nullable=False, server_default=""),
    Column("trusted", Boolean, nullable=False, server_default="0"),
    Column("confidence", SmallInteger, nullable=False, server_default="100"),
    Column("entries", BigInteger, nullable=False, server_default="0"),
)

guard_names = Table(
    "guard_names",
    metadata,
    Column("domain", String(255), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("source_id", Integer, ForeignKey("sources.id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
Index("guard_names_source", guard_names.c.source_id)

feeds = Table(
    "feeds",
    metadata,
    Column("source_id", Integer, ForeignKey("sources.id"), primary_key=True, autoincrement=False),
    Column("subscription", Text, nullable=False),
    Column("standing", Text, nullable=False),
    Column("due", BigInteger, nullable=False),
)

feed_syncs = Table(
    "feed_syncs",
    metadata,
    Column("source_id", Integer, ForeignKey("sources.id"), primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("result", String(20), nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("new", BigInteger, nullable=False),
    Column("gone", BigInteger, nullable=False),
    Column("bad_lines", BigInteger, nullable=False),
    Column("took_ms", BigInteger, nullable=False),
    Column("error", Text, nullable=False),
    sqlite_with_rowid=False,
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("action", SmallInteger, nullable=False),
    Column("scope", SmallInteger, nullable=False),
    Column("value", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("origin", SmallInteger, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("needed", SmallInteger, nullable=False),
    Column("approvals", Text, nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("days", Integer, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("since", BigInteger),
    Column("expires", BigInteger),
    Column("ended_at", BigInteger),
    Column("end_reason", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("key", BigInteger, nullable=False),
    Column("reversed", Text, nullable=False),
    Column("ended_by", Text, nullable=False),
)
Index("decisions_key", decisions.c.key)
Index("decisions_reversed", decisions.c.reversed)
Index("decisions_revision", decisions.c.revision)
Index("decisions_value", decisions.c.value, decisions.c.state)
IN_FORCE_NOW = text("state = 1")
state_listed: ColumnElement[int] = literal_column("(state + 0)", Integer)
"""The state, to find what is due, and to list what is in a state. Only where these very words
stand are the two indexes below used: plain ones over the state would be taken for look-ups by key
too, and read a million rows for each."""

Index("decisions_state", state_listed, decisions.c.id)
Index(
    "decisions_due",
    decisions.c.expires,
    sqlite_where=IN_FORCE_NOW,
    postgresql_where=IN_FORCE_NOW,
)

appeals = Table(
    "appeals",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("decision_id", BigInteger, ForeignKey("decisions.id"), nullable=False),
    Column("speaker", SmallInteger, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("people", Integer, nullable=False),
    Column("answered_at", BigInteger),
    Column("decided_at", BigInteger),
    Column("decided_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("outcome", SmallInteger),
    Column("asked", Text, nullable=False),
)
Index("appeals_decision", appeals.c.decision_id, appeals.c.state)
Index("appeals_due", appeals.c.state, appeals.c.due)

appeal_voices = Table(
    "appeal_voices",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("appeal_id", BigInteger, ForeignKey("appeals.id"), nullable=False, index=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("claim", SmallInteger, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("proof", Text, nullable=False),
    Column("messages", Text, nullable=False),
)

zone_waiting = Table(
    "zone_waiting",
    metadata,
    Column("value", String(255), primary_key=True),
    sqlite_with_rowid=False,
)

zone_records = Table(
    "zone_records",
    metadata,
    Column("owner", String(255), primary_key=True),
    Column("policy", SmallInteger, nullable=False),
    Column("reversed", String(255), nullable=False),
    sqlite_with_rowid=False,
)
Index("zone_records_reversed", zone_records.c.reversed)

zone_serials = Table(
    "zone_serials",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("serial", BigInteger, nullable=False, unique=True),
    Column("at", BigInteger, nullable=False),
    Column("changes", BigInteger, nullable=False),
)

zone_changes = Table(
    "zone_changes",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("owner", String(255), primary_key=True),
    Column("before", SmallInteger),
    Column("after", SmallInteger),
    sqlite_with_rowid=False,
)

indicators = Table(
    "indicators",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("source_id", Integer, ForeignKey("sources.id"), primary_key=True, autoincrement=False),
    Column("value", Text, primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("type", SmallInteger, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("expires", BigInteger),
    Column("sightings", Integer, nullable=False, server_default="1"),
    sqlite_with_rowid=False,
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("verdict", LargeBinary, nullable=False),
    Column("judged_at", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires", BigInteger),
    Column("revoked_at", BigInteger),
    Column("created_by", Text, nullable=False, server_default=""),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("token_id", String(16), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("idle_at", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("sessions_token", sessions.c.token_id)

decided_on: ColumnElement[int] = literal_column("json_extract(detail, '$.decision')", Integer)
"""The decision that an entry of the audit is about."""

settings = Table(
    "settings",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("value", Text, nullable=False),
)

_LONG_ID = BigInteger().with_variant(Integer, "sqlite")

site_imports = Table(
    "site_imports",
    metadata,
    Column("id", _LONG_ID, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("authorised_by", Text, nullable=False),
)

sites = Table(
    "sites",
    metadata,
    Column("id", _LONG_ID, primary_key=True),
    Column("host", String(255), nullable=False, unique=True),
    Column("owner", Text, nullable=False),
    Column("sector", Text, nullable=False),
    Column("district", Text, nullable=False),
    Column("import_id", BigInteger, ForeignKey("site_imports.id"), nullable=False),
    Column("visited_at", BigInteger),
    Column("run_id", BigInteger),
    Column("reason", String(20), nullable=False),
    Column("grade", String(4), nullable=False),
)

site_opt_outs = Table(
    "site_opt_outs",
    metadata,
    Column("host", String(255), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_with_rowid=False,
)

site_runs = Table(
    "site_runs",
    metadata,
    Column("id", _LONG_ID, primary_key=True),
    Column("profile", SmallInteger, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("targets", BigInteger, nullable=False),
    Column("settled", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("judgement", Integer, nullable=False),
    Column("judged_at", BigInteger),
)

site_checks = Table(
    "site_checks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
)

site_findings = Table(
    "site_findings",
    metadata,
    Column("site_id", BigInteger, primary_key=True, autoincrement=False),
    Column("check_id", Integer, primary_key=True, autoincrement=False),
    Column("location", Text, primary_key=True),
    Column("severity", SmallInteger, nullable=False),
    Column("profile", SmallInteger, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("run_id", BigInteger, nullable=False),
    Column("gone_at", BigInteger),
    sqlite_with_rowid=False,
)
"""What is wrong with a site now, and until when it was: `profile` is how much was asked when it was
last seen, for a visit that asks less does not show that it is gone."""
