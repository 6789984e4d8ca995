"""What the columns of other products' files mean, as somebody said when such a file was brought in."""

from sqlalchemy import Column, String, Table, Text

from storage.tables.base import metadata
from storage.types import Instant

file_maps = Table(
    "file_maps",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("columns_key", String(64), primary_key=True),  # of the set of names in the header
    Column("meaning", Text, nullable=False),
    Column("saved_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
