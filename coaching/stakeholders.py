"""Stakeholders: people and channels that are told what a coach is told (K7)."""

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from coaching.news.kinds import COPIED
from coaching.news.notice import Notice
from coaching.sessions import Session

MAX_STAKEHOLDERS = 20
"""How many people, and how many channels, are told about one coach or session type."""
_CHANNEL = re.compile(r"[CG][A-Z0-9]{1,30}")
_PERSON = re.compile(r"[UW][A-Z0-9]{1,30}")


class NewsOf(StrEnum):
    """What somebody is told about: a coach's sessions, or those of a type."""

    COACH = "coach"
    TYPE = "type"


@dataclass(frozen=True, slots=True)
class Stakeholder:
    """Somebody or some channel (`target`) that is told about a coach or a session type.

    `own_of`: of the coaches asked about, those whose own alerts go to this very channel.
    """

    of: NewsOf
    of_id: str
    target: str
    own_of: frozenset[str] = frozenset()


def is_channel(target: str) -> bool:
    """Whether this is a channel's id and not a person's."""
    return _CHANNEL.fullmatch(target) is not None


def is_person(target: str) -> bool:
    """Whether this is the id of somebody in Slack."""
    return _PERSON.fullmatch(target) is not None


def copies(told: Sequence[Notice], sessions: Sequence[Session], found: Collection[Stakeholder]) -> Iterator[Notice]:
    """Yield the stakeholders' copies of what coaches are told: one per action, coach and target, due when the coach's is.

    Nobody is told twice: not the coach, not their own channel, and a client not about their own sessions.
    """
    for notice in told:
        if notice.kind not in COPIED or notice.copy_of is not None:
            continue
        coach = notice.recipient
        theirs = [s for s in sessions if s.coach.id == coach and notice.session_id in (None, s.id)]
        for target in dict.fromkeys(one.target for one in found):
            if target == coach or any(coach in one.own_of for one in found if one.target == target):
                continue
            named = [one for one in found if one.target == target]
            wide = any(one.of is NewsOf.COACH and one.of_id == coach for one in named)
            types = {one.of_id for one in named if one.of is NewsOf.TYPE}
            seen = [s for s in theirs if s.client.id != target and (wide or s.type_id in types)]
            if not seen:
                continue
            only = None if wide else frozenset(s.type_id for s in seen)
            key = _key(notice, target, only)
            yield replace(notice, dedupe_key=key, recipient=target, copy_of=coach, only_types=only)


def shows(only_types: Collection[str] | None, target: str, session: Session) -> bool:
    """Whether a copy to that target, limited to these session types if any, is about this session of its coach."""
    return session.client.id != target and (only_types is None or session.type_id in only_types)


def still_named(only_types: Collection[str] | None, target: str, coach_id: str, found: Collection[Stakeholder]) -> bool:
    """Whether the target of a copy that was not sent yet is still to be told, by those who are now."""
    return any(
        only_types is None and one.of_id == coach_id
        if one.of is NewsOf.COACH
        else only_types is not None and one.of_id in only_types
        for one in found
        if one.target == target
    )


def _key(notice: Notice, target: str, only_types: Collection[str] | None) -> str:
    """Name a copy: one limited to session types is another one than one that is not."""
    who = [notice.recipient, target] if only_types is None else [notice.recipient, target, *sorted(only_types)]
    name = hashlib.sha256(" ".join(who).encode()).hexdigest()[:16]
    return ":".join(["copy", notice.kind, notice.action_id or notice.session_id or "", name])
