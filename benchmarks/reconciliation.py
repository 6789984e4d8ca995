"""Every rule of the books, tried on 100,000 sessions in which half of what can happen has happened."""

import time
from datetime import UTC, datetime

from sqlalchemy import text

from benchmarks.report import Result
from benchmarks.world import KINDS, databases, engines_in_a_hurry, introduce
from storage import SqlStore
from storage.engine import create_auditor
from storage.reconciliation import findings
from storage.rules import RULES
from storage.types import to_micros

SESSIONS = 100_000
PER_CLIENT, COACHES = 20, 100


async def measure(*, quick: bool = False) -> list[Result]:
    """Return how long all rules take on SQLite and PostgreSQL. Raises AssertionError if a healthy database has a fault."""
    with databases() as made:
        return [
            await _of(await made.fresh(kind), kind, 2_000 if quick else SESSIONS)
            for kind in (KINDS[:1] if quick else KINDS)
        ]


async def _of(url: str, kind: str, sessions: int) -> Result:
    await write_history(url, sessions)
    auditor = create_auditor(url)
    took: dict[str, float] = {}
    async with auditor.connect() as connection:
        for rule in RULES:
            began = time.perf_counter()
            found = await findings(connection, rules=(rule,))
            took[rule.id] = time.perf_counter() - began
            await connection.rollback()
            assert found == [], found
    await auditor.dispose()
    total = sum(took.values())
    slowest = sorted(took, key=lambda rule: -took[rule])[:5]
    told = "slowest: " + ", ".join(f"{rule} {took[rule]:.2f} s" for rule in slowest)
    what = f"{len(RULES)} rules on {sessions:,} sessions, {kind}; beside it the slowest rule"
    return Result(what, total, took[slowest[0]], "s", total / took[slowest[0]], note=told)


async def write_history(url: str, sessions: int) -> None:
    """Fill a database with sessions, half of them over: a tenth each was canceled in time, canceled late, and moved."""
    engines = engines_in_a_hurry(url)
    try:
        await introduce(SqlStore(engines), sessions // PER_CLIENT)
        now = to_micros(datetime.now(UTC))
        clients = sessions // PER_CLIENT
        parameters = {
            "now": now,
            "last": sessions - 1,
            "base": now - sessions // COACHES // 2 * _HOUR,
            "clients": clients,
        }
        async with engines.writer.begin() as connection:
            for statement in _HISTORY:
                used = {name: value for name, value in parameters.items() if f":{name}" in statement}
                await connection.execute(text(statement), used)
            if engines.dialect == "postgresql":
                await connection.execute(text("ANALYZE"))  # which autovacuum does a minute after such a change
    finally:
        await engines.dispose()


_HOUR = 3_600_000_000
_DAY = 24 * _HOUR
# i % 10: 0 was canceled in time, 1 was canceled late and refunded after all, 2 was moved; the rest is over or to come.
_N = f"""
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < CAST(:last AS INTEGER)),
h AS (SELECT i, i % 10 AS what, 's' || (100000000 + i) AS id, 'g' || (1000000 + i % CAST(:clients AS INTEGER)) AS grant_id,
    'U0C' || (1000000 + i % CAST(:clients AS INTEGER)) AS client, 'U0K' || (100 + i % {COACHES}) AS coach,
    CAST(:base AS BIGINT) + i / {COACHES} * CAST({_HOUR} AS BIGINT) AS at FROM n),
p AS (SELECT h.*, CASE WHEN what < 2 THEN 'canceled' WHEN at + {_HOUR} < CAST(:now AS BIGINT) THEN 'completed'
    ELSE 'scheduled' END AS status, CASE WHEN what = 2 THEN 1 ELSE 0 END AS moved,
    CASE WHEN what < 2 THEN at - (2 - what) * CAST({_DAY} AS BIGINT) + CAST({_HOUR} AS BIGINT) END AS canceled_at,
    w.workspace_id AS ws, w.policy_id FROM h CROSS JOIN workspaces w)"""


def _notice(kind: str, key: str, who: str, *, session: str = "NULL", action: str = "NULL", where: str = "1 = 1") -> str:
    # A reminder waits where its session is to come; everything else has been told.
    waits = kind in ("reminder", "starting")
    state = "CASE WHEN status = 'scheduled' THEN 'pending' ELSE 'dropped' END" if waits else "'sent'"
    cutoff = {"reminder": f"at - {_DAY}", "starting": "at"}.get(kind, "CAST(NULL AS BIGINT)")
    return f"""
INSERT INTO notices (workspace_id, dedupe_key, kind, recipient, session_id, action_id, cutoff, due_at, expires_at, state,
  revision, sent_revision, attempts, ambiguous) {_N}
SELECT ws, {key}, '{kind}', {who}, {session}, {action}, {cutoff}, at - {_DAY}, at, {state}, 1,
  {"CAST(NULL AS INTEGER)" if waits else "1"}, 0, 0 FROM p WHERE {where}"""


_OF_SESSION, _OF_GRANT = "'session:' || id", "'grant:' || grant_id"


def _transfer(kind: str, key: str, source: str, target: str, where: str = "1 = 1", ruling: str | None = None) -> str:
    order = ("book", "refund", "late_refund").index(kind) if _OF_GRANT in (source, target) else None
    place = "CAST(NULL AS INTEGER)" if order is None else f"i * 3 + 2 + {order}"
    number, by, paid_by = ("1", f"'{ruling}'", "grant_id") if ruling else ("CAST(NULL AS INTEGER)", "NULL", "NULL")
    return f"""
INSERT INTO transfers (workspace_id, key, kind, source, target, amount, at, session_id, grant_id,
  cancellation_no, ruling, paid_by, number) {_N}
SELECT ws, {key}, '{kind}', {source}, {target}, 100, at, id, grant_id, {number}, {by}, {paid_by}, {place} FROM p
WHERE {where}"""


def _entry(event: str, order: int, where: str = "1 = 1") -> str:
    return f"""
INSERT INTO timeline (workspace_id, session_id, id, at, event, actor_id, role) {_N}
SELECT ws, id, '{order}', at, '{event}', client, 'client' FROM p WHERE {where}"""


def _refund(decision: str, action: str, where: str) -> str:
    outcome, amount = ("'refunded'", "100") if decision == "late" else ("NULL", "100 * (1 - what)")
    return f"""
INSERT INTO refunds (workspace_id, session_id, cancellation_no, decision, outcome, action_id, at, "by", late, percent, amount)
{_N} SELECT ws, id, 1, '{decision}', {outcome}, {action}, canceled_at, client, what = 1, {amount}, {amount} FROM p
WHERE {where}"""


_SETTLES = "'cancel:' || id || ':1:' || grant_id || ':' || '"
_HISTORY = (
    f"""
INSERT INTO grants (workspace_id, id, client_id, label, size, granted_at) {_N}
SELECT ws, grant_id, client, 'Credits', {PER_CLIENT}, CAST(:base AS BIGINT) FROM p WHERE i < CAST(:clients AS INTEGER)""",
    f"""
INSERT INTO sessions (workspace_id, id, origin, may_overlap,
  client_id, coach_id, session_type_id, starts_at, ends_at, time_zone, booked_at,
  policy_id, refund_cutoff_at, price, status, version, cancellation_no, reschedules, reminders_kept, canceled_at, canceled_by)
{_N} SELECT ws, id, 'imported', true, client, coach, 'leadership', at, at + 3000000000, 'America/New_York',
  at - 30 * CAST({_DAY} AS BIGINT), policy_id, at - {_DAY}, 100, status, CASE status WHEN 'scheduled' THEN 1 ELSE 2 END + moved,
  CASE status WHEN 'canceled' THEN 1 ELSE 0 END, moved, false, canceled_at, CASE WHEN what < 2 THEN client END FROM p""",
    "UPDATE sessions SET origin = 'booked', may_overlap = false",  # only now: its triggers are not what is measured
    f"""
INSERT INTO moves (workspace_id, session_id, version, action_id, at, "by", role, old_starts_at, new_starts_at, late)
{_N} SELECT ws, id, 1, 'm' || i, at - 3 * CAST({_DAY} AS BIGINT), client, 'client', at - {_HOUR}, at, false FROM p
WHERE moved = 1""",
    _refund("policy", "'a' || i", "what < 2"),
    _refund("late", "'d' || i", "what = 1"),
    f"""
INSERT INTO transfers (workspace_id, key, kind, source, target, amount, at, grant_id, number) {_N}
SELECT ws, 'issue:' || grant_id, 'issue', 'issued', {_OF_GRANT}, 100 * {PER_CLIENT}, CAST(:base AS BIGINT), grant_id, 1 FROM p
WHERE i < CAST(:clients AS INTEGER)""",
    _transfer("book", "'book:' || id || ':' || grant_id", _OF_GRANT, _OF_SESSION),
    _transfer("refund", f"{_SETTLES}refund'", _OF_SESSION, _OF_GRANT, "what = 0", "policy"),
    _transfer("forfeit", f"{_SETTLES}forfeit'", _OF_SESSION, "'forfeited'", "what = 1", "policy"),
    _transfer("late_refund", "'late:' || id || ':1:' || grant_id", "'forfeited'", _OF_GRANT, "what = 1", "late"),
    _transfer("earn", "'earn:' || id", _OF_SESSION, "'earned'", "status = 'completed'"),
    _entry("booked", 1),
    _entry("moved", 2, "moved = 1"),
    _entry("canceled", 3, "what < 2"),
    _entry("refunded_late", 4, "what = 1"),
    _entry("completed", 5, "status = 'completed'"),
    _notice("booked", "'booked:' || id", "client", session="id"),
    _notice("coach_booked", "'coach_booked:' || id", "coach", session="id"),
    _notice("reminder", "'reminder:' || id", "client", session="id"),
    _notice("starting", "'starting:' || id", "client", session="id"),
    _notice("receipt", "'receipt:' || id", "client", action="'a' || i", where="what < 2"),
    _notice("coach_alert", "'alert:' || id", "coach", action="'a' || i", where="what < 2"),
    _notice("late_decision", "'decision:' || id", "client", action="'d' || i", where="what = 1"),
    _notice("moved", "'moved:' || id", "client", action="'m' || i", where="moved = 1"),
    _notice("coach_moved", "'coach_moved:' || id", "coach", action="'m' || i", where="moved = 1"),
)
