"""What a rule is, and the pieces of SQL that several rules share."""

from collections.abc import Collection
from dataclasses import dataclass

from coaching.news.kinds import NoticeKind

NOW = "CAST(:now AS BIGINT)"
"""The business clock's time, for rules that depend on it, in microseconds since 1970 UTC."""
MINUTE = 60_000_000
DAY = 24 * 60 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Something that must be true of every database of ours at any moment.

    `id` is its name for machines (a label of a metric), `truth` one sentence that says what must be true. `money` says
    whether credits are wrong when it is broken. `advice` tells an operator what a fault means and what to do about it.

    `faults` is a query for what breaks it, one row each: `workspace_id` and `what`, which is ids and figures and never a
    person's words. It runs on SQLite and PostgreSQL alike and costs about one pass over the tables it names. Where that
    cannot be said in SQL it is empty, and `storage.reconciliation.BY_READING` finds the faults.
    """

    id: str
    truth: str
    advice: str
    money: bool
    faults: str = ""


MOVES = """
    SELECT workspace_id, target AS account, amount FROM transfers
    UNION ALL SELECT workspace_id, source, -amount FROM transfers
"""
BALANCES = f"SELECT workspace_id, account, SUM(amount) AS balance FROM ({MOVES}) m GROUP BY workspace_id, account"
"""Every account with what it holds, in hundredths of a credit."""

# What was canceled elsewhere came in with an import: nothing moved here, and nobody was told by us.
POLICY = """SELECT * FROM refunds WHERE decision = 'policy' AND "by" <> 'import'"""
"""Cancellations made here."""

LATER = """
    SELECT l.* FROM refunds l WHERE l.decision <> 'policy' AND NOT EXISTS (
        SELECT 1 FROM refunds p WHERE p.workspace_id = l.workspace_id AND p.session_id = l.session_id
        AND p.cancellation_no = l.cancellation_no AND p.decision = 'policy' AND p.action_id = l.action_id)
"""
"""Late decisions that were not made while canceling: each is an action of its own, and its client is told."""

ANSWERED = """
    SELECT x.* FROM exceptions x
    JOIN refunds l ON l.workspace_id = x.workspace_id AND l.session_id = x.session_id
        AND l.cancellation_no = x.cancellation_no AND l.decision = 'late' AND l.at < x.asked_at
    WHERE x.state = 'decided' AND NOT EXISTS (
        SELECT 1 FROM refunds a WHERE a.workspace_id = x.workspace_id AND a.session_id = x.session_id
        AND a.cancellation_no = x.cancellation_no AND a.decision = 'later')
"""
"""Requests made after a decision whose answer was that it stays: their clients are told so."""

KEEP_COPY = "Stop the bot, keep a copy of the database as it is,"
"""How advice begins where going on could make it worse."""

REPORT = "report the ids to the maintainers, and run doctor again once it is mended."
"""How advice ends where only a person can mend it."""


def listed(kinds: Collection[NoticeKind]) -> str:
    """Return kinds of notices as a list in SQL."""
    quoted = ", ".join(f"'{kind}'" for kind in sorted(kinds))
    return f"({quoted})"


def moved(kind: str, ruling: str | None = None) -> str:
    """Return SQL for what one refunds row `r` moved: the transfers of its cancellation of that kind, by that ruling."""
    by = "" if ruling is None else f" AND t.ruling = '{ruling}'"
    return f"""COALESCE((SELECT SUM(t.amount) FROM transfers t WHERE t.workspace_id = r.workspace_id
        AND t.session_id = r.session_id AND t.cancellation_no = r.cancellation_no AND t.kind = '{kind}'{by}), 0)"""


HATS = (("client_id", "client_id"), ("client_id", "coach_id"), ("coach_id", "client_id"))
"""How somebody may be in two sessions, apart from coaching both."""


def meet(as_one: str, as_other: str, which: str) -> str:
    """Return SQL for two scheduled sessions `a` and `b` at one time that share a person, the earlier one first."""
    return f"""
        SELECT a.workspace_id, a.id || ' ' || b.id AS what FROM sessions a
        JOIN sessions b ON b.workspace_id = a.workspace_id AND b.{as_other} = a.{as_one} AND b.id <> a.id
            AND b.starts_at >= a.starts_at AND b.starts_at < a.ends_at
        WHERE a.status = 'scheduled' AND b.status = 'scheduled' AND {which}
            AND (b.starts_at > a.starts_at OR b.id > a.id)"""


def told(kind: str, who: str, actions: str) -> str:
    """Return SQL for the people of `actions` who were not told exactly once; copies for others do not count."""
    return f"""
        SELECT a.workspace_id, a.action_id || ' ' || a.who || ' ' || CAST(COUNT(n.dedupe_key) AS TEXT) AS what
        FROM (SELECT DISTINCT r.workspace_id, r.action_id, s.{who} AS who FROM ({actions}) r
              JOIN sessions s ON s.workspace_id = r.workspace_id AND s.id = r.session_id) a
        LEFT JOIN notices n ON n.workspace_id = a.workspace_id AND n.action_id = a.action_id AND n.recipient = a.who
             AND n.kind = '{kind}' AND n.copy_of IS NULL
        GROUP BY a.workspace_id, a.action_id, a.who HAVING COUNT(n.dedupe_key) <> 1"""
