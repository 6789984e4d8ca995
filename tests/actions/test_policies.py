"""Terms of the workspace, a session type and a package: who books under which, and that what is booked keeps its own."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from coaching.actions import book as booking
from coaching.actions import browse, cancel, people, policies, reschedule, slots
from coaching.actions.reschedule import MoveSessions, NewTime
from coaching.availability import Availability, parse_hours
from coaching.clock import ManualClock
from coaching.credits import ONE_CREDIT
from coaching.errors import AdminsOnly, CannotMove, ReasonRequired, Replayed, TermsChanged, TermsGone
from coaching.ids import new_id
from coaching.policy import Policy, ReasonRule, TermsOf, TermsScope, Tier
from coaching.sessions import Actor, Hat, Person, Session
from storage import SqlStore
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE, World

H = timedelta(hours=1)
ADA = Actor(WORKSPACE, ADMIN)
OF_WORKSPACE = TermsScope()
WEEK, TWO_DAYS, HALF = (
    Policy(tiers=(Tier(168 * H, 100),)),
    Policy(tiers=(Tier(48 * H, 100),)),
    Policy(tiers=(Tier(24 * H, 50),), booking_grace=timedelta(0)),
)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    return world


async def save(world: World, scope: TermsScope, policy: Policy) -> None:
    await policies.save_terms(world.store, ADA, new_id(world.clock.now()), scope, policy)


async def type_scope(world: World, name: str) -> TermsScope:
    async with world.store.read(WORKSPACE) as queries:
        return TermsScope(TermsOf.TYPE, next(t.id for t in await queries.catalogue.session_types() if t.name == name))


async def package_scope(world: World, label: str) -> TermsScope:
    async with world.store.read(WORKSPACE) as queries:
        found = next(grant.package_id for grant in await queries.grants.of_client(ANNA) if grant.label == label)
    return TermsScope(TermsOf.PACKAGE, found or "")


async def policy_of(world: World, session: Session) -> Policy:
    async with world.store.read(WORKSPACE) as queries:
        return (await queries.terms.by_ids([session.policy_id]))[session.policy_id]


async def test_where_an_admin_is_the_first_who_is_met_the_usual_terms_are_there_to_change(
    store: SqlStore, clock: ManualClock
) -> None:
    ada = Person(ADMIN, "Ada Admin", is_admin=True)
    await people.remember(store, clock, WORKSPACE, ada, datetime.now(UTC), link=True)
    assert (await policies.open_terms(store, clock, ADA, OF_WORKSPACE)).terms.policy == Policy()
    await policies.save_terms(store, ADA, new_id(clock.now()), OF_WORKSPACE, WEEK)
    assert (await policies.open_terms(store, clock, ADA, OF_WORKSPACE)).terms.policy == WEEK


async def test_a_booking_gets_its_packages_terms_else_its_types_else_the_workspaces(world: World) -> None:
    await world.grant()
    await world.grant(credits=ONE_CREDIT, package="Ten", session_type="Leadership")
    await save(world, OF_WORKSPACE, TWO_DAYS)
    await save(world, await type_scope(world, "Leadership"), WEEK)
    await save(world, await package_scope(world, "Ten"), HALF)
    packaged = await world.book(200 * H, session_type="Leadership")
    single = await world.book(210 * H, session_type="Leadership")
    other = await world.book(220 * H, session_type="Coaching")
    assert packaged.package is not None
    assert [await policy_of(world, one) for one in (packaged, single, other)] == [HALF, WEEK, TWO_DAYS]
    assert single.refund_cutoff_at == single.starts_at - 168 * H
    assert other.refund_cutoff_at == other.starts_at - 48 * H


async def test_without_own_terms_the_ones_above_count_and_change_with_them(world: World) -> None:
    await world.grant(package="Ten", session_type="Leadership")
    package, kind = await package_scope(world, "Ten"), await type_scope(world, "Leadership")
    for scope, policy in ((OF_WORKSPACE, TWO_DAYS), (kind, WEEK)):
        await save(world, scope, policy)
        found = await policies.open_terms(world.store, world.clock, ADA, package)
        assert (found.terms.policy, found.terms.own, found.terms.name) == (policy, False, "Ten")
    await save(world, package, HALF)
    assert (await policies.open_terms(world.store, world.clock, ADA, package)).terms.inherited == WEEK
    await policies.drop_terms(world.store, ADA, "drop", kind)
    await policies.drop_terms(world.store, ADA, "drop too", package)
    assert await policy_of(world, await world.book(200 * H, session_type="Leadership")) == TWO_DAYS


async def test_the_same_terms_are_one_row_wherever_they_are_kept(world: World) -> None:
    await world.grant(package="Ten", session_type="Leadership")
    await save(world, OF_WORKSPACE, WEEK)
    first = await world.book(200 * H, price=0)
    await save(world, await type_scope(world, "Leadership"), replace(WEEK, tiers=(Tier(timedelta(days=7), 100),)))
    await save(world, OF_WORKSPACE, TWO_DAYS)
    second = await world.book(210 * H, session_type="Leadership")
    assert first.policy_id == second.policy_id


async def test_a_change_between_quote_and_confirmation_leaves_sessions_under_way_alone(world: World) -> None:
    await world.grant()
    session = await world.book(30 * H)
    quoted = await world.quote(session)
    await save(world, OF_WORKSPACE, HALF)
    await save(world, await type_scope(world, "Coaching"), WEEK)
    found = await browse.details(world.store, world.clock, Actor(WORKSPACE, ANNA), session.id)
    assert found.row.policy == Policy()
    assert found.other_terms_now
    done = await world.confirm(quoted)
    assert isinstance(done, cancel.Canceled)
    assert done.quote.returned == 100
    assert await world.balance() == 1000


async def test_details_say_nothing_where_a_booking_would_get_the_same_terms(world: World) -> None:
    await world.grant(package="Ten", session_type="Leadership")
    await save(world, await package_scope(world, "Ten"), WEEK)
    session = await world.book(200 * H, session_type="Leadership")
    await save(world, OF_WORKSPACE, HALF)
    assert not (await browse.details(world.store, world.clock, Actor(WORKSPACE, ANNA), session.id)).other_terms_now


async def test_the_dialog_and_the_booking_ask_the_same_for_the_terms(world: World) -> None:
    await world.grant()
    await world.grant(credits=ONE_CREDIT, package="Ten", session_type="Leadership")
    await save(world, await package_scope(world, "Ten"), HALF)
    anna, kind = Actor(WORKSPACE, ANNA), await type_scope(world, "Leadership")
    for starts_in, expected in ((200 * H, HALF), (210 * H, Policy())):
        shown = await slots.open_booking(world.store, world.clock, anna, type_id=kind.id)
        booked = await world.book(starts_in, session_type="Leadership")
        assert (shown.policy_id, shown.policy) == (booked.policy_id, expected)


async def test_nothing_is_booked_under_terms_that_were_not_shown(world: World) -> None:
    await world.grant()
    async with world.store.read(WORKSPACE) as queries:
        seen, _ = await queries.terms.current("Coaching")
    await save(world, OF_WORKSPACE, WEEK)
    command = booking.Book(
        actor=Actor(WORKSPACE, ANNA),
        role=Hat.CLIENT,
        client_id=ANNA,
        coach_id=COACH,
        session_type="Coaching",
        starts_at=world.clock.now() + 200 * H,
        length=H,
        time_zone="UTC",
        session_id="s",
        policy_id=seen,
    )
    with pytest.raises(TermsChanged):
        await booking.book(world.store, world.clock, command)
    assert await world.balance() == 1000
    async with world.store.read(WORKSPACE) as queries:
        assert await queries.sessions.find("s") is None
        now, _ = await queries.terms.current("Coaching")
    assert (await booking.book(world.store, world.clock, replace(command, policy_id=now))).policy_id == now


async def two_terms(world: World) -> tuple[Session, Session]:
    """A session 30 hours ahead under the default terms, and one 40 hours ahead that asks for a reason and 48 hours."""
    await world.grant()
    first = await world.book(30 * H)
    strict = replace(
        TWO_DAYS, reason=ReasonRule.REQUIRED, booking_grace=timedelta(0), reschedule_window=48 * H, reschedule_limit=1
    )
    await save(world, OF_WORKSPACE, strict)
    second = await world.book(40 * H)
    world.clock.advance(timedelta(minutes=1))  # Its booking grace of nothing is over after the moment it was booked in.
    return first, second


async def test_sessions_of_two_policies_are_quoted_each_by_its_own_and_one_reason_rule_counts_for_all(
    world: World,
) -> None:
    first, second = await two_terms(world)
    with pytest.raises(ReasonRequired):
        await world.confirm(await world.quote(first, second, reason=None))
    assert (await world.quote(first, reason=None)).quote.returned == 100
    quoted = await world.quote(first, second)
    assert [(line.percent, line.late) for line in quoted.quote.lines] == [(100, False), (0, True)]
    done = await world.confirm(quoted)
    assert isinstance(done, cancel.Canceled)
    assert {s.id: s.cancellation.returned for s in done.sessions if s.cancellation} == {first.id: 100, second.id: 0}
    assert all(s.cancellation and s.cancellation.reason == "Ill" for s in done.sessions)
    assert await world.balance() == 900


async def test_sessions_of_two_policies_are_moved_together_only_where_each_ones_own_allows_it(world: World) -> None:
    first, second = await two_terms(world)
    hours = Availability(time_zone="UTC", hours=parse_hours("Mon-Sun 0:00-24:00"))
    await slots.save_hours(world.store, Actor(WORKSPACE, COACH), "hours", COACH, hours)
    times = [NewTime(one.id, one.starts_at, one.starts_at + 72 * H) for one in (first, second)]

    async def move(*wanted: NewTime) -> None:
        command = MoveSessions(
            actor=Actor(WORKSPACE, ANNA),
            request_key=new_id(world.clock.now()),
            hat=Hat.CLIENT,
            subject_id=ANNA,
            times=wanted,
        )
        await reschedule.move_sessions(world.store, world.clock, command)

    with pytest.raises(CannotMove) as refused:
        await move(*times)
    assert refused.value.why == {second.id: "late"}
    await move(times[0])
    async with world.store.read(WORKSPACE) as queries:
        moved = await queries.sessions.find(first.id)
    assert moved is not None
    assert (moved.policy_id, moved.refund_cutoff_at) == (first.policy_id, first.refund_cutoff_at + 72 * H)


async def test_only_admins_keep_terms_and_only_of_what_there_is(world: World) -> None:
    await world.grant(package="Ten", session_type="Leadership")
    scope, anna = await type_scope(world, "Leadership"), Actor(WORKSPACE, ANNA)
    with pytest.raises(AdminsOnly):
        await policies.open_terms(world.store, world.clock, anna, scope)
    with pytest.raises(AdminsOnly):
        await policies.save_terms(world.store, anna, "save", scope, WEEK)
    with pytest.raises(AdminsOnly):
        await policies.drop_terms(world.store, anna, "drop", scope)
    for gone in (TermsScope(TermsOf.TYPE, "gone"), TermsScope(TermsOf.PACKAGE, scope.id)):
        with pytest.raises(TermsGone):
            await policies.save_terms(world.store, ADA, f"save {gone}", gone, WEEK)
    with pytest.raises(TermsGone):
        await policies.drop_terms(world.store, ADA, "drop", OF_WORKSPACE)
    await policies.save_terms(world.store, ADA, "once", scope, WEEK)
    with pytest.raises(Replayed):
        await policies.save_terms(world.store, ADA, "once", scope, HALF)
    assert (await policies.open_terms(world.store, world.clock, ADA, scope)).terms.policy == WEEK
