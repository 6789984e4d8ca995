"""What ails a database that answers: a full disk, a damaged page, a file that is gone, a newer schema; named, not called busy."""

import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path

FULL = "its disk is full: make room"
DAMAGED = "a page of it is damaged: stop the bot and restore the latest good copy"
READ_ONLY = "it cannot be written: give this user the right to, or end its read-only mode"
DISK = "its disk does not take what is written (I/O error): look at the disk"
GONE = "its file was deleted or replaced while it was open: put it back and start the bot anew"
NEWER = "a newer release has migrated it, so this one writes nothing any more: run the newer release"

MET_SECONDS = 60.0
"""How long trouble is told of after it was last met: a small write may go through where a larger one does not."""

_SQLITE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: DISK,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_READONLY: READ_ONLY,
}
_POSTGRESQL = {"53100": FULL, "58030": DISK, "XX001": DAMAGED, "XX002": DAMAGED, "25006": READ_ONLY}


def ailment(error: BaseException | None) -> str | None:
    """Return what an error says of the database, None where it is no such error."""
    while error is not None:
        code = getattr(error, "sqlite_errorcode", None)
        if isinstance(code, int) and (found := _SQLITE.get(code & 0xFF)):
            return found
        if found := _POSTGRESQL.get(str(getattr(error, "sqlstate", ""))):
            return found
        error = getattr(error, "orig", None) or error.__cause__
    return None


@dataclass(slots=True)
class Condition:
    """What is known of a database's health, by everybody who uses the same engines."""

    newer: bool = False
    """Whether its schema is of a newer release."""
    seen: dict[str, float] = field(default_factory=dict)
    """What errors have told, and when (monotonic seconds)."""
    path: str | None = None
    _file: tuple[int, int] | None = None

    def note(self, error: BaseException | None) -> None:
        """Remember what an error says."""
        if found := ailment(error):
            self.seen[found] = time.monotonic()

    def opened(self) -> None:
        """Remember which file was opened, the first time."""
        if self._file is None:
            self._file = self._found()

    def refusal(self) -> str | None:
        """Return why nothing may be written, None where it may."""
        if self.newer:
            return NEWER
        return GONE if self._file is not None and self._found() != self._file else None

    def tell(self) -> str | None:
        """Say what ails, None when nothing is known to: damage stays, other trouble is over when it was not met for a while."""
        since = time.monotonic() - MET_SECONDS
        met = {why for why, at in self.seen.items() if why == DAMAGED or at > since}
        return "; ".join(sorted({*met, *filter(None, [self.refusal()])})) or None

    def _found(self) -> tuple[int, int] | None:
        if self.path is None:
            return None
        try:
            found = Path(self.path).stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
