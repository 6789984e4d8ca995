"""What the database knows of a person: for every column that can hold it, what becomes of it when they are erased.

Columns that name people are of one length (`ID_LENGTH`), so each is found by its type: its id gives way to a pseudonym,
unless the whole row goes (`DELETED`) or the column is emptied (`EMPTIED`). Every column of free text is in one of the
other two tables. A test finds new columns by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, String, Table

from storage.tables import (
    admins,
    availability,
    calendar_addresses,
    coaches,
    drafts,
    file_maps,
    grants,
    link_changes,
    mail_outages,
    members,
    metadata,
    notes,
    notices,
    notifications,
    packages,
    policies,
    pool_members,
    pools,
    refunds,
    replans,
    requests,
    session_type_clients,
    session_types,
    sessions,
    stakeholder_addresses,
    stakeholders,
    time_off,
    timeline,
    workspaces,
)

ID_LENGTH = 260
"""The length of columns that name people."""


def names_people(column: Column[Any]) -> bool:
    """Return whether a column names people."""
    return isinstance(column.type, String) and column.type.length == ID_LENGTH


DELETED: Sequence[Column[Any]] = (
    members.c.id,
    admins.c.member_id,
    coaches.c.member_id,
    availability.c.coach_id,
    time_off.c.coach_id,
    stakeholders.c.scope_id,
    stakeholders.c.target,
    stakeholder_addresses.c.address_id,
    calendar_addresses.c.member_id,
    notifications.c.member_id,
    pool_members.c.member_id,
    replans.c.person_id,
    drafts.c.user_id,
    notes.c.client_id,
    session_type_clients.c.client_id,
)
"""The rows in which these columns name somebody are about them alone, and go."""
EMPTIED: Sequence[Column[Any]] = (pools.c.contact_id,)
"""Who is erased is nobody's contact."""


@dataclass(frozen=True, slots=True)
class Typed:
    """Text about people: it goes with whoever one of `by` names, and with the people of the session in `session`."""

    by: Sequence[Column[Any]]
    session: Column[Any] | None = None


_s = sessions.c
TYPED: Mapping[Column[Any], Typed] = {
    _s.reason: Typed((_s.client_id, _s.coach_id, _s.canceled_by)),
    _s.meeting_link: Typed((_s.client_id, _s.coach_id)),
    refunds.c.note: Typed((refunds.c.by,), refunds.c.session_id),
    timeline.c.detail: Typed((timeline.c.actor_id,), timeline.c.session_id),
    link_changes.c.old_link: Typed((link_changes.c.by,), link_changes.c.session_id),
    requests.c.note: Typed((requests.c.asked_by, requests.c.subject_id), requests.c.subject_id),
    requests.c.reply: Typed(
        (requests.c.asked_by, requests.c.subject_id, requests.c.answered_by), requests.c.subject_id
    ),
    grants.c.note: Typed((grants.c.client_id, grants.c.granted_by)),
    notices.c.detail: Typed((notices.c.recipient,)),
}
"""Text that is emptied while its row stays."""
_WHOLE = "its row goes whole"
_SETTING = "a setting of the workspace"
KEPT: Mapping[Column[Any], str] = {
    workspaces.c.name: "the workspace's",
    workspaces.c.reminder_offsets: _SETTING,
    workspaces.c.support_contact: f"{_SETTING}; whoever erases a person is told to look at it",
    policies.c.terms: _SETTING,
    pools.c.name: "a company's",
    packages.c.name: "what is sold",
    session_types.c.name: "what is booked",
    session_types.c.meeting_link: _SETTING,
    grants.c.label: "the name of a package, or none",
    refunds.c.usable: "figures and days",
    requests.c.times: "instants",
    notices.c.only_types: "ids of session types",
    members.c.name: _WHOLE,
    members.c.email: _WHOLE,
    members.c.refused_address: _WHOLE,
    coaches.c.name: _WHOLE,
    coaches.c.meeting_link: _WHOLE,
    availability.c.hours: _WHOLE,
    availability.c.name: _WHOLE,
    notifications.c.unwanted: _WHOLE,
    notes.c.text: "goes with the client it is about; what a coach wrote about others stays for their other coaches",
    file_maps.c.meaning: "goes with whomever it names",
    drafts.c.body: "goes with whoever has the dialog open, and with whoever or whose session it names",
}
"""Text that stays, or goes with its row, with the reason."""
KEYS: Sequence[Column[Any]] = (notices.c.dedupe_key, notices.c.repeats, notices.c.leader_key)
"""Keys in which people's ids are parts, with colons between."""
UNTOLD: Sequence[Column[Any]] = (notices.c.channel, notices.c.message_ts, notices.c.trouble_channel)
"""Where a notice to them is in Slack: a direct conversation tells whose it is."""


def renamed() -> Mapping[Table, Sequence[Column[Any]]]:
    """Return by table the columns in which a pseudonym takes the place of an id."""
    found: dict[Table, Sequence[Column[Any]]] = {}
    others = {*DELETED, *EMPTIED}
    for table in metadata.sorted_tables:
        if table in (drafts, mail_outages):
            continue
        if columns := [one for one in table.columns if names_people(one) and one not in others]:
            found[table] = columns
    return found
