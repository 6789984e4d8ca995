"""Stakeholders' copies of what coaches are told, on their way (K7)."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from coaching.news.kinds import KINDS, TO_COACHES, Audience
from coaching.records import Viewer
from coaching.sessions import Session
from coaching.stakeholders import Stakeholder, is_channel, shows, still_named
from coaching.why import Why
from storage.claims import Claimed


def coach_of(row: Claimed) -> str:
    """Return whose news this is, where it is a coach's: theirs, and every stakeholder's copy of it."""
    return row.copy_of or row.recipient


def theirs(row: Claimed, session: Session) -> bool:
    """Return whether a session is among those that a notice tells its recipient of."""
    if KINDS[row.kind].to is Audience.ADMINS:
        return session.coach.id == row.about_id
    if row.kind not in TO_COACHES:
        return session.client.id == row.recipient
    return session.coach.id == coach_of(row) and (row.copy_of is None or shows(row.only_types, row.recipient, session))


def unwanted(row: Claimed, channels: Mapping[str, str | None], named: Collection[Stakeholder]) -> Why | None:
    """Return why a notice that is not out yet is a copy that is not to go out: an admin changed the set-up since."""
    if row.is_edit or row.copy_of is None:
        return None
    coach = row.copy_of
    if row.recipient in {coach, channels.get(coach)}:
        return Why.COACHS_OWN
    return None if still_named(row.only_types, row.recipient, coach, named) else Why.NOT_NAMED


def reader_of(row: Claimed, viewers: Mapping[str, Viewer], language: str | None) -> Viewer:
    """Return who reads a copy: in the workspace's language, and in a channel on its coach's clock, as in their own."""
    found = viewers[row.recipient]
    if is_channel(row.recipient):
        coach = viewers[coach_of(row)]
        found = replace(coach, person=replace(coach.person, id=row.recipient, name=None, email=None))
    return replace(found, person=replace(found.person, locale=language))


def in_a_language(viewer: Viewer, language: str | None) -> Viewer:
    """Return somebody as a reader of their own language, of the workspace's where Slack never said theirs."""
    if viewer.person.locale is not None or language is None:
        return viewer
    return replace(viewer, person=replace(viewer.person, locale=language))
