"""New zone rules: which sessions shift so that clocks still show the agreed time, and which must stay.

Pure. A session agreed in local time got its instant from the zone rules of that day. A release with new rules may give
it another instant.
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

Place = tuple[str, datetime, str, str]
"""Rules, start, workspace and id of a session: its place among those that wait for newer rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What happens to sessions under new rules. Sessions are given as they are now.

    `same`: the new rules show the same local time. `shifts`: they go to a new instant (UTC), all at once, and may take
    one another's places. `stay`: they would overlap, or would have begun already. `waiting`: their new time is taken by
    another session, not among these, that is about to leave it. `noted`: they were agreed as instants, and clocks now
    show another time.
    """

    same: list[Session] = field(default_factory=list)
    shifts: list[tuple[Session, datetime]] = field(default_factory=list)
    stay: list[Session] = field(default_factory=list)
    waiting: list[Session] = field(default_factory=list)
    noted: list[Session] = field(default_factory=list)


class Around(NamedTuple):
    """Sessions that share a person with the sessions in question, around their times. Those may be among them.

    `due` are not decided yet under the present rules and may leave; `settled` stay where they are. Canceled sessions
    occupy their time while the cancellation may still be undone.
    """

    settled: Sequence[Session] = ()
    due: Sequence[Session] = ()


def plan(sessions: Iterable[Session], around: Around, now: datetime) -> Plan:
    """Decide about sessions computed by old rules, given everything around their present and their new times."""
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
    """Sessions by person, with the instant each is to go to."""

    def __init__(self, settled: Iterable[Session], due: Iterable[Session]) -> None:
        self.of: dict[str, dict[str, Session]] = {}
        ends_up = [*((s, s.starts_at) for s in settled), *((s, target(s)) for s in due)]
        self.goes_to = {session.id: at for session, at in ends_up}
        for session, _ in ends_up:
            for person in (session.client.id, session.coach.id):
                self.of.setdefault(person, {})[session.id] = session

    def beside(self, session: Session) -> Iterable[Session]:
        """Return the other sessions that share a person with this one. One may occur twice."""
        for person in (session.client.id, session.coach.id):
            yield from (other for other in self.of[person].values() if other.id != session.id)


def target(session: Session) -> datetime:
    """Return the instant (UTC) at which clocks show the agreed local time, by the present rules."""
    if session.local is None or session.local.by_instant or session.status is not Status.SCHEDULED:
        return session.starts_at
    return session.local.instant(session.starts_at)


def shifted(session: Session, policy: Policy, starts_at: datetime) -> Session:
    """Return the session at its new instant (UTC). No term that was shown ends earlier because of the shift.

    A later start takes the cutoff along. With an earlier start, the terms still count from the start that was shown,
    and only the new start ends them.
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
    """Return what the clocks of its zone showed at its start: as stored, else by the machine's own zone rules.

    The machine's rules applied until the release that stores local times. A machine without rules used the bundled
    ones.
    """
    if session.local is not None:
        return session.local
    zone = _by_the_machine(zones.MACHINE_PATH, session.time_zone) or zones.first_known(session.time_zone)
    return LocalTime(wall_at(session.starts_at, zone), session.time_zone, NO_RULES, by_instant=True)


@zones.remembered(maxsize=1024)
def _by_the_machine(path: tuple[str, ...], name: str) -> ZoneInfo | None:
    return zones.read_from(path, name)


def _stay(movers: Mapping[str, Session], crowd: _Crowd, now: datetime) -> set[str]:
    """Return the sessions that would overlap with all others in place. One that stays may block others, so repeat."""
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
    """Return the sessions whose new time is still taken by one that does not go now."""
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
