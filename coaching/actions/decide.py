"""Decisions on late cancellations: all of what was kept is returned, a part, or nothing.

One is made once, by a person or by the deadline (K3).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from coaching import credits, returns
from coaching.actions.access import deciders
from coaching.clock import Clock
from coaching.errors import BadPart, NoteTooLong
from coaching.ids import new_id
from coaching.news.decisions import late_decision
from coaching.news.kinds import Change, refreshed_by
from coaching.policy import FULL, Policy
from coaching.ports import Store, UnitOfWork
from coaching.records import Refund, Viewer
from coaching.requests import Request, RequestState
from coaching.sessions import MAX_REASON, SYSTEM_ID, Actor, Decision, Hat, Session
from coaching.texts import kept_text
from coaching.timeline import Entry, Event

AFTER_RECEIPT = timedelta(seconds=1)
"""How long after a receipt that was held back the news of a decision follows."""

Verdict = Callable[[Session, int], int]
"""Returns how much of a session's kept credits goes back, both in hundredths of a credit."""

_EVENTS = {
    Decision.REFUNDED: Event.REFUNDED_LATE,
    Decision.PARTLY: Event.REFUNDED_PARTLY,
    Decision.KEPT: Event.KEPT_LATE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideLate:
    """A coach's (or an admin's) decision on late cancellations.

    `part` is how much of each session is returned instead of everything kept, in hundredths of a credit. `note` is for
    the client. `later`: return after all what an earlier decision kept, but never the other way round. `later` without
    `refund` answers a client who asked for that: the decision stands, and no credits move.
    """

    actor: Actor
    session_ids: Collection[str]
    refund: bool
    part: int | None = None
    note: str | None = None
    later: bool = False

    @property
    def stays(self) -> bool:
        """Whether this only answers a request and leaves the decision as it is."""
        return self.later and not self.refund


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The result: sessions settled by this decision, those settled before it, and those the deadline settled instead.

    `stays`: only a request was settled. The credits stay as they were decided.
    """

    decided: Sequence[Session]
    before: Sequence[Session]
    now: datetime
    overdue: Sequence[Session] = ()
    stays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """Late cancellations as shown to the person who is about to decide: the open ones, and what each of them kept."""

    viewer: Viewer
    open: Sequence[Session]
    before: Sequence[Session]
    now: datetime

    @property
    def least_kept(self) -> int:
        """The smallest kept amount of these sessions, in hundredths: a partial refund must be less."""
        return min((kept(session) for session in self.open), default=0)


def kept(session: Session) -> int:
    """Return what a canceled session has not returned, in hundredths of a credit."""
    return session.price - (session.cancellation.returned if session.cancellation else 0)


def is_open(session: Session) -> bool:
    """Return whether a coach still has to decide about this session. Nothing goes back to somebody who was erased."""
    ended = session.cancellation
    return ended is not None and ended.decision is Decision.OPEN and not session.client.erased


def may_return(session: Session) -> bool:
    """Return whether a decision kept credits that can still be returned. That happens at most once."""
    ended = session.cancellation
    decided = ended is not None and ended.decision in (Decision.KEPT, Decision.PARTLY)
    return decided and not session.client.erased and not (ended and ended.after_all) and kept(session) > 0


def is_asked_after(session: Session) -> bool:
    """Return whether the client waits for an answer to a request to return what a decision kept."""
    asked = session.cancellation.asked if session.cancellation else None
    return asked is not None and asked.open and may_return(session)


def _due(*, later: bool, stays: bool = False) -> Callable[[Session], bool]:
    if stays:
        return is_asked_after
    return may_return if later else is_open


def requests_about(sessions: Sequence[Session]) -> list[Request]:
    """Return the requests for an exception about the latest cancellation of each session, where there is one."""
    return [s.cancellation.asked for s in sessions if s.cancellation and s.cancellation.asked]


def is_overdue(session: Session, now: datetime) -> bool:
    """Return whether nobody decided on the client's exception request in time. The deadline itself is in time."""
    asked = session.cancellation.asked if session.cancellation else None
    return is_open(session) and asked is not None and asked.open and now > asked.decide_by


def is_unanswered(session: Session, now: datetime) -> bool:
    """Return whether a request made after a decision was not answered in time. Credits can still be returned."""
    asked = session.cancellation.asked if session.cancellation else None
    return is_asked_after(session) and asked is not None and now > asked.decide_by


async def undecided(
    store: Store, clock: Clock, actor: Actor, session_ids: Collection[str], *, later: bool = False
) -> Undecided:
    """Return late cancellations as they are, for a person who may decide about them. Raises NotYours.

    `later` selects those whose kept credits can still be returned.
    """
    now, workspace_id = clock.now(), actor.workspace_id
    async with store.read(workspace_id) as queries:
        sessions = await queries.sessions.by_ids(session_ids)
        await deciders(queries, actor, session_ids, sessions)
        viewer = await queries.people.viewer(actor.user_id)
    due = _due(later=later)
    before = [s for s in sessions if not due(s)]
    return Undecided(viewer=viewer, open=[s for s in sessions if due(s)], before=before, now=now)


async def decide_late(store: Store, clock: Clock, command: DecideLate) -> Decided:
    """Return or keep what late cancellations forfeited. Clients are notified and alerts edited in the same commit.

    Sessions decided before are left as they are and reported. If the deadline of one has passed, it decides about the
    whole request the session belongs to, and nothing else changes. Letting a decision stand answers whole requests.
    Raises NotYours unless the actor is the coach of each session or an admin, CoachesOnly, BadPart, NoteTooLong, and
    ChangedMeanwhile when another transaction was first.
    """
    now, actor, wanted = clock.now(), command.actor, set(command.session_ids)
    workspace_id = actor.workspace_id
    note = kept_text(command.note, MAX_REASON, NoteTooLong)
    async with store.write(workspace_id) as uow:
        # Read before locking, so that all locks are taken at once: a request may cover more sessions than were pressed.
        seen = await uow.sessions.by_ids(wanted)
        hats = await deciders(uow, actor, wanted, seen)
        requests = {_request(s) for s in seen if is_overdue(s, now) or (command.stays and is_asked_after(s))}
        related = await uow.requests.requested(requests) if requests else {}
        every = wanted.union(*related.values())
        if every != wanted:
            hats = await deciders(uow, actor, every, await uow.sessions.by_ids(every))
        locked = await uow.sessions.lock(every)
        sessions = [s for s in locked if s.id in wanted]
        due = _due(later=command.later, stays=command.stays)
        before = [s for s in sessions if not due(s)]
        if any(is_overdue(s, now) for s in sessions):
            overdue = await decide_by_time(uow, [s for s in locked if is_overdue(s, now)], now)
            await uow.commit()
            return Decided(decided=[], before=before, now=now, overdue=[s for s in overdue if s.id in wanted])
        pending = [s for s in sessions if due(s)]
        if not pending:
            return Decided(decided=[], before=before, now=now)
        if command.stays:
            pending = [s for s in locked if due(s)]
            await let_stay(uow, pending, by=actor.user_id, hats=hats, now=now)
        else:
            verdict = _verdict(command, min(kept(s) for s in pending))
            await _settle(
                uow,
                pending,
                verdict,
                by=actor.user_id,
                hats=hats,
                now=now,
                note=note,
                later=command.later,
            )
            await _retell(uow, pending, now)
        decided = await uow.sessions.by_ids([s.id for s in pending])
        await uow.commit()
    return Decided(decided=decided, before=before, now=now, stays=command.stays)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtUp:
    """The sessions that a pressed message should no longer offer, as they are `now` (aware UTC)."""

    sessions: Sequence[Session]
    now: datetime


async def catch_up(
    store: Store, clock: Clock, actor: Actor, session_ids: Collection[str], message: tuple[str, str], *, again: bool
) -> CaughtUp:
    """Return those sessions of a pressed message (channel, ts) that it should no longer offer and no edit will remove.

    A channel that refused an edit keeps showing the old message, and the coach's news continues in another one. `again`
    has the messages about the sessions edited once more, since the channel may accept edits by now. Raises NotYours.
    """
    now, workspace_id = clock.now(), actor.workspace_id
    async with store.write(workspace_id) as uow:
        sessions = await uow.sessions.by_ids(session_ids)
        await deciders(uow, actor, session_ids, sessions)
        settled = [s for s in sessions if not is_open(s)]
        if again and settled:
            ids = [s.id for s in settled]
            await uow.notices.refresh(refreshed_by(Change.SETTLED), ids, now)
        shown = await uow.notices.alert_messages(session_ids, now)
        await uow.commit()
    # A message that is being sent may be this one. It is edited right afterwards.
    return CaughtUp(sessions=[] if message in shown or None in shown else settled, now=now)


async def decide_by_time(uow: UnitOfWork, overdue: Sequence[Session], now: datetime) -> Sequence[Session]:
    """Let the policy decide about locked, overdue sessions, request by request. Return the sessions as they are then.

    The policy's `undecided_percent` of what was kept is returned.
    """
    policies = await uow.terms.by_ids({s.policy_id for s in overdue})
    # Lock all grants before the first request. One request after the other would lock them out of order and could
    # deadlock.
    await uow.payments.lock_forfeits([s.id for s in overdue])

    def by_policy(session: Session, amount: int) -> int:
        return credits.share(amount, policies[session.policy_id].undecided_percent)

    for request in sorted({_request(s) for s in overdue}):
        some = [s for s in overdue if _request(s) == request]
        hats = {s.id: Hat.SYSTEM for s in some}
        await _settle(uow, some, by_policy, by=SYSTEM_ID, hats=hats, now=now)
    await _retell(uow, overdue, now)
    return await uow.sessions.by_ids([s.id for s in overdue])


async def keep_for_good(uow: UnitOfWork, session_ids: Collection[str], now: datetime) -> None:
    """Let what these locked sessions of somebody who is erased have kept stay kept: nobody is left to give it back to."""
    found = await uow.sessions.by_ids(session_ids)
    if asked := [one for one in found if is_asked_after(one)]:
        await uow.requests.close(requests_about(asked), RequestState.DECIDED, SYSTEM_ID, now)
    if pending := [one for one in found if is_open(one)]:
        hats = {one.id: Hat.SYSTEM for one in pending}
        await _settle(uow, pending, lambda _session, _kept: 0, by=SYSTEM_ID, hats=hats, now=now)
        await _retell(uow, pending, now)


async def let_stay(
    uow: UnitOfWork, asked: Sequence[Session], *, by: str, hats: Mapping[str, Hat], now: datetime
) -> None:
    """Answer clients who asked after a decision about these locked sessions: it stands, and no credits move."""
    await uow.requests.close(requests_about(asked), RequestState.DECIDED, by, now)
    await uow.timeline.add([Entry(s.id, now, Event.EXCEPTION_KEPT, by, hats[s.id]) for s in asked])
    # No decision is made, so the answer's key is the request.
    answers = dict.fromkeys((_request(s), s.client.id) for s in asked)
    due = _after_receipts(asked, now)
    await uow.notices.add([late_decision(request, client, due) for request, client in answers])
    await _retell(uow, asked, now)


async def _settle(
    uow: UnitOfWork,
    pending: Sequence[Session],
    verdict: Verdict,
    *,
    by: str,
    hats: Mapping[str, Hat],
    now: datetime,
    note: str | None = None,
    later: bool = False,
) -> None:
    """Write one decision on locked sessions, undecided or (`later`) kept: refunds, ledger, timeline, notices."""
    ids, decision_id = [s.id for s in pending], new_id(now)
    forfeits = await uow.payments.lock_forfeits(ids)
    if later:
        forfeits = {s.id: _still_kept(s, forfeits.get(s.id, [])) for s in pending}
    policies = await uow.terms.by_ids({s.policy_id for s in pending})
    refunds, entries, transfers = [], [], []
    amounts = {s.id: verdict(s, sum(part.amount for part in forfeits.get(s.id, []))) for s in pending}
    backs = {s.id: _backs(s, policies[s.policy_id], forfeits.get(s.id, []), amounts[s.id], now) for s in pending}
    opened = returns.to_open((back for some in backs.values() for back in some), now)
    for session in pending:
        total, amount = sum(part.amount for part in forfeits.get(session.id, [])), amounts[session.id]
        transfers += returns.late_refund(
            session.id, session.cancellation_no, backs[session.id], opened, now, later=later
        )
        outcome = _outcome(amount, total)
        refunds.append(
            Refund(
                session.id,
                session.cancellation_no,
                outcome,
                decision_id,
                now,
                by,
                late=True,
                percent=_percent(outcome, amount, total),
                amount=amount,
                note=note,
                usable=returns.usable(backs[session.id]),
                later=later,
            )
        )
        entries.append(Entry(session.id, now, _EVENTS[outcome], by, hats[session.id], amount))
    await uow.ledger.add_refunds(refunds)
    if opened:
        await uow.grants.open_returned(list(opened.values()), now)
    if transfers:
        await uow.ledger.post(transfers)
    await uow.timeline.add(entries)
    await uow.requests.close(requests_about(pending), RequestState.DECIDED, by, now)
    clients = dict.fromkeys(s.client.id for s in pending)
    due = _after_receipts(pending, now)
    await uow.notices.add([late_decision(decision_id, client, due) for client in clients])


def _after_receipts(sessions: Sequence[Session], now: datetime) -> datetime:
    """Return when clients hear of a decision: after the receipt that tells them of the cancellation itself."""
    ended = [(s.cancellation, s.client.id) for s in sessions]
    held = [one.undo_until for one, client in ended if one and one.undo_until and one.told_later(client, now)]
    return max(held) + AFTER_RECEIPT if held else now


def _still_kept(session: Session, forfeited: Sequence[returns.Payment]) -> list[returns.Payment]:
    """Return what is still kept of each grant's part after the first decision."""
    decided = session.cancellation.decided_amount if session.cancellation else 0
    left = {part.grant_id: part for part in credits.still_kept([payment.part for payment in forfeited], decided)}
    return [replace(one, amount=left[one.source.id].amount) for one in forfeited if one.source.id in left]


def _backs(
    session: Session, policy: Policy, forfeited: Sequence[returns.Payment], amount: int, now: datetime
) -> tuple[returns.Back, ...]:
    """Return where `amount` of what a session forfeited goes back to."""
    by_grant = {payment.source.id: payment for payment in forfeited}
    return tuple(
        returns.go_back(
            by_grant[part.grant_id], part.amount, now, policy.return_period, given=True, elsewhere=session.time_zone
        )
        for part in credits.split_part([payment.part for payment in forfeited], amount)
    )


async def _retell(uow: UnitOfWork, settled: Sequence[Session], now: datetime) -> None:
    """Have messages about settled sessions edited, and drop pending requests for a decision."""
    ids = [s.id for s in settled]
    await uow.notices.refresh(refreshed_by(Change.SETTLED), ids, now)
    # The refresh has locked these rows, in order among all that are edited.
    await uow.requests.drop_answered(ids, now)


def _verdict(command: DecideLate, least: int) -> Verdict:
    part = command.part
    if not command.refund:
        return lambda _session, _kept: 0
    if part is None:
        return lambda _session, amount: amount
    if not 0 < part < least:
        raise BadPart(part, least)
    return lambda _session, _kept: part


def _outcome(amount: int, total: int) -> Decision:
    if amount == total:
        return Decision.REFUNDED if amount else Decision.KEPT
    return Decision.PARTLY if amount else Decision.KEPT


def _percent(outcome: Decision, amount: int, total: int) -> int:
    """Return the returned share of what was kept as a whole number. For a part it is never 0 or 100."""
    if outcome is Decision.PARTLY:
        return min(FULL - 1, max(1, (200 * amount + total) // (2 * total)))
    return FULL if outcome is Decision.REFUNDED else 0


def _request(session: Session) -> str:
    asked = session.cancellation.asked if session.cancellation else None
    return asked.action_id if asked else ""
