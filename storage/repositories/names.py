"""Ids derived from names: session types and packages."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Executable, Result, bindparam, select

from coaching.naming import same_name
from storage.tables import session_types

_TYPE_NAMED = (
    select(session_types.c.id)
    .where(session_types.c.workspace_id == bindparam("ws"), session_types.c.name == bindparam("name"))
    .order_by(session_types.c.id)
)


async def type_id_of(
    run: Callable[[Executable, dict[str, Any]], Awaitable[Result[Any]]], workspace_id: str, name: str
) -> str:
    """Return the id of the session type with this name, which may have been renamed; for a new one, its name's key."""
    row = (await run(_TYPE_NAMED, {"ws": workspace_id, "name": name})).first()
    return str(row.id) if row else name_key(name)


def name_key(name: str) -> str:
    """Return the id derived from a name (of a session type or package), equal for all spellings of it."""
    return hashlib.sha256(same_name(name).encode()).hexdigest()[:24]


def package_key(name: str, type_id: str | None) -> str:
    """Return the id of the package with this name for a session type (None: for any).

    Imports find packages for sale by it.
    """
    return f"{name_key(name)}-{type_id}" if type_id else name_key(name)
