"""SQLite's file belongs to whoever runs the bot: it holds names, addresses and what people wrote."""

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
    """Create the file, empty, for this user alone, if there is none; SQLite gives what it puts beside it the same rights.

    A file that exists keeps its rights: somebody may have meant them. Where none can be created, opening it says why.
    """
    if where.query.get("mode") in {"ro", "memory"}:
        return
    with contextlib.suppress(OSError):
        os.close(os.open(file_of(where), os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
