"""Open dialogs, and requests that were carried out."""

from sqlalchemy import (
    Column,
    Index,
    String,
    Table,
    Text,
)

from storage.tables.base import metadata
from storage.types import DatabaseInstant, Instant

drafts = Table(
    "drafts",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("user_id", String(260), nullable=False),
    Column("body", Text, nullable=False),
    Column("updated_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

Index("ix_drafts_updated_at", drafts.c.updated_at)

inbound = Table(
    "inbound",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("at", DatabaseInstant, nullable=False),
    sqlite_with_rowid=False,
)

Index("ix_inbound_at", inbound.c.at)
