"""The feed of a calendar with a thousand sessions, against a bare SELECT and the library icalendar."""

import time
from datetime import UTC, datetime

from icalendar import Calendar, Event
from sqlalchemy import text

from benchmarks.reconciliation import COACHES, write_history
from benchmarks.report import Promise, Result, paired
from benchmarks.standin import WORKSPACE
from benchmarks.world import KINDS, databases, engines_in_a_hurry
from coaching import zones
from coaching.actions import calendar_address
from coaching.clock import SystemClock
from coaching.sessions import Actor
from handlers.views.appointments import calendar_text
from storage import Engines, SqlStore
from storage.types import from_micros, to_micros
from web.links import Links, Way

SESSIONS = 1_000 * COACHES
ROUNDS = 5
_BARE = text("""
SELECT s.id, s.starts_at, s.ends_at, s.time_zone, t.name AS kind, m.name AS who FROM sessions s
LEFT JOIN session_types t ON t.workspace_id = s.workspace_id AND t.id = s.session_type_id
LEFT JOIN members m ON m.workspace_id = s.workspace_id AND m.id = s.client_id
WHERE s.workspace_id = :ws AND s.coach_id = :who AND s.status <> 'canceled' AND s.starts_at >= :since
ORDER BY s.starts_at, s.id LIMIT 1000""")
_LINKS = Links("a secret of benchmarks", "https://sessions.example.com")


async def measure(*, quick: bool = False) -> list[Result]:
    """Return how long a feed takes on SQLite and PostgreSQL."""
    with databases() as made:
        return [await _of(await made.fresh(kind), kind, quick=quick) for kind in (KINDS[:1] if quick else KINDS)]


async def _of(url: str, kind: str, *, quick: bool) -> Result:
    await write_history(url, SESSIONS // 50 if quick else SESSIONS)
    engines = engines_in_a_hurry(url)
    ours: list[float] = []
    theirs: list[float] = []
    held = 0
    try:
        # Another coach in each round, whose names and times nobody has seen.
        for number in range(1 if quick else ROUNDS):
            who = f"U0K{103 + number}"  # none of theirs was canceled
            seconds, held = await _ours(SqlStore(engines), who)
            ours.append(seconds * 1000)
            theirs.append(await _theirs(engines, who) * 1000)
    finally:
        await engines.dispose()
    what = f"feed of {held:,} sessions, {kind}; beside it a bare SELECT and icalendar"
    return paired(what, ours, theirs, "ms", Promise.AT_MOST, 3.0)


async def _ours(store: SqlStore, who: str) -> tuple[float, int]:
    clock = SystemClock()
    made = await calendar_address.renew(store, clock, Actor(WORKSPACE, who), f"feed:{who}")
    named = calendar_address.parsed(made.token or "")
    assert named is not None
    began = time.perf_counter()
    found = await calendar_address.read(store, clock, *named)
    assert found is not None
    shown = calendar_text(found, lambda session: _LINKS.way_in(Way(WORKSPACE, who, session.id)))
    took = time.perf_counter() - began
    assert shown.count("BEGIN:VEVENT") == len(found.kept) > 0
    return took, len(found.kept)


async def _theirs(engines: Engines, who: str) -> float:
    since = to_micros(datetime.now(UTC) - calendar_address.BEHIND)
    began = time.perf_counter()
    async with engines.reader.connect() as connection:
        rows = (await connection.execute(_BARE, {"ws": WORKSPACE, "who": who, "since": since})).all()
    calendar = Calendar()
    for row in rows:
        event, zone = Event(), zones.zone(row.time_zone)
        event.add("uid", row.id)
        event.add("dtstamp", datetime.now(UTC))
        event.add("dtstart", from_micros(row.starts_at).astimezone(zone))
        event.add("dtend", from_micros(row.ends_at).astimezone(zone))
        event.add("summary", f"{row.kind} with {row.who}")
        calendar.add_component(event)
    assert calendar.to_ical()
    return time.perf_counter() - began
