"""Databases to measure on, of both kinds: written by set-based SQL or by the product's own actions."""

import itertools
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import asyncpg
from sqlalchemy import event, make_url, text

from benchmarks.load import press, submission
from benchmarks.standin import REASON, WORKSPACE
from coaching import zones
from coaching.actions import book as booking
from coaching.actions import cancel
from coaching.availability import Availability, parse_hours
from coaching.clock import SystemClock
from coaching.credits import ISSUED, Grant
from coaching.ids import new_id
from coaching.sessions import Actor, Hat, Person
from coaching.workspace import Settings
from handlers.ids import Action, Block
from handlers.meta import Meta
from handlers.views.confirm import confirm_view
from handlers.views.kit import Json
from handlers.views.result import result_view
from storage import Engines, SqlStore, create_engines, migrate
from storage.types import to_micros
from tests.support import postgres

PER_CLIENT = 20
"""Sessions of each client in a database of lists: ten behind them, ten ahead."""
ADMIN = "U0A1"
PACKAGE, TYPE = "Leadership 20-pack", "Leadership coaching"
KINDS = ("sqlite", "postgresql")


PER_COACH = 50
"""Clients of each coach, where there are more than COACHES have."""


def coach_id(number: int) -> str:
    """Return the user id of a coach."""
    return f"U0K{100 + number}"


COACHES = [coach_id(number) for number in range(20)]


def client_id(number: int) -> str:
    """Return the user id of a client."""
    return f"U0C{1_000_000 + number}"


@dataclass
class Databases:
    """Makes migrated databases and copies of them; everything ends with `databases()`."""

    directory: Path
    _stack: ExitStack
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _server: postgres.Server | None = None

    async def fresh(self, kind: str) -> str:
        """Return the URL of a new, migrated database."""
        name = f"bench{next(self._numbers)}"
        if kind == "sqlite":
            url = f"sqlite+aiosqlite:///{self.directory / name}.db"
        else:
            await self._statement(f"CREATE DATABASE {name}")
            url = self._postgres().url(name)
        await migrate.upgrade(url)
        return url

    async def copy(self, url: str) -> str:
        """Return the URL of a copy of a database that nobody has open."""
        name, source = f"bench{next(self._numbers)}", make_url(url).database
        assert source is not None
        if make_url(url).get_backend_name() == "sqlite":
            target = self.directory / f"{name}.db"
            shutil.copy(source, target)
            return f"sqlite+aiosqlite:///{target}"
        await self._statement(f"CREATE DATABASE {name} TEMPLATE {source}")
        return self._postgres().url(name)

    def _postgres(self) -> postgres.Server:
        if self._server is None:
            self._server = self._stack.enter_context(postgres.running())
        return self._server

    async def _statement(self, sql: str) -> None:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=self._postgres().port, user="postgres", database="postgres"
        )
        try:
            await connection.execute(sql)
        finally:
            await connection.close()


@contextmanager
def databases() -> Iterator[Databases]:
    """Make room for databases, and clear it away at the end."""
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        yield Databases(Path(directory), stack)


def engines_in_a_hurry(url: str) -> Engines:
    """Return the product's engines for writing test data: nobody minds losing it, and it may take its time."""
    engines = create_engines(url, wait_seconds=120)
    if engines.dialect == "sqlite":

        @event.listens_for(engines.writer.sync_engine, "connect")
        def relax(connection: object, _record: object) -> None:
            connection.cursor().execute("PRAGMA synchronous = OFF")  # type: ignore[attr-defined]

    return engines


def _coaches(clients: int) -> int:
    return max(len(COACHES), clients // PER_COACH)


async def introduce(store: SqlStore, clients: int) -> None:
    """Write the workspace, its coaches and its clients, whom Slack has told us about."""
    now = datetime.now(UTC)
    async with store.write(WORKSPACE) as uow:
        await uow.workspace.ensure("Bench")
        admin = Person(ADMIN, "Admin", "admin@example.com", "America/New_York", "en-US", is_admin=True)
        await uow.people.save(admin, now)
        for i in range(_coaches(clients)):
            person = Person(coach_id(i), f"Coach Number {i}", f"coach{i}@example.com", "America/New_York", "en-US")
            await uow.people.save(person, now)
            await uow.coaches.save(person.id, f"C0K{100 + i}")
        await uow.commit()
    async with store.engines.writer.begin() as connection:
        await connection.execute(text(_MEMBERS), {"ws": WORKSPACE, "last": clients - 1, "now": to_micros(now)})


async def write_lists(url: str, sessions: int) -> int:
    """Fill a database with `sessions` sessions, PER_CLIENT for each client; return how many clients there are."""
    clients = sessions // PER_CLIENT
    engines = engines_in_a_hurry(url)
    try:
        await introduce(SqlStore(engines), clients)
        now = to_micros(datetime.now(UTC))
        parameters = {"ws": WORKSPACE, "now": now, "last": clients - 1, "label": PACKAGE, "type": TYPE}
        parameters["rules"] = zones.version()
        parameters["coaches"] = _coaches(clients)
        async with engines.writer.begin() as connection:
            # One sorted pass for each index instead of a million random insertions.
            indexes = await _indexes(engines) if sessions > 100_000 else {}
            for name in indexes:
                await connection.execute(text(f"DROP INDEX {name}"))
            for statement in _LISTS:
                used = {name: value for name, value in parameters.items() if f":{name}" in statement}
                await connection.execute(text(statement), used)
            for statement in indexes.values():
                await connection.execute(text(statement))
    finally:
        await engines.dispose()
    return clients


async def open_hours(url: str, clients: int) -> int:
    """Give every coach of a database of lists hours to be booked in; return how many coaches there are."""
    engines = engines_in_a_hurry(url)
    hours = Availability(time_zone="America/New_York", hours=parse_hours("Mon–Fri 9:00–17:00"))
    try:
        async with SqlStore(engines).write(WORKSPACE) as uow:
            for number in range(_coaches(clients)):
                await uow.schedule.save(coach_id(number), hours)
            await uow.commit()
    finally:
        await engines.dispose()
    return _coaches(clients)


async def _indexes(engines: Engines) -> dict[str, str]:
    """Return the indexes of sessions and transfers that are no constraint's, with what makes them again."""
    async with engines.reader.connect() as connection:
        found = await connection.execute(text(_SQLITE_INDEXES if engines.dialect == "sqlite" else _POSTGRES_INDEXES))
        return {row.name: row.sql for row in found}


async def write_reminders(url: str, waves: int, each: int) -> None:
    """Write one session and one reminder for each of `waves` times `each` clients; a wave falls due every second."""
    clients = waves * each
    engines = engines_in_a_hurry(url)
    try:
        await introduce(SqlStore(engines), clients)
        now = to_micros(datetime.now(UTC) + timedelta(hours=1))
        parameters = {"ws": WORKSPACE, "now": now, "last": clients - 1, "each": each, "type": TYPE}
        async with engines.writer.begin() as connection:
            for statement in _REMINDERS:
                used = {name: value for name, value in parameters.items() if f":{name}" in statement}
                await connection.execute(text(statement), used)
    finally:
        await engines.dispose()


async def write_drafts(url: str, drafts: int, *, undo_window: timedelta = timedelta(hours=1)) -> list[bytes]:
    """Book three sessions for each of `drafts` clients and quote them; return the submissions that confirm.

    Coaches are told of a cancellation when its undo window ends; its client, who is told at once, can undo it until then.
    """
    engines = engines_in_a_hurry(url)
    clock, submissions = SystemClock(), []
    try:
        store = SqlStore(engines)
        await introduce(store, drafts)
        async with store.write(WORKSPACE) as uow:
            await uow.workspace.save_settings(Settings(undo_window=undo_window))
            await uow.commit()
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=5)
        for number in range(drafts):
            actor = Actor(WORKSPACE, client_id(number))
            async with store.write(WORKSPACE) as uow:
                at = clock.now()
                grant = Grant(new_id(at), PACKAGE, 1000, 10, at + timedelta(days=200), TYPE)
                await uow.grants.add(actor.user_id, grant, package=PACKAGE, now=at)
                await uow.commit()
            booked = [
                await booking.book(
                    store,
                    clock,
                    booking.Book(
                        actor=actor,
                        role=Hat.CLIENT,
                        client_id=actor.user_id,
                        coach_id=COACHES[number % len(COACHES)],
                        session_type=TYPE,
                        starts_at=hour + timedelta(hours=number // len(COACHES) * 3 + nth),
                        length=timedelta(minutes=50),
                        time_zone="America/New_York",
                    ),
                )
                for nth in range(3)
            ]
            submissions.append(await quoted(store, clock, actor, [session.id for session in booked]))
    finally:
        await engines.dispose()
    return submissions


async def write_undos(url: str, submissions: Sequence[bytes]) -> list[bytes]:
    """Confirm these submissions; return the presses that undo them."""
    engines, presses = engines_in_a_hurry(url), []
    try:
        store, clock = SqlStore(engines), SystemClock()
        for body in submissions:
            payload = json.loads(parse_qs(body.decode())["payload"][0])
            actor = Actor(WORKSPACE, payload["user"]["id"])
            draft = json.loads(payload["view"]["private_metadata"])["draft"]
            done = await cancel.confirm(store, clock, cancel.Confirm(actor=actor, draft_id=draft))
            assert isinstance(done, cancel.Canceled)
            presses.append(undo_in(actor.user_id, result_view(done)))
    finally:
        await engines.dispose()
    return presses


def undo_in(user_id: str, view: Json) -> bytes:
    """Return the press on the Undo button of what somebody sees after a confirmation. Raises RuntimeError."""
    buttons = [element for block in view["blocks"] for element in block.get("elements", ())]
    actions = [element["value"] for element in buttons if element.get("action_id") == Action.UNDO]
    if not actions:
        raise RuntimeError(f"{user_id} confirmed, and read: {json.dumps(view['blocks'])[:600]}")
    return press(user_id, view, Action.UNDO, actions[0])


async def quoted(store: SqlStore, clock: SystemClock, actor: Actor, ids: list[str]) -> bytes:
    """Choose these sessions in a new dialog; return the submission that confirms."""
    meta = Meta(subject=actor.user_id, draft=new_id(clock.now()))
    choice = cancel.Choice(
        actor=actor,
        request_key=meta.draft,
        draft_id=meta.draft,
        hat=Hat.CLIENT,
        subject_id=actor.user_id,
        offered=ids,
        picked=ids,
    )
    typed = {Block.REASON: {Action.CONFIRM_REASON: {"type": "plain_text_input", "value": REASON}}}
    return submission(actor.user_id, confirm_view(await cancel.quote_choice(store, clock, choice), meta), typed)


_SQLITE_INDEXES = """SELECT name, sql FROM sqlite_master
    WHERE type = 'index' AND tbl_name IN ('sessions', 'transfers') AND sql IS NOT NULL"""
_POSTGRES_INDEXES = """SELECT indexname AS name, indexdef AS sql FROM pg_indexes
    WHERE tablename IN ('sessions', 'transfers')
    AND indexname NOT IN (SELECT conname FROM pg_constraint)"""
_CLIENTS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < CAST(:last AS INTEGER))"
_EACH = f"{_CLIENTS}, k(j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM k WHERE j < {PER_CLIENT - 1})"
_DAY = 86_400_000_000
_MEMBERS = f"""
INSERT INTO members (workspace_id, id, name, email, time_zone, locale, is_admin, fetched_at)
{_CLIENTS}
SELECT :ws, 'U0C' || (1000000 + i), 'Client Number ' || i, 'client' || i || '@example.com', 'America/New_York', 'en-US',
  false, CAST(:now AS BIGINT) FROM n"""
_TYPES = """
INSERT INTO session_types (workspace_id, id, name, minutes, price) VALUES (:ws, 'leadership', :type, 50, 100)"""
_LISTS = (
    _TYPES,
    """INSERT INTO packages (workspace_id, id, name, session_type_id) VALUES (:ws, 'pack', :label, 'leadership')""",
    f"""
INSERT INTO grants (workspace_id, id, client_id, package_id, label, size, granted_at, expires_at)
{_CLIENTS}
SELECT :ws, 'g' || (1000000 + i), 'U0C' || (1000000 + i), 'pack', :label, {PER_CLIENT}, CAST(:now AS BIGINT), NULL FROM n""",
    f"""
INSERT INTO sessions (workspace_id, id, origin, may_overlap,
  client_id, coach_id, session_type_id, grant_id, package_position, starts_at,
  ends_at, time_zone, booked_at, policy_id, refund_cutoff_at, price, meeting_link, status, version, cancellation_no,
  reschedules, reminders_kept, rules_seen)
{_EACH}
SELECT w.workspace_id, 's' || (100000000 + i * {PER_CLIENT} + j), 'imported', true, 'U0C' || (1000000 + i),
  'U0K' || (100 + i % CAST(:coaches AS INTEGER)), 'leadership',
  CASE WHEN j % 5 < 4 THEN 'g' || (1000000 + i) END, CASE WHEN j % 5 < 4 THEN j + 1 END,
  t.at, t.at + 3000000000, 'America/New_York', t.at - 30 * {_DAY}, w.policy_id, t.at - {_DAY},
  CASE WHEN j % 5 < 4 THEN 100 ELSE 0 END, 'https://meet.example.com/' || i,
  CASE WHEN t.at < CAST(:now AS BIGINT) THEN 'completed' ELSE 'scheduled' END, 1, 0, 0, false, :rules
FROM (SELECT i, j, CAST(:now AS BIGINT) + (j - {PER_CLIENT // 2}) * CAST({_DAY} AS BIGINT) + {_DAY // 2}
        + (i % 600) * CAST(60000000 AS BIGINT) AS at
      FROM n CROSS JOIN k ORDER BY i, j) t
CROSS JOIN workspaces w WHERE w.workspace_id = :ws""",
    f"""
INSERT INTO transfers (workspace_id, key, kind, source, target, amount, at, grant_id, number)
SELECT workspace_id, 'issue:' || id, 'issue', '{ISSUED}', 'grant:' || id, size * 100, granted_at, id, 1
FROM grants WHERE workspace_id = :ws""",
    """
INSERT INTO transfers (workspace_id, key, kind, source, target, amount, at, session_id, grant_id, number)
SELECT workspace_id, 'book:' || id || ':' || grant_id, 'book', 'grant:' || grant_id, 'session:' || id, price, booked_at, id,
  grant_id, package_position + 1 FROM sessions WHERE workspace_id = :ws AND grant_id IS NOT NULL ORDER BY id""",
)
_HOUR = 3_600_000_000
# Due at :now plus a second for each wave before; the cutoff comes two hours after that, the start a day later.
_REMINDERS = (
    _TYPES,
    f"""
INSERT INTO sessions (workspace_id, id, origin, may_overlap,
  client_id, coach_id, session_type_id, starts_at, ends_at, time_zone, booked_at,
  policy_id, refund_cutoff_at, price, status, version, cancellation_no, reschedules, reminders_kept)
{_CLIENTS}
SELECT w.workspace_id, 's' || (100000000 + i), 'imported', true, 'U0C' || (1000000 + i), 'U0K' || (100 + i % 20), 'leadership',
  t.at + 26 * CAST({_HOUR} AS BIGINT), t.at + 27 * CAST({_HOUR} AS BIGINT), 'America/New_York',
  t.at - 240 * CAST({_HOUR} AS BIGINT),
  w.policy_id, t.at + 2 * CAST({_HOUR} AS BIGINT), 100, 'scheduled', 1, 0, 0, false
FROM (SELECT i, CAST(:now AS BIGINT) + (i / :each) * CAST(1000000 AS BIGINT) AS at FROM n) t
CROSS JOIN workspaces w WHERE w.workspace_id = :ws""",
    f"""
INSERT INTO notices (workspace_id, dedupe_key, kind, recipient, session_id, cutoff, due_at, expires_at, state, revision, attempts,
  ambiguous)
SELECT workspace_id, 'reminder:' || id, 'reminder', client_id, id, refund_cutoff_at,
  refund_cutoff_at - 2 * CAST({_HOUR} AS BIGINT), refund_cutoff_at, 'pending', 1, 0, 0 FROM sessions WHERE workspace_id = :ws""",
)
