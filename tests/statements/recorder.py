"""Records what is asked of a database: each statement once, with one set of parameters and the function that asked."""

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncConnection

import storage
from storage.repositories import base

STORAGE = Path(inspect.getfile(storage)).parent
_PLUMBING = inspect.getfile(base)
_asking: ContextVar[str] = ContextVar("asking", default="")


@dataclass(frozen=True, slots=True)
class Asked:
    """One statement as the driver got it, and the function of ours that asked, such as `people.PeopleReads.viewer`."""

    sql: str
    parameters: tuple[Any, ...]
    by: str


Recorded = dict[str, dict[str, Asked]]
"""By the kind of database and the text of the statement."""


@contextmanager
def recording() -> Iterator[Recorded]:
    """Record what is asked of any database meanwhile."""
    found: Recorded = {"sqlite": {}, "postgresql": {}}
    execute = AsyncConnection.execute

    async def noted(self: AsyncConnection, *args: Any, **kwargs: Any) -> Any:
        _asking.set(_asker())
        return await execute(self, *args, **kwargs)

    def note(connection: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, many: bool) -> None:
        if sql.lstrip("( \n").split(None, 1)[0] in {"SELECT", "UPDATE", "DELETE", "WITH", "INSERT"}:
            by = found[connection.dialect.name]
            # The longest list says most: SQLite looks up a single pair by its key, and several by the workspace.
            given = tuple(parameters[0] if many else parameters)
            by.setdefault(sql, Asked(sql, given, _asking.get()))

    AsyncConnection.execute = noted  # type: ignore[assignment, method-assign]
    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        AsyncConnection.execute = execute  # type: ignore[method-assign]


def _asker() -> str:
    frame = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(str(STORAGE)) and code.co_filename != _PLUMBING:
            return f"{Path(code.co_filename).stem}.{code.co_qualname}"
        frame = frame.f_back  # type: ignore[assignment]
    return ""
