"""The type of a rule, and SQL shared by several rules."""

from collections.abc import Collection
from dataclasses import dataclass

from coaching.news.kinds import NoticeKind

NOW = "CAST(:now AS BIGINT)"
"""The business clock's time in microseconds since 1970 UTC, for rules that depend on it."""
MINUTE = 60_000_000
DAY = 24 * 60 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A statement that must be true of every database of ours at any moment.

    `id` is its name for machines (a label of a metric), `truth` one sentence that states it. `money`: credits are wrong
    when it is broken. `advice` tells an operator what a fault means and what to do.

    `faults` is a query for what breaks it, one row each: `workspace_id` and `what`, which has ids and figures and never
    a person's words. It runs on SQLite and PostgreSQL alike and costs about one pass over its tables. Where SQL cannot
    express the rule it is empty, and `storage.reconciliation.BY_READING` finds the faults.
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
"""All accounts with their balances, in hundredths of a credit."""

# Sessions canceled elsewhere were imported: nothing moved here, and no notice was sent.
POLICY = """SELECT * FROM refunds WHERE decision = 'policy' AND "by" <> 'import'"""
"""Cancellations made here."""

LATER = """
    SELECT l.* FROM refunds l WHERE l.decision <> 'policy' AND NOT EXISTS (
        SELECT 1 FROM refunds p WHERE p.workspace_id = l.workspace_id AND p.session_id = l.session_id
        AND p.cancellation_no = l.cancellation_no AND p.decision = 'policy' AND p.action_id = l.action_id)
"""
"""Late decisions that were not made while canceling: each is a separate action whose client is notified."""

ANSWERED = """
    SELECT x.workspace_id, x.action_id, x.subject_id AS session_id FROM requests x
    JOIN refunds l ON l.workspace_id = x.workspace_id AND l.session_id = x.subject_id
        AND l.cancellation_no = x.number AND l.decision = 'late' AND l.at < x.asked_at
    WHERE x.kind = 'exception' AND x.state = 'decided' AND NOT EXISTS (
        SELECT 1 FROM refunds a WHERE a.workspace_id = x.workspace_id AND a.session_id = x.subject_id
        AND a.cancellation_no = x.number AND a.decision = 'later')
"""
"""Requests made after a decision that were answered by letting it stand: their clients are notified."""

KEEP_COPY = "Stop the bot, keep a copy of the database as it is,"
"""The beginning of advice where continuing could make the fault worse."""

REPORT = "report the ids to the maintainers, and run doctor again once it is mended."
"""The end of advice where only a person can repair the fault."""


def listed(kinds: Collection[NoticeKind]) -> str:
    """Return kinds of notices as an SQL list."""
    quoted = ", ".join(f"'{kind}'" for kind in sorted(kinds))
    return f"({quoted})"


def moved(kind: str, ruling: str | None = None) -> str:
    """Return SQL for what a refunds row `r` moved: the transfers of its cancellation with this kind and ruling."""
    by = "" if ruling is None else f" AND t.ruling = '{ruling}'"
    return f"""COALESCE((SELECT SUM(t.amount) FROM transfers t WHERE t.workspace_id = r.workspace_id
        AND t.session_id = r.session_id AND t.cancellation_no = r.cancellation_no AND t.kind = '{kind}'{by}), 0)"""


HATS = (("client_id", "client_id"), ("client_id", "coach_id"), ("coach_id", "client_id"))
"""The ways in which a person may be in two sessions, apart from coaching both."""


def meet(as_one: str, as_other: str, which: str) -> str:
    """Return SQL for pairs of scheduled sessions `a` and `b` that overlap and share a person, the earlier one first."""
    return f"""
        SELECT a.workspace_id, a.id || ' ' || b.id AS what FROM sessions a
        JOIN sessions b ON b.workspace_id = a.workspace_id AND b.{as_other} = a.{as_one} AND b.id <> a.id
            AND b.starts_at >= a.starts_at AND b.starts_at < a.ends_at
        WHERE a.status = 'scheduled' AND b.status = 'scheduled' AND {which}
            AND (b.starts_at > a.starts_at OR b.id > a.id)"""


HANDED = "SELECT * FROM moves WHERE old_coach_id IS NOT NULL"
"""Hand-overs: moves to another coach instead of another time."""
COACH_THEN = f"""COALESCE((SELECT h.old_coach_id FROM ({HANDED}) h WHERE h.workspace_id = r.workspace_id
        AND h.session_id = r.session_id AND h.action_id > r.action_id ORDER BY h.action_id LIMIT 1), s.coach_id)"""
"""The coach of session `s` when action `r` took place. Ids of actions sort by time."""


def told(kind: str, who: str, actions: str, *, or_with: str = "") -> str:
    """Return SQL for the people of `actions` who were not notified exactly once: `who` of session `s` and action `r`.

    `or_with` are further kinds (quoted, with commas): the message about one thing that an action did tells of the others,
    unless it was withdrawn. Copies for stakeholders do not count.
    """
    kinds = f"n.kind = '{kind}'"
    if or_with:
        kinds = f"({kinds} OR (n.kind IN ({or_with}) AND (n.why IS NULL OR n.why <> 'taken_back')))"
    return f"""
        SELECT a.workspace_id, a.action_id || ' ' || a.who || ' ' || CAST(COUNT(n.dedupe_key) AS TEXT) AS what
        FROM (SELECT DISTINCT r.workspace_id, r.action_id, {who} AS who FROM ({actions}) r
              JOIN sessions s ON s.workspace_id = r.workspace_id AND s.id = r.session_id) a
        LEFT JOIN notices n ON n.workspace_id = a.workspace_id AND n.action_id = a.action_id AND n.recipient = a.who
             AND {kinds} AND n.copy_of IS NULL AND n.repeats IS NULL
        GROUP BY a.workspace_id, a.action_id, a.who HAVING COUNT(n.dedupe_key) <> 1"""
