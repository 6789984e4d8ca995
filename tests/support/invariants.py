"""What must be true of every database of ours at any moment, asked in SQL straight from the tables.

Each rule is a query for its violations, so that a thousand sessions cost no more than one; all of them are one round trip.
"""

import json
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.engine import create_engines

_MOVES = """
    SELECT workspace_id, target AS account, amount FROM transfers
    UNION ALL SELECT workspace_id, source, -amount FROM transfers
"""
_BALANCES = f"SELECT workspace_id, account, SUM(amount) AS balance FROM ({_MOVES}) m GROUP BY workspace_id, account"
# A late decision that was not made while canceling: it is an action of its own, and its client is told.
_LATER = """
    SELECT l.* FROM refunds l WHERE l.decision = 'late' AND NOT EXISTS (
        SELECT 1 FROM refunds p WHERE p.workspace_id = l.workspace_id AND p.session_id = l.session_id
        AND p.cancellation_no = l.cancellation_no AND p.decision = 'policy' AND p.action_id = l.action_id)
"""


def _moved(kinds: str, prefix: str) -> str:
    """Return SQL for what one refunds row `r` moved, by the transfers' keys."""
    return f"""COALESCE((SELECT SUM(t.amount) FROM transfers t WHERE t.workspace_id = r.workspace_id
        AND t.session_id = r.session_id AND t.kind IN ({kinds})
        AND t.key LIKE '{prefix}:' || r.session_id || ':' || CAST(r.cancellation_no AS TEXT) || ':%'), 0)"""


def _told(kind: str, who: str, actions: str) -> str:
    """Return SQL for (action, person) pairs that do not have exactly one notice of a kind."""
    return f"""SELECT a.workspace_id, a.action_id || ' ' || a.who || ' ' || CAST(COUNT(n.dedupe_key) AS TEXT) AS what
        FROM (SELECT DISTINCT r.workspace_id, r.action_id, s.{who} AS who FROM {actions} r
              JOIN sessions s ON s.workspace_id = r.workspace_id AND s.id = r.session_id) a
        LEFT JOIN notices n ON n.workspace_id = a.workspace_id AND n.action_id = a.action_id AND n.recipient = a.who
             AND n.kind = '{kind}'
        GROUP BY a.workspace_id, a.action_id, a.who HAVING COUNT(n.dedupe_key) <> 1"""


def _count(table: str, where: str) -> str:
    """Return SQL for how many rows of a table are about session `s` and pass."""
    return f"""(SELECT COUNT(*) FROM {table} c WHERE c.workspace_id = s.workspace_id AND c.session_id = s.id AND {where})"""


_POLICY = "SELECT * FROM refunds WHERE decision = 'policy'"
_UNDONE = _count("refunds", "c.decision = 'policy' AND c.undone_at IS NOT NULL")
_IN_FORCE = _count("refunds", "c.decision = 'policy' AND c.undone_at IS NULL")
_OF_A_SESSION = "('reminder', 'starting', 'booked', 'coach_booked')"
_OF_A_MOVE = "('moved', 'coach_moved')"

RULES = {
    "transfers sum to zero over all accounts": f"""
        SELECT workspace_id, 'ledger' AS what FROM ({_MOVES}) m GROUP BY workspace_id HAVING SUM(amount) <> 0""",
    "no account but the issuing one is negative": f"""
        SELECT workspace_id, account || ' ' || CAST(balance AS TEXT) AS what FROM ({_BALANCES}) b
        WHERE balance < 0 AND account <> 'issued'""",
    "a transfer moves between the accounts its kind says": """
        SELECT workspace_id, key AS what FROM transfers WHERE NOT (
            (kind = 'issue' AND source = 'issued' AND target = 'grant:' || grant_id AND session_id IS NULL)
            OR (kind = 'book' AND source = 'grant:' || grant_id AND target = 'session:' || session_id)
            OR (kind = 'refund' AND source = 'session:' || session_id AND target = 'grant:' || grant_id)
            OR (kind = 'forfeit' AND source = 'session:' || session_id AND target = 'forfeited')
            OR (kind = 'late_refund' AND source = 'forfeited' AND target = 'grant:' || grant_id AND session_id IS NOT NULL)
            OR (kind = 'undo' AND source IN ('grant:' || grant_id, 'forfeited') AND target = 'session:' || session_id)
            OR (kind = 'expire' AND source = 'grant:' || grant_id AND target = 'expired' AND session_id IS NULL))""",
    "credits return to the grants that paid, and no more than each paid for that session": """
        SELECT workspace_id, session_id || ' ' || grant_id AS what FROM transfers WHERE session_id IS NOT NULL
        GROUP BY workspace_id, session_id, grant_id
        HAVING 0 > SUM(
            CASE WHEN kind = 'book' OR (kind = 'undo' AND source <> 'forfeited') THEN amount
            WHEN kind IN ('refund', 'late_refund') THEN -amount ELSE 0 END)""",
    "credits are spent and returned by the client's own grants": """
        SELECT t.workspace_id, t.key AS what FROM transfers t
        JOIN sessions s ON s.workspace_id = t.workspace_id AND s.id = t.session_id
        LEFT JOIN grants g ON g.workspace_id = t.workspace_id AND g.id = t.grant_id
        WHERE g.client_id IS NULL OR g.client_id <> s.client_id""",
    "a session's account holds its price until it is canceled, then nothing": f"""
        SELECT s.workspace_id, s.id || ' ' || s.status || ' ' || CAST(COALESCE(b.balance, 0) AS TEXT) AS what FROM sessions s
        LEFT JOIN ({_BALANCES}) b ON b.workspace_id = s.workspace_id AND b.account = 'session:' || s.id
        WHERE COALESCE(b.balance, 0) <> CASE s.status WHEN 'scheduled' THEN s.price ELSE 0 END""",
    "a cancellation returned what its refund says and forfeited the rest": f"""
        SELECT r.workspace_id, r.session_id AS what FROM ({_POLICY}) r
        JOIN sessions s ON s.workspace_id = r.workspace_id AND s.id = r.session_id
        WHERE r.amount <> {_moved("'refund'", "cancel")} OR s.price - r.amount <> {_moved("'forfeit'", "cancel")}""",
    "an undone cancellation moved all of it back, any other one nothing": f"""
        SELECT r.workspace_id, r.session_id AS what FROM ({_POLICY}) r
        JOIN sessions s ON s.workspace_id = r.workspace_id AND s.id = r.session_id
        WHERE {_moved("'undo'", "undo")} <> CASE WHEN r.undone_at IS NULL THEN 0 ELSE s.price END""",
    "what was decided is not taken back": """
        SELECT p.workspace_id, p.session_id AS what FROM refunds p
        JOIN refunds l ON l.workspace_id = p.workspace_id AND l.session_id = p.session_id
            AND l.cancellation_no = p.cancellation_no AND l.decision = 'late'
        WHERE p.decision = 'policy' AND p.undone_at IS NOT NULL""",
    "a decision moved what it says: all that was forfeited, or nothing": f"""
        SELECT r.workspace_id, r.session_id AS what FROM refunds r WHERE r.decision = 'late' AND (
            r.amount <> {_moved("'late_refund'", "late")}
            OR r.amount <> CASE r.outcome WHEN 'refunded' THEN {_moved("'forfeit'", "cancel")} ELSE 0 END)""",
    "late money moves with a recorded decision only": """
        SELECT t.workspace_id, t.key AS what FROM transfers t WHERE t.kind = 'late_refund' AND NOT EXISTS (
            SELECT 1 FROM refunds r WHERE r.workspace_id = t.workspace_id AND r.session_id = t.session_id
            AND r.decision = 'late' AND r.outcome = 'refunded')""",
    "one refund and timeline entry per cancellation, one version per change": f"""
        SELECT s.workspace_id, s.id AS what FROM sessions s
        WHERE s.version <> 1 + s.cancellation_no + {_UNDONE} + {_count("moves", "1 = 1")}
        OR {_IN_FORCE} <> CASE s.status WHEN 'canceled' THEN 1 ELSE 0 END
        OR s.cancellation_no <> {_count("refunds", "c.decision = 'policy'")}
        OR s.cancellation_no <> {_count("timeline", "c.event = 'canceled'")}
        OR {_UNDONE} <> {_count("timeline", "c.event = 'undone'")}
        OR {_count("moves", "1 = 1")} <> {_count("timeline", "c.event = 'moved'")}
        OR 1 <> {_count("timeline", "c.event IN ('booked', 'imported')")}""",
    "the last cancellation is the one in force": """
        SELECT r.workspace_id, r.session_id AS what FROM refunds r
        JOIN sessions s ON s.workspace_id = r.workspace_id AND s.id = r.session_id
        WHERE r.decision = 'policy' AND r.undone_at IS NULL AND r.cancellation_no <> s.cancellation_no""",
    "a session is where its last move took it": """
        SELECT s.workspace_id, s.id AS what FROM sessions s
        JOIN moves m ON m.workspace_id = s.workspace_id AND m.session_id = s.id
        WHERE m.new_starts_at <> s.starts_at AND NOT EXISTS (SELECT 1 FROM moves x
            WHERE x.workspace_id = m.workspace_id AND x.session_id = m.session_id AND x.version > m.version)""",
    "every move but the coach's is counted": f"""
        SELECT s.workspace_id, s.id AS what FROM sessions s WHERE s.reschedules <> {_count("moves", "c.role <> 'coach'")}""",
    "one timeline entry per late decision": f"""
        SELECT s.workspace_id, s.id AS what FROM sessions s WHERE
        (SELECT COUNT(*) FROM timeline e WHERE e.workspace_id = s.workspace_id AND e.session_id = s.id
            AND e.event IN ('refunded_late', 'kept_late'))
        <> (SELECT COUNT(*) FROM ({_LATER}) r WHERE r.workspace_id = s.workspace_id AND r.session_id = s.id)""",
    "no coach is double-booked": """
        SELECT a.workspace_id, a.id || ' ' || b.id AS what FROM sessions a
        JOIN sessions b ON b.workspace_id = a.workspace_id AND b.coach_id = a.coach_id AND b.id > a.id
            AND b.starts_at < a.ends_at AND b.ends_at > a.starts_at
        WHERE a.status = 'scheduled' AND b.status = 'scheduled' AND a.origin = 'booked' AND b.origin = 'booked'""",
    "nobody books or moves onto a slot that is held for an undo": """
        SELECT a.workspace_id, a.id || ' ' || b.id AS what FROM sessions a
        JOIN sessions b ON b.workspace_id = a.workspace_id AND b.coach_id = a.coach_id AND b.id <> a.id
            AND b.starts_at < a.ends_at AND b.ends_at > a.starts_at
            AND COALESCE(b.changed_at, b.booked_at) >= a.canceled_at AND COALESCE(b.changed_at, b.booked_at) < a.held_until
        WHERE a.status = 'canceled' AND b.status = 'scheduled' AND a.origin = 'booked' AND b.origin = 'booked'""",
    "one receipt per action and client": _told("receipt", "client_id", f"({_POLICY})"),
    "one alert per action and coach": _told("coach_alert", "coach_id", f"({_POLICY})"),
    "no coach is told of what was taken back, and nothing else is withheld": """
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        JOIN refunds r ON r.workspace_id = n.workspace_id AND r.action_id = n.action_id AND r.decision = 'policy'
        WHERE n.kind = 'coach_alert' AND (
            (r.undone_at IS NOT NULL AND (n.state <> 'dropped' OR n.sent_revision IS NOT NULL))
            OR (r.undone_at IS NULL AND n.detail = 'taken back in time'))""",
    "an alert waits for the end of the undo window": """
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        JOIN refunds r ON r.workspace_id = n.workspace_id AND r.action_id = n.action_id AND r.decision = 'policy'
        JOIN sessions s ON s.workspace_id = r.workspace_id AND s.id = r.session_id
            AND s.cancellation_no = r.cancellation_no AND s.status = 'canceled'
        WHERE n.kind = 'coach_alert' AND n.state = 'pending' AND n.sent_revision IS NULL AND n.due_at < s.held_until""",
    "one word to the client per move and action": _told("moved", "client_id", "moves"),
    "one word to the coach per move and action": _told("coach_moved", "coach_id", "moves"),
    "one answer per late decision and client": _told("late_decision", "client_id", f"({_LATER})"),
    "a notice tells of an action that happened": f"""
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        WHERE n.kind NOT IN {_OF_A_SESSION} AND n.kind NOT IN {_OF_A_MOVE} AND NOT EXISTS (
            SELECT 1 FROM refunds r WHERE r.workspace_id = n.workspace_id AND r.action_id = n.action_id)
        UNION ALL SELECT n.workspace_id, n.dedupe_key FROM notices n WHERE n.kind IN {_OF_A_MOVE} AND NOT EXISTS (
            SELECT 1 FROM moves m WHERE m.workspace_id = n.workspace_id AND m.action_id = n.action_id)
        UNION ALL SELECT n.workspace_id, n.dedupe_key FROM notices n WHERE n.kind IN {_OF_A_SESSION} AND NOT EXISTS (
            SELECT 1 FROM sessions s WHERE s.workspace_id = n.workspace_id AND s.id = n.session_id)
        UNION ALL SELECT n.workspace_id, n.dedupe_key FROM notices n WHERE n.kind = 'late_decision' AND NOT EXISTS (
            SELECT 1 FROM ({_LATER}) r WHERE r.workspace_id = n.workspace_id AND r.action_id = n.action_id)""",
    "no reminder waits for a session that is canceled, kept or moved": """
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        JOIN sessions s ON s.workspace_id = n.workspace_id AND s.id = n.session_id
        WHERE n.state = 'pending' AND n.sent_revision IS NULL AND (
            (n.kind = 'reminder' AND (s.status = 'canceled' OR s.reminders_kept OR n.cutoff <> s.refund_cutoff_at))
            OR (n.kind = 'starting' AND (s.status = 'canceled' OR n.cutoff <> s.starts_at)))""",
    "a reminder goes to the session's client": """
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        LEFT JOIN sessions s ON s.workspace_id = n.workspace_id AND s.id = n.session_id
        WHERE n.kind IN ('reminder', 'starting') AND n.state = 'pending'
        AND (s.client_id IS NULL OR s.client_id <> n.recipient)""",
    "a place in a package is held by one scheduled session": """
        SELECT workspace_id, grant_id AS what FROM sessions WHERE status = 'scheduled' AND package_position IS NOT NULL
        GROUP BY workspace_id, grant_id, package_position HAVING COUNT(*) > 1""",
    "a grant is issued once": """
        SELECT g.workspace_id, g.id AS what FROM grants g WHERE 1 < (SELECT COUNT(*) FROM transfers t
            WHERE t.workspace_id = g.workspace_id AND t.grant_id = g.id AND t.kind = 'issue')""",
}


def _only(workspace_id: str | None) -> str:
    return "" if workspace_id is None else "WHERE v.workspace_id = :ws"


def _statement(workspace_id: str | None) -> str:
    return "\nUNION ALL\n".join(
        f"SELECT '{rule.replace(chr(39), chr(39) * 2)}' AS rule, v.what FROM ({query}) v {_only(workspace_id)}"
        for rule, query in RULES.items()
    )


async def violations(connection: AsyncConnection, workspace_id: str | None = None) -> list[str]:
    """Return what is wrong, one sentence each; of one workspace, or of all."""
    which = {} if workspace_id is None else {"ws": workspace_id}
    found = [f"{row.rule}: {row.what}" for row in await connection.execute(text(_statement(workspace_id)), which)]
    return found + await _unlike_quotes(connection, workspace_id)


async def _unlike_quotes(connection: AsyncConnection, workspace_id: str | None) -> list[str]:
    """Return the confirmed dialogs that did something else than the quote they showed."""
    which = {} if workspace_id is None else {"ws": workspace_id}
    bodies = await connection.execute(
        text(f"SELECT v.workspace_id, v.id, v.body FROM drafts v {_only(workspace_id)}"), which
    )
    quoted: dict[tuple[str, str], set[tuple[Any, ...]]] = {}
    for row in bodies:
        body = json.loads(row.body)
        if body["stage"] == "done" and "quote" in body:  # without one it moved sessions
            quoted[row.workspace_id, body["action"]] = {
                (session_id, percent, returned, bool(late))
                for session_id, _version, _price, percent, returned, late in body["quote"]
            }
    done: dict[tuple[str, str], set[tuple[Any, ...]]] = {}
    for row in await connection.execute(text(f"SELECT v.* FROM ({_POLICY}) v {_only(workspace_id)}"), which):
        line = (row.session_id, row.percent, row.amount, bool(row.late))
        done.setdefault((row.workspace_id, row.action_id), set()).add(line)
    return [
        f"a confirmed dialog did what it showed: {key} showed {quoted.get(key)}, did {done.get(key)}"
        for key in quoted.keys() | done.keys()
        if quoted.get(key) != done.get(key)
    ]


async def balances(connection: AsyncConnection, workspace_id: str) -> dict[str, int]:
    """Return every account of a workspace that holds anything, in hundredths of a credit."""
    rows = await connection.execute(
        text(f"SELECT account, balance FROM ({_BALANCES}) b WHERE workspace_id = :ws AND balance <> 0"),
        {"ws": workspace_id},
    )
    return {row.account: int(row.balance) for row in rows}


async def check_invariants(url: str) -> None:
    """Raise AssertionError naming everything that is wrong in the database at `url`."""
    engines = create_engines(url, wait_seconds=30)
    try:
        async with engines.reader.connect() as connection:
            found = await violations(connection)
    finally:
        await engines.dispose()
    assert not found, "\n".join(found)
