"""What there is to knock at: two furnished workspaces whose every name, reason and address is found nowhere else."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import insert

from coaching.actions import book, credit_requests, handover, move_requests, notes, reschedule_dialog, slots
from coaching.actions.cancel import Canceled
from coaching.actions.reschedule import NewTime
from coaching.availability import Availability, LocalRange, TimeOff, WeeklyHours
from coaching.blocks import KnownBlock
from coaching.clock import ManualClock
from coaching.credits import Grant
from coaching.meetings import LinkOf, LinkScope
from coaching.packages import CatalogPackage
from coaching.policy import Policy
from coaching.requests import ToBook
from coaching.sessions import Actor, Hat, Person, Session
from coaching.workspace import SessionType, Settings
from handlers.book import _Found
from handlers.views.book import Picks
from storage import SqlStore, create_engines
from storage.tables import metadata
from tests.access.fates import DECIDING, fates_dialog
from tests.access.roles import (
    ADA,
    ADMINS,
    ANNA,
    AWAY,
    BORIS,
    CARLA,
    CONRAD,
    HERE,
    IN_FIRST,
    MIA,
    NELL,
    OTTO,
    STELLA,
    Role,
)
from tests.conftest import START
from tests.support import patience
from tests.support.databases import Databases
from tests.support.world import World

H, DAY = timedelta(hours=1), timedelta(days=1)
OPEN_ALL_DAY = Availability(
    time_zone="UTC", hours=WeeklyHours(((LocalRange(0, 1440),),) * 7), notice=timedelta(0), horizon=60 * DAY, step=H
)
PACKAGE, CREDITS, POOLED, POOL = "g0package", "g0credits", "g0pooled", "p0pool"
ASKED_ADDRESS = "mail:olga@example.org"
TYPE, AWAY_TYPE, SOLD, OFFERED = "Quartz coaching", "Basalt coaching", "Saffron pack", "Peridot pack"
OFF = TimeOff(datetime(2026, 12, 24, tzinfo=UTC), datetime(2026, 12, 25, tzinfo=UTC))

_OWN = frozenset({Role.OWNER, Role.COACH}) | ADMINS
SEES: dict[str, frozenset[Role]] = {
    # Words that nobody types, and the roles that may read them.
    "Anna Amaranth": _OWN | {Role.CONTACT},  # of the pool that she is a member of
    "amaranth@mail.example": frozenset({Role.OWNER}) | ADMINS,
    "reason-heliotrope": _OWN,
    "meet.example/vermilion": _OWN,
    "meet.example/verdigris": _OWN,
    SOLD: _OWN,
    OFFERED: ADMINS,
    "Indigo credits": _OWN,  # a coach sees what can pay for sessions with them
    "note-malachite": frozenset({Role.COACH}),
    "C0CRIMSON": frozenset({Role.COACH}) | ADMINS,
    "Boris Bistre": frozenset({Role.CLIENT, Role.OTHER_COACH}) | ADMINS,
    "reason-celadon": frozenset({Role.CLIENT, Role.OTHER_COACH}) | ADMINS,
    "reason-citrine": frozenset({Role.OWNER, Role.COACH}) | ADMINS,
    "reason-carmine": frozenset({Role.MEMBER, Role.CONTACT}) | ADMINS,
    "Umber Works": _OWN | {Role.MEMBER, Role.CONTACT},
    "Conrad Coral": frozenset({Role.CONTACT, Role.OWNER, Role.MEMBER}) | ADMINS,
    "Mia Mauve": frozenset({Role.MEMBER, Role.CONTACT}) | ADMINS,
    "Stella Sienna": frozenset({Role.STAKEHOLDER, Role.COACH}) | ADMINS,
    # What the whole workspace may know, and no other.
    TYPE: IN_FIRST,
    "Carla Cobalt": IN_FIRST,
    "Otto Ochre": IN_FIRST,
    "help-desk-topaz": IN_FIRST,
    # What only the other workspace may know.
    "Anna Ashlar": frozenset({Role.AWAY_OWNER, Role.AWAY_COACH, Role.AWAY_ADMIN}),
    "Carla Chalk": frozenset(Role) - IN_FIRST,
    "meet.example/gneiss": frozenset(Role) - IN_FIRST,
    AWAY_TYPE: frozenset(Role) - IN_FIRST,
    "reason-gypsum": frozenset(Role) - IN_FIRST,
    "help-desk-slate": frozenset(Role) - IN_FIRST,
}
CONFIDENTIAL = frozenset({"note-malachite"})
"""What a coach may no longer read who was taken off the list."""
HOLDERS = (Role.OWNER, Role.COACH, Role.ADMIN, Role.NAMED)
"""Who has open dialogs about Anna's session: a draft of each stage."""


@dataclass
class Estate:
    """The ids of what was furnished. Seals are by draft."""

    now: datetime
    open: Session
    late: Session
    past: Session
    canceled: Session
    undone: Session
    by_coach: Session
    by_admin: Session
    wish: Session
    wished: Session
    boris: Session
    boris_late: Session
    undoable: str
    coachs_undoable: str
    admins_undoable: str
    late_action: str
    wish_request: str
    credit_request: str
    note: str
    type_id: str
    package_id: str
    offered_id: str
    booking_seals: dict[str, str]
    """The seal of everybody's booking dialog, by who is booked for."""
    spared_seal: str
    """The seal of a booking that spares the package."""
    seals: dict[str, str] = field(default_factory=dict)

    @property
    def free(self) -> datetime:
        """A start at which Carla is free."""
        return datetime.combine(date(2026, 12, 10), datetime.min.time(), UTC) + 15 * H

    def draft(self, stage: str, role: Role) -> str:
        """The id of a role's dialog at a stage: their own where they have one, else Anna's."""
        return f"{stage}-{(role.before if role.before in HOLDERS else Role.OWNER).word}"


@dataclass
class Furnished:
    """Furnished databases, made once for each kind and copied for each test."""

    databases: Databases
    _made: dict[str, tuple[str, Estate]] = field(default_factory=dict)

    async def template(self, kind: str) -> tuple[str, Estate]:
        """Return the URL of a furnished database that nobody is connected to, and what is in it."""
        if kind not in self._made:
            url = await self.databases.fresh(kind, kept=True)
            engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
            try:
                self._made[kind] = url, await furnish(SqlStore(engines))
            finally:
                await engines.dispose()
        return self._made[kind]


async def furnish(store: SqlStore) -> Estate:
    """Write both workspaces."""
    clock = ManualClock(START)
    here, away = World(store, clock, HERE), World(store, clock, AWAY)
    await _people(store, HERE, _HERE, coaches={CARLA: "C0CRIMSON", OTTO: None}, admin=NELL, kind=TYPE, link="verdigris")
    await _people(store, AWAY, _AWAY, coaches={CARLA: "C0ELSEWHERE"}, admin=ANNA, kind=AWAY_TYPE, link="gneiss")
    await here.settings(Settings(policy=Policy(booking_grace=timedelta(0)), support_contact="help-desk-topaz"))
    await away.settings(Settings(policy=Policy(booking_grace=timedelta(0)), support_contact="help-desk-slate"))
    await _pool_and_stakeholder(store)
    async with store.sweep() as sweep:
        sold = Grant(PACKAGE, SOLD, 1000, 10, None, TYPE)
        await sweep.within(HERE).grants.add(ANNA, sold, package=SOLD, now=START)
        for workspace, client, grant in ((HERE, ANNA, CREDITS), (HERE, BORIS, "g0boris"), (AWAY, ANNA, "g0away")):
            label = "Indigo credits" if grant == CREDITS else "Credits"
            await sweep.within(workspace).grants.add(
                client, Grant(grant, label, 1000, 10, None), package=None, now=START
            )
        await sweep.commit()
    past = await _book(here, H)
    late = await _book(here, 26 * H)
    boris_late = await _book(here, 27 * H, client=BORIS, coach=OTTO)
    away_late = await _book(away, 26 * H, kind=AWAY_TYPE)
    wish, wished = [await _book(here, n * H, link="https://meet.example/wish") for n in (40, 42)]
    opened = await _book(here, 10 * DAY, link="https://meet.example/vermilion")
    canceled, undone, by_coach, by_admin = [await _book(here, n * DAY) for n in (14, 15, 16, 17)]
    boris = await _book(here, 12 * DAY, client=BORIS, coach=OTTO)
    await _book(away, 10 * DAY, kind=AWAY_TYPE)
    clock.advance(25 * H)
    ended = []
    for world, session, who, reason in (
        (here, late, ANNA, "reason-heliotrope"),
        (here, boris_late, BORIS, "reason-celadon"),
        (away, away_late, ANNA, "reason-gypsum"),
        (here, canceled, ANNA, None),
    ):
        done = await world.confirm(await world.quote(session, who=who, reason=reason))
        assert isinstance(done, Canceled)
        ended.append(done.draft.action_id or "")
    clock.advance(5 * timedelta(minutes=1))
    undoable = []
    for session, who, hat in ((undone, ANNA, Hat.CLIENT), (by_coach, CARLA, Hat.COACH), (by_admin, ADA, Hat.ADMIN)):
        subject = ANNA if hat is Hat.ADMIN else who
        done = await here.confirm(await here.quote(session, who=who, hat=hat, subject=subject, reason=None))
        assert isinstance(done, Canceled)
        undoable.append(done.draft.action_id or "")
    async with store.write(HERE) as uow:
        # The first and the last line of Anna's history, which is longer than a page.
        await uow.grants.add(ANNA, Grant("g0more", "Indigo credits", 100, 1, None), package=None, now=clock.now())
        [kind] = await uow.catalogue.session_types()
        offered = CatalogPackage(id="", name=OFFERED, type_id=kind.id, session_type=TYPE, unit=100, sessions=10)
        await uow.catalogue.save_package(offered)
        await uow.commit()
    async with store.read(HERE) as queries:
        offered = next(one for one in (await queries.catalogue.packages(99))[0] if one.name == OFFERED)
        grants = await queries.grants.of_client(ANNA)
    estate = Estate(
        now=clock.now(),
        open=opened,
        late=late,
        past=past,
        canceled=canceled,
        undone=undone,
        by_coach=by_coach,
        by_admin=by_admin,
        wish=wish,
        wished=wished,
        boris=boris,
        boris_late=boris_late,
        undoable=undoable[0],
        coachs_undoable=undoable[1],
        admins_undoable=undoable[2],
        late_action=ended[0],
        wish_request=await _wish(store, clock, wished),
        credit_request=await _plea(store, clock, kind.id),
        note=await _note(store, clock),
        type_id=kind.id,
        offered_id=offered.id,
        package_id=next(g.package_id or "" for g in grants if g.id == PACKAGE),
        booking_seals={
            who: await _booking_seal(store, clock, kind.id, who)
            for who in sorted({role.user for role in Role if role.team == HERE} - {CARLA})
        },
        spared_seal=await _booking_seal(store, clock, kind.id, ANNA, CREDITS),
    )
    for role in HOLDERS:
        await _drafts(store, clock, here, estate, role)
    return estate


async def _booking_seal(
    store: SqlStore, clock: ManualClock, type_id: str, who: str, grant_id: str | None = None
) -> str:
    """Return the seal of somebody's booking dialog with Carla, and with a grant chosen."""
    found = await slots.open_booking(store, clock, Actor(HERE, who), coach_id=CARLA, type_id=type_id, grant_id=grant_id)
    return _Found(found, Picks()).seal


async def _wish(store: SqlStore, clock: ManualClock, wished: Session) -> str:
    """Anna asks to move what she can no longer move herself; return the request's id."""
    command = move_requests.AskMove(
        actor=Actor(HERE, ANNA), session_id=wished.id, times=[wished.starts_at + 2 * DAY], note="reason-citrine"
    )
    asked = (await move_requests.ask(store, clock, command)).asked
    assert asked is not None
    return asked.action_id


async def _plea(store: SqlStore, clock: ManualClock, type_id: str) -> str:
    """Mia asks for credits of the pool that she books from; return the request's id."""
    command = credit_requests.AskCredits(
        actor=Actor(HERE, MIA), amount=300, pool_id=POOL, note="reason-carmine", to_book=ToBook(CARLA, type_id)
    )
    asked = (await credit_requests.ask(store, clock, command)).asked
    assert asked is not None
    return asked.action_id


async def _note(store: SqlStore, clock: ManualClock) -> str:
    """Carla writes a note on Anna; return its id."""
    made = await notes.write_note(store, clock, Actor(HERE, CARLA), "note", ANNA, "note-malachite")
    assert made is not None
    return made.id


_HERE = {
    ANNA: ("Anna Amaranth", "amaranth@mail.example"),
    BORIS: ("Boris Bistre", None),
    CARLA: ("Carla Cobalt", None),
    OTTO: ("Otto Ochre", None),
    ADA: ("Ada Alabaster", None),
    NELL: ("Nell Nankeen", None),
    STELLA: ("Stella Sienna", None),
    CONRAD: ("Conrad Coral", None),
    MIA: ("Mia Mauve", None),
}
_AWAY = {ANNA: ("Anna Ashlar", None), CARLA: ("Carla Chalk", None), ADA: ("Ada Agate", None)}


async def _people(
    store: SqlStore,
    workspace: str,
    people: dict[str, tuple[str, str | None]],
    *,
    coaches: dict[str, str | None],
    admin: str,
    kind: str,
    link: str,
) -> None:
    async with store.write(workspace) as uow:
        await uow.workspace.ensure()
        # What Slack takes is about nobody. It is known here, so that no press has to remember it.
        known = [
            (surface, kind) for surface in ("home", "message", "modal") for kind in ("alert", "card", "data_table")
        ]
        await uow.workspace.remember_blocks([KnownBlock(*one, taken=True, at=datetime.now(UTC)) for one in known])
        for user, (name, email) in people.items():
            person = Person(user, name, email, "America/New_York", "en-US", is_admin=user == ADA)
            # Wall time: who was asked about long ago would be asked about again.
            await uow.people.save(person, datetime.now(UTC))
        for coach, channel in coaches.items():
            await uow.coaches.save(coach, channel)
            await uow.schedule.save(coach, OPEN_ALL_DAY)
        await uow.meetings.save(LinkScope(LinkOf.COACH, CARLA), f"https://meet.example/{link}")
        await uow.schedule.add_time_off(CARLA, OFF)
        await uow.people.save_admins([admin])
        await uow.catalogue.save_session_type(SessionType("", kind, 50 * timedelta(minutes=1), 100))
        await uow.commit()


async def _pool_and_stakeholder(store: SqlStore) -> None:
    rows = {
        "pools": [{"id": POOL, "name": "Umber Works", "contact_id": CONRAD}],
        "pool_members": [{"pool_id": POOL, "member_id": member} for member in (MIA, ANNA)],
        "grants": [{"id": POOLED, "pool_id": POOL, "label": "Umber Works", "size": 10, "granted_at": START}],
        "transfers": [
            {
                "key": f"issue:{POOLED}",
                "kind": "issue",
                "source": "issued",
                "target": f"grant:{POOLED}",
                "amount": 1000,
                "at": START,
                "grant_id": POOLED,
                "number": 1,
            }
        ],
        "stakeholders": [{"scope": "coach", "scope_id": CARLA, "target": who} for who in (STELLA, ASKED_ADDRESS)],
        "members": [{"id": ASKED_ADDRESS, "email": "olga@example.org", "is_admin": False}],
        "stakeholder_addresses": [{"address_id": ASKED_ADDRESS, "consent": "waiting", "asked_at": START}],
    }
    async with store.engines.writer.begin() as connection:
        for table, values in rows.items():
            await connection.execute(insert(metadata.tables[table]), [{"workspace_id": HERE, **row} for row in values])


async def _book(
    world: World,
    starts_in: timedelta,
    *,
    client: str = ANNA,
    coach: str = CARLA,
    kind: str = TYPE,
    link: str | None = None,
) -> Session:
    command = book.Book(
        actor=Actor(world.workspace, client),
        role=Hat.CLIENT,
        client_id=client,
        coach_id=coach,
        session_type=kind,
        starts_at=world.clock.now() + starts_in,
        length=50 * timedelta(minutes=1),
        time_zone="America/New_York",
        meeting_link=link,
    )
    return await book.book(world.store, world.clock, command)


async def _drafts(store: SqlStore, clock: ManualClock, here: World, estate: Estate, role: Role) -> None:
    hat, subject = role.honest
    quoted = await here.quote(estate.open, who=role.user, hat=hat, subject=subject, draft_id=f"quoted-{role.word}")
    estate.seals[f"quoted-{role.word}"] = quoted.quote.seal
    async with store.write(HERE) as uow:
        chosen = replace(quoted.draft, id=f"chosen-{role.word}", quote=None, stage=type(quoted.draft.stage).CHOOSING)
        await uow.drafts.save(chosen, clock.now())
        await uow.commit()
    actor = Actor(HERE, role.user)
    for name in ("moving", "moved"):
        draft_id = f"{name}-{role.word}"
        await reschedule_dialog.begin(
            store, clock, actor, draft_id=draft_id, hat=hat, subject_id=subject, session_ids=[estate.open.id]
        )
        if name == "moved":
            time = NewTime(estate.open.id, estate.open.starts_at, estate.free)
            await reschedule_dialog.choose(store, clock, actor, f"key-{draft_id}", draft_id, time, step=0)
            estate.seals[draft_id] = (await reschedule_dialog.look(store, clock, actor, draft_id, 1)).seal
    if role is not Role.OWNER:
        draft_id = f"handing-{role.word}"
        offer = await handover.begin(
            store, clock, actor, draft_id=draft_id, hat=hat, subject_id=subject, session_ids=[estate.open.id]
        )
        estate.seals[draft_id] = offer.seal
    if role in DECIDING:
        estate.seals |= dict([await fates_dialog(store, clock, estate.open.id, role)])
