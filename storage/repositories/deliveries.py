"""Reads for rendering a batch of notices, in a fixed number of queries however many notices there are."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, func, or_, select, true, union

from coaching.news.kinds import ALERTS, NoticeKind
from coaching.news.notice import Medium
from coaching.records import Move, Viewer
from coaching.reminders import ReminderStep
from coaching.sessions import Hat, Person, Session
from coaching.timeline import Event
from storage.repositories.base import Repository
from storage.repositories.meetings import MeetingReads
from storage.repositories.people import person_of
from storage.repositories.queries import SqlQueries, noun
from storage.repositories.session_rows import NAMED_MOVES, move_of
from storage.repositories.sessions import SessionReads
from storage.tables import admins, coaches, members, moves, notices, refunds, requests, timeline
from storage.types import Instant, word

_m, _n = members.c, notices.c
_VIEWERS = (
    select(
        _m.id,
        _m.name,
        _m.email,
        _m.time_zone,
        _m.locale,
        _m.is_admin,
        _m.refused_address,
        _m.mail_asked_in,
        _m.fetched_at.is_not(None).label("met"),
        coaches.c.member_id.is_not(None).label("is_coach"),
        admins.c.member_id.is_not(None).label("named_admin"),
    )
    .outerjoin(
        coaches,
        and_(coaches.c.workspace_id == _m.workspace_id, coaches.c.member_id == _m.id, coaches.c.removed.is_not(true())),
    )
    .outerjoin(admins, and_(admins.c.workspace_id == _m.workspace_id, admins.c.member_id == _m.id))
    .where(_m.workspace_id == bindparam("ws"), _m.id.in_(bindparam("ids", expanding=True)))
)
# The answer to a request that moves no credits has the request's id.
_ACTIONS = union(
    *(
        select(table.c.action_id, session.label("session_id")).where(
            table.c.workspace_id == bindparam("ws"), table.c.action_id.in_(bindparam("ids", expanding=True))
        )
        for table, session in ((refunds, refunds.c.session_id), (requests, requests.c.subject_id))
    )
)
_MOVES = NAMED_MOVES.where(
    moves.c.workspace_id == bindparam("ws"), moves.c.action_id.in_(bindparam("ids", expanding=True))
)
_HANDED = (
    select(moves.c.session_id, moves.c.action_id, moves.c.old_coach_id)
    .where(
        moves.c.workspace_id == bindparam("ws"),
        moves.c.session_id.in_(bindparam("ids", expanding=True)),
        moves.c.old_coach_id.is_not(None),
    )
    .order_by(moves.c.session_id, moves.c.version)
)
_BOOKERS = (
    select(timeline.c.session_id, timeline.c.actor_id, timeline.c.role, _m.name)
    .outerjoin(members, and_(_m.workspace_id == timeline.c.workspace_id, _m.id == timeline.c.actor_id))
    .where(
        timeline.c.workspace_id == bindparam("ws"),
        timeline.c.session_id.in_(bindparam("ids", expanding=True)),
        timeline.c.event == Event.BOOKED,
        timeline.c.role != Hat.CLIENT,
    )
)
_ALERTS_WAITING = select(_n.action_id, _n.recipient).where(
    _n.workspace_id == bindparam("ws"),
    _n.action_id.in_(bindparam("ids", expanding=True)),
    _n.kind.in_(sorted(ALERTS)),
    # A mail server that is away holds up nothing in Slack.
    _n.medium == word(Medium.SLACK),
    _n.state.in_(("pending", "leased")),
    _n.sent_revision.is_(None),
)
_STEPS = select(_n.dedupe_key, _n.session_id, _n.cutoff, _n.due_at).where(
    _n.workspace_id == bindparam("ws"),
    _n.session_id.in_(bindparam("ids", expanding=True)),
    _n.kind == NoticeKind.REMINDER,
    _n.due_at <= bindparam("now", type_=Instant),
    # A dropped reminder replaces no other.
    _n.state != word("dropped"),
)
_MESSAGES = select(
    _n.dedupe_key, func.coalesce(_n.leader_key, _n.dedupe_key).label("message"), _n.session_id, _n.cutoff, _n.due_at
).where(
    _n.workspace_id == bindparam("ws"),
    or_(
        _n.dedupe_key.in_(bindparam("ids", expanding=True)),
        _n.leader_key.in_(bindparam("ids2", expanding=True)),
    ),
    _n.message_ts.is_not(None),
)


@dataclass(frozen=True, slots=True)
class Shared:
    """One row of a reminder message that was sent."""

    session_id: str
    cutoff: datetime
    due_at: datetime


class BatchReads(Repository):
    """Read operations for many notices at once."""

    async def viewers(self, user_ids: Collection[str]) -> Mapping[str, Viewer]:
        """Return what is known of each person, unknown ones included."""
        if not user_ids:
            return {}
        found = {
            row.id: Viewer(
                person_of(row, row.id, row.refused_address),
                bool(row.is_coach),
                bool(row.named_admin or row.is_admin),
                member=bool(row.met),
                mail_asked_in=row.mail_asked_in,
            )
            for row in await self._run(_VIEWERS, {"ws": self._ws, "ids": list(user_ids)})
        }
        nobody = {who: Viewer(Person(who), is_coach=False, is_admin=False, member=False) for who in user_ids}
        return nobody | found

    async def sessions_of_actions(self, action_ids: Collection[str]) -> tuple[Mapping[str, set[str]], list[Session]]:
        """Return the session ids of each cancellation or decision, and these sessions, soonest first."""
        if not action_ids:
            return {}, []
        touched: dict[str, set[str]] = defaultdict(set)
        for row in await self._run(_ACTIONS, {"ws": self._ws, "ids": list(action_ids)}):
            touched[row.action_id].add(row.session_id)
        return touched, await self._with(SessionReads).by_ids(set().union(*touched.values()))

    async def moves_of_actions(self, action_ids: Collection[str]) -> Mapping[str, list[tuple[Session, Move]]]:
        """Return each action's moves, with the sessions as they are now, soonest first."""
        if not action_ids:
            return {}
        rows = list(await self._run(_MOVES, {"ws": self._ws, "ids": list(action_ids)}))
        if not rows:
            return {}
        found: dict[str, list[tuple[Session, Move]]] = defaultdict(list)
        for session in await self._with(SessionReads).by_ids({row.session_id for row in rows}):
            for row in rows:
                if row.session_id == session.id:
                    found[row.action_id].append((session, move_of(row)))
        return found

    async def handed(self, session_ids: Collection[str]) -> Mapping[str, list[tuple[str, str]]]:
        """Return the hand-overs of these sessions, first to last: (action, the coach who gave it until then)."""
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        if session_ids:
            for row in await self._run(_HANDED, {"ws": self._ws, "ids": list(session_ids)}):
                found[row.session_id].append((row.action_id, row.old_coach_id))
        return found

    async def booked_for(self, session_ids: Collection[str]) -> Mapping[str, tuple[Person, Hat]]:
        """Return who booked these sessions, and in which role, if it was not their client."""
        if not session_ids:
            return {}
        rows = await self._run(_BOOKERS, {"ws": self._ws, "ids": list(session_ids)})
        return {row.session_id: (Person(row.actor_id, row.name), Hat(row.role)) for row in rows}

    async def alerts_waiting(self, action_ids: Collection[str]) -> set[tuple[str, str]]:
        """Return (cancellation, recipient) of the alerts of these cancellations that are not sent yet."""
        if not action_ids:
            return set()
        rows = await self._run(_ALERTS_WAITING, {"ws": self._ws, "ids": list(action_ids)})
        return {(row.action_id, row.recipient) for row in rows}

    async def due_steps(self, session_ids: Collection[str], now: datetime) -> list[tuple[str, ReminderStep]]:
        """Return all reminders of these sessions that were due by `now` and not dropped, with their keys."""
        if not session_ids:
            return []
        rows = await self._run(_STEPS, {"ws": self._ws, "ids": list(session_ids), "now": now})
        return [(row.dedupe_key, step(row.session_id, row.cutoff, row.due_at)) for row in rows]

    async def shared(self, message_keys: Collection[str]) -> Mapping[str, list[Shared]]:
        """Return the rows of each sent reminder message, by the key of its leading row."""
        messages: dict[str, list[Shared]] = defaultdict(list)
        if message_keys:
            keys = list(message_keys)
            for row in await self._run(_MESSAGES, {"ws": self._ws, "ids": keys, "ids2": keys}):
                messages[row.message].append(Shared(row.session_id, row.cutoff, row.due_at))
        return messages


class DeliveryReads(SqlQueries):
    """One workspace, as read for rendering its notices."""

    batch = noun(BatchReads)
    meetings = noun(MeetingReads)


def step(session_id: str, cutoff: datetime, due_at: datetime) -> ReminderStep:
    """Return the countdown step of a notice row."""
    return ReminderStep(session_id, cutoff, max(cutoff - due_at, timedelta(0)), due_at)
