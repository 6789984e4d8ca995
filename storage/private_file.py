"""SQLite's file is private to the user who runs the bot: it has names, addresses and what people wrote."""

import contextlib
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy.engine import URL

PRIVATE = 0o600


def file_of(where: URL) -> Path:
    """Return the file that an SQLite URL names."""
    name = where.database or ""
    return Path(unquote(urlsplit(name).path)) if name.startswith("file:") else Path(name)


def create_private(where: URL) -> None:
    """Create an empty file for this user only, if there is none. SQLite gives the files beside it the same permissions.

    An existing file keeps its permissions, which may be intended. If the file cannot be created, opening it reports
    why.
    """
    if where.query.get("mode") in {"ro", "memory"}:
        return
    with contextlib.suppress(OSError):
        os.close(os.open(file_of(where), os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
