"""Decisions: requests, and decisions on late cancellations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from coaching.news.announcement import Announcement, Asked
from coaching.news.asking import ASKING
from coaching.news.kinds import NoticeKind, useful_until
from coaching.news.notice import Notice, named, to_admins
from coaching.policy import Policy
from coaching.quiet import QuietHours, awake
from coaching.requests import Request, RequestKind
from coaching.sessions import Person, Session
from coaching.zones import ZoneInfo

LAST_CALL = timedelta(hours=3)
"""How long before its deadline the last reminder of a request goes to its decider."""
APART = timedelta(hours=1)
"""The shortest time between a request and its first reminder, and between two reminders."""


def asked(of: RequestKind, request_id: str, decider: str, due_at: datetime) -> Notice:
    """Notify a coach, or a pool's contact, of a request: a separate message, so that Slack alerts them (C6)."""
    kind = ASKING[of].first
    return Notice(
        kind=kind,
        dedupe_key=named(str(kind), request_id, decider),
        recipient=decider,
        due_at=due_at,
        expires_at=useful_until(kind, due_at),
        action_id=request_id,
    )


def asked_admins(
    of: RequestKind, request_id: str, about_id: str, admins: Sequence[str], due_at: datetime
) -> list[Notice]:
    """Notify each of these admins of a request that is theirs to decide. `about_id`: the coach, or who wants credits."""
    kind, told = ASKING[of].to_admins, asked(of, request_id, about_id, due_at)
    name = named(str(kind), request_id, about_id)
    return to_admins(replace(told, kind=kind, dedupe_key=name, about_id=about_id), admins)


def nudges_at(asked: Request, told_at: datetime, quiet: QuietHours | None, zone: ZoneInfo) -> list[datetime]:
    """Return when to remind a person in `zone` of a request of which they are notified at `told_at` (UTC).

    Half-way to its deadline and LAST_CALL before it, outside of the present quiet hours. Only once where the two would
    be close to each other.
    """
    first = told_at + APART
    return _nudges([at for at in _wanted(asked) if at >= first], first, asked.decide_by, quiet, zone)


def nudges_again(
    asked: Request, waiting: int, quiet: QuietHours | None, zone: ZoneInfo, *, now: datetime
) -> list[datetime]:
    """Return new times for the `waiting` reminders that a person still has to get, planned again at `now` (UTC).

    An overdue reminder is sent at once, or when the quiet hours end.
    """
    return _nudges([max(at, now) for at in _wanted(asked)[-waiting:]], now, asked.decide_by, quiet, zone)


def _wanted(asked: Request) -> list[datetime]:
    return sorted((asked.half_way, asked.decide_by - LAST_CALL))


def _nudges(
    wanted: Sequence[datetime], first: datetime, until: datetime, quiet: QuietHours | None, zone: ZoneInfo
) -> list[datetime]:
    # A reminder with no time outside of quiet hours would be due "at once": just before `first`, so it is left out.
    at_once = first - timedelta.resolution
    found: list[datetime] = []
    for at in sorted(awake(quiet, zone, at, now=at_once, until=until) for at in wanted):
        if first <= at < until:
            found.append(at)
            first = at + APART
    return found


def nudge(asked: Request, about_id: str, due_at: datetime, *, admin: str | None = None) -> Notice:
    """Remind whoever decides of an undecided request; edited as the request is.

    `about_id` is who is reminded, or for an `admin` the coach or the person who wants credits.
    """
    kind = NoticeKind.ADMIN_NUDGE if admin else NoticeKind.NUDGE
    who = admin or about_id
    return Notice(
        kind=kind,
        dedupe_key=named(str(kind), asked.action_id, about_id, who, due_at.isoformat()),
        recipient=who,
        due_at=due_at,
        expires_at=asked.decide_by,
        action_id=asked.action_id,
        about_id=about_id if admin else None,
    )


def answered(request_id: str, client_id: str, now: datetime) -> Notice:
    """Notify a client of the answer to their request, or that nobody decided about it in time."""
    return Notice(
        kind=NoticeKind.ANSWERED,
        dedupe_key=named(str(NoticeKind.ANSWERED), request_id, client_id),
        recipient=client_id,
        due_at=now,
        expires_at=useful_until(NoticeKind.ANSWERED, now),
        action_id=request_id,
    )


def late_decision(decision_id: str, client_id: str, due_at: datetime) -> Notice:
    """Notify a client of the coach's decision on their late cancellation (K3)."""
    return Notice(
        kind=NoticeKind.LATE_DECISION,
        dedupe_key=named("decision", decision_id, client_id),
        recipient=client_id,
        due_at=due_at,
        expires_at=useful_until(NoticeKind.LATE_DECISION, due_at),
        action_id=decision_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionAsked(Asked):
    """A request for an exception. The sessions are of one request and this coach. `policies` by id.

    `withdrawn`: the cancellation was undone, and the request with it.
    """

    sessions: Sequence[Session]
    policies: Mapping[str, Policy]
    kind: NoticeKind = NoticeKind.EXCEPTION
    withdrawn: bool = False

    @property
    def about(self) -> Sequence[Session]:
        return self.sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveAsked(Asked):
    """A request to move a session of this coach to one of some times. `answered_by` closed it, unless time did."""

    session: Session
    asked: Request
    answered_by: Person | None = None

    @property
    def about(self) -> Sequence[Session]:
        return [self.session]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveAnswered(Announcement):
    """To a client: their request to move a session was declined, or nobody decided in time.

    `has_hours`: the coach has hours, so there may be other times to ask for.
    """

    session: Session
    asked: Request
    policy: Policy
    has_hours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LateDecision(Announcement):
    """To a client: the coach's decision on late cancellations.

    `stays`: it answers a request made after a first decision, and nothing more was returned.
    """

    sessions: Sequence[Session]
    stays: bool = False
