"""What one cancellation writes: state, ledger, refunds, timeline, notices."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from coaching import returns
from coaching.actions.access import roles_in
from coaching.actions.stakeholders import with_copies
from coaching.credits import Transfer
from coaching.drafts import Draft
from coaching.news import cancellations
from coaching.news.kinds import Change, refreshed_by
from coaching.ports import UnitOfWork
from coaching.records import Refund
from coaching.sessions import Actor, Decision, Hat, Session
from coaching.timeline import Entry, Event
from coaching.undoing import undo_until
from coaching.why import Why


async def carry_out(
    uow: UnitOfWork,
    actor: Actor,
    draft: Draft,
    sessions: Sequence[Session],
    payments: Mapping[str, Sequence[returns.Payment]],
    now: datetime,
    *,
    undoable: bool,
) -> None:
    """Write one cancellation of locked sessions, as the draft quotes them: state, ledger, refunds, timeline, notices.

    `payments` is what they were paid with, locked. The quote was made from it. `undoable`: it can be undone for a while,
    if there is time.
    """
    ids = [s.id for s in sessions]
    until = await write(uow, actor, draft, sessions, payments, now, undoable=undoable)
    # Refresh before the reminders are dropped: it locks all of them in the order in which the relay does.
    # Whoever did not cancel sees nothing of it in their messages before it can no longer be undone.
    clients_at = None if actor.user_id in {s.client.id for s in sessions} else until
    await uow.notices.refresh(refreshed_by(Change.STATE), ids, now, clients_at=clients_at, coaches_at=until)
    await drop_plans(uow, ids, actor, now)
    told = cancellations.news(draft.action_id or "", actor.user_id, sessions, now, until)
    await uow.notices.add(await with_copies(uow, told, sessions))


async def drop_plans(uow: UnitOfWork, ids: Collection[str], actor: Actor, now: datetime) -> None:
    """Drop the reminders of sessions that were just canceled, and the open requests to move them."""
    await uow.plans.drop(ids, Why.SESSION_CANCELED, now)
    await uow.requests.overtake(ids, actor.user_id, now)


async def write(
    uow: UnitOfWork,
    actor: Actor,
    draft: Draft,
    sessions: Sequence[Session],
    payments: Mapping[str, Sequence[returns.Payment]],
    now: datetime,
    *,
    undoable: bool,
) -> datetime | None:
    """Write the state, the ledger, refunds and timeline of a cancellation, see `carry_out`.

    Returns until when it can be undone, if it can.
    """
    terms, action_id = draft.quote, draft.action_id
    assert terms is not None  # noqa: S101 - for the type checker; confirm() has looked
    assert action_id is not None  # noqa: S101
    until = None
    if undoable:
        until = undo_until(sessions, draft.side, (await uow.workspace.settings()).undo_window, now)
    roles = await roles_in(uow, actor, draft.hat, draft.subject_id, sessions)
    for role in dict.fromkeys(roles.values()):
        theirs = [s for s in sessions if roles[s.id] is role]
        await uow.sessions.cancel(theirs, at=now, by=actor.user_id, role=role, reason=draft.reason, undo_until=until)
    opened = returns.to_open((back for line in terms.lines for back in line.back), now)
    transfers: list[Transfer] = []
    refunds: list[Refund] = []
    entries: list[Entry] = []
    for session in sessions:
        line, paid, number = terms.line(session.id), payments.get(session.id, []), session.cancellation_no + 1
        transfers += returns.settle(session.id, number, paid, line.back, opened, now)
        refund = Refund(
            session.id,
            number,
            None,
            action_id,
            now,
            actor.user_id,
            line.late,
            line.percent,
            line.returned,
            usable=returns.usable(line.back),
            forgiven=line.forgiven > 0,
        )
        refunds.append(refund)
        if draft.side is Hat.COACH and line.late and line.forfeited:
            # The coach, or an admin in their place, chose to keep the credits while canceling. This is the decision, made
            # only once.
            refunds.append(replace(refund, decision=Decision.KEPT, percent=0, amount=0, usable=()))
        role = roles[session.id]
        entries.append(Entry(session.id, now, Event.CANCELED, actor.user_id, role, line.returned, draft.reason))
    await uow.ledger.add_refunds(refunds)
    if opened:
        await uow.grants.open_returned(list(opened.values()), now)
    if transfers:
        await uow.ledger.post(transfers)
    await uow.timeline.add(entries)
    return until
