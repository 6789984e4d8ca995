"""What a database of the last release holds is still there after the migration, under the new rules."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from bot.database import DatabaseUnusable, prepare
from coaching.localtime import NO_RULES
from storage import create_engines, migrate
from storage.engine import Engines
from storage.migrate import _LOCK, _config, head, upgrade
from storage.types import to_micros
from tests.conftest import KINDS
from tests.support import patience
from tests.support.databases import Databases

pytestmark = pytest.mark.parametrize("kind", KINDS)

_SESSION = """
    INSERT INTO sessions (workspace_id, id, origin, client_id, coach_id, session_type_id, starts_at, ends_at, time_zone,
        booked_at, policy_id, refund_cutoff_at, price, status, version, cancellation_no, reschedules, reminders_kept)
    VALUES ('T', :id, 'booked', 'U1', 'U2', 'type', :start, :start + 3600000000, 'UTC',
        0, 'p', 0, 100, :status, 1, 0, 0, false)
"""
_GRANT = (
    "INSERT INTO grants (workspace_id, id, client_id, label, size, granted_at) VALUES ('T', :id, :who, 'Pack', 5, 0)"
)
_ENTRY = """
    INSERT INTO timeline (workspace_id, session_id, id, at, event, actor_id, role)
    VALUES ('T', :id, :id, 0, :event, 'U1', 'system')
"""
_REFUND = """
    INSERT INTO refunds (workspace_id, session_id, cancellation_no, decision, action_id, at, "by", late, percent, amount)
    VALUES ('T', 's0', 1, 'policy', 'a', 0, 'U1', false, 100, 100)
"""


@pytest.fixture
async def migrated(databases: Databases, kind: str) -> AsyncIterator[Engines]:
    """A database that was filled at revision 0002 and then brought to the newest one."""
    url = await databases.empty(kind)
    engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
    async with engines.writer.begin() as connection:
        await connection.run_sync(_second)
        for number in range(3):
            start = number * 86_400_000_000
            await connection.execute(text(_SESSION), {"id": f"s{number}", "start": start, "status": "scheduled"})
        # Their client is in two at once: as client of two coaches, and as coach of somebody; the third only touches.
        for number, (client, coach) in enumerate((("U7", "U8"), ("U9", "U7"), ("U9", "U7"))):
            row = _SESSION.replace("'U1'", f"'{client}'").replace("'U2'", f"'{coach}'")
            start = 500_000_000_000 + number * 1_800_000_000 * number
            await connection.execute(text(row), {"id": f"both{number}", "start": start, "status": "scheduled"})
        # Moved since it was imported, and linked onto another one's time since it was booked.
        await connection.execute(text(_ENTRY), {"id": "s1", "event": "imported"})
        await connection.execute(text(_ENTRY), {"id": "s2", "event": "booked"})
        await connection.execute(text("UPDATE sessions SET origin = 'imported' WHERE id = 's2'"))
        await connection.execute(text(_GRANT), {"id": "g", "who": "U1"})
        await connection.execute(text(_REFUND))
    await engines.dispose()
    await upgrade(url)
    yield engines
    await engines.dispose()


def _second(connection: Connection) -> None:
    command.upgrade(_config(connection), "0002")


async def test_rows_stay_and_what_refers_to_them_still_does(migrated: Engines, kind: str) -> None:
    async with migrated.writer.connect() as connection:
        rows = (await connection.execute(text("SELECT id, status FROM sessions WHERE id LIKE 's%' ORDER BY id"))).all()
        assert [tuple(row) for row in rows] == [("s0", "scheduled"), ("s1", "scheduled"), ("s2", "scheduled")]
        assert (await connection.execute(text("SELECT client_id FROM grants"))).scalar_one() == "U1"
    with pytest.raises(DBAPIError):
        async with migrated.writer.begin() as connection:
            await connection.execute(text(_REFUND.replace("'s0'", "'nobody'")))
    if kind == "sqlite":
        async with migrated.writer.connect() as connection:
            assert (await connection.execute(text("PRAGMA integrity_check"))).scalar_one() == "ok"
            assert (await connection.execute(text("PRAGMA foreign_key_check"))).all() == []


async def test_where_a_session_came_from_is_told_by_its_timeline(migrated: Engines, kind: str) -> None:
    async with migrated.writer.connect() as connection:
        rows = await connection.execute(
            text("SELECT id, origin, may_overlap FROM sessions WHERE id LIKE 's%' ORDER BY id")
        )
        assert [(id, origin, bool(may)) for id, origin, may in rows] == [
            ("s0", "booked", False),
            ("s1", "imported", False),
            ("s2", "booked", True),
        ]


async def test_a_session_may_now_be_completed_and_nothing_unheard_of(migrated: Engines, kind: str) -> None:
    async with migrated.writer.begin() as connection:
        await connection.execute(text("UPDATE sessions SET status = 'completed' WHERE id = 's0'"))
        await connection.execute(text("UPDATE sessions SET status = 'no_show' WHERE id = 's1'"))
    with pytest.raises(DBAPIError, match="ck_sessions_status"):
        async with migrated.writer.begin() as connection:
            await connection.execute(text("UPDATE sessions SET status = 'nonsense' WHERE id = 's2'"))


async def test_a_grant_is_a_persons_or_a_pools(migrated: Engines, kind: str) -> None:
    pooled = (
        "INSERT INTO grants (workspace_id, id, pool_id, label, size, granted_at) VALUES ('T', 'h', 'p', 'Pack', 5, 0)"
    )
    async with migrated.writer.begin() as connection:
        await connection.execute(text(pooled))
    for change in ("SET client_id = 'U1' WHERE id = 'h'", "SET client_id = NULL WHERE id = 'g'"):
        with pytest.raises(DBAPIError, match="ck_grants_holder"):
            async with migrated.writer.begin() as connection:
                await connection.execute(text(f"UPDATE grants {change}"))


async def test_the_slot_of_a_coach_is_still_guarded(migrated: Engines, kind: str) -> None:
    other = _SESSION.replace("'U1'", "'U3'")
    with pytest.raises(DBAPIError, match="slot taken"):
        async with migrated.writer.begin() as connection:
            await connection.execute(text(other), {"id": "late", "start": 60_000_000, "status": "scheduled"})


async def test_the_time_of_a_client_is_guarded_now_and_what_overlapped_before_stays(
    migrated: Engines, kind: str
) -> None:
    async with migrated.writer.connect() as connection:
        rows = await connection.execute(text("SELECT id, may_overlap FROM sessions WHERE id LIKE 'both%' ORDER BY id"))
        assert [(one, bool(may)) for one, may in rows] == [("both0", True), ("both1", True), ("both2", False)]
    # Canceled and taken back, they overlap as before.
    async with migrated.writer.begin() as connection:
        for status, at in (("canceled", "0"), ("scheduled", "NULL")):
            await connection.execute(
                text(f"UPDATE sessions SET status = '{status}', canceled_at = {at} WHERE id = 'both0'")
            )
    other = _SESSION.replace("'U2'", "'U4'")
    with pytest.raises(DBAPIError, match="client busy"):
        async with migrated.writer.begin() as connection:
            await connection.execute(text(other), {"id": "late", "start": 60_000_000, "status": "scheduled"})


_EXPIRING = """
    INSERT INTO grants (workspace_id, id, client_id, label, size, granted_at, expires_at, closed_at)
    VALUES ('T', :id, 'U1', 'Pack', 5, 0, :ends, :closed)
"""
_LIVES = "INSERT INTO members (workspace_id, id, time_zone) VALUES ('T', 'U1', 'America/New_York')"


_HOURS = """
    INSERT INTO availability (workspace_id, coach_id, time_zone, hours, buffer_before, buffer_after, notice, step, horizon)
    VALUES ('T', 'U2', :zone, 'daily 0-24', 0, 0, 60, 15, 30)
"""
_OFF = "INSERT INTO time_off (workspace_id, coach_id, starts_at, ends_at) VALUES ('T', 'U2', :starts, :ends)"


async def test_days_off_are_named_where_they_begin_and_end_with_days_of_the_coachs_hours(
    databases: Databases, kind: str
) -> None:
    url = await databases.empty(kind)
    engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
    spans = [
        (datetime(2026, 4, 23, 22, tzinfo=UTC), datetime(2026, 4, 25, 21, tzinfo=UTC)),  # Cairo skips a midnight
        (datetime(2026, 12, 23, 22, tzinfo=UTC), datetime(2026, 12, 25, 22, tzinfo=UTC)),
        (datetime(2026, 12, 27, 8, tzinfo=UTC), datetime(2026, 12, 27, 12, tzinfo=UTC)),
    ]
    async with engines.writer.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), "0004"))
        await connection.execute(text(_HOURS), {"zone": "Africa/Cairo"})
        for starts, ends in spans:
            await connection.execute(text(_OFF), {"starts": to_micros(starts), "ends": to_micros(ends)})
    await engines.dispose()
    await upgrade(url)
    async with engines.writer.connect() as connection:
        columns = "starts_at, ends_at, first_day, last_day, time_zone, zone_rules"
        found = await connection.execute(text(f"SELECT {columns} FROM time_off ORDER BY starts_at"))
        days = [("2026-04-24", "2026-04-25", "Africa/Cairo"), ("2026-12-24", "2026-12-25", "Africa/Cairo"), (None,) * 3]
        assert [tuple(row) for row in found] == [
            (to_micros(starts), to_micros(ends), *said, None) for (starts, ends), said in zip(spans, days, strict=True)
        ]
    await engines.dispose()


async def test_the_day_of_an_expiry_is_named_where_its_instant_ends_one(databases: Databases, kind: str) -> None:
    url = await databases.empty(kind)
    engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
    ends = to_micros(datetime(2026, 12, 25, 4, 59, 59, tzinfo=UTC))  # December 24 in New York
    rows = [("day", ends, None), ("odd", ends - 1_000_000, None), ("closed", ends, ends), ("never", None, None)]
    async with engines.writer.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), "0004"))
        await connection.execute(text(_LIVES))
        for name, at, closed in rows:
            await connection.execute(text(_EXPIRING), {"id": name, "ends": at, "closed": closed})
        await connection.execute(text(_SESSION), {"id": "s", "start": ends, "status": "scheduled"})
    await engines.dispose()
    await upgrade(url)
    async with engines.writer.connect() as connection:
        found = await connection.execute(
            text("SELECT id, expires_at, expires_on, expires_zone, expires_rules FROM grants")
        )
        assert sorted(tuple(row) for row in found) == [
            ("closed", ends, None, None, None),
            ("day", ends, "2026-12-24", "America/New_York", None),
            ("never", None, None, None, None),
            ("odd", ends - 1_000_000, None, None, None),
        ]
        # A session from before was given as an instant, as far as anybody can tell.
        question = text("SELECT starts_at, local_start, by_instant, zone_rules FROM sessions")
        [session] = (await connection.execute(question)).all()
        assert (session.starts_at, session.local_start, bool(session.by_instant), session.zone_rules) == (
            ends,
            None,
            True,
            NO_RULES,
        )
    await engines.dispose()


@pytest.fixture
async def earlier(databases: Databases, kind: str) -> AsyncIterator[tuple[str, Engines]]:
    """A PostgreSQL database of an earlier release, its URL and engines that are patient."""
    if kind == "sqlite":
        pytest.skip("SQLite has one lock")
    url = await databases.empty(kind)
    engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
    async with engines.writer.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), "0017"))
    yield url, engines
    await engines.dispose()


async def _waiting(engines: Engines, kind: str) -> None:
    """Wait until somebody waits for a lock of this kind."""
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = :kind")
    async with asyncio.timeout(patience.SECONDS), engines.reader.connect() as connection:
        while not (await connection.execute(waits, {"kind": kind})).scalar_one():
            await connection.rollback()


async def test_who_serves_goes_on_while_a_migration_waits_for_a_long_transaction(
    earlier: tuple[str, Engines], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, engines = earlier
    monkeypatch.setattr(migrate, "AGAIN_SECONDS", 0.1)
    count = text("SELECT count(*) FROM sessions")
    async with engines.reader.connect() as auditor:
        await auditor.execute(count)
        with capture_logs() as logs:
            migrating = asyncio.create_task(upgrade(url))
            await _waiting(engines, "relation")
            async with asyncio.timeout(patience.SECONDS), engines.writer.connect() as request:
                await request.execute(count)  # stands in line behind the migration, until that gives way
            async with asyncio.timeout(patience.SECONDS):
                while True:
                    if logs:
                        break
                    await asyncio.sleep(0.01)
        assert "tries again; the bot that serves goes on" in logs[0]["event"]
        [other] = [one for one in logs[0]["transactions"] if one.startswith("sessions (pid ")]
        assert other.endswith(" s")
    await migrating
    async with engines.reader.connect() as connection:
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one() == head()


async def test_a_migration_that_gets_no_lock_says_so_in_the_end(
    earlier: tuple[str, Engines], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, engines = earlier
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 0.1)
    monkeypatch.setattr(migrate, "LOCKED_SECONDS", 0.0)
    async with engines.reader.connect() as auditor:
        await auditor.execute(text("SELECT count(*) FROM sessions"))
        with pytest.raises(DatabaseUnusable, match=r"another transaction .* let it finish or end it"):
            await prepare(url)
    async with engines.reader.connect() as connection:
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one() == "0017"


async def test_a_migration_that_a_deadlock_ended_is_tried_again(
    earlier: tuple[str, Engines], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older release may run meanwhile, and lock what a migration wants in another order."""
    url, engines = earlier
    monkeypatch.setattr(migrate, "LOCK_SECONDS", patience.SECONDS)
    async with engines.writer.connect() as first, engines.writer.connect() as second:
        await first.execute(text("LOCK TABLE alembic_version"))
        await second.execute(text("SET LOCAL deadlock_timeout = '1h'"))  # the other one notices
        await second.execute(text("LOCK TABLE sessions, notices, members"))
        migrating = asyncio.create_task(upgrade(url))
        await _waiting(engines, "relation")
        crossing = asyncio.create_task(second.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})")))
        await _waiting(engines, "advisory")
        await first.rollback()
        await crossing
        await second.rollback()
        await migrating
    async with engines.reader.connect() as connection:
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one() == head()
