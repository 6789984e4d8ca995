"""The database at start: bring it up to date, or say what is wrong with DATABASE_URL and what to do."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from coaching.errors import StorageBusy
from storage import migrate
from storage.ailments import ailment

_AGAIN = "try again in a moment."


class DatabaseUnusable(Exception):
    """The database cannot be used. The message is a whole sentence for the operator, without the password."""


async def prepare(url: str) -> None:
    """Migrate the database to this release's schema. Raises DatabaseUnusable."""
    where = make_url(url)
    sqlite = where.get_backend_name() == "sqlite"
    problem = _file_problem(Path(where.database or "")) if sqlite and "uri" not in where.query else None
    if problem is None:
        try:
            return await migrate.upgrade(url)
        except migrate.NewerDatabase as error:
            problem = f"{error}."
        except (StorageBusy, SQLAlchemyError, OSError) as error:
            problem = explain(url, error)
    raise DatabaseUnusable(f"DATABASE_URL: {problem}")


def explain(url: str, error: Exception) -> str:
    """Say what is wrong with the database at `url` and what to do, without the password."""
    if why := ailment(error):
        return f"the database answers, but {why}."
    where = make_url(url)
    return _sqlite_problem(error) if where.get_backend_name() == "sqlite" else _postgresql_problem(where, error)


def _file_problem(path: Path) -> str | None:
    """Check the file first: if the driver cannot open it, the driver's thread prints a traceback of its own."""
    if not path.parent.is_dir():
        return f"the directory {path.parent} does not exist: create it, or name a file in another one."
    if path.is_dir():
        return f"{path} is a directory: name a file in it, such as {path / 'sessions.db'}."
    if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.R_OK | os.W_OK)):
        return f"{path} cannot be written: give this user the right to write the file and its directory."
    if not path.exists():
        return None
    connection = None
    try:
        connection = sqlite3.connect(path, timeout=0)
        connection.execute("PRAGMA schema_version")
    except sqlite3.OperationalError:
        return None  # locked, for example: the migration waits for that, and reports what it cannot fix
    except sqlite3.DatabaseError:
        return f"{path} is not an SQLite database: name another file, or one that does not exist yet."
    finally:
        if connection is not None:
            connection.close()
    return None


def _sqlite_problem(error: Exception) -> str:
    if "is locked" in str(error):
        return f"another process holds the database file: let it finish or stop it, then {_AGAIN}"
    return f"the database file cannot be used ({_reason(error)}): mend that, then {_AGAIN}"


def _postgresql_problem(where: URL, error: Exception) -> str:
    at = f"{where.host or 'localhost'}:{where.port or 5432}"
    match next((state for cause in _causes(error) if (state := getattr(cause, "sqlstate", None))), None):
        case "3D000":
            return f"PostgreSQL at {at} has no database {where.database}: create it (createdb {where.database})."
        case "28P01" | "28000":
            return f"PostgreSQL at {at} does not let {where.username or 'this user'} in: correct user or password."
        case "42501":
            return f"{where.username or 'this user'} may not create tables in {where.database}: grant it, then {_AGAIN}"
        case "55P03":
            return (
                "a migration needs tables that another transaction at "
                f"{at} did not let go of: let it finish or end it (pg_stat_activity shows it), then {_AGAIN}"
            )
        case None if any(isinstance(cause, OSError) for cause in _causes(error)):
            return f"PostgreSQL does not answer at {at}: start it, or correct host and port."
    return f"PostgreSQL at {at} cannot be used ({_reason(error)}): mend that, then {_AGAIN}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _reason(error: Exception) -> str:
    """Return the first line of the driver's own error. The errors that wrap it repeat statements."""
    *_, last = _causes(error)
    lines = str(last).splitlines()
    return lines[0] if lines else type(last).__name__
