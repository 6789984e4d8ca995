"""Faults of a database that answers, named rather than reported as busy: full disk, damage, lost file, newer schema."""

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
"""How long a fault is reported after it last occurred: a small write may succeed where a larger one fails."""

_SQLITE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: DISK,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_READONLY: READ_ONLY,
}
_POSTGRESQL = {"53100": FULL, "58030": DISK, "XX001": DAMAGED, "XX002": DAMAGED, "25006": READ_ONLY}


def ailment(error: BaseException | None) -> str | None:
    """Return the fault that an error stands for, or None if it is another kind of error."""
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
    """What is known of a database's health, shared by all users of the same engines."""

    newer: bool = False
    """Whether a newer release has migrated its schema."""
    seen: dict[str, float] = field(default_factory=dict)
    """The faults found in errors, and when each last occurred (monotonic seconds)."""
    path: str | None = None
    _file: tuple[int, int] | None = None

    def note(self, error: BaseException | None) -> None:
        """Record the fault that an error stands for, if any."""
        if found := ailment(error):
            self.seen[found] = time.monotonic()

    def opened(self) -> None:
        """Record which file was opened, the first time."""
        if self._file is None:
            self._file = self._found()

    def refusal(self) -> str | None:
        """Return why nothing may be written, or None if writing is allowed."""
        if self.newer:
            return NEWER
        return GONE if self._file is not None and self._found() != self._file else None

    def tell(self) -> str | None:
        """Return the known faults as text, or None when there are none.

        Damage is reported for good, other faults until MET_SECONDS after they last occurred.
        """
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
