"""Exceptions of the last release are requests now, with the same notes, deadlines and states."""

import pytest
from alembic import command
from sqlalchemy import Connection, text

from storage import create_engines
from storage.migrate import _config, upgrade
from tests.conftest import KINDS
from tests.migrations.test_upgrade import _SESSION
from tests.support import patience
from tests.support.databases import Databases

_EXCEPTION = """
    INSERT INTO exceptions (workspace_id, session_id, cancellation_no, action_id, asked_at, asked_by, note, decide_by,
        state, by_admins)
    VALUES ('T', 's', :number, :action, 5, 'U1', 'Please', 9, :state, :admins)
"""


def _before(connection: Connection) -> None:
    command.upgrade(_config(connection), "0024")


@pytest.mark.parametrize("kind", KINDS)
async def test_an_exception_is_a_request_about_its_session(databases: Databases, kind: str) -> None:
    url = await databases.empty(kind)
    engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
    try:
        async with engines.writer.begin() as connection:
            await connection.run_sync(_before)
            await connection.execute(text(_SESSION), {"id": "s", "start": 0, "status": "scheduled"})
            for number, state in enumerate(("withdrawn", "decided", "open"), start=1):
                row = {"number": number, "action": f"x{number}", "state": state, "admins": state == "open"}
                await connection.execute(text(_EXCEPTION), row)
        await upgrade(url)
        async with engines.writer.connect() as connection:
            found = await connection.execute(
                text(
                    "SELECT subject_id, kind, number, action_id, asked_at, asked_by, note, decide_by, state, by_admins"
                    " FROM requests ORDER BY number"
                )
            )
            same = ("U1", "Please", 9)
            assert [(*row[:-1], bool(row[-1])) for row in found] == [
                ("s", "exception", 1, "x1", 5, *same, "withdrawn", False),
                ("s", "exception", 2, "x2", 5, *same, "decided", False),
                ("s", "exception", 3, "x3", 5, *same, "open", True),
            ]
    finally:
        await engines.dispose()
