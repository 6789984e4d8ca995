"""Rules that the database itself keeps: no double booking, and a ledger that is only ever appended to.

PostgreSQL without extensions: a trigger that serialises on the coach with an advisory lock, then looks. SQLite has one
writer at a time, so its trigger only looks.
"""

from sqlalchemy import DDL, event

from storage.tables import sessions, transfers

SLOT_TAKEN = "slot taken"
"""What both databases say when a booking overlaps another session of the coach."""

_OVERLAP = """
    SELECT 1 FROM sessions o
    WHERE o.workspace_id = NEW.workspace_id AND o.coach_id = NEW.coach_id AND {occupied} AND o.id <> NEW.id
      AND o.starts_at > NEW.starts_at - 86400000000 AND o.starts_at < NEW.ends_at AND o.ends_at > NEW.starts_at
"""
_SCHEDULED = "o.status = 'scheduled'"
# A canceled session holds its slot while it may still be taken back; the row itself says what time it is.
_SCHEDULED_OR_HELD = (
    "(o.status = 'scheduled' OR (o.status = 'canceled' AND o.held_until > COALESCE(NEW.changed_at, NEW.booked_at)))"
)
_BOOKED = "NEW.origin = 'booked'"
_GUARDED = "NOT NEW.may_overlap"
_BOUND_NOW = "OLD.may_overlap OR "  # moved, even to where it was: from then on it overlaps nothing
_CHANGES = """NEW.status = 'scheduled' AND {guarded} AND ({bound}OLD.status <> 'scheduled'
  OR OLD.starts_at <> NEW.starts_at OR OLD.ends_at <> NEW.ends_at OR OLD.coach_id <> NEW.coach_id)"""


def _slots_sqlite(occupied: str, guarded: str, bound: str = "") -> tuple[str, ...]:
    overlap = _OVERLAP.format(occupied=occupied)
    return (
        f"""CREATE TRIGGER sessions_slot_insert BEFORE INSERT ON sessions
WHEN NEW.status = 'scheduled' AND {guarded} AND EXISTS ({overlap})
BEGIN SELECT RAISE(ABORT, '{SLOT_TAKEN}'); END""",
        f"""CREATE TRIGGER sessions_slot_update BEFORE UPDATE OF starts_at, ends_at, coach_id, status ON sessions
WHEN {_CHANGES.format(guarded=guarded, bound=bound)}
  AND EXISTS ({overlap})
BEGIN SELECT RAISE(ABORT, '{SLOT_TAKEN}'); END""",
    )


def _slots_postgresql(occupied: str, guarded: str, bound: str = "") -> tuple[str, ...]:
    overlap = _OVERLAP.format(occupied=occupied)
    return (
        f"""CREATE FUNCTION sessions_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(NEW.workspace_id || '/' || NEW.coach_id, 0));
  IF EXISTS ({overlap}) THEN
    RAISE EXCEPTION '{SLOT_TAKEN}' USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NEW;
END $$""",
        f"""CREATE TRIGGER sessions_slot_insert BEFORE INSERT ON sessions FOR EACH ROW
WHEN (NEW.status = 'scheduled' AND {guarded}) EXECUTE FUNCTION sessions_slot()""",
        f"""CREATE TRIGGER sessions_slot_update BEFORE UPDATE OF starts_at, ends_at, coach_id, status ON sessions FOR EACH ROW
WHEN ({_CHANGES.format(guarded=guarded, bound=bound)})
EXECUTE FUNCTION sessions_slot()""",
    )


_LEDGER = {
    "sqlite": (
        """CREATE TRIGGER transfers_no_update BEFORE UPDATE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are immutable'); END""",
        """CREATE TRIGGER transfers_no_delete BEFORE DELETE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are immutable'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION transfers_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'transfers are immutable'; END $$""",
        """CREATE TRIGGER transfers_immutable BEFORE UPDATE OR DELETE ON transfers FOR EACH ROW
EXECUTE FUNCTION transfers_immutable()""",
    ),
}
FIRST = {
    "sqlite": (*_slots_sqlite(_SCHEDULED, _BOOKED), *_LEDGER["sqlite"]),
    "postgresql": (*_slots_postgresql(_SCHEDULED, _BOOKED), *_LEDGER["postgresql"]),
}
"""What migration 0001 makes."""

DROP_SLOTS = {
    "sqlite": ("DROP TRIGGER sessions_slot_insert", "DROP TRIGGER sessions_slot_update"),
    "postgresql": (
        "DROP TRIGGER sessions_slot_insert ON sessions",
        "DROP TRIGGER sessions_slot_update ON sessions",
        "DROP FUNCTION sessions_slot()",
    ),
}
HELD_SLOTS = {
    "sqlite": _slots_sqlite(_SCHEDULED_OR_HELD, _BOOKED),
    "postgresql": _slots_postgresql(_SCHEDULED_OR_HELD, _BOOKED),
}
"""What migration 0002 makes instead."""
SLOTS = {
    "sqlite": _slots_sqlite(_SCHEDULED_OR_HELD, _GUARDED, _BOUND_NOW),
    "postgresql": _slots_postgresql(_SCHEDULED_OR_HELD, _GUARDED, _BOUND_NOW),
}
"""What migration 0004 makes instead: where a session came from is one thing, whether it may overlap another."""


def _attach() -> None:
    """Let `metadata.create_all` make the triggers too, so that a test can compare it with the migrations."""
    for dialect in ("sqlite", "postgresql"):
        for statement in (*SLOTS[dialect], *_LEDGER[dialect]):
            table = transfers if "transfers" in statement else sessions
            ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


_attach()
