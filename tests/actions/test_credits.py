"""Giving credits, taking them back, moving their expiry; balances and history; the access to all of it."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest

from coaching.actions import credits, packages
from coaching.actions.credits import Give
from coaching.clock import ManualClock
from coaching.credits import TransferKind
from coaching.errors import AdminsOnly, BadSetting, NotEnoughCredits, NotYours, Replayed
from coaching.ids import new_id
from coaching.news.kinds import NoticeKind
from coaching.packages import CatalogPackage, Holder, Holding
from coaching.sessions import Actor, Money
from coaching.workspace import SessionType
from storage import SqlStore
from tests.support.invariants import violations
from tests.support.notices import told
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE, World

DAY = timedelta(hours=24)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> AsyncIterator[World]:
    world = World(store, clock)
    await world.people()
    async with store.write(WORKSPACE) as uow:
        await uow.catalogue.save_session_type(SessionType("", "Coaching", 50 * MINUTE, 100))
        await uow.catalogue.save_session_type(SessionType("", "Check-in", 25 * MINUTE, 50))
        await uow.commit()
    yield world
    async with store.engines.reader.connect() as connection:
        assert await violations(connection) == []


def admin() -> Actor:
    return Actor(WORKSPACE, ADMIN)


def key(world: World) -> str:
    return new_id(world.clock.now())


async def give(world: World, holder: Holder | None = None, amount: int | None = 300, **more: object) -> Holding:
    command = Give(
        actor=admin(),
        request_key=key(world),
        holder=holder or Holder(ANNA),
        amount=amount,
        **more,  # type: ignore[arg-type]  # what a test varies
    )
    return await credits.give(world.store, world.clock, command)


async def sold(world: World, name: str = "Ten", **more: object) -> str:
    """Put a package into the catalogue; return its id."""
    catalogue = await packages.open_catalogue(world.store, admin())
    of = more.pop("of", "Coaching")
    kind = next(one for one in catalogue.types if one.name == of)
    package = CatalogPackage(
        id="",
        name=name,
        type_id=kind.id,
        session_type="",
        unit=0,
        sessions=more.pop("sessions", 10),  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )
    await packages.save_package(world.store, admin(), key(world), package)
    catalogue = await packages.open_catalogue(world.store, admin())
    return next(one.id for one in catalogue.packages if one.name == name)


async def pool(world: World, *members: str, contact: str | None = COACH, name: str = "Acme") -> Holder:
    saved = await packages.save_pool(
        world.store,
        world.clock,
        admin(),
        key(world),
        pool_id=None,
        name=name,
        contact_id=contact,
        member_ids=members,
    )
    return Holder(pool_id=saved)


async def history(world: World, holder: Holder, who: str = ADMIN) -> list[tuple[TransferKind, int]]:
    found = await credits.open_history(world.store, world.clock, Actor(WORKSPACE, who), holder)
    return [(one.kind, one.change) for one in found.movements]


async def test_half_credits_are_given_and_the_receiver_is_told_until_the_end_of_their_day(world: World) -> None:
    held = await give(world, amount=250, expires_on=date(2026, 12, 5), money=Money(90000, "USD"), note=" VIP ")
    assert (held.grant.balance, held.issued, held.note, held.money) == (250, 250, "VIP", Money(90000, "USD"))
    # The last second of that day in New York, where Anna's clock stands.
    assert held.grant.expires_at == datetime(2026, 12, 6, 4, 59, 59, tzinfo=UTC)
    assert held.granted_by is not None
    assert held.granted_by.id == ADMIN
    assert await told(world.store, NoticeKind.GRANTED) == [(ANNA, held.grant.id)]
    await world.book(5 * DAY, price=50)
    assert await world.balance() == 200


async def test_a_package_fills_in_sessions_type_validity_and_price(world: World) -> None:
    check_ins = await sold(world, "Five check-ins", of="Check-in", sessions=5, valid_days=30, money=Money(12500, "EUR"))
    held = await give(world, amount=None, package_id=check_ins)
    assert (held.grant.balance, held.grant.size, held.grant.session_type) == (250, 5, "Check-in")
    assert held.grant.expires_at == datetime(2026, 12, 17, 4, 59, 59, tzinfo=UTC)
    assert held.money == Money(12500, "EUR")
    with pytest.raises(NotEnoughCredits):
        await world.book(3 * DAY, price=50, session_type="Coaching")
    session = await world.book(3 * DAY, price=50, session_type="Check-in")
    assert session.package is not None
    assert (session.package.name, session.package.position, session.package.size) == ("Five check-ins", 1, 5)


async def test_what_cannot_be_given_is_refused_and_gives_nothing(world: World) -> None:
    package = await sold(world)
    for wrong in (
        {"amount": None},
        {"amount": 0},
        {"amount": 100, "package_id": package},
        {"amount": 10**9},
        {"amount": 100, "expires_on": date(2026, 11, 15)},
        {"amount": 100, "expires_on": date.max},
        {"amount": 100, "expires_on": date.min},
        {"amount": 100, "note": "x" * 501},
        {"amount": None, "package_id": "nothing"},
        {"amount": 100, "holder": Holder(pool_id="nowhere")},
    ):
        with pytest.raises(BadSetting):
            await give(world, **wrong)  # type: ignore[arg-type]  # what a test varies
    assert await world.balance() == 0


async def test_a_retired_package_is_not_given_any_more_and_what_was_given_lives_on(world: World) -> None:
    package = await sold(world)
    held = await give(world, amount=None, package_id=package)
    [found] = (await packages.open_catalogue(world.store, admin())).packages
    retired = CatalogPackage(
        id=found.id, name="Ten", type_id=found.type_id, session_type="", unit=0, sessions=10, retired=True
    )
    await packages.save_package(world.store, admin(), key(world), retired)
    with pytest.raises(BadSetting, match="not offered"):
        await give(world, amount=None, package_id=package)
    session = await world.book(3 * DAY)
    assert session.package is not None
    assert session.package.grant_id == held.grant.id


async def test_one_press_gives_once(world: World) -> None:
    command = Give(actor=admin(), request_key="once", holder=Holder(ANNA), amount=100)
    await credits.give(world.store, world.clock, command)
    with pytest.raises(Replayed):
        await credits.give(world.store, world.clock, command)
    assert await world.balance() == 100


async def test_only_the_unused_rest_is_taken_back_and_what_is_booked_stays_and_returns(world: World) -> None:
    held = await give(world)
    world.clock.advance(MINUTE)
    session = await world.book(5 * DAY)
    world.clock.advance(MINUTE)
    with pytest.raises(BadSetting, match="at most 2"):
        await credits.take_back(world.store, world.clock, admin(), key(world), held.grant.id, 201)
    after = await credits.take_back(world.store, world.clock, admin(), key(world), held.grant.id, 150)
    assert after.grant.balance == 50
    world.clock.advance(MINUTE)
    await credits.take_back(world.store, world.clock, admin(), key(world), held.grant.id, 50)
    with pytest.raises(BadSetting, match="nothing is left"):
        await credits.take_back(world.store, world.clock, admin(), key(world), held.grant.id, 1)
    world.clock.advance(MINUTE)
    await world.cancel(session)
    assert await world.balance() == 100
    assert await history(world, Holder(ANNA), ANNA) == [
        (TransferKind.REFUND, 100),
        (TransferKind.REVOKE, -50),
        (TransferKind.REVOKE, -150),
        (TransferKind.BOOK, -100),
        (TransferKind.ISSUE, 300),
    ]


async def test_history_says_who_gave_and_who_took_and_which_session(world: World) -> None:
    held = await give(world)
    world.clock.advance(MINUTE)
    session = await world.book(5 * DAY)
    world.clock.advance(MINUTE)
    await credits.take_back(world.store, world.clock, admin(), key(world), held.grant.id, 100)
    found = await credits.open_history(world.store, world.clock, Actor(WORKSPACE, ANNA), Holder(ANNA))
    taken, booked, given = found.movements
    assert taken.who is not None
    assert given.who is not None
    assert (taken.kind, taken.who.name, given.who.name) == (TransferKind.REVOKE, "Ada Admin", "Ada Admin")
    assert booked.coach is not None
    assert (booked.session_type, booked.coach.name, booked.starts_at) == ("Coaching", "Carla Coach", session.starts_at)


async def test_a_late_cancellation_shows_what_was_not_returned_without_changing_the_balance(world: World) -> None:
    await give(world)
    session = await world.book(30 * timedelta(hours=1))
    world.clock.advance(20 * timedelta(hours=1))
    await world.cancel(session)
    found = await history(world, Holder(ANNA), ANNA)
    assert found[0] == (TransferKind.FORFEIT, 0)
    assert sum(change for _, change in found) == await world.balance() == 200


async def test_expiry_moves_both_ways_but_never_into_the_past_and_not_once_it_has_come(world: World) -> None:
    held = await give(world, expires_on=date(2026, 12, 5))
    grant_id = held.grant.id

    async def move(day: date | None) -> Holding:
        return await credits.change_expiry(world.store, world.clock, admin(), key(world), grant_id, day)

    assert (await move(date(2026, 11, 16))).grant.expires_at == datetime(2026, 11, 17, 4, 59, 59, tzinfo=UTC)
    assert (await move(None)).grant.expires_at is None
    with pytest.raises(BadSetting, match="that day is over"):
        await move(date(2026, 11, 15))
    await move(date(2026, 11, 17))
    world.clock.advance(3 * DAY)
    with pytest.raises(BadSetting, match="expired already"):
        await move(date(2026, 12, 24))


async def test_a_pools_members_book_from_it_and_refunds_return_to_it_after_they_left(world: World) -> None:
    acme = await pool(world, ANNA, BORIS)
    await give(world, acme, None, package_id=await sold(world))
    mine = await world.book(4 * DAY)
    theirs = await world.book(5 * DAY, client=BORIS)
    places = [s.package.position for s in (mine, theirs) if s.package]
    assert places == [1, 2]
    await packages.save_pool(
        world.store,
        world.clock,
        admin(),
        key(world),
        pool_id=acme.pool_id,
        name="Acme Ltd",
        contact_id=COACH,
        member_ids=[BORIS],
    )
    with pytest.raises(NotEnoughCredits):
        await world.book(6 * DAY)
    await world.cancel(mine)
    async with world.store.read(WORKSPACE) as queries:
        [after] = await queries.sessions.by_ids([mine.id])
    assert after.package is not None
    assert after.package.pool == "Acme Ltd"
    assert (await world.balance(ANNA), await world.balance(BORIS)) == (0, 900)
    # Whoever left still sees what they used; the contact sees who used what.
    assert (TransferKind.REFUND, 100) in await history(world, Holder(ANNA), ANNA)
    seen = await credits.open_history(world.store, world.clock, Actor(WORKSPACE, COACH), acme)
    booked = {one.who.name for one in seen.movements if one.kind is TransferKind.BOOK and one.who}
    assert booked == {"Anna Lee", "Boris Novak"}
    assert await told(world.store, NoticeKind.GRANTED) == [(COACH, seen_grant(await account(world, acme)))]


def seen_grant(found: credits.Account) -> str:
    return found.holdings[0].grant.id


async def account(world: World, holder: Holder, who: str = ADMIN) -> credits.Account:
    return await credits.open_account(world.store, world.clock, Actor(WORKSPACE, who), holder)


async def test_everybody_sees_their_own_credits_only_contacts_their_pools_and_admins_all(world: World) -> None:
    acme = await pool(world, ANNA)
    await give(world, acme)
    await give(world, Holder(BORIS), 100)
    assert [h.grant.pool for h in (await account(world, Holder(ANNA), ANNA)).holdings] == ["Acme"]
    assert [one.name for one in (await account(world, Holder(COACH), COACH)).looks_after] == ["Acme"]
    assert (await account(world, acme, COACH)).holdings
    assert (await account(world, Holder(BORIS), ADMIN)).holdings
    for who, holder, error in (
        (ANNA, Holder(BORIS), AdminsOnly),
        (COACH, Holder(ANNA), AdminsOnly),
        (ANNA, acme, NotYours),  # a member books from it and no more
        (BORIS, acme, NotYours),
        (ADMIN, Holder(pool_id="nowhere"), NotYours),
    ):
        with pytest.raises(error):
            await account(world, holder, who)
        with pytest.raises(error):
            await history(world, holder, who)


async def test_only_admins_give_take_and_keep_the_catalogue(world: World) -> None:
    held = await give(world)
    grant_id, store, clock = held.grant.id, world.store, world.clock
    for who in (ANNA, COACH):
        actor = Actor(WORKSPACE, who)
        for attempt in (
            credits.give(store, clock, Give(actor=actor, request_key=key(world), holder=Holder(who), amount=100)),
            credits.take_back(store, clock, actor, key(world), grant_id, 100),
            credits.change_expiry(store, clock, actor, key(world), grant_id, None),
            credits.open_grant(store, clock, actor, grant_id),
            packages.open_catalogue(store, actor),
            packages.save_package(
                store,
                actor,
                key(world),
                CatalogPackage(id="", name="x", type_id="", session_type="", unit=0, sessions=1),
            ),
            packages.save_pool(store, clock, actor, key(world), pool_id=None, name="x", contact_id=None, member_ids=[]),
        ):
            with pytest.raises(AdminsOnly):
                await attempt
    assert await world.balance() == 300


@pytest.mark.parametrize("note", [None, "", "  ", "\u2060"])
async def test_a_note_that_nobody_sees_is_none(world: World, note: str | None) -> None:
    assert (await give(world, amount=100, note=note)).note is None


async def test_a_package_lasts_from_one_day_to_3660_and_is_worth_a_million_credits_at_most(world: World) -> None:
    async with world.store.write(WORKSPACE) as uow:
        await uow.catalogue.save_session_type(SessionType("", "Retreat", 50 * MINUTE, 10_000 * 100))
        await uow.commit()
    await sold(world, "Longest", valid_days=3660)
    await sold(world, "Dearest", of="Retreat", sessions=100)
    for days in (0, 3661):
        with pytest.raises(BadSetting, match="1 to 3,660 days"):
            await sold(world, "Longer", valid_days=days)
    with pytest.raises(BadSetting, match="more than 1,000,000 credits"):
        await sold(world, "Dearer", of="Retreat", sessions=101)


async def test_an_import_lands_in_the_catalogues_package_of_that_name_and_type(world: World) -> None:
    package = await sold(world, "Leadership 10-pack")
    grant = await world.grant(package="Leadership 10-pack", session_type="Coaching")
    [held] = await _by_id(world, grant)
    assert held.grant.package_id == package
    [entry] = (await packages.open_catalogue(world.store, admin())).packages
    assert entry.sessions == 10


async def _by_id(world: World, grant_id: str) -> list[Holding]:
    async with world.store.read(WORKSPACE) as queries:
        return await queries.grants.by_ids([grant_id])


async def test_names_stand_once_and_a_renamed_packages_old_name_can_be_used_again(world: World) -> None:
    package = await sold(world, "Ten")
    with pytest.raises(BadSetting, match="of that name"):
        await sold(world, " tEN ")
    await sold(world, "Ten", of="Check-in")  # of another kind: another package
    [first] = [one for one in (await packages.open_catalogue(world.store, admin())).packages if one.id == package]
    renamed = CatalogPackage(id=package, name="Ten (old)", type_id="", session_type="", unit=0, sessions=10)
    await packages.save_package(world.store, admin(), key(world), renamed)
    await sold(world, "Ten")
    names = {one.name: one.id for one in (await packages.open_catalogue(world.store, admin())).packages}
    assert names["Ten (old)"] == first.id != names["Ten"]
    empty = await pool(world, contact=None)  # nobody looks after it or books from it yet
    assert (await account(world, empty)).pool is not None
    with pytest.raises(BadSetting, match="pool of that name"):
        await pool(world, name="ACME")
