"""Workspaces, their terms, and their people."""

from sqlalchemy import (
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
    true,
)

from storage.tables.base import metadata
from storage.types import Instant, WallInstant

workspaces = Table(
    "workspaces",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("name", Text),
    Column("policy_id", String(64), nullable=False),
    Column("reminder_offsets", Text, nullable=False),  # seconds before the cutoff, comma-separated, longest first
    Column("reason_in_channel", Boolean(create_constraint=False), nullable=False),
    Column("support_contact", Text),
    Column("undo_seconds", Integer, nullable=False, server_default="60"),
    Column("quiet_hours", String(11)),  # HH:MM-HH:MM, local to the client; null: none
    Column("start_reminder", Integer, nullable=False, server_default="3600"),  # seconds before the start; 0: none
    Column("expiry_days", Integer, nullable=False, server_default="14"),  # days before credits expire; 0: no notice
    Column("language", String(16)),  # locale used in channels and for stakeholders; null: US English
    # Whether an admin saved the terms, be they those that a workspace begins with.
    Column("terms_saved", Boolean(create_constraint=False), nullable=False, server_default=false()),
)

known_blocks = Table(
    "known_blocks",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("surface", String(16), primary_key=True),  # message, modal, home
    Column("kind", String(32), primary_key=True),  # a newer block's type
    Column("taken", Boolean(create_constraint=False), nullable=False),  # whether Slack took it when it last answered
    Column("at", WallInstant, nullable=False),
    CheckConstraint("surface IN ('message', 'modal', 'home')", name="surface"),
    sqlite_with_rowid=False,
)

policies = Table(
    "policies",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),  # hash of the terms: equal terms are one row
    Column("terms", Text, nullable=False),  # JSON; immutable
    sqlite_with_rowid=False,
)

members = Table(
    "members",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(260), primary_key=True),  # Slack user id, or mail:<address> until that person appears
    Column("name", Text),
    Column("email", Text),
    Column("time_zone", String(64)),
    Column("locale", String(16)),
    Column("is_admin", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("fetched_at", WallInstant),  # null: Slack was never asked
    # Whether they were welcomed: once, whatever Slack repeats and however often the app is installed.
    Column("greeted", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("sought_at", WallInstant),  # when Slack was last asked for this e-mail
    # The period in which our record that they were an admin may have been wrong; null: never, as far as we know.
    Column("misjudged_from", WallInstant),
    Column("misjudged_until", WallInstant),
    Column("refused_address", Text),  # at which a mail server took no mail for them; another address is not marked
    Column("refused_at", Instant),  # since when; after some time it is forgotten
    Column("left_at", Instant),  # since when they are known to have left Slack; null: they are there, as far as we know
    Column("mail_asked_in", String(200)),  # the key of the receipt that asked whether they want mail too; null: none
    sqlite_with_rowid=False,
)

Index(
    "ix_members_unknown",
    members.c.sought_at,
    sqlite_where=members.c.fetched_at.is_(None),
    postgresql_where=members.c.fetched_at.is_(None),
)

# Those whom an admin has to look after: whoever left Slack, and whose mails come back.

Index(
    "ix_members_left",
    members.c.workspace_id,
    members.c.left_at,
    sqlite_where=members.c.left_at.is_not(None),
    postgresql_where=members.c.left_at.is_not(None),
)

Index(
    "ix_members_refused",
    members.c.workspace_id,
    members.c.refused_address,
    sqlite_where=members.c.refused_address.is_not(None),
    postgresql_where=members.c.refused_address.is_not(None),
)

Index(
    "ix_members_refused_at",
    members.c.refused_at,
    sqlite_where=members.c.refused_at.is_not(None),
    postgresql_where=members.c.refused_at.is_not(None),
)

Index(
    "ix_members_fetched_at",
    members.c.fetched_at,
    sqlite_where=members.c.fetched_at.is_not(None),
    postgresql_where=members.c.fetched_at.is_not(None),
)

Index(
    "ix_members_admins",
    members.c.workspace_id,
    members.c.id,
    sqlite_where=members.c.is_admin.is_(true()),
    postgresql_where=members.c.is_admin.is_(true()),
)

admins = Table(
    "admins",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("member_id", String(260), primary_key=True),
    Column("named_by", String(260)),  # who last saved the list with them; null: this machine, or an older row
    Column("named_at", WallInstant),
    sqlite_with_rowid=False,
)

coaches = Table(
    "coaches",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("member_id", String(260), primary_key=True),
    Column("alert_channel", String(32)),
    Column("removed", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("meeting_link", Text),  # of their sessions without a link of their own or of their type
    Column(
        "name", Text, nullable=False, server_default=text("''")
    ),  # the member's, kept by triggers (`storage.listed_names`)
    Column("agenda_due", Instant, nullable=False, server_default="0"),  # when their next agenda is; 0: to be planned
    sqlite_with_rowid=False,
)

Index("ix_coaches_agenda_due", coaches.c.agenda_due)
Index("ix_coaches_name", coaches.c.workspace_id, coaches.c.name, coaches.c.member_id)

stakeholders = Table(
    "stakeholders",  # who gets copies of a coach's notices
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("scope", String(8), primary_key=True),
    Column("scope_id", String(260), primary_key=True),  # a coach or a session type
    Column("target", String(260), primary_key=True),  # a person or a channel
    CheckConstraint("scope IN ('coach', 'type')", name="scope"),
    sqlite_with_rowid=False,
)

stakeholder_addresses = Table(
    "stakeholder_addresses",  # whether mail addresses that are stakeholders may be written to
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("address_id", String(260), primary_key=True),  # mail:<address>
    Column("consent", String(16), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("answered_by", String(260)),  # the admin who answered for it; null: nobody, or they themselves
    CheckConstraint("consent IN ('waiting', 'confirmed', 'declined')", name="consent"),
    sqlite_with_rowid=False,
)

calendar_addresses = Table(
    "calendar_addresses",  # secret addresses to subscribe to, one of each person who wants one
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("member_id", String(260), primary_key=True),
    Column("digest", String(64), nullable=False),  # of the secret, which is kept nowhere
    Column("made_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

Index("ix_calendar_addresses_digest", calendar_addresses.c.workspace_id, calendar_addresses.c.digest, unique=True)

notifications = Table(
    "notifications",  # how people want to hear; who has chosen nothing has no row
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("member_id", String(260), primary_key=True),
    Column("ways", String(8), nullable=False),
    Column("chosen_at", Instant, nullable=False),
    Column("invitations", Boolean(create_constraint=False), nullable=False, server_default=true()),  # for calendars
    Column("unwanted", Text, nullable=False, server_default=text("''")),  # kinds of reminders, with commas between
    Column("agenda_minute", Integer, nullable=False, server_default="480"),  # of a coach's agenda: since midnight
    CheckConstraint("ways IN ('slack', 'both', 'mail')", name="ways"),
    sqlite_with_rowid=False,
)

mail_outages = Table(
    "mail_outages",  # where the mail server lets us in no more, as the admins were told
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("code", String(80), nullable=False),  # ours: login, encryption, sender
    Column("since", Instant, nullable=False),
    sqlite_with_rowid=False,
)
