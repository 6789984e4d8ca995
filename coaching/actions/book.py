"""Book a session: pay for it with the client's grants and start its countdown."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from coaching import credits, reminders
from coaching.clock import Clock, utc
from coaching.errors import InPast
from coaching.ids import new_id
from coaching.notices import Notice, NoticeKind
from coaching.policy import refund_cutoff
from coaching.ports import Store
from coaching.sessions import Actor, Hat, Money, Package, Person, Session
from coaching.timeline import Entry, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A session to book. `starts_at` is an aware instant; `price` is in hundredths of a credit."""

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


async def book(store: Store, clock: Clock, command: Book) -> Session:
    """Book a session for a client; the grant that expires first pays, a package for this session type before all others.

    Raises InPast, NotEnoughCredits, SlotTaken.
    """
    now, workspace_id, starts_at = clock.now(), command.actor.workspace_id, utc(command.starts_at)
    if starts_at <= now:
        raise InPast(f"{starts_at.isoformat()} has passed")
    async with store.write() as uow:
        await uow.ensure_workspace(workspace_id)
        policy_id, policy = await uow.current_policy(workspace_id)
        settings = await uow.settings(workspace_id)
        session_id = command.session_id or new_id(now)
        parts: list[credits.Part] = []
        package = None
        if command.price:
            grants = await uow.lock_client_grants(workspace_id, command.client_id)
            parts = credits.plan_spend(grants, command.price, command.session_type, now)
            first = next(grant for grant in grants if grant.id == parts[0].grant_id)
            if first.session_type is not None:
                position = await uow.next_position(workspace_id, first.id)
                package = Package(first.label, position, max(first.size, position), first.id)
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
            refund_cutoff_at=refund_cutoff(policy, starts_at=starts_at, booked_at=now),
            policy_id=policy_id,
            price=command.price,
            money=command.money,
            package=package,
            meeting_link=command.meeting_link,
        )
        await uow.insert_session(session, exclusive=True)
        await uow.post(
            workspace_id,
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
        await uow.add_timeline(
            workspace_id, [Entry(session_id, now, Event.BOOKED, command.actor.user_id, command.role, command.price)]
        )
        await uow.add_notices(workspace_id, countdown(session, settings.reminder_offsets, now))
        await uow.commit()
    return session


def countdown(session: Session, offsets: tuple[timedelta, ...], now: datetime) -> list[Notice]:
    """Return the reminder notices of a session booked or moved at `now`."""
    return [
        Notice(
            kind=NoticeKind.REMINDER,
            dedupe_key=step.key,
            recipient=session.client.id,
            due_at=step.due_at,
            expires_at=step.expires_at,
            session_id=session.id,
            cutoff=step.cutoff,
        )
        for step in reminders.plan(session.id, session.refund_cutoff_at, offsets, now)
    ]
