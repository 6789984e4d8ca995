"""Cancel sessions: choose, quote, confirm. One dialog is one draft, and one confirmation is one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from coaching import returns
from coaching.actions.access import require_owned, require_subject
from coaching.actions.canceling import carry_out
from coaching.actions.choices import claim_choice
from coaching.causes import Blocked
from coaching.clock import Clock
from coaching.drafts import Draft, Stage
from coaching.errors import (
    CannotCancel,
    DialogExpired,
    NothingPicked,
    ReasonRequired,
    ReasonTooLong,
    TooManyPicked,
)
from coaching.ids import new_id
from coaching.kindness import LONGEST_MONTH, NOBODY, Forgiven
from coaching.policy import Policy, ReasonRule
from coaching.ports import Store, UnitOfWork
from coaching.quotes import Quote, quote
from coaching.records import Viewer
from coaching.sessions import MAX_PER_ACTION, MAX_REASON, Actor, Hat, Session
from coaching.texts import kept_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a confirmation holds besides its terms. None: it has no such field, and what the draft has counts.

    An empty `reason` is a field that was left empty. `refund_late` is a coach's choice, see `Draft`.
    """

    reason: str | None = None
    refund_late: bool | None = None

    def into(self, draft: Draft) -> Draft:
        """Return the draft with it. Raises ReasonTooLong."""
        if self.reason is not None:
            draft = replace(draft, reason=kept_text(self.reason, MAX_REASON, ReasonTooLong))
        return draft if self.refund_late is None else replace(draft, refund_late=self.refund_late)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person picked in the choosing dialog.

    `offered` are the ids that the page showed, `picked` those ticked on it. Picks from other pages are kept.
    `request_key` names the request, so that it changes something only once. `typed` is what the confirmation held when
    the person went back from it.
    """

    actor: Actor
    request_key: str
    draft_id: str
    hat: Hat
    subject_id: str
    offered: Collection[str]
    picked: Collection[str]
    typed: Typed = Typed()


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """A person pressed *Cancel…* on one session, in the role `hat`, looking at the sessions of `subject_id`."""

    actor: Actor
    hat: Hat
    subject_id: str
    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revise:
    """A coach chose in the confirmation what late sessions return: they want to see the terms of that."""

    actor: Actor
    draft_id: str
    typed: Typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """A person pressed the button that cancels.

    `seal` names the terms on their screen (`Quote.seal`): the second half of a double click must not confirm new terms
    that the first half brought up. None only where no quote was shown.
    """

    actor: Actor
    draft_id: str
    typed: Typed = Typed()
    seal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """Terms to confirm. `gone` lists sessions that dropped out of the choice since it was made, and why.

    `changed`: the terms have changed. `payments` is what each session was paid with. `support_contact` is whom to ask
    about what does not come back.
    """

    viewer: Viewer
    draft: Draft
    sessions: Sequence[Session]
    policies: Mapping[str, Policy]
    now: datetime
    payments: Mapping[str, Sequence[returns.Payment]] = field(default_factory=dict)
    gone: Sequence[tuple[Session, Blocked]] = field(default=())
    changed: bool = False
    support_contact: str | None = None

    @property
    def quote(self) -> Quote:
        """The terms."""
        return self.draft.quote or Quote(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Canceled:
    """What was canceled. `again`: the dialog had been confirmed before, and nothing was done twice."""

    viewer: Viewer
    draft: Draft
    sessions: Sequence[Session]
    now: datetime
    again: bool = False

    @property
    def quote(self) -> Quote:
        """The terms under which it was carried out."""
        return self.draft.quote or Quote(())


async def save_choice(store: Store, clock: Clock, choice: Choice) -> Draft:
    """Save what was picked so far, when the page changes. Raises NotYours, TooManyPicked, Replayed, DialogExpired."""
    now = clock.now()
    async with store.write(choice.actor.workspace_id) as uow:
        draft = await _merge(uow, choice)
        sessions = await uow.sessions.by_ids(draft.picked)
        require_owned(choice.actor, choice.hat, choice.subject_id, draft.picked, sessions)
        await uow.drafts.save(draft, now)
        await uow.commit()
    return draft


async def quote_choice(store: Store, clock: Clock, choice: Choice) -> Quoted:
    """Quote what was picked and store the quote in the draft. Nothing is canceled.

    Raises NothingPicked, TooManyPicked, CannotCancel, NotYours, AdminsOnly, Replayed, DialogExpired.
    """
    now = clock.now()
    async with store.write(choice.actor.workspace_id) as uow:
        draft = await _merge(uow, choice)
        if not draft.picked:
            raise NothingPicked
        quoted = await _first_quote(uow, draft, choice.actor, now)
        await uow.commit()
    return quoted


async def quote_one(store: Store, clock: Clock, one: One) -> Quoted:
    """Quote one session in a dialog of its own. Nothing is canceled.

    Raises CannotCancel, NotYours, AdminsOnly, CoachesOnly.
    """
    now, actor = clock.now(), one.actor
    async with store.write(actor.workspace_id) as uow:
        await require_subject(uow, actor, one.hat, one.subject_id, everybody=True)
        draft = Draft(
            id=new_id(now), user_id=actor.user_id, hat=one.hat, subject_id=one.subject_id, picked=(one.session_id,)
        )
        quoted = await _first_quote(uow, draft, actor, now)
        await uow.commit()
    return quoted


async def quote_again(store: Store, clock: Clock, command: Revise) -> Quoted:
    """Quote an open dialog under a coach's other choice, and keep what was typed in it. Nothing is canceled.

    Raises DialogExpired, ReasonTooLong, NotYours, AdminsOnly, CoachesOnly.
    """
    now, actor = clock.now(), command.actor
    async with store.write(actor.workspace_id) as uow:
        draft = await uow.drafts.lock(command.draft_id, actor.user_id)
        if draft is None or draft.stage is not Stage.QUOTED:
            raise DialogExpired(command.draft_id)
        await require_subject(uow, actor, draft.hat, draft.subject_id, everybody=True)
        draft = command.typed.into(draft)
        sessions = await uow.sessions.by_ids(draft.picked)
        require_owned(actor, draft.hat, draft.subject_id, draft.picked, sessions)
        quoted = await _with_contact(uow, await quote_left(uow, draft, sessions, now))
        quoted = replace(quoted, changed=bool(quoted.gone))
        await uow.drafts.save(quoted.draft, now)
        await uow.commit()
    return quoted


async def confirm(store: Store, clock: Clock, command: Confirm) -> Canceled | Quoted:
    """Cancel what the draft quotes, under exactly those terms, or return new terms and cancel nothing (C5).

    State, ledger, timeline and notices change in one commit. A second click in the same dialog returns the first one's
    result. Raises ReasonRequired, ReasonTooLong, DialogExpired, NotYours, AdminsOnly, ChangedMeanwhile.
    """
    now, actor = clock.now(), command.actor
    workspace_id = actor.workspace_id
    async with store.write(workspace_id) as uow:
        draft = await uow.drafts.lock(command.draft_id, actor.user_id)
        if draft is None or draft.stage is Stage.CHOOSING or draft.quote is None:
            raise DialogExpired(command.draft_id)
        await require_subject(uow, actor, draft.hat, draft.subject_id, everybody=True)
        if draft.stage is Stage.DONE:
            viewer = await uow.people.viewer(actor.user_id)
            done = await uow.sessions.of_action(draft.action_id or "")
            return Canceled(viewer=viewer, draft=draft, sessions=done, now=now, again=True)
        sessions = await uow.sessions.lock(draft.picked)
        require_owned(actor, draft.hat, draft.subject_id, draft.picked, sessions)
        fresh = await quote_left(uow, command.typed.into(draft), sessions, now, lock=True)
        unseen = command.seal is not None and command.seal != draft.quote.seal
        if not fresh.quote.same(draft.quote) or unseen or not fresh.sessions:
            fresh = await _with_contact(uow, replace(fresh, changed=True))
            await uow.drafts.save(fresh.draft, now)
            await uow.commit()
            return fresh
        policies = [fresh.policies[s.policy_id] for s in fresh.sessions]
        draft = replace(
            fresh.draft,
            stage=Stage.DONE,
            action_id=new_id(now),
            reason=_reason(fresh.draft.reason, draft.side, policies),
        )
        await carry_out(uow, actor, draft, fresh.sessions, fresh.payments, now, undoable=True)
        await uow.drafts.save(draft, now)
        done = await uow.sessions.by_ids(draft.picked)
        await uow.commit()
    return Canceled(viewer=fresh.viewer, draft=draft, sessions=done, now=now)


async def _first_quote(uow: UnitOfWork, draft: Draft, actor: Actor, now: datetime) -> Quoted:
    """Quote a choice that was just made and store it. Raises CannotCancel where a session cannot be canceled."""
    sessions = await uow.sessions.by_ids(draft.picked)
    require_owned(actor, draft.hat, draft.subject_id, draft.picked, sessions)
    quoted = await quote_left(uow, draft, sessions, now)
    if quoted.gone:
        raise CannotCancel({session.id: cause for session, cause in quoted.gone})
    await uow.drafts.save(quoted.draft, now)
    return await _with_contact(uow, quoted)


async def _with_contact(uow: UnitOfWork, quoted: Quoted) -> Quoted:
    """Add whom a client can ask about what does not come back."""
    if not quoted.quote.forfeited or quoted.draft.side is Hat.COACH:
        return quoted
    return replace(quoted, support_contact=(await uow.workspace.settings()).support_contact)


async def quote_left(
    uow: UnitOfWork, draft: Draft, sessions: Sequence[Session], now: datetime, *, lock: bool = False
) -> Quoted:
    """Quote the sessions that can still be canceled. With `lock`, the grants that paid stay as they are until then."""
    policies = await uow.terms.by_ids({s.policy_id for s in sessions})
    blocked = [(s, s.blocked(policies[s.policy_id], now, draft.side)) for s in sessions]
    gone = [(session, cause) for session, cause in blocked if cause]
    left = [session for session, cause in blocked if not cause]
    # Lock the grants before the final quote: where credits go depends on when the grants end.
    ids = [s.id for s in left]
    payments = await uow.payments.lock(ids) if lock else await uow.payments.of(ids)
    pairs = [(s, policies[s.policy_id]) for s in left]
    forgiven = await _forgiven(uow, pairs, draft.side, now, lock=lock)
    terms = quote(pairs, payments, now, draft.side, refund_late=draft.refund_late, forgiven=forgiven)
    return Quoted(
        viewer=await uow.people.viewer(draft.user_id),
        draft=replace(draft, stage=Stage.QUOTED, quote=terms, picked=tuple(ids)),
        sessions=left,
        policies=policies,
        now=now,
        payments=payments,
        gone=gone,
    )


async def _forgiven(
    uow: UnitOfWork, pairs: Sequence[tuple[Session, Policy]], hat: Hat, now: datetime, *, lock: bool
) -> Mapping[str, Forgiven]:
    """Return, by client, the late cancellations that were forgiven, where a session's policy forgives some.

    With `lock`, none is added until the end of the transaction. Grants are locked before people, as in a booking.
    """
    months = [policy.forgiven_months for s, policy in pairs if policy.forgiven_times and now > s.refund_cutoff_at]
    if not months or hat is Hat.COACH:
        return NOBODY
    clients = sorted({s.client.id for s, _ in pairs})
    return await uow.ledger.forgiven(clients, now - max(months) * LONGEST_MONTH, lock=lock)


async def _merge(uow: UnitOfWork, choice: Choice) -> Draft:
    """Merge a page's picks into the draft, after checking whose draft it is."""
    actor = choice.actor
    await require_subject(uow, actor, choice.hat, choice.subject_id, everybody=True)
    await claim_choice(uow, choice.request_key)
    draft = await uow.drafts.lock(choice.draft_id, actor.user_id)
    if draft is None:
        draft = Draft(id=choice.draft_id, user_id=actor.user_id, hat=choice.hat, subject_id=choice.subject_id)
    if draft.stage is Stage.DONE or (draft.hat, draft.subject_id) != (choice.hat, choice.subject_id):
        raise DialogExpired(choice.draft_id)
    picked = dict.fromkeys([*(p for p in draft.picked if p not in choice.offered), *choice.picked])
    if len(picked) > MAX_PER_ACTION:
        raise TooManyPicked(len(picked), MAX_PER_ACTION)
    return replace(choice.typed.into(draft), stage=Stage.CHOOSING, quote=None, picked=tuple(picked))


def _reason(reason: str | None, hat: Hat, policies: Sequence[Policy]) -> str | None:
    """Return the reason to store. Raises ReasonRequired when a policy requires one of whoever acts for the client."""
    rules = {policy.reason for policy in policies}
    if hat is Hat.COACH:
        return reason
    if reason is None and ReasonRule.REQUIRED in rules:
        raise ReasonRequired
    return None if rules == {ReasonRule.OFF} else reason
