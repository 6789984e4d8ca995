"""A long history, written by the database itself: more of everything than any page shows."""

from sqlalchemy import text

from storage import SqlStore
from storage.types import to_micros
from tests.support.world import World

LONG = 1_250
"""How many there are of everything. More than a person's sessions are counted."""
CLIENT, COACH = "U0LONG", "U0LONGCOACH"
IDLE = 20
"""So many of the coaches give no hours."""
OFTEN = "u10000"
"""The session to which something happened so many times."""

_HOUR = 3_600_000_000
_DAY = 24 * _HOUR
_NUMBERS = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {LONG})"
_MINUTE = 60_000_000
_SESSION = """sessions (workspace_id, id, origin, may_overlap, client_id, coach_id, session_type_id, starts_at, ends_at,
    time_zone, booked_at, policy_id, refund_cutoff_at, price, status, version, cancellation_no, reschedules, reminders_kept)"""


_FIRST = f":now - {2 * LONG} * CAST({_MINUTE} AS BIGINT)"
_NOTICE = """notices (workspace_id, dedupe_key, kind, recipient, session_id, due_at, expires_at, state, revision, attempts,
    ambiguous, sent_revision, copy_of, only_types)"""


def _sessions(prefix: str, start: str, status: str) -> tuple[str, str]:
    return (
        _SESSION,
        f"""'{prefix}' || (10000 + i), 'imported', true, '{CLIENT}', '{COACH}', 't', {start}, {start} + {_HOUR}, 'UTC', 0,
            :policy, {start} - {_DAY}, 0, '{status}', 1, 0, 0, FALSE""",
    )


_STATEMENTS = (
    ("members (workspace_id, id, name, is_admin, fetched_at)", "'U0C' || (10000 + i), 'Coach ' || i, FALSE, :now"),
    ("coaches (workspace_id, member_id, alert_channel)", "'U0C' || (10000 + i), 'C0' || i"),
    (
        """availability (workspace_id, coach_id, time_zone, hours, buffer_before, buffer_after, notice, step, horizon)""",
        "'U0C' || (10000 + i), 'UTC', 'Mon–Fri 9:00–17:00', 0, 0, 60, 30, 60",
        f"WHERE i >= {IDLE}",
    ),
    (
        "timeline (workspace_id, session_id, id, at, event, actor_id, role)",
        f"""'{OFTEN}', 'e' || (10000 + i), :now - ({LONG} - i) * CAST({_MINUTE} AS BIGINT), 'reminders_kept',
            'U0C' || (10000 + i), 'client'""",
    ),
    (
        _NOTICE,
        f"""'r' || i, 'reminder', '{CLIENT}', '{OFTEN}', {_FIRST} + i * CAST({2 * _MINUTE} AS BIGINT), :now, 'sent', 1, 1, 0, 1,
            NULL, NULL""",
    ),
    # Copies for two stakeholders, one of them of other session types only.
    (
        _NOTICE,
        f"""'c' || i, 'coach_booked', 'U0ALSO' || i, '{OFTEN}', {_FIRST}, :now, 'sent', 1, 1, 0, 1, '{COACH}',
            CASE i WHEN 0 THEN '["t"]' ELSE '["other"]' END""",
        "WHERE i < 2",
    ),
    _sessions("p", f":now - (i + 2) * CAST({_DAY} AS BIGINT)", "completed"),
    _sessions("u", f":now + (i + 2) * CAST({_DAY} AS BIGINT)", "scheduled"),
)


async def live_long(store: SqlStore, world: World) -> None:
    """Give one client, their coach and their workspace a long history."""
    async with store.write(world.workspace) as uow:
        await uow.workspace.ensure()
        policy_id, policy = await uow.terms.current()
        await uow.terms.keep(policy)
        await uow.people.know_of([CLIENT, COACH])
        await uow.coaches.save(COACH, None)
        await uow.commit()
    values = {"ws": world.workspace, "now": to_micros(world.clock.now()), "policy": policy_id}
    async with store.engines.writer.begin() as connection:
        for into, what, *where in _STATEMENTS:
            sql = f"INSERT INTO {into} {_NUMBERS} SELECT :ws, {what} FROM n {' '.join(where)}"
            sql = sql.replace(":now", "CAST(:now AS BIGINT)")
            sql = sql.replace(":ws", "CAST(:ws AS VARCHAR)").replace(":policy", "CAST(:policy AS VARCHAR)")
            used = {name: value for name, value in values.items() if f":{name}" in sql}
            await connection.execute(text(sql), used)
