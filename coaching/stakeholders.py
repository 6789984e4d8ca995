"""Stakeholders: people and channels that are told what a coach is told (K7)."""

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from coaching.news.kinds import COPIED, NoticeKind
from coaching.news.notice import Notice
from coaching.sessions import Session

MAX_STAKEHOLDERS = 20
"""How many people, and how many channels, are told about one coach or session type."""
_CHANNEL = re.compile(r"[CG][A-Z0-9]{1,30}")
_PERSON = re.compile(r"[UW][A-Z0-9]{1,30}")
_TYPES_IN_KEY = 8
"""Session types that a copy's key can name: it has 200 characters."""


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


def is_copy(kind: NoticeKind, about_id: str | None) -> bool:
    """Whether a notice is a stakeholder's copy of what the coach `about_id` is told."""
    return kind in COPIED and about_id is not None


def copies(told: Sequence[Notice], sessions: Sequence[Session], found: Collection[Stakeholder]) -> Iterator[Notice]:
    """Yield the stakeholders' copies of what coaches are told: one per action, coach and target, due when the coach's is.

    Nobody is told twice: not the coach, not their own channel, and a client not about their own sessions.
    """
    for notice in told:
        if notice.kind not in COPIED or notice.about_id is not None:
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
            limits = [()] if wide else _few_at_once(sorted({_short(s.type_id) for s in seen}))
            for limit in limits:
                yield replace(notice, dedupe_key=_key(notice, target, limit), recipient=target, about_id=coach)


def shows(key: str, target: str, session: Session) -> bool:
    """Whether the copy of that key, to that target, is about this session of its coach."""
    limit = _limit(key)
    return session.client.id != target and (not limit or _short(session.type_id) in limit)


def by_type(key: str) -> bool:
    """Whether the copy of that key goes to somebody named for session types only, and not for the coach."""
    return bool(_limit(key))


def still_named(key: str, target: str, coach_id: str, found: Collection[Stakeholder]) -> bool:
    """Whether the target of a copy that was not sent yet is still to be told, by those who are now."""
    limit = _limit(key)
    return any(
        (_short(one.of_id) in limit if one.of is NewsOf.TYPE else not limit and one.of_id == coach_id)
        for one in found
        if one.target == target
    )


def _key(notice: Notice, target: str, limit: Sequence[str]) -> str:
    """Name a copy. It says to which types it is limited, so that it is edited so whoever is a stakeholder by then."""
    who = hashlib.sha256(f"{notice.recipient} {target}".encode()).hexdigest()[:16]
    return ":".join(["copy", notice.kind, notice.action_id or notice.session_id or "", who, *limit])


def _limit(key: str) -> frozenset[str]:
    # From the end: an imported session's id may hold colons.
    parts = key.split(":")
    names = []
    while len(parts[-1]) == _SHORT:
        names.append(parts.pop())
    return frozenset(names)


_SHORT = 8


def _short(type_id: str) -> str:
    return hashlib.sha256(type_id.encode()).hexdigest()[:_SHORT]


def _few_at_once(types: Sequence[str]) -> list[Sequence[str]]:
    return [types[start : start + _TYPES_IN_KEY] for start in range(0, len(types), _TYPES_IN_KEY)]
