"""Sentences that releases before wrote become codes; what nobody knows stays as it was."""

from collections.abc import AsyncIterator

import pytest
from alembic import command
from sqlalchemy import text

from coaching.why import Why
from storage import create_engines
from storage.engine import Engines
from storage.migrate import _config, upgrade
from tests.conftest import KINDS
from tests.support import patience
from tests.support.databases import Databases

pytestmark = pytest.mark.parametrize("kind", KINDS)

_NOTICE = """
    INSERT INTO notices
        (workspace_id, dedupe_key, kind, recipient, due_at, expires_at, state, revision, attempts, ambiguous, detail)
    VALUES ('T', :key, :kind, 'U1', 0, 0, 'dropped', 1, 0, 0, :detail)
"""
_COLUMNS = ("why", "why_code", "diverted_why", "trouble", "trouble_channel", "detail")
_ODD = "restricted_action:odd"
# What kind of notice, what it said, and what it says now.
_ROWS: list[tuple[str, str | None, dict[str, str]]] = [
    ("receipt", None, {}),
    ("coach_alert", "taken back in time", {"why": "taken_back"}),
    ("reminder", "session moved", {"why": "session_moved"}),
    ("reminder", "cancellation taken back", {"why": "replanned_restored"}),
    ("expiring", "these credits are somebody else's to hear about now", {"why": "not_theirs"}),
    ("receipt", "Slack answered with an error 5 times; it may have arrived", {"why": "always_errors"}),
    ("receipt", "Slack does not deliver it (channel_not_found)", {"why": "refused", "why_code": "channel_not_found"}),
    ("booked", f"a later change could not be shown ({_ODD})", {"why": "edit_refused", "why_code": _ODD}),
    (
        "coach_alert",
        "sent as a direct message: the alert channel could not be posted to (not_in_channel)",
        {"diverted_why": "not_in_channel"},
    ),
    ("channel_trouble", "C0DOWN is_archived", {"trouble": "is_archived", "trouble_channel": "C0DOWN"}),
    ("channel_trouble", "came too late to be useful", {"why": "too_late"}),
    ("channel_trouble", "two words", {"trouble": "words", "trouble_channel": "two"}),
    ("alert_lost", "crashed", {"trouble": "crashed"}),
    ("alert_lost", "there is nothing left to tell", {"why": "nothing_left"}),
    ("receipt", "nobody knows (this)", {"why": "other", "detail": "nobody knows (this)"}),
    ("receipt", "Slack does not deliver it ()", {"why": "other", "detail": "Slack does not deliver it ()"}),
]


@pytest.fixture
async def migrated(databases: Databases, kind: str) -> AsyncIterator[Engines]:
    url = await databases.empty(kind)
    engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
    async with engines.writer.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), "0014"))
        for number, (of, said, _) in enumerate(_ROWS):
            await connection.execute(text(_NOTICE), {"key": f"{number:02}", "kind": of, "detail": said})
    await engines.dispose()
    await upgrade(url)
    yield engines
    await engines.dispose()


async def test_what_was_said_in_sentences_is_a_code_now(migrated: Engines, kind: str) -> None:
    async with migrated.reader.connect() as connection:
        found = await connection.execute(text(f"SELECT {', '.join(_COLUMNS)} FROM notices ORDER BY dedupe_key"))
        for row, (of, said, now) in zip(found.all(), _ROWS, strict=True):
            assert {name: value for name, value in row._mapping.items() if value is not None} == now, (of, said)
            assert row.why is None or Why(row.why)
