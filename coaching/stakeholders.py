"""Stakeholders: people, channels and mail addresses that get copies of a coach's notices (K7)."""

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from coaching.addresses import Consent, is_address
from coaching.news.kinds import COPIED
from coaching.news.notice import Notice
from coaching.sessions import Session

MAX_STAKEHOLDERS = 20
"""The limit of people, and separately of channels and of addresses, per coach or session type."""
_CHANNEL = re.compile(r"[CG][A-Z0-9]{1,30}")
_PERSON = re.compile(r"[UW][A-Z0-9]{1,30}")


class NewsOf(StrEnum):
    """What a stakeholder is notified about: a coach's sessions, or those of a session type."""

    COACH = "coach"
    TYPE = "type"


@dataclass(frozen=True, slots=True)
class Stakeholder:
    """A person, a channel or a mail address (`target`) that is notified about a coach or a session type.

    `own_of`: of the coaches in question, those whose own alerts go to this same channel. `consent`: of an address,
    whether it may be written to. What is in Slack needs none.
    """

    of: NewsOf
    of_id: str
    target: str
    own_of: frozenset[str] = frozenset()
    consent: Consent | None = None

    @property
    def is_told(self) -> bool:
        """Whether copies are sent there."""
        return not is_address(self.target) or self.consent is Consent.CONFIRMED


def is_channel(target: str) -> bool:
    """Return whether this is a Slack channel's id."""
    return _CHANNEL.fullmatch(target) is not None


def is_person(target: str) -> bool:
    """Return whether this is a Slack user's id."""
    return _PERSON.fullmatch(target) is not None


def copies(told: Sequence[Notice], sessions: Sequence[Session], found: Collection[Stakeholder]) -> Iterator[Notice]:
    """Yield the stakeholders' copies of coaches' notices: one per action, coach and target, due when the coach's is.

    No copy goes to the coach, to the coach's own alert channel, or to a client about their own sessions, and none to an
    address that has not said yes.
    """
    found = [one for one in found if one.is_told]
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
    """Return whether a copy to `target`, limited to these session types if any, covers this session of its coach."""
    return session.client.id != target and (only_types is None or session.type_id in only_types)


def still_named(only_types: Collection[str] | None, target: str, coach_id: str, found: Collection[Stakeholder]) -> bool:
    """Return whether the target of a copy that was not sent yet is still a stakeholder, given the present ones."""
    return any(
        only_types is None and one.of_id == coach_id
        if one.of is NewsOf.COACH
        else only_types is not None and one.of_id in only_types
        for one in found
        if one.target == target and one.is_told
    )


def _key(notice: Notice, target: str, only_types: Collection[str] | None) -> str:
    """Name a copy. A copy limited to session types has another name than one that is not."""
    who = [notice.recipient, target] if only_types is None else [notice.recipient, target, *sorted(only_types)]
    name = hashlib.sha256(" ".join(who).encode()).hexdigest()[:16]
    return ":".join(["copy", notice.kind, notice.action_id or notice.session_id or "", name])
