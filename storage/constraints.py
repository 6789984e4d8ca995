"""Rules that the database enforces: no double booking, and a ledger that is append-only.

PostgreSQL without extensions: a trigger takes advisory locks on both people, then checks. SQLite has one writer at a
time, so its trigger only checks.
"""

from sqlalchemy import DDL, event

from storage.tables import sessions, transfers

SLOT_TAKEN = "slot taken"
"""The error of both databases when a booking overlaps another session of its coach, in any role."""
CLIENT_BUSY = "client busy"
"""The error of both databases when a booking overlaps another session of its client, in any role."""

_OVERLAP = """
    SELECT 1 FROM sessions o
    WHERE o.workspace_id = NEW.workspace_id AND o.coach_id = NEW.coach_id AND {occupied} AND o.id <> NEW.id
      AND o.starts_at > NEW.starts_at - 86400000000 AND o.starts_at < NEW.ends_at AND o.ends_at > NEW.starts_at
"""
_SCHEDULED = "o.status = 'scheduled'"
# A canceled session holds its slot while it may still be undone. The present time is taken from the row itself.
_SCHEDULED_OR_HELD = (
    "(o.status = 'scheduled' OR (o.status = 'canceled' AND o.held_until > COALESCE(NEW.changed_at, NEW.booked_at)))"
)
_BOOKED = "NEW.origin = 'booked'"
_GUARDED = "NOT NEW.may_overlap"
_BOUND_NOW = "OLD.may_overlap OR "  # moved, even back to its old time: from then on it may overlap nothing
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
# A person's id changes when somebody known by e-mail appears, and when they are erased. Nothing else of a transfer does.
_FIXED = (
    "workspace_id, key, kind, source, target, amount, at, session_id, grant_id, cancellation_no, ruling, paid_by, came_with, "
    "number"
)
KEPT = {
    "sqlite": (_LEDGER["sqlite"][0].replace("BEFORE UPDATE", f"BEFORE UPDATE OF {_FIXED}"), _LEDGER["sqlite"][1]),
    "postgresql": (
        _LEDGER["postgresql"][0],
        _LEDGER["postgresql"][1].replace("BEFORE UPDATE", f"BEFORE UPDATE OF {_FIXED}"),
    ),
}
_ITS_GRANT = "COALESCE(NEW.source = 'grant:' || NEW.grant_id OR NEW.target = 'grant:' || NEW.grant_id, {false})"
_UNLIKE = f"(NEW.number IS NOT NULL) <> {_ITS_GRANT}"
# A release before these numbers may still run while the next one starts. It takes this error for a busy database.
_REFUSE_UNNUMBERED = """FUNCTION transfers_numbered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'transfers of a grant are numbered' USING ERRCODE = 'lock_not_available'; END $$"""
NUMBERED = {
    "sqlite": (
        f"""CREATE TRIGGER transfers_numbered BEFORE INSERT ON transfers WHEN {_UNLIKE.format(false=0)}
BEGIN SELECT RAISE(ABORT, 'transfers of a grant are numbered'); END""",
    ),
    "postgresql": (
        f"CREATE {_REFUSE_UNNUMBERED}",
        f"""CREATE TRIGGER transfers_numbered BEFORE INSERT ON transfers FOR EACH ROW
WHEN ({_UNLIKE.format(false=False)}) EXECUTE FUNCTION transfers_numbered()""",
    ),
}
"""Created by migration 0021: a movement of a grant's account without a number would be missing from its balance."""
NUMBERED_OR_BUSY = {"sqlite": (), "postgresql": (f"CREATE OR REPLACE {_REFUSE_UNNUMBERED}",)}
"""Executed by migration 0023: where 0021 ran before it said "busy", earlier releases would call it a failure."""
FIRST = {
    "sqlite": (*_slots_sqlite(_SCHEDULED, _BOOKED), *_LEDGER["sqlite"]),
    "postgresql": (*_slots_postgresql(_SCHEDULED, _BOOKED), *_LEDGER["postgresql"]),
}
"""Created by migration 0001."""

OPEN_LEDGER = {
    "sqlite": ("DROP TRIGGER transfers_no_update",),
    "postgresql": ("DROP TRIGGER transfers_immutable ON transfers",),
}
CLOSE_LEDGER = {"sqlite": _LEDGER["sqlite"][:1], "postgresql": _LEDGER["postgresql"][1:]}
"""Used around a migration that fills columns added to old transfers."""
KEEP_LEDGER = {"sqlite": KEPT["sqlite"][:1], "postgresql": KEPT["postgresql"][1:]}
"""Used by migrations 0027 and 0049 instead."""

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
"""Created by migration 0002 instead."""
GUARDED_SLOTS = {
    "sqlite": _slots_sqlite(_SCHEDULED_OR_HELD, _GUARDED, _BOUND_NOW),
    "postgresql": _slots_postgresql(_SCHEDULED_OR_HELD, _GUARDED, _BOUND_NOW),
}
"""Created by migration 0004 instead: the origin of a session no longer decides whether it may overlap."""

# A restored session may overlap again what was allowed to overlap it: an imported session, or one linked later.
_BACK_TO = "(NOT {back} OR NOT o.may_overlap)"
_TIMES = "o.starts_at > NEW.starts_at - 86400000000 AND o.starts_at < NEW.ends_at AND o.ends_at > NEW.starts_at"
_TWICE = f"NEW.status = 'scheduled' AND {_GUARDED}"
_TWICE_NOW = f"""{_TWICE} AND (OLD.status <> 'scheduled' OR OLD.may_overlap OR OLD.starts_at <> NEW.starts_at
  OR OLD.ends_at <> NEW.ends_at OR OLD.coach_id <> NEW.coach_id OR OLD.client_id <> NEW.client_id)"""
_WATCHED = "starts_at, ends_at, coach_id, client_id, status, may_overlap"


def _engaged(person: str, back: str | None) -> str:
    """Return SQL for a person's sessions at that time, in either role. Each half uses one index."""
    restored = f" AND {_BACK_TO.format(back=back)}" if back else ""
    return " UNION ALL ".join(
        f"""SELECT 1 FROM sessions o WHERE o.workspace_id = NEW.workspace_id AND o.{hat} = NEW.{person}
      AND {_SCHEDULED_OR_HELD} AND o.id <> NEW.id AND {_TIMES}{restored}"""
        for hat in ("coach_id", "client_id")
    )


def _people_sqlite() -> tuple[str, ...]:
    def looks(back: str | None) -> str:
        return "".join(
            f"\n  SELECT RAISE(ABORT, '{says}') WHERE EXISTS ({_engaged(person, back)});"
            for person, says in (("client_id", CLIENT_BUSY), ("coach_id", SLOT_TAKEN))
        )

    return (
        f"""CREATE TRIGGER sessions_slot_insert BEFORE INSERT ON sessions
WHEN {_TWICE}
BEGIN{looks(None)}
END""",
        f"""CREATE TRIGGER sessions_slot_update BEFORE UPDATE OF {_WATCHED} ON sessions
WHEN {_TWICE_NOW}
BEGIN{looks("(OLD.status = 'canceled')")}
END""",
    )


def _people_postgresql() -> tuple[str, ...]:
    looks = "".join(
        f"""
  IF EXISTS ({_engaged(person, "back")}) THEN
    RAISE EXCEPTION '{says}' USING ERRCODE = 'exclusion_violation';
  END IF;"""
        for person, says in (("client_id", CLIENT_BUSY), ("coach_id", SLOT_TAKEN))
    )
    return (
        f"""CREATE FUNCTION sessions_slot() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  one bigint := hashtextextended(NEW.workspace_id || '/' || NEW.coach_id, 0);
  two bigint := hashtextextended(NEW.workspace_id || '/' || NEW.client_id, 0);
  back boolean := false;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    back := OLD.status = 'canceled';
  END IF;
  PERFORM pg_advisory_xact_lock(LEAST(one, two));
  PERFORM pg_advisory_xact_lock(GREATEST(one, two));{looks}
  RETURN NEW;
END $$""",
        f"""CREATE TRIGGER sessions_slot_insert BEFORE INSERT ON sessions FOR EACH ROW
WHEN ({_TWICE}) EXECUTE FUNCTION sessions_slot()""",
        f"""CREATE TRIGGER sessions_slot_update BEFORE UPDATE OF {_WATCHED} ON sessions FOR EACH ROW
WHEN ({_TWICE_NOW})
EXECUTE FUNCTION sessions_slot()""",
    )


SLOTS = {"sqlite": _people_sqlite(), "postgresql": _people_postgresql()}
"""The present triggers: they check both people, each in either role."""
LOCK_PEOPLE = """SELECT pg_advisory_xact_lock(q.k) FROM (
    SELECT DISTINCT hashtextextended(CAST(:ws AS text) || '/' || p, 0) AS k
    FROM unnest(CAST(:people AS text[])) AS p ORDER BY k) AS q"""
"""On PostgreSQL, takes the locks of many people in the order in which the triggers take those of two."""


def _attach() -> None:
    """Let `metadata.create_all` create the triggers too, so that a test can compare it with the migrations."""
    for dialect in ("sqlite", "postgresql"):
        for statement in (*SLOTS[dialect], *KEPT[dialect], *NUMBERED[dialect]):
            table = transfers if "transfers" in statement else sessions
            ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


_attach()
