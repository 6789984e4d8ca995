"""What had moved before movements were numbered gets numbers in the order of time, and a long history its first sum."""

import pytest
from alembic import command
from sqlalchemy import Connection, text

from storage import create_engines
from storage.migrate import _config, upgrade
from tests.conftest import KINDS
from tests.support import patience
from tests.support.databases import Databases

_TRANSFER = text("""
    INSERT INTO transfers (workspace_id, key, kind, source, target, amount, at, session_id, grant_id)
    VALUES ('T', :key, :kind, :source, :target, :amount, :at, :session, :grant)""")
_FEW, _MANY = 3, 150


def _unnumbered(connection: Connection) -> None:
    command.upgrade(_config(connection), "0020")


def _history(grant: str, bookings: int) -> list[dict[str, object]]:
    """Return an issue and so many bookings, whose keys sort against time; every session took place."""
    account = f"grant:{grant}"
    rows: list[dict[str, object]] = [
        {"key": f"issue:{grant}", "kind": "issue", "source": "issued", "target": account, "amount": 90_000, "at": 0}
        | {"session": None, "grant": grant}
    ]
    for number in range(1, bookings + 1):
        session = f"{grant}{999 - number}"
        of = {"session": session, "grant": grant, "amount": 100}
        booked = {"kind": "book", "source": account, "target": f"session:{session}", "at": number}
        earned = {"kind": "earn", "source": f"session:{session}", "target": "earned", "at": number}
        rows += [{"key": f"book:{session}"} | booked | of, {"key": f"earn:{session}"} | earned | of]
    return rows


@pytest.mark.parametrize("kind", KINDS)
async def test_movements_are_numbered_in_the_order_of_time(databases: Databases, kind: str) -> None:
    url = await databases.empty(kind)
    engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
    async with engines.writer.begin() as connection:
        await connection.run_sync(_unnumbered)
        await connection.execute(_TRANSFER, [*_history("few", _FEW), *_history("many", _MANY)])
    await engines.dispose()
    await upgrade(url)
    async with engines.reader.connect() as connection:
        for grant, bookings in (("few", _FEW), ("many", _MANY)):
            numbered = (
                "SELECT kind, number FROM transfers WHERE grant_id = :grant AND number IS NOT NULL ORDER BY at, number"
            )
            rows = (await connection.execute(text(numbered), {"grant": grant})).all()
            assert [tuple(row) for row in rows] == [("issue", 1), *(("book", 2 + n) for n in range(bookings))]
        drawn = (await connection.execute(text("SELECT grant_id, number, balance FROM checkpoints"))).all()
    assert [tuple(row) for row in drawn] == [("many", _MANY + 1, 90_000 - 100 * _MANY)]
    # From now on nothing changes what was written.
    with pytest.raises(Exception, match="immutable"):
        async with engines.writer.begin() as connection:
            await connection.execute(text("UPDATE transfers SET number = 7 WHERE number = 1"))
    await engines.dispose()
