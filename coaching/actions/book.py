"""Book a session: pay for it with the client's grants and start its countdown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from coaching import credits
from coaching.actions.access import require_booker, require_owned
from coaching.actions.offers import giving_way, require_offered, require_room
from coaching.actions.policies import booking_terms
from coaching.actions.slots import close_undo, require_free
from coaching.actions.stakeholders import with_copies
from coaching.bounds import Bounds
from coaching.clock import Clock, utc
from coaching.errors import InPast, NotYours, PaymentChanged, Replayed, TermsChanged
from coaching.ids import new_id
from coaching.localtime import local_time
from coaching.news import bookings
from coaching.news.kinds import Change, refreshed_by
from coaching.plans import countdown
from coaching.policy import refund_cutoff, unasked_cutoff
from coaching.ports import Store, UnitOfWork
from coaching.sessions import Actor, Hat, Money, Package, Person, Session
from coaching.timeline import Entry, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A session to book. `starts_at` is an aware instant; `price` is in hundredths of a credit.

    `within_hours`: it is booked now, so the coach's hours bind it and both people are told. Recorded history is neither.
    `rebooks` is the canceled session that it replaces. `request_key` names the request, so that it books only once.
    `policy_id` names the policy that was shown, and `pays` are the parts that grants were shown to pay, the chosen one
    first (None: nothing was shown, and the grants pay in their order). `bounds` hold it to what a link is for.
    """

    actor: Actor
    role: Hat
    client_id: str
    coach_id: str
    session_type: str
    starts_at: datetime
    length: timedelta
    time_zone: str
    price: int = credits.ONE_CREDIT
    money: Money | None = None
    meeting_link: str | None = None
    session_id: str | None = None
    within_hours: bool = False
    rebooks: str | None = None
    request_key: str | None = None
    policy_id: str | None = None
    pays: Sequence[credits.Part] | None = None
    bounds: Bounds | None = None


async def book(store: Store, clock: Clock, command: Book) -> Session:
    """Book a session for a client, paid as was shown: by the chosen grant first, then by the others in their order.

    Raises NotYours (also for `rebooks`, and outside of `bounds`), AdminsOnly, CoachesOnly, InPast, NotEnoughCredits, SlotTaken,
    ClientBusy, NotBookable, TermsChanged, PaymentChanged, Replayed.
    """
    now, workspace_id, starts_at = clock.now(), command.actor.workspace_id, utc(command.starts_at)
    if starts_at <= now:
        raise InPast(f"{starts_at.isoformat()} has passed")
    async with store.write(workspace_id) as uow:
        await require_booker(uow, command.actor, command.role, command.client_id, command.coach_id)
        bounds = command.bounds
        if bounds is not None and not bounds.allows(command.coach_id, command.session_type):
            raise NotYours("sessions like", [bounds.like.id], command.actor.user_id)
        await _require_new(uow, command)
        kind = await require_offered(
            uow,
            command.session_type,
            coach_id=command.coach_id,
            client_id=command.client_id,
            role=command.role,
            now=now,
        )
        await uow.workspace.ensure()
        making_room = await require_free(
            uow,
            command.coach_id,
            command.client_id,
            starts_at,
            command.length,
            now,
            within_hours=command.within_hours,
            by_coach=command.role is Hat.COACH,
        )
        making_room += await _replaced(uow, command, now)
        making_room += await giving_way(uow, kind, command.client_id, now)
        closed = await close_undo(uow, making_room)
        settings = await uow.workspace.settings()
        session_id = command.session_id or new_id(now)
        parts: list[credits.Part] = []
        grants: list[credits.Grant] = []
        package = None
        if command.price:
            grants = await uow.grants.lock_of_client(command.client_id)
            chosen = command.pays[0].grant_id if command.pays else None
            payers = grants if bounds is None else bounds.paying(grants)
            parts = credits.plan_spend(payers, command.price, command.session_type, now, chosen)
            if command.pays is not None and list(command.pays) != parts:
                raise PaymentChanged
            paying = credits.package_grant(grants, parts)
            if paying is not None:
                # Credits returned from a package use positions of that package, not of a second one.
                place = next(grant for grant in grants if grant.id == (paying.parent_id or paying.id))
                position = await uow.grants.next_position(place.id, now)
                package = Package(place.label, position, place.size, place.id, place.pool)
        await require_room(uow, kind, command.client_id, command.coach_id, now)
        policy_id, policy = await booking_terms(uow, command.session_type, grants, parts)
        if command.policy_id not in (None, policy_id):
            raise TermsChanged
        cutoff = refund_cutoff(policy, starts_at=starts_at, booked_at=now)
        if command.within_hours and command.actor.user_id != command.client_id:
            # Nobody is held to what somebody else booked before they could read of it. Recorded history is not news.
            cutoff = unasked_cutoff(cutoff, starts_at=starts_at, now=now)
        session = Session(
            workspace_id=workspace_id,
            id=session_id,
            client=Person(command.client_id),
            coach=Person(command.coach_id),
            session_type=command.session_type,
            starts_at=starts_at,
            ends_at=starts_at + command.length,
            time_zone=command.time_zone,
            booked_at=now,
            refund_cutoff_at=cutoff,
            policy_id=policy_id,
            price=command.price,
            money=command.money,
            package=package,
            meeting_link=command.meeting_link,
            local=local_time(starts_at, command.time_zone),
        )
        await uow.sessions.insert(session, exclusive=True, rebooks=command.rebooks)
        await uow.ledger.post(
            [
                credits.Transfer(
                    f"book:{session_id}:{part.grant_id}",
                    credits.TransferKind.BOOK,
                    credits.grant_account(part.grant_id),
                    credits.session_account(session_id),
                    part.amount,
                    now,
                    session_id,
                    part.grant_id,
                )
                for part in parts
            ],
        )
        await uow.timeline.add(
            [Entry(session_id, now, Event.BOOKED, command.actor.user_id, command.role, command.price)]
        )
        client = (await uow.people.viewer(command.client_id)).person
        told = countdown(replace(session, client=client), settings, now)
        if command.within_hours:
            told += bookings.booked(session_id, command.client_id, command.coach_id, now)
        [session] = await uow.sessions.by_ids([session_id])
        await uow.notices.add(await with_copies(uow, told, [session]))
        again = [*closed, *([] if command.rebooks is None else [command.rebooks])]
        if again:
            await uow.notices.refresh(refreshed_by(Change.SETTLED), again, now, released=closed)
        await uow.commit()
    return session


async def _require_new(uow: UnitOfWork, command: Book) -> None:
    """Raise Replayed when this request was carried out before, or a session with the new one's id exists."""
    if command.request_key is not None:
        await uow.claim_request(command.request_key)
    if command.session_id is not None and await uow.sessions.by_ids([command.session_id]):
        raise Replayed(f"session {command.session_id} is there already")


async def _replaced(uow: UnitOfWork, command: Book, now: datetime) -> list[str]:
    """Return the session to replace if somebody else canceled it and could still take that back: that is closed.

    It is not to come back beside the session that is booked instead. A coach closes their own cancellation only: an
    admin's can still be undone. Raises NotYours unless the session to replace is the client's, and for a coach also
    their own.
    """
    if command.rebooks is None:
        return []
    canceled = await uow.sessions.by_ids([command.rebooks])
    require_owned(command.actor, Hat.CLIENT, command.client_id, [command.rebooks], canceled)
    if command.role is Hat.COACH:
        require_owned(command.actor, Hat.COACH, command.actor.user_id, [command.rebooks], canceled)
    held = [s for s in canceled if s.cancellation and s.cancellation.told_later(s.client.id, now)]
    any_of_them = command.role is not Hat.COACH
    return [s.id for s in held if any_of_them or (s.cancellation and s.cancellation.by.id == command.actor.user_id)]
