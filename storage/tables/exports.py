"""Exports that were asked for in Slack: by whom, of what, and whether they were fetched."""

from sqlalchemy import Column, String, Table

from storage.tables.base import metadata
from storage.types import Instant

exports = Table(
    "exports",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),  # sorts by time; its link is signed
    Column("made_by", String(260), nullable=False),  # who alone may fetch it, while they are an admin
    Column("made_at", Instant, nullable=False),
    Column("what", String(64), nullable=False),  # names of files, with commas between
    Column("since", Instant),  # null: from the beginning
    Column("until", Instant),  # null: to the end
    Column("fetched_at", Instant),  # null: not yet; it is fetched once
    sqlite_with_rowid=False,
)
