"""What is booked in a time off, decided in one go: each session is kept, canceled, handed over or moved (ADR 0062)."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from coaching import returns
from coaching.actions import cancel, canceling, handover, reschedule
from coaching.actions.cancel import Typed
from coaching.actions.choices import claim_choice
from coaching.actions.proposals import proposed
from coaching.actions.slots import require_keeper
from coaching.actions.stakeholders import with_copies
from coaching.actions.time_off import BookedIn, booked_in
from coaching.causes import Blocked
from coaching.clock import Clock
from coaching.drafts import Draft, Stage
from coaching.errors import DialogExpired, InPast, NothingPicked, SlotTaken
from coaching.fates import KEPT, Becomes, Fate
from coaching.ids import new_id
from coaching.news import rearranged
from coaching.news.kinds import Change, refreshed_by
from coaching.policy import Policy
from coaching.ports import Queries, Store, UnitOfWork
from coaching.quotes import Quote
from coaching.records import Viewer
from coaching.sessions import EVERYBODY, Actor, Hat, Person, Session
from coaching.slots import Slot

PAGE = 20
"""How many sessions a page of the form has: each has a menu of coaches and times, and a view holds 250 kB."""
COACHES = 20
"""How many coaches a session can be handed over to, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranging:
    """A page of the form: what is booked in a time off, soonest first, with what can become of each session.

    `every` are all sessions of the dialog, of which `sessions` are on this page. `free` are proposed times and `takers`
    the coaches who are free, by session; `takers_of_all` are free for every one of them. `own`: the viewer takes these
    themselves, and decides nothing about them. `more` is how many are left out, because one action takes no more.
    """

    viewer: Viewer
    coach: Person
    draft: Draft
    sessions: Sequence[Session]
    every: Sequence[str]
    page: int
    pages: int
    free: Mapping[str, Sequence[Slot]]
    takers: Mapping[str, Sequence[Person]]
    takers_of_all: Sequence[Person]
    zone: str
    now: datetime
    own: Sequence[Session] = ()
    more: int = 0

    def fate(self, session_id: str) -> Fate:
        """Return what was chosen for a session so far."""
        return dict(self.draft.fates).get(session_id, KEPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is to be confirmed: each session with its fate, as it will be, and what comes back.

    `handed` and `moved` are (before, after). `gone` are sessions that left the dialog meanwhile, and why. `changed`: this
    is not what was confirmed, so nothing was done.
    """

    viewer: Viewer
    draft: Draft
    canceled: Sequence[Session]
    handed: Sequence[tuple[Session, Session]]
    moved: Sequence[tuple[Session, Session]]
    policies: Mapping[str, Policy]
    now: datetime
    payments: Mapping[str, Sequence[returns.Payment]] = field(default_factory=dict)
    gone: Sequence[tuple[Session, Blocked]] = ()
    changed: bool = False

    @property
    def quote(self) -> Quote:
        """What canceling returns."""
        return self.draft.quote or Quote(())

    @property
    def before(self) -> Sequence[Session]:
        """The sessions that change, as they are."""
        return [*self.canceled, *(old for old, _ in self.handed), *(old for old, _ in self.moved)]

    @property
    def seal(self) -> str:
        """A digest of exactly these changes. A confirmation sends it back to prove what the person saw."""
        fates = dict(self.draft.fates)
        shown = [(one.id, one.version, str(fates[one.id])) for one in self.before]
        return hashlib.sha256(repr([*shown, self.quote.seal]).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rearrange:
    """A person confirmed. `seal` names what was on their screen."""

    actor: Actor
    draft_id: str
    coach_id: str
    typed: Typed
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rearranged:
    """What was done, the sessions as they are now. `again`: the dialog had been confirmed before."""

    viewer: Viewer
    draft: Draft
    canceled: Sequence[Session]
    handed: Sequence[Session]
    moved: Sequence[Session]
    now: datetime
    again: bool = False


async def begin(
    store: Store, clock: Clock, actor: Actor, coach_id: str, starts_at: datetime, ends_at: datetime
) -> Arranging | BookedIn:
    """Begin to decide about what is booked in a time off: nothing is chosen yet, so all of it stays.

    Returns only what is booked where there is nothing for the viewer to decide. Raises NotYours, AdminsOnly.
    """
    booked = await booked_in(store, clock, actor, coach_id, starts_at, ends_at)
    if not booked.to_decide:
        return booked
    hat, subject = (Hat.COACH, coach_id) if booked.own else (Hat.ADMIN, EVERYBODY)
    fates = tuple((session.id, KEPT) for session in booked.to_decide)
    draft = Draft(id=new_id(booked.now), user_id=actor.user_id, hat=hat, subject_id=subject, fates=fates)
    async with store.write(actor.workspace_id) as uow:
        await uow.drafts.save(draft, booked.now)
        await uow.commit()
    arranging = await look(store, clock, actor, draft.id, coach_id, 0)
    return replace(arranging, own=booked.own_as_client, more=booked.more)


async def look(store: Store, clock: Clock, actor: Actor, draft_id: str, coach_id: str, page: int) -> Arranging:
    """Return a page of an open dialog with what is true now. Raises DialogExpired, NotYours, AdminsOnly."""
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        draft = await queries.drafts.find(draft_id, actor.user_id)
        if draft is None or draft.stage is Stage.DONE or not draft.fates:
            raise DialogExpired(draft_id)
        viewer = await _allowed(queries, actor, draft, coach_id)
        found = await queries.sessions.by_ids([session_id for session_id, _ in draft.fates])
        sessions = [one for one in found if _gone(one, coach_id, actor, now) is None]
        pages = max(1, -(-len(sessions) // PAGE))
        page = min(page, pages - 1)
        shown = sessions[page * PAGE : (page + 1) * PAGE]
        takers = await handover.free_for_each(queries, sessions, now)
        free, zone = await proposed(queries, coach_id, shown, now)
        return Arranging(
            viewer=viewer,
            coach=(await queries.people.viewer(coach_id)).person,
            draft=draft,
            sessions=shown,
            every=[one.id for one in sessions],
            page=page,
            pages=pages,
            free=free,
            takers={one.id: takers[one.id][:COACHES] for one in shown},
            takers_of_all=_of_all(takers)[:COACHES],
            zone=zone,
            now=now,
        )


async def choose(
    store: Store,
    clock: Clock,
    actor: Actor,
    request_key: str,
    draft_id: str,
    coach_id: str,
    fates: Mapping[str, Fate],
    typed: Typed | None = None,
) -> Draft:
    """Keep what was chosen for some sessions of the dialog. Raises DialogExpired, NotYours, AdminsOnly, Replayed."""
    async with store.write(actor.workspace_id) as uow:
        await claim_choice(uow, request_key)
        draft = await _open(uow, actor, draft_id, coach_id)
        kept = tuple((session_id, fates.get(session_id, fate)) for session_id, fate in draft.fates)
        draft = replace((typed or Typed()).into(draft), stage=Stage.CHOOSING, quote=None, picked=(), fates=kept)
        await uow.drafts.save(draft, clock.now())
        await uow.commit()
    return draft


async def quote(
    store: Store, clock: Clock, actor: Actor, draft_id: str, coach_id: str, typed: Typed | None = None
) -> Terms:
    """Return what was chosen with its terms, and keep what comes back in the draft. Nothing is changed.

    Raises NothingPicked (all of it stays), DialogExpired, NotYours, AdminsOnly, ReasonTooLong.
    """
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        draft = (typed or Typed()).into(await _open(uow, actor, draft_id, coach_id))
        found = await uow.sessions.by_ids(_changing(draft))
        terms = await _terms(uow, actor, draft, coach_id, found, now)
        if not terms.before and not terms.gone:
            raise NothingPicked
        await uow.drafts.save(terms.draft, now)
        await uow.commit()
    return terms


async def rearrange(store: Store, clock: Clock, command: Rearrange) -> Rearranged | Terms:
    """Do all that was chosen, or return new terms and do nothing of it (C5). A second click returns the first one's result.

    Cancellations, hand-overs and moves are one action in one transaction, and everybody concerned hears of it once.
    Raises DialogExpired, NotYours, AdminsOnly, ReasonTooLong, InPast, NotBookable, SlotTaken, ClientBusy,
    ChangedMeanwhile.
    """
    now, actor = clock.now(), command.actor
    async with store.write(actor.workspace_id) as uow:
        draft = await uow.drafts.lock(command.draft_id, actor.user_id)
        if draft is None or not draft.fates:
            raise DialogExpired(command.draft_id)
        viewer = await _allowed(uow, actor, draft, command.coach_id)
        if draft.stage is Stage.DONE:
            return await _done(uow, draft, viewer, now, again=True)
        sessions = await uow.sessions.lock(_changing(draft))
        terms = await _terms(uow, actor, command.typed.into(draft), command.coach_id, sessions, now, lock=True)
        if terms.seal != command.seal or terms.gone or not terms.before:
            await uow.drafts.save(terms.draft, now)
            await uow.commit()
            return replace(terms, changed=True)
        draft = replace(terms.draft, stage=Stage.DONE, action_id=new_id(now))
        await _require_free(uow, terms, now)
        await _carry_out(uow, actor, draft, terms, now)
        await uow.drafts.save(draft, now)
        done = await _done(uow, draft, viewer, now)
        await uow.commit()
    return done


async def _allowed(queries: Queries, actor: Actor, draft: Draft, coach_id: str) -> Viewer:
    """Return the actor, who keeps this coach's hours, in the role in which the dialog was opened."""
    viewer = await queries.people.viewer(actor.user_id)
    await require_keeper(queries, viewer, actor, coach_id)
    own = coach_id == actor.user_id and viewer.is_coach
    if (draft.hat, draft.subject_id) != ((Hat.COACH, coach_id) if own else (Hat.ADMIN, EVERYBODY)):
        raise DialogExpired(draft.id)
    return viewer


async def _open(uow: UnitOfWork, actor: Actor, draft_id: str, coach_id: str) -> Draft:
    draft = await uow.drafts.lock(draft_id, actor.user_id)
    if draft is None or draft.stage is Stage.DONE or not draft.fates:
        raise DialogExpired(draft_id)
    await _allowed(uow, actor, draft, coach_id)
    return draft


def _changing(draft: Draft) -> list[str]:
    return [session_id for session_id, fate in draft.fates if fate.becomes is not Becomes.KEEP]


def _gone(session: Session, coach_id: str, actor: Actor, now: datetime) -> Blocked | None:
    """Return why a session can no longer be decided about here, or None. Nobody decides about one that they take."""
    if session.coach.id != coach_id or session.client.id == actor.user_id:
        return Blocked.NO_COACH
    return session.immovable(Policy(), now, Hat.COACH)


def _of_all(takers: Mapping[str, Sequence[Person]]) -> list[Person]:
    [first, *rest] = [*takers.values()] or [[]]
    return [one for one in first if all(one in others for others in rest)]


async def _terms(
    uow: UnitOfWork,
    actor: Actor,
    draft: Draft,
    coach_id: str,
    sessions: Sequence[Session],
    now: datetime,
    *,
    lock: bool = False,
) -> Terms:
    """Return what becomes of these sessions. Those that cannot be changed any more leave the draft."""
    gone = [(one, why) for one in sessions if (why := _gone(one, coach_id, actor, now)) is not None]
    lost = {one.id for one, _ in gone}
    fates = dict(draft.fates)
    left: dict[Becomes, list[Session]] = {becomes: [] for becomes in Becomes}
    for one in sessions:
        if one.id not in lost:
            left[fates[one.id].becomes].append(one)
    quoted = await cancel.quote_left(uow, draft, left[Becomes.CANCEL], now, lock=lock)
    policies = await uow.terms.by_ids({one.policy_id for one in sessions})
    takers = {
        who: (await uow.people.viewer(who)).person for who in sorted({fates[s.id].coach_id for s in left[Becomes.HAND]})
    }
    clocks = await reschedule.clocks_of(uow, left[Becomes.MOVE])
    handed = [
        (one, handover.handed(one, policies[one.policy_id], takers[fates[one.id].coach_id], now))
        for one in left[Becomes.HAND]
    ]
    moved = []
    for one in left[Becomes.MOVE]:
        meant = replace(one, time_zone=clocks.get(one.coach.id, one.time_zone))
        starts_at = fates[one.id].starts_at or one.starts_at
        moved.append((one, reschedule.moved(meant, policies[one.policy_id], starts_at, now, Hat.COACH)))
    return Terms(
        viewer=quoted.viewer,
        draft=replace(quoted.draft, fates=tuple((i, fate) for i, fate in draft.fates if i not in lost)),
        canceled=quoted.sessions,
        handed=handed,
        moved=moved,
        policies=policies,
        now=now,
        payments=quoted.payments,
        gone=gone,
    )


async def _require_free(uow: UnitOfWork, terms: Terms, now: datetime) -> None:
    """Raise InPast, NotBookable, SlotTaken where a coach or a time is not free. The database checks for overlaps too."""
    for _, after in terms.moved:
        if after.starts_at <= now:
            raise InPast(f"{after.starts_at.isoformat()} has passed")
    by_coach: dict[str, list[Session]] = {}
    for old, after in terms.handed:
        by_coach.setdefault(after.coach.id, []).append(old)
    takers = {after.coach.id: after.coach for _, after in terms.handed}
    for coach_id, theirs in by_coach.items():
        await handover.require_takes(uow, takers[coach_id], theirs, now)
    for (_, one), (_, other) in _pairs(terms.moved):
        if one.starts_at < other.ends_at and other.starts_at < one.ends_at:
            raise SlotTaken(other.coach.id, other.starts_at, other.ends_at)


def _pairs(
    moved: Sequence[tuple[Session, Session]],
) -> list[tuple[tuple[Session, Session], tuple[Session, Session]]]:
    return [(one, other) for at, one in enumerate(moved) for other in moved[at + 1 :]]


async def _carry_out(uow: UnitOfWork, actor: Actor, draft: Draft, terms: Terms, now: datetime) -> None:
    """Write all of it as one action: states, then messages to edit, then what follows, and the news."""
    by, action_id, hat = actor.user_id, draft.action_id or "", draft.hat
    roles = dict.fromkeys((one.id for one in terms.before), hat)
    until = None
    if terms.canceled:
        until = await canceling.write(uow, actor, draft, terms.canceled, terms.payments, now, undoable=True)
    # All people at once and in one order, before hand-overs and moves take their locks one after the other.
    changed = [*terms.handed, *terms.moved]
    await uow.schedule.lock({who.id for _, new in changed for who in (new.client, new.coach)})
    if terms.handed:
        await uow.handovers.hand_over(terms.handed, at=now, by=by, roles=roles, action_id=action_id)
    if terms.moved:
        await uow.sessions.move(terms.moved, at=now, by=by, roles=roles, action_id=action_id)
    ids = [one.id for one in terms.before]
    await uow.notices.refresh(refreshed_by(Change.STATE), ids, now, clients_at=until, coaches_at=until)
    if terms.canceled:
        await canceling.drop_plans(uow, [one.id for one in terms.canceled], actor, now)
    if terms.handed:
        await handover.follow(uow, terms.handed, by=by, roles=roles, now=now)
    if terms.moved:
        await reschedule.follow(uow, terms.moved, by=by, roles=roles, now=now)
    told = rearranged.news(action_id, by, terms.canceled, terms.handed, terms.moved, now, until)
    everybody = [*terms.before, *(after for _, after in changed)]
    await uow.notices.add(await with_copies(uow, told, everybody))


async def _done(uow: UnitOfWork, draft: Draft, viewer: Viewer, now: datetime, *, again: bool = False) -> Rearranged:
    fates = dict(draft.fates)
    found = await uow.sessions.by_ids(_changing(draft))

    def those(becomes: Becomes) -> Collection[Session]:
        return [one for one in found if fates[one.id].becomes is becomes]

    return Rearranged(
        viewer=viewer,
        draft=draft,
        canceled=[*those(Becomes.CANCEL)],
        handed=[*those(Becomes.HAND)],
        moved=[*those(Becomes.MOVE)],
        now=now,
        again=again,
    )
