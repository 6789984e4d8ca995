"""New zone rules: which sessions shift so that their clocks go on showing what was meant, and which have to stay.

Pure. A session that was meant in local time has the instant that the rules of its day gave it; a release with new rules may
give it another one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from coaching import zones
from coaching.localtime import NO_RULES, LocalTime, local_time, wall_at
from coaching.policy import Policy, refund_cutoff
from coaching.sessions import Session, Status
from coaching.zones import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What becomes of sessions under new rules; each as it is now.

    `same` are shown by the new rules as they were by the old ones. `shifts` go to a new instant (UTC), all at once: they may
    take one another's places. `stay` would overlap, or would have begun already; `waiting` go where another one, not among
    these, is about to leave. `noted` were given as instants, and their clocks show another time now.
    """

    same: list[Session] = field(default_factory=list)
    shifts: list[tuple[Session, datetime]] = field(default_factory=list)
    stay: list[Session] = field(default_factory=list)
    waiting: list[Session] = field(default_factory=list)
    noted: list[Session] = field(default_factory=list)


class Around(NamedTuple):
    """Sessions that share a person with some others around their times; these may be among them.

    What is `due` has not been decided about under the rules of now and may leave; what is `settled` stays where it is.
    Canceled ones hold their time: their cancellation may still be undone.
    """

    settled: Sequence[Session] = ()
    due: Sequence[Session] = ()


def plan(sessions: Iterable[Session], around: Around, now: datetime) -> Plan:
    """Decide about sessions computed by old rules, given all that is around where they are and where they go."""
    made, wanted = Plan(), {s.id: s for s in sessions}
    for session in wanted.values():
        if session.local is None or session.local.by_instant:
            (made.same if _shows_the_same(session) else made.noted).append(session)
        elif target(session) == session.starts_at:
            made.same.append(session)
    decided = {s.id for s in (*made.same, *made.noted)}
    movers = {s.id: s for s in wanted.values() if s.id not in decided}
    if not movers:
        return made
    crowd = _Crowd(around.settled, (*around.due, *wanted.values()))
    stay = _stay(movers, crowd, now)
    made.stay.extend(movers[one] for one in movers if one in stay)
    going = [s for s in movers.values() if s.id not in stay]
    waiting = _waiting(going, crowd)
    made.waiting.extend(s for s in going if s.id in waiting)
    made.shifts.extend((s, crowd.goes_to[s.id]) for s in going if s.id not in waiting)
    return made


class _Crowd:
    """Sessions by person, with where each is to go."""

    def __init__(self, settled: Iterable[Session], due: Iterable[Session]) -> None:
        self.of: dict[str, dict[str, Session]] = {}
        ends_up = [*((s, s.starts_at) for s in settled), *((s, target(s)) for s in due)]
        self.goes_to = {session.id: at for session, at in ends_up}
        for session, _ in ends_up:
            for person in (session.client.id, session.coach.id):
                self.of.setdefault(person, {})[session.id] = session

    def beside(self, session: Session) -> Iterable[Session]:
        """Return the others that share a person with it; one may come twice."""
        for person in (session.client.id, session.coach.id):
            yield from (other for other in self.of[person].values() if other.id != session.id)


def target(session: Session) -> datetime:
    """Return the instant (UTC) at which its clocks show what was meant, by the rules of now."""
    if session.local is None or session.local.by_instant or session.status is not Status.SCHEDULED:
        return session.starts_at
    return session.local.instant(session.starts_at)


def shifted(session: Session, policy: Policy, starts_at: datetime) -> Session:
    """Return the session at its new instant (UTC); no term that was shown ends earlier for it.

    Later: the cutoff goes along. Earlier: the terms go on counting from the start that was shown, and only the new start ends
    them.
    """
    after = replace(
        session,
        starts_at=starts_at,
        ends_at=starts_at + (session.ends_at - session.starts_at),
        local=local_time(starts_at, session.time_zone),
    )
    if starts_at < session.starts_at:
        counted_from = session.terms_start_at or session.starts_at
        return replace(after, terms_start_at=counted_from, refund_cutoff_at=min(session.refund_cutoff_at, starts_at))
    if session.terms_start_at is not None:
        return after
    cutoff = refund_cutoff(policy, starts_at=starts_at, booked_at=session.booked_at)
    return replace(after, refund_cutoff_at=max(session.refund_cutoff_at, cutoff))


def _shows_the_same(session: Session) -> bool:
    return noted(session).wall == wall_at(session.starts_at, zones.first_known(session.time_zone))


def noted(session: Session) -> LocalTime:
    """Return what the clocks of its zone showed at its start: as it was kept, else by the machine's own rules.

    Those counted until the release that keeps what was meant; a machine without any had ours.
    """
    if session.local is not None:
        return session.local
    zone = _by_the_machine(zones.MACHINE_PATH, session.time_zone) or zones.first_known(session.time_zone)
    return LocalTime(wall_at(session.starts_at, zone), session.time_zone, NO_RULES, by_instant=True)


@zones.remembered(maxsize=1024)
def _by_the_machine(path: tuple[str, ...], name: str) -> ZoneInfo | None:
    return zones.read_from(path, name)


def _stay(movers: Mapping[str, Session], crowd: _Crowd, now: datetime) -> set[str]:
    """Those that would overlap where everybody ends up; whoever stays may be in the way of others, so look again."""
    stay = {one for one in movers if crowd.goes_to[one] <= now}

    def ends_up(session: Session) -> datetime:
        return session.starts_at if session.id in stay else crowd.goes_to[session.id]

    while found := {
        one
        for one, mover in movers.items()
        if one not in stay
        and any(_meet(mover, crowd.goes_to[one], other, ends_up(other)) for other in crowd.beside(mover))
    }:
        stay |= found
    return stay


def _waiting(going: Sequence[Session], crowd: _Crowd) -> set[str]:
    """Those whose new time is still taken by one that is not going now."""
    left = {s.id for s in going}
    while found := {
        s.id
        for s in going
        if s.id in left
        and any(
            other.id not in left and _meet(s, crowd.goes_to[s.id], other, other.starts_at) for other in crowd.beside(s)
        )
    }:
        left -= found
    return {s.id for s in going} - left


def _meet(one: Session, one_starts: datetime, other: Session, other_starts: datetime) -> bool:
    return one_starts < other_starts + _length(other) and other_starts < one_starts + _length(one)


def _length(session: Session) -> timedelta:
    return session.ends_at - session.starts_at
