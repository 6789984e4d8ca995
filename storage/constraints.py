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
    WHERE o.workspace_id = NEW.workspace_id AND o.coach_id = NEW.coach_id AND o.status = 'scheduled' AND o.id <> NEW.id
      AND o.starts_at > NEW.starts_at - 86400000000 AND o.starts_at < NEW.ends_at AND o.ends_at > NEW.starts_at
"""

SQLITE_STATEMENTS = (
    f"""CREATE TRIGGER sessions_slot_insert BEFORE INSERT ON sessions
WHEN NEW.status = 'scheduled' AND NEW.origin = 'booked' AND EXISTS ({_OVERLAP})
BEGIN SELECT RAISE(ABORT, '{SLOT_TAKEN}'); END""",
    f"""CREATE TRIGGER sessions_slot_update BEFORE UPDATE OF starts_at, ends_at, coach_id, status ON sessions
WHEN NEW.status = 'scheduled' AND NEW.origin = 'booked'
  AND (OLD.status <> 'scheduled' OR OLD.starts_at <> NEW.starts_at OR OLD.ends_at <> NEW.ends_at OR OLD.coach_id <> NEW.coach_id)
  AND EXISTS ({_OVERLAP})
BEGIN SELECT RAISE(ABORT, '{SLOT_TAKEN}'); END""",
    """CREATE TRIGGER transfers_no_update BEFORE UPDATE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are immutable'); END""",
    """CREATE TRIGGER transfers_no_delete BEFORE DELETE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are immutable'); END""",
)

POSTGRESQL_STATEMENTS = (
    f"""CREATE FUNCTION sessions_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(NEW.workspace_id || '/' || NEW.coach_id, 0));
  IF EXISTS ({_OVERLAP}) THEN
    RAISE EXCEPTION '{SLOT_TAKEN}' USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER sessions_slot_insert BEFORE INSERT ON sessions FOR EACH ROW
WHEN (NEW.status = 'scheduled' AND NEW.origin = 'booked') EXECUTE FUNCTION sessions_slot()""",
    """CREATE TRIGGER sessions_slot_update BEFORE UPDATE OF starts_at, ends_at, coach_id, status ON sessions FOR EACH ROW
WHEN (NEW.status = 'scheduled' AND NEW.origin = 'booked'
  AND (OLD.status <> 'scheduled' OR OLD.starts_at <> NEW.starts_at OR OLD.ends_at <> NEW.ends_at OR OLD.coach_id <> NEW.coach_id))
EXECUTE FUNCTION sessions_slot()""",
    """CREATE FUNCTION transfers_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'transfers are immutable'; END $$""",
    """CREATE TRIGGER transfers_immutable BEFORE UPDATE OR DELETE ON transfers FOR EACH ROW
EXECUTE FUNCTION transfers_immutable()""",
)


def _attach() -> None:
    """Let `metadata.create_all` make the triggers too, so that a test can compare it with the migrations."""
    for dialect, statements in (("sqlite", SQLITE_STATEMENTS), ("postgresql", POSTGRESQL_STATEMENTS)):
        for statement in statements:
            table = transfers if "transfers" in statement else sessions
            ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


_attach()
