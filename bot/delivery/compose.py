"""From claimed notices to messages: checked again, merged, and loaded from the state they find now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.delivery.admins import admin_news
from bot.delivery.copies import coach_of, reader_of, theirs, unwanted
from bot.delivery.countdowns import reminders
from bot.delivery.credits import credit_news
from bot.delivery.exceptions import Requests, load_requests
from bot.delivery.parcels import (
    Composed,
    Loaded,
    Parcel,
    dropped,
    expired,
    sent_as_it_is,
)
from coaching.news.announcement import Announcement, ToCoach
from coaching.news.bookings import Booked, CoachBooked
from coaching.news.cancellations import CoachAlert, Receipt
from coaching.news.credits import Expiring, Granted
from coaching.news.decisions import LateDecision
from coaching.news.kinds import REQUESTS, TO_COACHES, About, Family, NoticeKind, about, of
from coaching.news.moves import CoachMoved, MoveAllowed, Moved
from coaching.news.outcomes import Missed
from coaching.news.reminders import Starting
from coaching.policy import Policy
from coaching.records import Move, Viewer
from coaching.sessions import Hat, Person, Session, Status
from coaching.stakeholders import Stakeholder, by_type, is_channel, is_copy
from coaching.why import Why
from storage.notices import Claimed, untouched
from storage.repositories.deliveries import DeliveryReads

HELD_SECONDS = 1.0
"""How long news of a booking waits each time while its cancellation may be undone."""


@dataclass(frozen=True, slots=True)
class _News:
    """What the notices other than reminders are about, loaded for all of them at once."""

    touched: Mapping[str, set[str]]
    ended: Sequence[Session]
    sessions: Mapping[str, Session]
    moves: Mapping[str, Sequence[tuple[Session, Move]]]
    policies: Mapping[str, Policy]
    channels: Mapping[str, str | None]
    left: Collection[str] = ()
    bookers: Mapping[str, tuple[Person, Hat]] = field(default_factory=dict)
    named: Collection[Stakeholder] = ()
    for_admins: Mapping[str, Announcement | Why] = field(default_factory=dict)
    of_credits: Mapping[str, Granted | Expiring | Why] = field(default_factory=dict)
    requests: Requests = field(default_factory=Requests)


async def compose(
    reads: DeliveryReads,
    workspace_id: str,
    rows: Sequence[Claimed],
    now: datetime,
    *,
    unlinked_again: float,
    home_link: str | None = None,
) -> Composed:
    """Turn one workspace's claimed notices into messages.

    `now` is business time, `unlinked_again` seconds; `home_link` opens the app's Home, where it is known.
    """
    done = Composed()
    live = []
    for row in rows:
        if row.expires_at >= now:
            live.append(row)
        elif row.is_edit:
            done.settled.append(sent_as_it_is(row, Why.EDIT_TOO_LATE))
        else:
            done.settled.append(expired(row, now))
    if not live:
        return done
    loaded = Loaded(
        await reads.viewers(workspace_id, {row.recipient for row in live} | {coach_of(row) for row in live}),
        await reads.settings(workspace_id),
        now,
        home_link,
    )
    await reminders(reads, workspace_id, [r for r in live if r.kind is NoticeKind.REMINDER], loaded, done)
    others = [r for r in live if r.kind is not NoticeKind.REMINDER]
    if others:
        _news(workspace_id, others, await _load_news(reads, workspace_id, others, loaded), loaded, done, unlinked_again)
    # What is new before what is brought up to date: an edit notifies nobody and can wait.
    done.parcels.sort(key=lambda parcel: (parcel.rows[0].due_at, parcel.ts is not None, parcel.rows[0].key))
    return done


async def _load_news(reads: DeliveryReads, workspace_id: str, rows: Sequence[Claimed], loaded: Loaded) -> _News:
    moving = {row.action_id or "" for row in rows if row.kind in _MOVES}
    ending = {row.action_id or "" for row in rows if row.kind in _ENDINGS}
    touched, ended = await reads.sessions_of_actions(workspace_id, ending)
    single = await reads.sessions(workspace_id, {row.session_id or "" for row in rows if row.kind in _SINGLE})
    moves = await reads.moves_of_actions(workspace_id, moving)
    terms = {s.policy_id for s in single} | {s.policy_id for pairs in moves.values() for s, _ in pairs}
    coaches = {coach_of(row) for row in rows if row.kind in TO_COACHES}
    requests = await load_requests(reads, workspace_id, rows)
    every = [*ended, *single, *requests.sessions, *(session for pairs in moves.values() for session, _ in pairs)]
    copied = {coach_of(row) for row in rows if not row.is_edit and is_copy(row.kind, row.about_id)}
    named = await reads.told_besides(workspace_id, copied, {s.type_id for s in every}) if copied else ()
    return _News(
        touched=touched,
        ended=ended,
        sessions={session.id: session for session in single},
        moves=moves,
        policies=await reads.policies(workspace_id, terms) if terms else {},
        channels=await reads.alert_channels(workspace_id, coaches) if coaches else {},
        left=await reads.coaches_left(workspace_id, coaches),
        named=named,
        bookers=await reads.booked_for(workspace_id, {r.session_id or "" for r in rows if r.kind in _BOOKINGS}),
        requests=requests,
        for_admins=await admin_news(
            reads,
            workspace_id,
            [row for row in rows if row.kind in _TO_ADMINS],
            loaded.viewers,
            loaded.settings,
            loaded.now,
        ),
        of_credits=await credit_news(
            reads,
            workspace_id,
            [row for row in rows if row.kind in _OF_CREDITS],
            loaded.viewers,
            loaded.settings,
            loaded.now,
        ),
    )


_BOOKINGS = of(Family.BOOKINGS)
_OF_CREDITS = of(Family.CREDITS)
_TO_ADMINS = of(Family.ADMINS)
_SINGLE = about(About.SESSION) - _TO_ADMINS
_MOVES = about(About.MOVE)
_ENDINGS = about(About.CANCELLATION, About.DECISION)


def _news(
    workspace_id: str,
    rows: Sequence[Claimed],
    news: _News,
    loaded: Loaded,
    done: Composed,
    unlinked_again: float,
) -> None:
    for row in rows:
        viewer = loaded.viewers[row.recipient]
        copied = is_copy(row.kind, row.about_id)
        if changed := unwanted(row, news.channels, news.named):
            done.settled.append(dropped(row, changed))
            continue
        channel = news.channels.get(row.recipient) if row.kind in TO_COACHES and not copied else None
        target = row.channel if row.is_edit else (channel or row.recipient)
        if target is None or (row.is_edit and row.message_ts is None):
            done.settled.append(sent_as_it_is(row, Why.NO_PLACE))
            continue
        if wait := _undecided(row, news, loaded.now):
            done.settled.append(untouched(row, wait))
            continue
        # A message that went to the coach directly is in a conversation of theirs: Slack's ids of those begin with D.
        direct = not is_channel(row.recipient) and (target == row.recipient or target.startswith("D"))
        diverted = row.diverted_why if row.is_edit else None
        told = _told(row, viewer, news, loaded, in_channel=not direct, unreachable=channel if diverted else None)
        if diverted and isinstance(told, ToCoach):
            told = replace(told, unreachable_why=diverted)
        if copied and isinstance(told, ToCoach):
            coach = loaded.viewers[coach_of(row)].person
            told = replace(told, viewer=reader_of(row, loaded.viewers), copy_of=coach, by_type=by_type(row.key))
        if isinstance(told, Why):
            done.settled.append(sent_as_it_is(row, told) if row.is_edit else dropped(row, told))
        elif not row.is_edit and target == row.recipient and not viewer.person.in_slack:
            done.settled.append(untouched(row, unlinked_again))
        else:
            ts = row.message_ts if row.is_edit else None
            gone = row.recipient in news.left
            done.parcels.append(
                Parcel(workspace_id=workspace_id, rows=(row,), announcement=told, target=target, ts=ts, gone=gone)
            )


def _undecided(row: Claimed, news: _News, now: datetime) -> float | None:
    """Return how many seconds to hold news back because a session of it was canceled and may still be restored."""
    if row.kind in REQUESTS:
        return HELD_SECONDS if news.requests.must_wait(row) else None
    if row.is_edit and row.kind not in TO_COACHES:
        return None
    session = news.sessions.get(row.session_id or "")
    about = [session] if session else [s for s, _ in news.moves.get(row.action_id or "", ())]
    if row.kind is NoticeKind.MOVED or not any(_may_be_restored(s, now) for s in about):
        return None
    return HELD_SECONDS


def _may_be_restored(session: Session, now: datetime) -> bool:
    ended = session.cancellation
    return ended is not None and ended.undo_until is not None and now <= ended.undo_until


def _told(
    row: Claimed, viewer: Viewer, news: _News, loaded: Loaded, *, in_channel: bool, unreachable: str | None
) -> Announcement | Why:
    """Return what a notice says now, or why it is not worth saying any more."""
    if row.kind in _TO_ADMINS:
        return news.for_admins[row.key]
    if row.kind in _OF_CREDITS:
        return news.of_credits[row.key]
    if row.kind in _SINGLE:
        return _about_one(row, viewer, news, loaded, in_channel=in_channel, unreachable=unreachable)
    settings, now = loaded.settings, loaded.now
    to_coach = row.kind in TO_COACHES
    if row.kind in _MOVES:
        every = news.moves.get(row.action_id or "", ())
        pairs = [(s, move) for s, move in every if theirs(row, s)]
        stands = any(s.status is not Status.CANCELED and s.starts_at == move.new_starts_at for s, move in pairs)
        if not stands and not (row.is_edit and pairs):
            return Why.REPLACED if pairs else Why.NOTHING_LEFT
        if not to_coach:
            return Moved(viewer=viewer, settings=settings, moves=pairs, policies=news.policies, now=now)
        return CoachMoved(
            viewer=viewer,
            settings=settings,
            moves=pairs,
            now=now,
            in_channel=in_channel,
            unreachable_channel=unreachable,
        )
    return _of_an_ending(row, viewer, news, loaded, in_channel=in_channel, unreachable=unreachable)


def _of_an_ending(
    row: Claimed, viewer: Viewer, news: _News, loaded: Loaded, *, in_channel: bool, unreachable: str | None
) -> Announcement | Why:
    settings, now = loaded.settings, loaded.now
    if row.kind in REQUESTS:
        asked = [s for s in news.requests.about(row) if theirs(row, s)]
        if not asked:
            return Why.NOTHING_LEFT
        return news.requests.told(row, asked, viewer, settings, now, in_channel=in_channel, unreachable=unreachable)
    ids = news.touched.get(row.action_id or "", set())
    mine = [s for s in news.ended if s.id in ids and theirs(row, s)]
    if not mine:
        return Why.NOTHING_LEFT
    if row.kind is NoticeKind.RECEIPT:
        return Receipt(viewer=viewer, settings=settings, sessions=mine, now=now, action_id=row.action_id or "")
    if row.kind is NoticeKind.LATE_DECISION:
        requests = [s.cancellation.asked for s in mine if s.cancellation and s.cancellation.asked]
        stays = any(asked.action_id == row.action_id for asked in requests)
        return LateDecision(viewer=viewer, settings=settings, sessions=mine, now=now, stays=stays)
    return CoachAlert(
        viewer=viewer,
        settings=settings,
        sessions=mine,
        now=now,
        in_channel=in_channel,
        unreachable_channel=unreachable,
    )


def _about_one(
    row: Claimed, viewer: Viewer, news: _News, loaded: Loaded, *, in_channel: bool, unreachable: str | None
) -> Announcement | Why:
    session = news.sessions.get(row.session_id or "")
    settings, now = loaded.settings, loaded.now
    if session is None:
        return Why.NOTHING_LEFT
    if row.kind is NoticeKind.NO_SHOW:
        if session.status is not Status.NO_SHOW and not row.is_edit:
            return Why.CORRECTED
        by_coach = row.about_id == session.coach.id
        return Missed(viewer=viewer, settings=settings, session=session, now=now, by_coach=by_coach)
    # News that is out says what became of its session (K2); news that is not need not go out any more.
    if session.status is Status.CANCELED and not row.is_edit:
        return Why.SESSION_CANCELED
    at = row.cutoff or session.starts_at
    if row.kind is NoticeKind.STARTING:
        if session.starts_at != at and not row.is_edit:
            return Why.SESSION_MOVED
        return Starting(viewer=viewer, settings=settings, session=session, now=now, at=at)
    if now > session.starts_at and not row.is_edit:
        return Why.TOO_LATE
    if row.kind is NoticeKind.MOVE_ALLOWED:
        by_coach = row.about_id == session.coach.id
        told = MoveAllowed(viewer=viewer, settings=settings, session=session, now=now, at=at, by_coach=by_coach)
        return told if row.is_edit or session.late_move_allowed else Why.SESSION_MOVED
    return _of_a_booking(row, session, viewer, news, loaded, in_channel=in_channel, unreachable=unreachable)


def _of_a_booking(
    row: Claimed,
    session: Session,
    viewer: Viewer,
    news: _News,
    loaded: Loaded,
    *,
    in_channel: bool,
    unreachable: str | None,
) -> Booked | CoachBooked:
    settings, now = loaded.settings, loaded.now
    if row.kind is NoticeKind.BOOKED:
        return Booked(
            viewer=viewer,
            settings=settings,
            session=session,
            policy=news.policies[session.policy_id],
            now=now,
            home_link=loaded.home_link,
            by=news.bookers.get(session.id),
        )
    return CoachBooked(
        viewer=viewer,
        settings=settings,
        session=session,
        now=now,
        in_channel=in_channel,
        unreachable_channel=unreachable,
        by=news.bookers.get(session.id),
    )
