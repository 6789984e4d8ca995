"""A small coaching practice to test with: one workspace, a client, a coach, a package."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from coaching.actions import book as booking
from coaching.actions import cancel, handover, slots
from coaching.availability import Availability, parse_hours
from coaching.clock import ManualClock
from coaching.credits import Grant
from coaching.ids import new_id
from coaching.records import Scope, Window
from coaching.sessions import Actor, Hat, Person, Session
from coaching.workspace import Settings
from storage import SqlStore

WORKSPACE = "T0TEST"
ANNA, BORIS = "U0ANNA", "U0BORIS"
COACH, OTHER_COACH = "U0COACH", "U0OTHER"
ADMIN = "U0ADMIN"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class World:
    """Shortcuts over the real actions; nothing is faked."""

    store: SqlStore
    clock: ManualClock
    workspace: str = WORKSPACE

    async def people(self) -> None:
        """Introduce everybody."""
        async with self.store.write(self.workspace) as uow:
            await uow.workspace.ensure()
            for user_id, name, admin in (
                (ANNA, "Anna Lee", False),
                (BORIS, "Boris Novak", False),
                (COACH, "Carla Coach", False),
                (OTHER_COACH, "Otto Other", False),
                (ADMIN, "Ada Admin", True),
            ):
                email = f"{user_id.lower()}@example.com"
                person = Person(user_id, name, email, "America/New_York", "en-US", is_admin=admin)
                # Wall time: how old Slack's word is decides whether it still counts.
                await uow.people.save(person, datetime.now(UTC))
            await uow.coaches.save(COACH, "C0COACH")
            await uow.coaches.save(OTHER_COACH, None)
            await uow.commit()

    async def settings(self, settings: Settings) -> None:
        """Replace the workspace's settings."""
        async with self.store.write(self.workspace) as uow:
            await uow.workspace.ensure()
            await uow.workspace.save_settings(settings)
            await uow.commit()

    async def open(self, coach: str = COACH) -> None:
        """Let a coach give every hour of the week, from an hour ahead on."""
        hour = timedelta(hours=1)
        hours = Availability(time_zone="America/New_York", hours=parse_hours("Mon-Sun 0:00-24:00"), notice=hour)
        await slots.save_hours(self.store, Actor(self.workspace, coach), f"hours:{coach}", coach, hours)

    async def grant(
        self,
        client: str = ANNA,
        credits: int = 1000,
        *,
        package: str | None = None,
        session_type: str | None = None,
        expires_at: datetime | None = None,
    ) -> str:
        """Give a client credits (hundredths); return the grant's id."""
        now = self.clock.now()
        grant = Grant(new_id(now), package or "Credits", credits, credits // 100, expires_at, session_type)
        async with self.store.write(self.workspace) as uow:
            await uow.workspace.ensure()
            await uow.grants.add(client, grant, package=package, now=now)
            await uow.commit()
        return grant.id

    async def book(
        self,
        starts_in: timedelta,
        *,
        client: str = ANNA,
        coach: str = COACH,
        price: int = 100,
        session_type: str = "Coaching",
        length: timedelta = timedelta(minutes=50),
    ) -> Session:
        """Book a session that starts that long from now."""
        return await booking.book(
            self.store,
            self.clock,
            booking.Book(
                actor=Actor(self.workspace, client),
                role=Hat.CLIENT,
                client_id=client,
                coach_id=coach,
                session_type=session_type,
                starts_at=self.clock.now() + starts_in,
                length=length,
                time_zone="America/New_York",
                price=price,
            ),
        )

    async def quote(
        self,
        *sessions: Session,
        who: str = ANNA,
        hat: Hat = Hat.CLIENT,
        subject: str | None = None,
        reason: str | None = "Ill",
        refund_late: bool = True,
        draft_id: str | None = None,
    ) -> cancel.Quoted:
        """Choose sessions in a new dialog, and type the reason."""
        ids = [s.id for s in sessions]
        now = self.clock.now()
        quoted = await cancel.quote_choice(
            self.store,
            self.clock,
            cancel.Choice(
                actor=Actor(self.workspace, who),
                request_key=new_id(now),
                draft_id=draft_id or new_id(now),
                hat=hat,
                subject_id=subject or who,
                offered=ids,
                picked=ids,
            ),
        )
        typed = cancel.Typed(reason=reason, refund_late=refund_late)
        command = cancel.Revise(actor=Actor(self.workspace, who), draft_id=quoted.draft.id, typed=typed)
        return await cancel.quote_again(self.store, self.clock, command)

    async def confirm(self, quoted: cancel.Quoted) -> cancel.Canceled | cancel.Quoted:
        """Press the button of a quoted dialog."""
        command = cancel.Confirm(
            actor=Actor(self.workspace, quoted.draft.user_id), draft_id=quoted.draft.id, seal=quoted.quote.seal
        )
        return await cancel.confirm(self.store, self.clock, command)

    async def cancel(self, *sessions: Session, who: str = ANNA, hat: Hat = Hat.CLIENT) -> cancel.Canceled:
        """Choose and confirm."""
        done = await self.confirm(await self.quote(*sessions, who=who, hat=hat))
        assert isinstance(done, cancel.Canceled)
        return done

    async def hand_over(self, *sessions: Session, to: str = OTHER_COACH, who: str = ADMIN) -> handover.HandedOver:
        """Hand sessions over to another coach, as they are now."""
        actor = Actor(self.workspace, who)
        offer = await handover.begin(
            self.store,
            self.clock,
            actor,
            draft_id=None,
            hat=Hat.COACH,
            subject_id=who,
            session_ids=[s.id for s in sessions],
        )
        command = handover.HandOver(actor=actor, draft_id=offer.draft.id, coach_id=to, seal=offer.seal)
        return await handover.hand_over(self.store, self.clock, command)

    async def listed(self, hat: Hat, who: str, scope: Scope) -> list[Session]:
        """Return the first of a person's sessions as their list has them."""
        async with self.store.read(self.workspace) as queries:
            [(found, _)] = await queries.sessions.pages(who, [Window(hat, scope, 50)], self.clock.now(), most=50)
        return found

    async def cancelable(self, hat: Hat, who: str) -> list[Session]:
        """Return a person's scheduled sessions that have not started."""
        async with self.store.read(self.workspace) as queries:
            now = self.clock.now()
            found, _ = await queries.sessions.cancelable(hat, who, now, (), limit=500, offset=0, most=500)
        return found

    async def balance(self, client: str = ANNA) -> int:
        """Return what a client's grants hold together, in hundredths."""
        async with self.store.read(self.workspace) as queries:
            return sum(grant.balance for grant in await queries.grants.of_client(client))
