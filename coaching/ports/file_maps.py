"""What the columns of other products' files mean, by the set of their names."""

from datetime import datetime
from typing import Protocol

from coaching.bringing.file_map import FileMap


class FileMapReads(Protocol):
    """Read operations."""

    async def remembered(self, columns_key: str) -> tuple[FileMap, datetime] | None:
        """Return what the columns with this key mean, and since when."""
        ...


class FileMapWrites(FileMapReads, Protocol):
    """Write operations."""

    async def keep(self, columns_key: str, meaning: FileMap, at: datetime) -> None:
        """Store what columns mean, in place of what was said before."""
        ...
