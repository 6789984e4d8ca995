"""Store agreed local times and days, and the zone rules of their instants

Revision ID: 0005
Revises: 0004
"""

from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa
from alembic import op

from coaching import zones
from coaching.localtime import instant_of, wall_at
from storage import statistics

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END = "23:59:59"
# On whose calendar an expiry was set: the holder's, else the pool contact's, else the giver's.
_OPEN = """
    SELECT g.workspace_id, g.id, g.expires_at, h.time_zone AS of_holder, c.time_zone AS of_contact, b.time_zone AS of_giver
    FROM grants g
    LEFT JOIN pools p ON p.workspace_id = g.workspace_id AND p.id = g.pool_id
    LEFT JOIN members h ON h.workspace_id = g.workspace_id AND h.id = g.client_id
    LEFT JOIN members c ON c.workspace_id = g.workspace_id AND c.id = p.contact_id
    LEFT JOIN members b ON b.workspace_id = g.workspace_id AND b.id = g.granted_by
    WHERE g.expires_at IS NOT NULL AND g.closed_at IS NULL"""
_TIME_OFF = """
    SELECT o.workspace_id, o.coach_id, o.starts_at, o.ends_at, a.time_zone FROM time_off o
    JOIN availability a ON a.workspace_id = o.workspace_id AND a.coach_id = o.coach_id"""
_SAY_DAYS = """
    UPDATE time_off SET first_day = :first, last_day = :last, time_zone = :zone
    WHERE workspace_id = :ws AND coach_id = :coach AND starts_at = :starts"""
_SAY = "UPDATE grants SET expires_on = :day, expires_zone = :zone WHERE workspace_id = :ws AND id = :id"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("local_start", sa.String(length=32), nullable=True))
    op.add_column("sessions", sa.Column("by_instant", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("sessions", sa.Column("zone_rules", sa.String(length=16), server_default="0", nullable=False))
    op.add_column("sessions", sa.Column("rules_seen", sa.String(length=16), server_default="0", nullable=False))
    for name, length in (("first_day", 10), ("last_day", 10), ("time_zone", 64), ("zone_rules", 16)):
        op.add_column("time_off", sa.Column(name, sa.String(length=length), nullable=True))
    for name, length in (("expires_on", 10), ("expires_zone", 64), ("expires_rules", 16)):
        op.add_column("grants", sa.Column(name, sa.String(length=length), nullable=True))
    _partial("ix_sessions_rules_seen", "sessions", ["rules_seen", "starts_at"], "status = 'scheduled'")
    _partial("ix_time_off_zone_rules", "time_off", ["zone_rules", "ends_at"], "zone_rules IS NOT NULL")
    _partial("ix_grants_expires_rules", "grants", ["expires_rules"], "expires_rules IS NOT NULL AND closed_at IS NULL")
    _name_the_days()
    _name_the_days_off()
    if op.get_bind().dialect.name == "sqlite":
        for statement in statistics.MEANT:
            op.execute(statement)


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _name_the_days() -> None:
    """Store the day of each expiry whose instant is the last second of a day. Instants stay as they are."""
    bind = op.get_bind()
    for row in bind.execute(sa.text(_OPEN)).all():
        for zone in (row.of_holder, row.of_contact, row.of_giver, "UTC"):
            if (known := zones.known(zone)) is None:
                continue
            ends = wall_at(_EPOCH + timedelta(microseconds=row.expires_at), known)
            if f"{ends:%H:%M:%S}" == _END:
                day = ends.date().isoformat()
                bind.execute(sa.text(_SAY), {"day": day, "zone": zone, "ws": row.workspace_id, "id": row.id})
                break


def _name_the_days_off() -> None:
    """Store the days of each time off that begins and ends with days in its coach's zone. Instants stay as they are."""
    bind = op.get_bind()
    for row in bind.execute(sa.text(_TIME_OFF)).all():
        if (known := zones.known(row.time_zone)) is None:
            continue
        first, after = (_day_that_begins(micros, known) for micros in (row.starts_at, row.ends_at))
        if first is not None and after is not None and first < after:
            days = {"first": first.isoformat(), "last": (after - timedelta(days=1)).isoformat(), "zone": row.time_zone}
            which = {"ws": row.workspace_id, "coach": row.coach_id, "starts": row.starts_at}
            bind.execute(sa.text(_SAY_DAYS), {**days, **which})


def _day_that_begins(micros: int, zone: zones.ZoneInfo) -> date | None:
    at = _EPOCH + timedelta(microseconds=micros)
    day = wall_at(at, zone).date()
    # Where clocks skip midnight, the day begins when they have gone forward.
    return day if instant_of(datetime.combine(day, time()), zone) == at else None
