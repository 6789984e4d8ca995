"""Store in columns what was read out of keys

Revision ID: 0016
Revises: 0015
"""

import hashlib
import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from storage.constraints import CLOSE_LEDGER, OPEN_LEDGER
from storage.types import to_micros

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("notices", "lead", sa.Integer()),
    ("notices", "planned_version", sa.Integer()),
    ("notices", "copy_of", sa.String(length=260)),
    ("notices", "only_types", sa.Text()),
    ("timeline", "old_starts_at", sa.BigInteger()),
    ("transfers", "cancellation_no", sa.Integer()),
    ("transfers", "ruling", sa.String(length=8)),
    ("transfers", "paid_by", sa.String(length=96)),
    ("transfers", "came_with", sa.String(length=64)),
    ("transfers", "by_id", sa.String(length=260)),
)
_COPIED = "('coach_alert', 'exception', 'coach_booked', 'coach_moved')"
_SHORT = 8
# Kinds of transfers, the beginning of their keys before the session's id, and what decided them.
_OF_CANCELLATIONS = (
    ("refund", "cancel", "policy"),
    ("forfeit", "cancel", "policy"),
    ("late_refund", "late", "late"),
    ("late_refund", "later", "later"),
    ("undo", "undo", None),
)


def upgrade() -> None:
    for table, name, of in _COLUMNS:
        op.add_column(table, sa.Column(name, of, nullable=True))
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in OPEN_LEDGER[op.get_bind().dialect.name]:
        op.execute(statement)
    for kind, begins, ruling in _OF_CANCELLATIONS:
        _cancellation(kind, begins, ruling, sqlite=sqlite)
    # The key is 'revoke', grant, an id, and the actor. Keys stay as they are.
    taken = "SUBSTR(key, LENGTH('revoke:' || grant_id || ':') + 1)"
    op.execute(
        f"UPDATE transfers SET by_id = {_after_colon(taken, sqlite=sqlite)}"
        f" WHERE kind = 'revoke' AND SUBSTR(key, 1, LENGTH('revoke:' || grant_id || ':')) = 'revoke:' || grant_id || ':'"
    )
    issued = "'issue:' || grant_id || ':'"
    op.execute(
        f"UPDATE transfers SET came_with = SUBSTR(key, LENGTH({issued}) + 1)"
        f" WHERE kind = 'issue' AND SUBSTR(key, 1, LENGTH({issued})) = {issued} AND LENGTH(key) <= LENGTH({issued}) + 64"
    )
    for statement in CLOSE_LEDGER[op.get_bind().dialect.name]:
        op.execute(statement)
    _reminders(sqlite=sqlite)
    _copies()
    _old_starts()


def _cancellation(kind: str, begins: str, ruling: str | None, *, sqlite: bool) -> None:
    """Read keys of 'cancel', session, number, paying grant, kind.

    Keys of late refunds end with the grant, those of undone transfers with the old key.
    """
    start = f"'{begins}:' || session_id || ':'"
    rest = f"SUBSTR(key, LENGTH({start}) + 1)"
    number, shape = _number(rest, sqlite=sqlite)
    behind = f"LENGTH(CAST({number} AS TEXT)) + 2"
    ends = f"'\\:{kind}'" if begins == "cancel" else "''"
    paid_by = f"SUBSTR({rest}, {behind}, LENGTH({rest}) - ({behind}) + 1 - LENGTH({ends}))" if ruling else "NULL"
    op.execute(
        f"UPDATE transfers SET cancellation_no = {number}, ruling = {repr(ruling) if ruling else 'NULL'}, paid_by = {paid_by}"
        f" WHERE kind = '{kind}' AND SUBSTR(key, 1, LENGTH({start})) = {start} AND {shape}"
    )


def _reminders(*, sqlite: bool) -> None:
    """Read keys of 'reminder', session, cutoff, seconds, perhaps 'start', and the session's version unless it is 1."""
    start = "'reminder:' || session_id || ':'"
    rest = f"SUBSTR(dedupe_key, LENGTH({start}) + 1)"
    _, shape = _number(rest, sqlite=sqlite)
    # The seconds and what follows them.
    steps = f"REPLACE({_after_colon(rest, sqlite=sqlite, whole=True)}, '\\:start', '')"
    lead, _ = _number(f"({steps} || ':')", sqlite=sqlite)
    _, numbers = _number(f"({steps} || ':')", sqlite=sqlite)
    version, versioned = _number(f"({_after_colon(steps, sqlite=sqlite)} || ':')", sqlite=sqlite)
    mine = f"kind IN ('reminder', 'starting') AND SUBSTR(dedupe_key, 1, LENGTH({start})) = {start} AND {shape} AND {numbers}"
    op.execute(f"UPDATE notices SET lead = {lead}, planned_version = 1 WHERE {mine}")
    op.execute(f"UPDATE notices SET planned_version = {version} WHERE {mine} AND {versioned}")
    op.execute(
        "UPDATE notices SET planned_version = 1, lead = CASE WHEN cutoff > due_at THEN (cutoff - due_at) / 1000000 ELSE 0 END"
        " WHERE kind IN ('reminder', 'starting') AND lead IS NULL AND cutoff IS NOT NULL"
    )


def _number(text: str, *, sqlite: bool) -> tuple[str, str]:
    """Return SQL for the number at the beginning of a text, up to a colon, and for whether there is one."""
    if sqlite:
        return f"CAST({text} AS INTEGER)", f"{text} GLOB '[0-9]*:*'"
    # Only digits are cast, because PostgreSQL may evaluate this before the other condition.
    return f"CAST(SUBSTRING({text} FROM '^([0-9]{{1,9}}):') AS INTEGER)", f"{text} ~ '^[0-9]+:'"


def _after_colon(text: str, *, sqlite: bool, whole: bool = False) -> str:
    """Return SQL for what follows the first colon of a text; where there is none, "" or the `whole` text."""
    place = f"INSTR({text}, ':')" if sqlite else f"STRPOS({text}, ':')"
    return f"CASE WHEN {place} = 0 THEN {text if whole else chr(39) * 2} ELSE SUBSTR({text}, {place} + 1) END"


def _copies() -> None:
    """Read keys of 'copy', kind, action or session, coach and target, and the session types of a limited copy.

    Each session type is a short hash.
    """
    bind = op.get_bind()
    types = bind.execute(
        sa.text("SELECT workspace_id, id FROM session_types UNION SELECT workspace_id, session_type_id FROM sessions")
    )
    known: dict[tuple[str, str], list[str]] = {}
    for row in types:
        known.setdefault((row.workspace_id, hashlib.sha256(row.id.encode()).hexdigest()[:_SHORT]), []).append(row.id)
    copies = f"kind IN {_COPIED} AND about_id IS NOT NULL"
    limited = []
    for row in bind.execute(sa.text(f"SELECT workspace_id, dedupe_key FROM notices WHERE {copies}")):
        # Read from the end, because an imported session's id may contain colons.
        parts, found = row.dedupe_key.split(":"), []
        while len(parts[-1]) == _SHORT:
            # A deleted type keeps its hash, so that a copy limited to it does not become unlimited.
            found += known.get((row.workspace_id, parts[-1]), [parts[-1]])
            parts.pop()
        if found:
            limited.append({"ws": row.workspace_id, "k": row.dedupe_key, "types": json.dumps(sorted(found))})
    if limited:
        bind.execute(
            sa.text("UPDATE notices SET only_types = :types WHERE workspace_id = :ws AND dedupe_key = :k"), limited
        )
    op.execute(f"UPDATE notices SET copy_of = about_id, about_id = NULL WHERE {copies}")


def _old_starts() -> None:
    """Move ISO 8601 instants of moves into their column. Other text stays in `detail`."""
    bind = op.get_bind()
    found = []
    for row in bind.execute(sa.text("SELECT workspace_id, session_id, id, detail FROM timeline WHERE event = 'moved'")):
        try:
            at = datetime.fromisoformat(row.detail or "")
        except ValueError:
            continue
        if at.tzinfo is not None:
            which = {"ws": row.workspace_id, "session": row.session_id, "id": row.id}
            found.append({**which, "at": to_micros(at.astimezone(UTC))})
    if found:
        bind.execute(
            sa.text(
                "UPDATE timeline SET old_starts_at = :at, detail = NULL"
                " WHERE workspace_id = :ws AND session_id = :session AND id = :id"
            ),
            found,
        )
