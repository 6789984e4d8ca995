"""The tables. Every key starts with the workspace. Instants are integer microseconds. The database checks states.

Where a table's natural key is its primary key, SQLite stores it WITHOUT ROWID: one tree instead of two, with the rows
of a workspace next to each other.
"""

from storage.tables.base import metadata
from storage.tables.dialogs import drafts, inbound
from storage.tables.exports import exports
from storage.tables.file_maps import file_maps
from storage.tables.ledger import checkpoints, grants, pool_members, pools, transfers
from storage.tables.notes import notes
from storage.tables.notices import notices, replans
from storage.tables.offers import (
    availability,
    packages,
    session_type_clients,
    session_type_coaches,
    session_types,
    time_off,
)
from storage.tables.people import (
    admins,
    calendar_addresses,
    coaches,
    known_blocks,
    mail_outages,
    members,
    notifications,
    policies,
    stakeholder_addresses,
    stakeholders,
    workspaces,
)
from storage.tables.requests import requests
from storage.tables.sessions import link_changes, moves, refunds, sessions, timeline

__all__ = [
    "admins",
    "availability",
    "calendar_addresses",
    "checkpoints",
    "coaches",
    "drafts",
    "exports",
    "file_maps",
    "grants",
    "inbound",
    "known_blocks",
    "link_changes",
    "mail_outages",
    "members",
    "metadata",
    "moves",
    "notes",
    "notices",
    "notifications",
    "packages",
    "policies",
    "pool_members",
    "pools",
    "refunds",
    "replans",
    "requests",
    "session_type_clients",
    "session_type_coaches",
    "session_types",
    "sessions",
    "stakeholder_addresses",
    "stakeholders",
    "time_off",
    "timeline",
    "transfers",
    "workspaces",
]
