"""What comes back shortly before or after the end of its credits: into a grant of its own, whose end its client cannot move."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from coaching.actions import cancel, credits, decide, packages, retire, undo
from coaching.clock import ManualClock
from coaching.errors import NotEnoughCredits, UndoClosed
from coaching.ids import new_id
from coaching.localtime import local_day
from coaching.packages import Holder, Holding
from coaching.policy import Policy, Tier
from coaching.sessions import Actor, Decision, Hat, Session, Status, Usable
from coaching.workspace import Settings
from storage import SqlStore
from tests.support.invariants import violations
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE, World

DAY, HOUR, MINUTE = timedelta(hours=24), timedelta(hours=1), timedelta(minutes=1)
LAST_DAY = local_day(date(2026, 12, 16), "America/New_York")
"""The day on which thirty days after the tests' clock begins fall, where people live."""
ENDS = datetime(2026, 12, 17, 4, 59, 59, tzinfo=UTC)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> AsyncIterator[World]:
    world = World(store, clock)
    await world.people()
    yield world
    async with store.engines.reader.connect() as connection:
        assert await violations(connection) == []


def in_(world: World, span: timedelta) -> datetime:
    return world.clock.now() + span


async def held(world: World, holder: Holder | None = None) -> dict[str, Holding]:
    """Return what a holder has or had, by id."""
    async with world.store.read(WORKSPACE) as queries:
        return {one.grant.id: one for one in await queries.grants.holdings(holder or Holder(ANNA))}


async def returned(world: World, parent: str, holder: Holder | None = None) -> list[Holding]:
    """Return the grants that hold, or held, what came back of another one, in the order in which they were opened."""
    found = [one for one in (await held(world, holder)).values() if one.grant.parent_id == parent]
    return sorted(found, key=lambda one: one.grant.id)


async def take_back(world: World, done: cancel.Canceled, who: str = ANNA) -> None:
    command = undo.Undo(actor=Actor(WORKSPACE, who), action_id=done.draft.action_id or "")
    await undo.undo(world.store, world.clock, command)


async def give_anyway(world: World, session: Session) -> None:
    command = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=True)
    await decide.decide_late(world.store, world.clock, command)


async def twice_returned(world: World) -> tuple[str, Holding, Session]:
    """Cancel a session whose credits end tomorrow, and book another far ahead with what came back."""
    grant = await world.grant(credits=100, expires_at=in_(world, DAY))
    await world.cancel(await world.book(40 * DAY))
    [back] = await returned(world, grant)
    return grant, back, await world.book(90 * DAY)


async def test_what_returns_ten_minutes_before_the_end_lasts_a_return_period_and_nothing_beside_it_does(
    world: World,
) -> None:
    grant = await world.grant(credits=300, expires_at=in_(world, 10 * MINUTE))
    session = await world.book(40 * DAY)
    before = (await held(world))[grant]
    quoted = await world.quote(session)
    [line] = quoted.quote.lines
    assert [(one.until, one.parent_id, one.amount) for one in line.back] == [(ENDS, grant, 100)]
    done = await world.confirm(quoted)
    assert isinstance(done, cancel.Canceled)
    assert done.sessions[0].cancellation is not None
    assert done.sessions[0].cancellation.usable == (Usable(100, ENDS, LAST_DAY),)
    [back] = await returned(world, grant)
    assert (back.grant.balance, back.grant.expires_at) == (100, ENDS)
    after = (await held(world))[grant]
    assert after == before
    world.clock.advance(DAY)
    assert sum(one.grant.balance for one in (await held(world)).values() if one.grant.usable(world.clock.now())) == 100


async def test_what_has_long_enough_goes_back_to_where_it_came_from(world: World) -> None:
    grant = await world.grant(credits=300, expires_at=in_(world, 30 * DAY))
    session = await world.book(40 * DAY)
    [line] = (await world.cancel(session)).quote.lines
    assert [(one.until, one.parent_id) for one in line.back] == [(in_(world, 30 * DAY), None)]
    assert await returned(world, grant) == []


async def test_booking_far_ahead_and_canceling_again_never_makes_credits_last_longer(world: World) -> None:
    grant, back, session = await twice_returned(world)
    ends = back.grant.expires_at
    for _ in range(3):
        world.clock.advance(DAY)
        await world.cancel(session)
        assert await returned(world, grant) == [replace(back, grant=replace(back.grant, balance=100))]
        session = await world.book(90 * DAY)
    assert ends is not None
    world.clock.set(ends)
    quoted = await world.quote(session)
    assert (quoted.quote.returned, quoted.quote.forfeited, quoted.quote.lines[0].lapsed) == (0, 100, 100)
    done = await world.confirm(quoted)
    assert isinstance(done, cancel.Canceled)
    ended = done.sessions[0].cancellation
    assert ended is not None
    assert (ended.returned, ended.late, ended.usable) == (0, False, ())
    assert await world.balance() == 0
    with pytest.raises(NotEnoughCredits):
        await world.book(DAY)


async def test_a_quote_from_before_the_end_cancels_nothing_after_it(world: World) -> None:
    _, back, session = await twice_returned(world)
    assert back.grant.expires_at is not None
    world.clock.set(back.grant.expires_at - timedelta(seconds=1))
    quoted = await world.quote(session)
    assert quoted.quote.returned == 100
    world.clock.advance(timedelta(seconds=1))
    again = await world.confirm(quoted)
    assert isinstance(again, cancel.Quoted)
    assert (again.changed, again.quote.returned) == (True, 0)


async def test_the_day_it_ends_changes_a_quote_and_the_minute_does_not(world: World) -> None:
    await world.grant(credits=100, expires_at=in_(world, DAY))
    session = await world.book(40 * DAY)
    quoted = await world.quote(session)
    world.clock.advance(13 * HOUR + 59 * MINUTE)
    assert (await world.quote(session)).quote.seal == quoted.quote.seal
    world.clock.advance(MINUTE)
    again = await world.confirm(quoted)
    assert isinstance(again, cancel.Quoted)
    assert [one.until for one in again.quote.lines[0].back] == [ENDS + DAY]


async def test_an_admin_who_moves_the_end_between_quote_and_confirmation_changes_the_terms(world: World) -> None:
    grant = await world.grant(credits=300, expires_at=in_(world, 90 * DAY))
    session = await world.book(40 * DAY)
    quoted = await world.quote(session)
    await credits.change_expiry(
        world.store, world.clock, Actor(WORKSPACE, ADMIN), "nearer", grant, in_(world, 2 * DAY).date()
    )
    again = await world.confirm(quoted)
    assert isinstance(again, cancel.Quoted)
    assert [(one.until, one.parent_id) for one in again.quote.lines[0].back] == [(ENDS, grant)]


@pytest.mark.parametrize(("hat", "who"), [(Hat.COACH, COACH), (Hat.ADMIN, ADMIN)])
@pytest.mark.parametrize("after", [False, True])
async def test_what_coach_or_admin_cancel_has_a_whole_period_again(
    world: World, hat: Hat, who: str, after: bool
) -> None:
    grant, back, session = await twice_returned(world)
    assert back.grant.expires_at is not None
    world.clock.set(back.grant.expires_at + (DAY if after else -DAY))
    quoted = await world.quote(session, who=who, hat=hat, subject=COACH if hat is Hat.COACH else ANNA)
    assert isinstance(await world.confirm(quoted), cancel.Canceled)
    _, new = await returned(world, grant)
    assert new.grant.expires_at is not None
    assert 30 * DAY <= new.grant.expires_at - world.clock.now() < 31 * DAY
    assert new.grant.balance == 100


async def test_a_coach_who_is_removed_returns_everything_for_a_whole_period(world: World) -> None:
    grant, _, session = await twice_returned(world)
    command = retire.Retire(actor=Actor(WORKSPACE, ADMIN), request_key="r", coach_id=COACH, cancel=True, reason=None)
    world.clock.advance(10 * DAY)
    assert await retire.retire(world.store, world.clock, command) == 1
    _, new = await returned(world, grant)
    assert (new.grant.balance, new.grant.expires_at) == (100, ENDS + 10 * DAY)
    async with world.store.read(WORKSPACE) as queries:
        [canceled] = await queries.sessions.by_ids([session.id])
    assert canceled.status is Status.CANCELED


async def test_what_has_ended_a_coach_may_still_return(world: World) -> None:
    grant, back, session = await twice_returned(world)
    assert back.grant.expires_at is not None
    world.clock.set(back.grant.expires_at)
    [lapsed] = (await world.cancel(session)).sessions
    assert lapsed.cancellation is not None
    assert lapsed.cancellation.decision is Decision.OPEN
    await give_anyway(world, session)
    _, new = await returned(world, grant)
    assert new.grant.balance == 100
    assert new.grant.expires_at == in_(world, 30 * DAY)


async def test_half_comes_back_at_once_and_the_rest_later_each_with_its_own_end(world: World) -> None:
    half = Policy(tiers=(Tier(24 * HOUR, 100), Tier(12 * HOUR, 50)), booking_grace=timedelta(0))
    await world.settings(Settings(policy=half))
    grant = await world.grant(credits=101, expires_at=in_(world, DAY))
    session = await world.book(3 * DAY, price=101)
    world.clock.set(session.starts_at - 13 * HOUR)
    await world.cancel(session)
    world.clock.advance(2 * DAY)
    await give_anyway(world, session)
    assert [one.grant.balance for one in await returned(world, grant)] == [51, 50]
    async with world.store.read(WORKSPACE) as queries:
        [decided] = await queries.sessions.by_ids([session.id])
    assert decided.cancellation is not None
    assert [one.amount for one in decided.cancellation.usable] == [51, 50]
    assert [one.amount for one in decided.cancellation.usable_late] == [50]
    first, second = decided.cancellation.usable
    assert first.until is not None
    assert second.until == first.until + 2 * DAY


async def test_undo_takes_it_out_again_and_the_next_cancellation_opens_another_one(world: World) -> None:
    grant = await world.grant(credits=100, expires_at=in_(world, 10 * MINUTE))
    session = await world.book(40 * DAY)
    done = await world.cancel(session)
    world.clock.advance(timedelta(seconds=30))
    await take_back(world, done)
    [empty] = await returned(world, grant)
    assert (empty.grant.balance, empty.grant.expires_at) == (0, ENDS)
    assert await world.balance() == 0
    world.clock.advance(DAY)
    await world.cancel(session)
    assert [one.grant.balance for one in await returned(world, grant)] == [0, 100]
    assert (await held(world))[grant].grant.balance == 0


async def test_undo_is_closed_once_what_came_back_was_spent_or_taken_back(world: World) -> None:
    grant = await world.grant(credits=200, expires_at=in_(world, 10 * MINUTE))
    one, other = await world.book(40 * DAY), await world.book(41 * DAY)
    done = await world.cancel(one)
    await world.book(42 * DAY)
    with pytest.raises(UndoClosed) as closed:
        await take_back(world, done)
    assert closed.value.why == "spent"
    done = await world.cancel(other)
    back = (await returned(world, grant))[-1].grant.id
    await credits.take_back(world.store, world.clock, Actor(WORKSPACE, ADMIN), "back", back, 100)
    with pytest.raises(UndoClosed):
        await take_back(world, done)


async def test_several_sessions_of_one_action_share_one_returned_grant_for_each_grant_that_paid(world: World) -> None:
    first = await world.grant(credits=150, expires_at=in_(world, DAY))
    second = await world.grant(credits=100, expires_at=in_(world, 2 * DAY))
    lasting = await world.grant(credits=50)
    sessions = [await world.book(n * DAY) for n in (40, 41, 42)]
    done = await world.cancel(*sessions)
    assert done.quote.returned == 300
    assert [one.grant.balance for one in await returned(world, first)] == [150]
    assert [one.grant.balance for one in await returned(world, second)] == [100]
    assert (await held(world))[lasting].grant.balance == 50
    await take_back(world, done)
    assert await world.balance() == 0


async def test_two_cancellations_at_once_each_return_what_they_quoted(world: World) -> None:
    grant = await world.grant(credits=200, expires_at=in_(world, DAY))
    quoted = [await world.quote(await world.book(n * DAY)) for n in (40, 41)]
    done = await asyncio.gather(*map(world.confirm, quoted))
    assert all(isinstance(one, cancel.Canceled) for one in done)
    assert [one.grant.balance for one in await returned(world, grant)] == [100, 100]


async def test_a_package_keeps_its_sessions_type_and_places(world: World) -> None:
    package = await world.grant(credits=300, package="Trio", session_type="Coaching", expires_at=in_(world, 5 * DAY))
    sessions = [await world.book(n * DAY) for n in (40, 41, 42)]
    assert [one.package.position for one in sessions if one.package] == [1, 2, 3]
    await world.cancel(sessions[1])
    [back] = await returned(world, package)
    assert (back.grant.session_type, back.grant.size, back.grant.label) == ("Coaching", 3, "Trio")
    with pytest.raises(NotEnoughCredits):
        await world.book(43 * DAY, session_type="Review")
    world.clock.advance(6 * DAY)
    again = await world.book(43 * DAY)
    assert again.package is not None
    assert (again.package.name, again.package.position, again.package.size) == ("Trio", 2, 3)
    assert again.package.grant_id == package


async def test_what_a_pool_paid_comes_back_to_the_pool_by_its_contacts_calendar(world: World) -> None:
    admin = Actor(WORKSPACE, ADMIN)
    saved = await packages.save_pool(
        world.store, world.clock, admin, "p", pool_id=None, name="Acme", contact_id=COACH, member_ids=[ANNA, BORIS]
    )
    give = credits.Give(
        actor=admin,
        request_key=new_id(world.clock.now()),
        holder=Holder(pool_id=saved),
        amount=100,
        expires_on=in_(world, 2 * DAY).date(),
    )
    given = await credits.give(world.store, world.clock, give)
    session = await world.book(40 * DAY)
    [line] = (await world.cancel(session)).quote.lines
    assert [(one.pool, one.until) for one in line.back] == [("Acme", ENDS)]
    [back] = await returned(world, given.grant.id, Holder(pool_id=saved))
    assert back.holder == Holder(pool_id=saved)
    assert await world.balance(BORIS) == 100
    assert back.warned_at is None  # its contact got no receipt
