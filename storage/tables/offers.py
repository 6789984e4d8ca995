"""What is offered: session types, packages, and the hours of coaches."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
    text,
)

from storage.tables.base import metadata
from storage.types import Instant

session_types = Table(
    "session_types",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("price", Integer, nullable=False),  # hundredths of a credit
    Column("policy_id", String(64)),  # null: the workspace's
    Column("retired", Boolean(create_constraint=False), nullable=False, server_default=false()),  # no longer offered
    Column("meeting_link", Text),  # of its sessions without a link of their own
    Column("bookable_by", String(16), nullable=False, server_default="everybody"),  # by themselves
    Column("at_most", Integer),  # booked ahead for one client who books; null: any number
    CheckConstraint("minutes > 0 AND price >= 0", name="sane"),
    sqlite_with_rowid=False,
)

session_type_coaches = Table(
    "session_type_coaches",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("session_type_id", String(64), primary_key=True),
    Column("coach_id", String(260), primary_key=True),
    sqlite_with_rowid=False,
)
"""Who gives sessions of a type. Without a row every coach gives it."""

session_type_clients = Table(
    "session_type_clients",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("session_type_id", String(64), primary_key=True),
    Column("client_id", String(260), primary_key=True),
    sqlite_with_rowid=False,
)
"""Who may book a type that is for named clients."""

packages = Table(
    "packages",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("session_type_id", String(64)),
    Column("policy_id", String(64)),  # null: its session type's, else the workspace's
    Column("sessions", Integer),  # number of sessions sold; null: it was imported and is not for sale
    Column("valid_days", Integer),  # from the day it is given; null: it never expires
    Column("price_cents", BigInteger),
    Column("currency", String(3)),
    Column("retired", Boolean(create_constraint=False), nullable=False, server_default=false()),  # no longer sold
    sqlite_with_rowid=False,
)

availability = Table(
    "availability",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("coach_id", String(260), primary_key=True),
    Column("time_zone", String(64), nullable=False),
    Column("hours", Text, nullable=False),  # as people type them
    Column("buffer_before", Integer, nullable=False),  # minutes, like the next three
    Column("buffer_after", Integer, nullable=False),
    Column("notice", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("horizon", Integer, nullable=False),  # days
    Column(
        "name", Text, nullable=False, server_default=text("''")
    ),  # the coach's, kept by triggers (`storage.listed_names`)
    sqlite_with_rowid=False,
)

Index("ix_availability_name", availability.c.workspace_id, availability.c.name, availability.c.coach_id)

time_off = Table(
    "time_off",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("coach_id", String(260), primary_key=True),
    Column("starts_at", Instant, primary_key=True),
    Column("ends_at", Instant, nullable=False),
    # Days on the coach's calendar, both ends included, and the zone rules that computed them; null: kept as instants.
    Column("first_day", String(10)),
    Column("last_day", String(10)),
    Column("time_zone", String(64)),
    Column("zone_rules", String(16)),
    # What clocks show at its begin on the first day, and at its end on the last, as 15:30; null: with the day.
    Column("opens", String(5)),
    Column("closes", String(5)),
    CheckConstraint("ends_at > starts_at", name="length"),
    sqlite_with_rowid=False,
)

Index(
    "ix_time_off_zone_rules",
    time_off.c.zone_rules,
    time_off.c.ends_at,
    sqlite_where=time_off.c.zone_rules.is_not(None),
    postgresql_where=time_off.c.zone_rules.is_not(None),
)
