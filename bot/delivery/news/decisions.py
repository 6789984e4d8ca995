"""News of requests, for coaches or admins in their place, and of decisions, for clients."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.delivery.copies import Handed, theirs
from bot.delivery.news import credit_requests
from bot.delivery.news.credit_requests import CreditRequests
from bot.delivery.news.family import Loaded, News
from coaching.news.announcement import Announcement
from coaching.news.decisions import ExceptionAsked, LateDecision, MoveAnswered, MoveAsked
from coaching.news.kinds import REQUESTS, TO_COACHES, About, NoticeKind, about
from coaching.policy import Policy
from coaching.records import Viewer
from coaching.requests import Request, RequestKind, RequestState
from coaching.sessions import Session
from coaching.why import Why
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads


@dataclass(frozen=True, slots=True)
class Decisions(News):
    """The sessions that each request or decision is about, in their current state.

    `moves` are the requests for a move, by their ids, `people` those who answered them, and `giving` their coaches who
    have hours. `alerts` are (action, recipient) of alerts that are not out yet and do not go out with this batch either.
    """

    loaded: Loaded
    touched: Mapping[str, Collection[str]]
    sessions: Sequence[Session]
    moves: Mapping[str, Request]
    people: Mapping[str, Viewer]
    policies: Mapping[str, Policy]
    giving: Collection[str]
    alerts: Collection[tuple[str, str]]
    credits: CreditRequests
    handed: Handed

    def about(self, row: Claimed) -> Sequence[Session]:
        ids = self.touched.get(row.action_id or "", ())
        return [s for s in self.sessions if s.id in ids and theirs(row, s, self.handed)]

    def waits(self, row: Claimed) -> bool:
        """Return whether a request has to wait: the alert of its cancellation must go out first."""
        if row.kind not in REQUESTS or row.is_edit:
            return False
        if row.action_id in self.moves:
            return False
        actions = {s.cancellation.action_id for s in self.about(row) if s.cancellation}
        return any((action_id, row.recipient) in self.alerts for action_id in actions)

    def tell(self, rows: Sequence[Claimed], viewer: Viewer) -> Announcement | Why:
        [row] = rows
        if (told := self.credits.tell(row, viewer)) is not None:
            return told
        sessions, settings, now = self.about(row), self.loaded.settings, self.loaded.now
        if not sessions:
            return Why.NOTHING_LEFT
        if (asked := self.moves.get(row.action_id or "")) is not None:
            return self._move(row, viewer, sessions[0], asked)
        current = [(s, one) for s in sessions if (one := _exception(s)) and one.action_id == row.action_id]
        if row.kind not in REQUESTS:
            return LateDecision(viewer=viewer, settings=settings, now=now, sessions=sessions, stays=bool(current))
        if not row.is_edit and (why := _useless(row, viewer, [one for _, one in current])):
            return why
        return ExceptionAsked(
            viewer=viewer,
            settings=settings,
            now=now,
            sessions=[s for s, _ in current] or sessions,
            policies=self.policies,
            withdrawn=not current,
            kind=row.kind,
        )

    def _move(self, row: Claimed, viewer: Viewer, session: Session, asked: Request) -> Announcement | Why:
        settings, now = self.loaded.settings, self.loaded.now
        if row.kind is NoticeKind.ANSWERED:
            policy = self.policies[session.policy_id]
            return MoveAnswered(
                viewer=viewer,
                settings=settings,
                now=now,
                session=session,
                asked=asked,
                policy=policy,
                has_hours=session.coach.id in self.giving,
            )
        if not row.is_edit and (why := _useless(row, viewer, [asked])):
            return why
        who = self.people.get(asked.answered_by or "")
        return MoveAsked(
            viewer=viewer,
            settings=settings,
            now=now,
            session=session,
            asked=asked,
            answered_by=who.person if who else None,
            kind=row.kind,
        )


def _exception(session: Session) -> Request | None:
    return session.cancellation.asked if session.cancellation else None


def _useless(row: Claimed, viewer: Viewer, asked: Sequence[Request]) -> Why | None:
    """Return why nobody is to be asked about a request any more, or not this reader."""
    if not any(one.open for one in asked):
        taken_back = all(one.state is RequestState.WITHDRAWN for one in asked)
        return Why.TAKEN_BACK if taken_back else Why.DECIDED
    if row.kind in TO_COACHES and any(one.by_admins for one in asked):
        return Why.ADMINS_DECIDE
    return Why.NOT_NAMED if row.kind is NoticeKind.ADMIN_NUDGE and not viewer.is_admin else None


async def load(reads: DeliveryReads, rows: Sequence[Claimed], loaded: Loaded) -> News:
    """Load the data for notices of requests and decisions."""
    actions = {row.action_id or "" for row in rows}
    touched, sessions = await reads.batch.sessions_of_actions(actions)
    asked = {id for row in rows if row.kind in about(About.REQUEST) for id in touched.get(row.action_id or "", ())}
    told = [s for s in sessions if s.id in asked]
    every = await reads.requests.by_ids(actions)
    requests = [one for one in every if one.kind is RequestKind.MOVE]
    subjects = {one.subject_id for one in requests}
    return Decisions(
        loaded,
        touched,
        sessions,
        {one.action_id: one for one in requests},
        await reads.batch.viewers({one.answered_by for one in requests if one.answered_by}),
        await reads.terms.by_ids({s.policy_id for s in told}),
        await reads.schedule.giving({s.coach.id for s in told if s.id in subjects}),
        await reads.batch.alerts_waiting({s.cancellation.action_id for s in told if s.cancellation})
        - set(loaded.claimed),
        await credit_requests.load(reads, every, loaded),
        await reads.batch.handed(subjects),
    )
