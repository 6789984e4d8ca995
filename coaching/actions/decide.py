"""Decide a late cancellation: refund anyway, or keep. Once, whoever clicks (K3)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching import credits, notices
from coaching.actions.access import hat_for
from coaching.clock import Clock
from coaching.errors import NotYours
from coaching.ids import new_id
from coaching.notices import NoticeKind
from coaching.policy import FULL
from coaching.ports import Queries, Refund, Store
from coaching.sessions import Actor, Decision, Hat, Session
from coaching.timeline import Entry, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideLate:
    """A coach's (or an admin's) decision about late cancellations."""

    actor: Actor
    session_ids: Collection[str]
    refund: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What this decision settled, and what had been settled before it."""

    decided: Sequence[Session]
    before: Sequence[Session]


async def decide_late(store: Store, clock: Clock, command: DecideLate) -> Decided:
    """Return or keep what late cancellations forfeited; the clients are told and the alerts edited in the same commit.

    Sessions decided before are left as they are and reported. Raises NotYours unless the actor is the coach of each
    session or an admin, ChangedMeanwhile when a race was lost in the database.
    """
    now, actor = clock.now(), command.actor
    workspace_id = actor.workspace_id
    async with store.write() as uow:
        sessions = await uow.lock_sessions(workspace_id, command.session_ids)
        if not sessions or len(sessions) != len(set(command.session_ids)):
            raise NotYours("session", sorted(command.session_ids), actor.user_id)
        hats = {s.id: await _decider(uow, actor, s) for s in sessions}
        pending = [s for s in sessions if s.cancellation and s.cancellation.decision is Decision.OPEN]
        before = [s for s in sessions if s not in pending]
        if not pending:
            return Decided(decided=[], before=before)
        ids = [s.id for s in pending]
        outcome = Decision.REFUNDED if command.refund else Decision.KEPT
        decision_id = new_id(now)
        forfeits = await uow.forfeits(workspace_id, ids)
        policies = await uow.policies(workspace_id, {s.policy_id for s in pending})
        refunds, entries, transfers = [], [], []
        revive: dict[str, datetime] = {}
        for session in pending:
            parts = forfeits.get(session.id, [])
            amount = sum(part.amount for part in parts) if command.refund else 0
            if command.refund:
                transfers += credits.late_refund(session.id, session.cancellation_no, parts, now)
                until = now + policies[session.policy_id].return_period
                for part in parts:
                    revive[part.grant_id] = max(until, revive.get(part.grant_id, until))
            refunds.append(
                Refund(
                    session.id,
                    session.cancellation_no,
                    outcome,
                    decision_id,
                    now,
                    actor.user_id,
                    late=True,
                    percent=FULL if command.refund else 0,
                    amount=amount,
                )
            )
            event = Event.REFUNDED_LATE if command.refund else Event.KEPT_LATE
            entries.append(Entry(session.id, now, event, actor.user_id, hats[session.id], amount))
        await uow.add_refunds(workspace_id, refunds)
        if revive:
            await uow.revive_grants(workspace_id, revive, now)
        if transfers:
            await uow.post(workspace_id, transfers)
        await uow.add_timeline(workspace_id, entries)
        clients = dict.fromkeys(s.client.id for s in pending)
        await uow.add_notices(workspace_id, [notices.late_decision(decision_id, client, now) for client in clients])
        await uow.refresh_notices(workspace_id, NoticeKind.COACH_ALERT, ids, now)
        decided = await uow.sessions(workspace_id, ids)
        await uow.commit()
    return Decided(decided=decided, before=before)


async def _decider(queries: Queries, actor: Actor, session: Session) -> Hat:
    """Return the hat under which the actor may decide. Raises NotYours: the client may see the session, never decide."""
    if session.coach.id == actor.user_id:
        return Hat.COACH
    if session.client.id == actor.user_id or await hat_for(queries, actor, session) is not Hat.ADMIN:
        raise NotYours("session", [session.id], actor.user_id)
    return Hat.ADMIN
