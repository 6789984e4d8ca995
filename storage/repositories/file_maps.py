"""What the columns of other products' files mean."""

from datetime import datetime

from sqlalchemy import select

from coaching.bringing.file_map import FileMap, dump, load
from coaching.imports import BadFile
from storage.repositories.base import Repository
from storage.tables import file_maps

_f = file_maps.c


class FileMapReads(Repository):
    """Read operations."""

    async def remembered(self, columns_key: str) -> tuple[FileMap, datetime] | None:
        """Return what the columns with this key mean, and since when."""
        found = select(_f.meaning, _f.saved_at).where(_f.workspace_id == self._ws, _f.columns_key == columns_key)
        row = (await self._run(found)).first()
        if row is None:
            return None
        try:
            return load(row.meaning), row.saved_at
        except BadFile:  # another release wrote it: it is asked for again
            return None


class FileMapWrites(FileMapReads):
    """Write operations."""

    async def keep(self, columns_key: str, meaning: FileMap, at: datetime) -> None:
        """Store what columns mean, in place of what was said before."""
        row = {"workspace_id": self._ws, "columns_key": columns_key, "meaning": dump(meaning), "saved_at": at}
        await self._write(self._upsert(file_maps, "meaning", "saved_at"), row)
