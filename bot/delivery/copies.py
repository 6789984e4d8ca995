"""Delivery of stakeholders' copies: they get the same news as the coach (K7)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from coaching.news.kinds import KINDS, TO_COACHES, Audience
from coaching.records import Viewer
from coaching.sessions import Session
from coaching.stakeholders import Stakeholder, is_channel, shows, still_named
from coaching.why import Why
from storage.claims import Claimed


def coach_of(row: Claimed) -> str:
    """Return the coach whose news this is: the recipient, or the coach whose news a stakeholder's copy repeats."""
    return row.copy_of or row.recipient


Handed = Mapping[str, Sequence[tuple[str, str]]]
"""The hand-overs of sessions, first to last: (action, the coach who gave it until then)."""


def coach_then(row: Claimed, session: Session, handed: Handed) -> str:
    """Return who gave a session when the notice's action took place. Ids of actions sort by time."""
    later = (coach for action_id, coach in handed.get(session.id, ()) if action_id > (row.action_id or ""))
    return next(later, session.coach.id)


def theirs(row: Claimed, session: Session, handed: Handed = MappingProxyType({})) -> bool:
    """Return whether a notice tells its recipient about this session, which may have been handed over since."""
    if KINDS[row.kind].to is Audience.ADMINS:
        return session.coach.id == row.about_id
    if row.kind not in TO_COACHES:
        return session.client.id == row.recipient
    return coach_then(row, session, handed) == coach_of(row) and (
        row.copy_of is None or shows(row.only_types, row.recipient, session)
    )


def unwanted(row: Claimed, channels: Mapping[str, str | None], named: Collection[Stakeholder]) -> Why | None:
    """Return why an unsent copy must not go out, because an admin changed the setup since, or None if it may go out."""
    if row.is_edit or row.copy_of is None:
        return None
    coach = row.copy_of
    if row.recipient in {coach, channels.get(coach)}:
        return Why.COACHS_OWN
    return None if still_named(row.only_types, row.recipient, coach, named) else Why.NOT_NAMED


def reader_of(row: Claimed, viewers: Mapping[str, Viewer], language: str | None) -> Viewer:
    """Return the reader of a copy.

    A copy is in the workspace's language. In a channel it shows the coach's local times, as the coach's own channel
    does.
    """
    found = viewers[row.recipient]
    if is_channel(row.recipient):
        coach = viewers[coach_of(row)]
        found = replace(
            coach, person=replace(coach.person, id=row.recipient, name=None, email=None, refused_address=None)
        )
    return replace(found, person=replace(found.person, locale=language))
