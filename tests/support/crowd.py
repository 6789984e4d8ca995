"""A crowded database, written by the database itself: enough rows for a planner to prefer indexes, quick enough for every run."""

from sqlalchemy import text

from storage import SqlStore
from storage.types import to_micros
from tests.support.world import World

CLIENTS, EACH, COACHES = 2000, 10, 20
_SESSIONS = CLIENTS * EACH
_HOUR = 3_600_000_000

# `i` counts sessions, `c` is the number of the client; every fourth session is canceled. Instants are microseconds.
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})"
_START = f":now + (i % {EACH} - {EACH // 2}) * CAST({24 * _HOUR} AS BIGINT) + {_HOUR}"
_CLIENT = f"'U' || (i / {EACH})"
_GRANT = f"'g' || (i / {EACH})"
_CANCELED = "(i % 4 = 0)"
_STATEMENTS = (
    (
        CLIENTS,
        "members (workspace_id, id, name, is_admin, fetched_at)",
        ":ws, 'U' || i, 'Client ' || i, FALSE, :now",
        "",
    ),
    (COACHES, "coaches (workspace_id, member_id)", ":ws, 'U' || i", ""),
    (
        CLIENTS,
        "grants (workspace_id, id, client_id, label, size, granted_at)",
        ":ws, 'g' || i, 'U' || i, 'Credits', 10, :now",
        "",
    ),
    (
        CLIENTS,
        "transfers (workspace_id, key, kind, source, target, amount, at, grant_id, number)",
        ":ws, 'issue:g' || i, 'issue', 'issued', 'grant:g' || i, 1000, :now, 'g' || i, 1",
        "",
    ),
    (
        _SESSIONS,
        """sessions (workspace_id, id, origin, may_overlap,
  client_id, coach_id, session_type_id, grant_id, package_position, starts_at,
            ends_at, time_zone, booked_at, policy_id, refund_cutoff_at, price, status, version, cancellation_no,
            reschedules, reminders_kept, canceled_at, canceled_by, canceled_role)""",
        f""":ws, 's' || i, 'imported', true, {_CLIENT}, 'U' || (i % {COACHES}), 't', {_GRANT}, i % {EACH} + 1, {_START},
            {_START} + {_HOUR}, 'UTC', 0, :policy, {_START} - {24 * _HOUR}, 100,
            CASE WHEN {_CANCELED} THEN 'canceled' ELSE 'scheduled' END, CASE WHEN {_CANCELED} THEN 2 ELSE 1 END,
            CASE WHEN {_CANCELED} THEN 1 ELSE 0 END, 0, FALSE, CASE WHEN {_CANCELED} THEN :now END,
            CASE WHEN {_CANCELED} THEN {_CLIENT} END, CASE WHEN {_CANCELED} THEN 'client' END""",
        "",
    ),
    (
        _SESSIONS,
        "timeline (workspace_id, session_id, id, at, event, actor_id, role)",
        f":ws, 's' || i, 'e' || i, :now, 'imported', {_CLIENT}, 'system'",
        "",
    ),
    (
        _SESSIONS,
        "transfers (workspace_id, key, kind, source, target, amount, at, session_id, grant_id, number)",
        f""":ws, 'book:s' || i || ':' || {_GRANT}, 'book', 'grant:' || {_GRANT}, 'session:s' || i, 100, :now, 's' || i, {_GRANT},
            i % {EACH} + 2""",
        "",
    ),
    (
        _SESSIONS,
        """transfers (workspace_id, key, kind, source, target, amount, at, session_id, grant_id,
            cancellation_no, ruling, paid_by, number)""",
        f""":ws, 'cancel:s' || i || ':1:' || {_GRANT} || '\\:refund', 'refund', 'session:s' || i, 'grant:' || {_GRANT}, 100,
            :now, 's' || i, {_GRANT}, 1, 'policy', {_GRANT}, i % {EACH} + {EACH} + 2""",
        f"WHERE {_CANCELED}",
    ),
    (
        _SESSIONS,
        "refunds (workspace_id, session_id, cancellation_no, decision, action_id, at, by, late, percent, amount)",
        f":ws, 's' || i, 1, 'policy', 'a' || i, :now, {_CLIENT}, FALSE, 100, 100",
        f"WHERE {_CANCELED}",
    ),
    (
        _SESSIONS,
        """notices (workspace_id, dedupe_key, kind, recipient, session_id, cutoff, due_at, expires_at, state, revision,
            attempts, ambiguous)""",
        f""":ws, 'reminder:s' || i, 'reminder', {_CLIENT}, 's' || i, {_START} - {24 * _HOUR}, {_START} - {26 * _HOUR},
            {_START} - {24 * _HOUR}, CASE WHEN {_CANCELED} THEN 'dropped' ELSE 'pending' END, 1, 0, 0""",
        "",
    ),
    (_SESSIONS, "inbound (workspace_id, key, at)", ":ws, 'k' || i, :now", ""),
    (
        _SESSIONS,
        """requests (workspace_id, subject_id, kind, number, action_id, asked_at, asked_by, decide_by, state)""",
        f""":ws, 's' || i, 'exception', 1, 'x' || i, :now, {_CLIENT}, :now + CAST({24000 * _HOUR} AS BIGINT),
            CASE WHEN i % 400 = 36 THEN 'open' ELSE 'decided' END""",
        f"WHERE {_CANCELED}",
    ),
    (
        _SESSIONS,
        """notices (workspace_id, dedupe_key, kind, recipient, action_id, due_at, expires_at, state, revision, attempts,
            ambiguous, sent_revision)""",
        f""":ws, 'receipt:a' || i, 'receipt', {_CLIENT}, 'a' || i, :now, :now, 'sent', 1, 1, 0, 1""",
        f"WHERE {_CANCELED}",
    ),
    (
        _SESSIONS,
        """moves (workspace_id, session_id, version, action_id, at, "by", role, old_starts_at, new_starts_at, late)""",
        f""":ws, 's' || i, 1, 'm' || i, :now, {_CLIENT}, 'client', {_START}, {_START} + {_HOUR}, FALSE""",
        "WHERE i % 5 = 0",
    ),
    (
        COACHES,
        "time_off (workspace_id, coach_id, starts_at, ends_at, first_day, last_day, time_zone, zone_rules)",
        f""":ws, 'U' || i, :now + {24 * _HOUR}, :now + {48 * _HOUR}, '2026-11-17', '2026-11-17', 'UTC', '9999z'""",
        "",
    ),
    (CLIENTS, "drafts (workspace_id, id, user_id, body, updated_at)", ":ws, 'd' || i, 'U' || i, '{}', :now", ""),
    (CLIENTS // 20, "pools (workspace_id, id, name, contact_id)", ":ws, 'p' || i, 'Pool ' || i, 'U' || (i * 20)", ""),
    (
        CLIENTS // 20,
        "grants (workspace_id, id, pool_id, label, size, granted_at)",
        ":ws, 'of' || i, 'p' || i, 'Credits', 0, :now",
        "",
    ),
    (CLIENTS, "calendar_addresses (workspace_id, member_id, digest, made_at)", ":ws, 'U' || i, 'd' || i, :now", ""),
    (CLIENTS, "checkpoints (workspace_id, grant_id, number, balance)", ":ws, 'g' || i, 1, 1000", ""),
    (CLIENTS, "pool_members (workspace_id, pool_id, member_id)", ":ws, 'p' || (i / 20), 'U' || i", ""),
    (CLIENTS, "stakeholders (workspace_id, scope, scope_id, target)", ":ws, 'coach', 'U' || (i / 5), 'U' || i", ""),
)


async def crowd(store: SqlStore, world: World, *workspaces: str) -> None:
    """Fill workspaces with 20,000 sessions each and all that belongs to them, and let PostgreSQL count.

    SQLite is left with the figures that the migrations wrote: nobody runs ANALYZE on it in production either.
    """
    for workspace_id in workspaces:
        async with store.write(workspace_id) as uow:
            await uow.workspace.ensure()
            policy_id, _ = await uow.terms.current()
            await uow.commit()
        values = {"ws": workspace_id, "now": to_micros(world.clock.now()), "policy": policy_id}
        async with store.engines.writer.begin() as connection:
            for count, into, what, where in _STATEMENTS:
                sql = f"INSERT INTO {into} {_NUMBERS.format(count=count)} SELECT {what} FROM n {where}"
                sql = sql.replace(":now", "CAST(:now AS BIGINT)")
                sql = sql.replace(":ws", "CAST(:ws AS VARCHAR)").replace(":policy", "CAST(:policy AS VARCHAR)")
                used = {name: value for name, value in values.items() if f":{name}" in sql}
                await connection.execute(text(sql), used)
    if store.engines.dialect == "sqlite":
        return
    async with store.engines.writer.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("ANALYZE"))
