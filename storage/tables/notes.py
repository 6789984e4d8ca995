"""Private notes on clients."""

from sqlalchemy import CheckConstraint, Column, Index, String, Table, Text

from storage.tables.base import metadata
from storage.types import Instant

notes = Table(
    "notes",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("client_id", String(260), nullable=False),
    # A session of the client's; null: the note is about the client. A rule checks it: a foreign key would need an index.
    Column("session_id", String(64)),
    Column("author_id", String(260), nullable=False),
    Column("at", Instant, nullable=False),
    Column("changed_at", Instant),
    Column("text", Text, nullable=False),
    CheckConstraint("text <> ''", name="text"),
    sqlite_with_rowid=False,
)

Index("ix_notes_client", notes.c.workspace_id, notes.c.client_id, notes.c.at, notes.c.id)
