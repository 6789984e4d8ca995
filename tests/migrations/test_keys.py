"""What was read out of keys, and out of a move's words, stands in columns; rows are as the release before wrote them."""

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text

from storage import create_engines
from storage.engine import Engines
from storage.migrate import _config, upgrade
from storage.types import to_micros
from tests.conftest import KINDS
from tests.support import patience
from tests.support.databases import Databases

pytestmark = pytest.mark.parametrize("kind", KINDS)

ODD = "import:7:start"
"""An imported session's id, which may hold whatever keys are made of."""


def short(type_id: str) -> str:
    return hashlib.sha256(type_id.encode()).hexdigest()[:8]


_TRANSFER = """
    INSERT INTO transfers (workspace_id, key, kind, source, target, amount, at, session_id, grant_id)
    VALUES ('T', :key, :kind, 'a', 'b', 100, 0, :session, 'into')
"""
# Key, kind, session; and cancellation, ruling, who paid, with whom it came, who took back.
_TRANSFERS: Sequence[tuple[str, str, str | None, tuple[Any, ...]]] = (
    ("issue:into", "issue", None, (None,) * 5),
    (f"issue:into:{ODD}", "issue", None, (None, None, None, ODD, None)),
    ("book:s:into", "book", "s", (None,) * 5),
    (f"outcome:{ODD}:3:g", "earn", ODD, (None,) * 5),
    ("cancel:s:1:paid:refund", "refund", "s", (1, "policy", "paid", None, None)),
    (f"cancel:{ODD}:12:a:b:forfeit", "forfeit", ODD, (12, "policy", "a:b", None, None)),
    (f"late:{ODD}:2:paid", "late_refund", ODD, (2, "late", "paid", None, None)),
    ("later:s:2:a:b", "late_refund", "s", (2, "later", "a:b", None, None)),
    (f"undo:{ODD}:3:cancel:{ODD}:3:paid:refund", "undo", ODD, (3, None, None, None, None)),
    ("revoke:into:0123abcd:U0ADA", "revoke", None, (None, None, None, None, "U0ADA")),
    ("odd", "refund", "s", (None,) * 5),
)
_NOTICE = """
    INSERT INTO notices (workspace_id, dedupe_key, kind, recipient, session_id, action_id, about_id, cutoff, due_at, expires_at,
        state, revision, attempts, ambiguous)
    VALUES ('T', :key, :kind, 'U1', :session, :action, :about, :cutoff, 1000000, 0, 'pending', 1, 0, 0)
"""
# Key, kind, session, action, whom it is about, cutoff; and seconds, version, whose copy, which types, whom it is about.
_NOTICES: Sequence[tuple[str, str, str | None, str | None, str | None, int | None, tuple[Any, ...]]] = (
    ("reminder:s:99000000:7200", "reminder", "s", None, None, 99_000_000, (7200, 1, None, None, None)),
    ("reminder:s:99000000:3600:4", "reminder", "s", None, None, 99_000_000, (3600, 4, None, None, None)),
    (f"reminder:{ODD}:99000000:900:start", "starting", ODD, None, None, 99_000_000, (900, 1, None, None, None)),
    (f"reminder:{ODD}:99000000:900:start:12", "starting", ODD, None, None, 99_000_000, (900, 12, None, None, None)),
    ("reminder:s", "reminder", "s", None, None, 99_000_000, (98, 1, None, None, None)),
    ("r", "reminder", "s", None, None, 0, (0, 1, None, None, None)),
    ("alert:a:U2", "coach_alert", None, "a", None, None, (None,) * 5),
    ("copy:coach_alert:a:0123456789abcdef", "coach_alert", None, "a", "U2", None, (None, None, "U2", None, None)),
    (
        f"copy:coach_booked:{ODD}:0123456789abcdef:{short('type')}:{short('other')}",
        *("coach_booked", ODD, None, "U2", None),
        (None, None, "U2", ["other", "type"], None),
    ),
    (
        "copy:coach_alert:b:0123456789abcdef:deadbeef",
        *("coach_alert", None, "b", "U2", None),
        (None, None, "U2", ["deadbeef"], None),
    ),
    ("granted:g", "granted", None, None, "g", None, (None, None, None, None, "g")),
)
_ENTRY = """
    INSERT INTO timeline (workspace_id, session_id, id, at, event, actor_id, role, detail)
    VALUES ('T', 's', :id, 0, :event, 'U1', 'client', :detail)
"""
_AT = datetime(2026, 11, 19, 15, 30, tzinfo=UTC)
# Event, what it said; and the old start, what it says now.
_ENTRIES = (
    ("moved", _AT.isoformat(), (to_micros(_AT), None)),
    ("moved", "2026-11-19T10:30:00.000005-05:00", (to_micros(_AT) + 5, None)),
    ("moved", "soon", (None, "soon")),
    ("moved", None, (None, None)),
    ("canceled", _AT.isoformat(), (None, _AT.isoformat())),
)


@pytest.fixture
async def migrated(databases: Databases, kind: str) -> AsyncIterator[Engines]:
    url = await databases.empty(kind)
    engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
    async with engines.writer.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), "0015"))
        types = "INSERT INTO session_types (workspace_id, id, name, minutes, price) VALUES (:ws, :id, 'Type', 60, 100)"
        for ws, one in (("T", "type"), ("T", "other"), ("T2", "type")):
            await connection.execute(text(types), {"ws": ws, "id": one})
        for key, of, session, _ in _TRANSFERS:
            await connection.execute(text(_TRANSFER), {"key": key, "kind": of, "session": session})
        for key, of, session, action, about, cutoff, _ in _NOTICES:
            row = {"key": key, "kind": of, "session": session, "action": action, "about": about, "cutoff": cutoff}
            await connection.execute(text(_NOTICE), row)
        for number, (event, said, _) in enumerate(_ENTRIES):
            await connection.execute(text(_ENTRY), {"id": str(number), "event": event, "detail": said})
    await engines.dispose()
    await upgrade(url)
    yield engines
    await engines.dispose()


async def _rows(engines: Engines, query: str) -> dict[str, tuple[Any, ...]]:
    async with engines.reader.connect() as connection:
        return {row[0]: tuple(row)[1:] for row in await connection.execute(text(query))}


async def test_what_a_cancellation_moved_says_which_by_what_and_who_had_paid(migrated: Engines, kind: str) -> None:
    found = await _rows(migrated, "SELECT key, cancellation_no, ruling, paid_by, came_with, by_id FROM transfers")
    assert found == {key: columns for key, _, _, columns in _TRANSFERS}


async def test_reminders_and_copies_say_what_their_keys_said(migrated: Engines, kind: str) -> None:
    columns = "dedupe_key, lead, planned_version, copy_of, only_types, about_id"
    found = await _rows(migrated, f"SELECT {columns} FROM notices")
    read = {key: (*row[:3], json.loads(row[3]) if row[3] else None, row[4]) for key, row in found.items()}
    assert read == {key: columns for key, *_, columns in _NOTICES}


async def test_a_move_keeps_the_old_start_as_an_instant_and_odd_words_as_they_are(migrated: Engines, kind: str) -> None:
    found = await _rows(migrated, "SELECT id, old_starts_at, detail FROM timeline")
    assert found == {str(number): columns for number, (_, _, columns) in enumerate(_ENTRIES)}
