"""Handing sessions over: who may, what stays, and that no client is worse off."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from coaching.actions import handover, move_requests, reschedule, retire
from coaching.actions.handover import HANDED_GRACE, handed
from coaching.actions.reschedule import moved
from coaching.clock import ManualClock
from coaching.errors import (
    CannotMove,
    ChangedMeanwhile,
    CoachesOnly,
    DialogExpired,
    NotBookable,
    NothingPicked,
    NotYours,
    SlotTaken,
)
from coaching.policy import Policy, Tier, refund_cutoff
from coaching.sessions import Actor, Hat, Person, Session, Status
from coaching.timeline import Event
from storage import SqlStore
from tests.conftest import START
from tests.support.invariants import check_invariants
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

H, DAY = timedelta(hours=1), timedelta(days=1)
TERMS = st.lists(st.integers(0, 96), unique=True, min_size=1, max_size=3).map(
    lambda leads: Policy(
        tiers=tuple(
            Tier(lead * H, percent) for lead, percent in zip(sorted(leads, reverse=True), (100, 50, 25), strict=False)
        )
    )
)


@pytest.fixture
async def practice(store: SqlStore, clock: ManualClock, database_url: str) -> AsyncIterator[World]:
    """Two coaches who give every hour, and credits of Anna's; in the end every rule holds."""
    world = World(store, clock)
    await world.people()
    await world.open()
    await world.open(OTHER_COACH)
    await world.grant()
    yield world
    await check_invariants(database_url)


async def now(world: World, session: Session) -> Session:
    async with world.store.read(WORKSPACE) as queries:
        found = await queries.sessions.find(session.id)
    assert found is not None
    return found


@given(
    policy=TERMS,
    ahead=st.integers(1, 200),
    booked=st.integers(0, 300),
    moved_from=st.none() | st.integers(-100, 300),
    later=st.lists(st.integers(0, 200 * 60), min_size=1, max_size=9),
)
def test_no_client_is_ever_worse_off_with_another_coach(
    policy: Policy, ahead: int, booked: int, moved_from: int | None, later: list[int]
) -> None:
    starts_at = START + ahead * H
    counted_from = None if moved_from is None else starts_at + moved_from * H
    session = Session(
        workspace_id=WORKSPACE,
        id="s1",
        client=Person(ANNA),
        coach=Person(COACH),
        session_type="Coaching",
        starts_at=starts_at,
        ends_at=starts_at + H,
        time_zone="UTC",
        booked_at=START - booked * H,
        refund_cutoff_at=min(
            starts_at, refund_cutoff(policy, starts_at=counted_from or starts_at, booked_at=START - booked * H)
        ),
        policy_id="p",
        price=100,
        terms_start_at=counted_from,
    )
    after = handed(session, policy, Person(OTHER_COACH), START)
    assert after.refund_cutoff_at >= min(starts_at, START + HANDED_GRACE)
    assert after.refund_cutoff_at <= starts_at
    for minutes in later:
        at = min(starts_at, START + timedelta(minutes=minutes))
        assert after.percent_back(policy, at) >= session.percent_back(policy, at)


@given(
    policy=TERMS,
    ahead=st.integers(2, 200),
    booked=st.integers(0, 300),
    waited=st.integers(0, 30 * 60),
    to=st.integers(1, 300 * 60),
    by=st.sampled_from(Hat),
)
def test_a_move_never_ends_the_day_that_a_hand_over_gives(
    policy: Policy, ahead: int, booked: int, waited: int, to: int, by: Hat
) -> None:
    starts_at, booked_at = START + ahead * H, START - booked * H
    session = Session(
        workspace_id=WORKSPACE,
        id="s1",
        client=Person(ANNA),
        coach=Person(COACH),
        session_type="Coaching",
        starts_at=starts_at,
        ends_at=starts_at + H,
        time_zone="UTC",
        booked_at=booked_at,
        refund_cutoff_at=refund_cutoff(policy, starts_at=starts_at, booked_at=booked_at),
        policy_id="p",
        price=100,
    )
    given = handed(session, policy, Person(OTHER_COACH), START)
    promised = min(starts_at, START + HANDED_GRACE)
    assume(given.refund_cutoff_at > session.refund_cutoff_at)
    now = min(promised, START + timedelta(minutes=waited))
    after = moved(given, policy, now + timedelta(minutes=to), now, by)
    assert after.refund_cutoff_at <= after.starts_at
    assert after.percent_back(policy, min(promised, after.starts_at)) == 100
    # Moved again, it is until when the client saw last.
    again = moved(after, policy, now + timedelta(minutes=2 * to), now, by)
    assert again.percent_back(policy, after.refund_cutoff_at) == 100


async def test_a_client_who_moves_what_was_handed_over_still_has_the_promised_day(practice: World) -> None:
    session = await practice.book(30 * H)
    practice.clock.set(session.refund_cutoff_at + H)
    promised = min(session.starts_at, practice.clock.now() + HANDED_GRACE)
    await practice.hand_over(session)
    handed_over = await now(practice, session)
    earlier = reschedule.NewTime(session.id, session.starts_at, session.starts_at - H)
    for role, who, time in (
        (Hat.COACH, OTHER_COACH, earlier),
        (Hat.ADMIN, ADMIN, reschedule.NewTime(session.id, earlier.to_start, session.starts_at + H)),
    ):
        command = reschedule.MoveSessions(
            actor=Actor(WORKSPACE, who),
            request_key=f"move {role}",
            hat=role,
            subject_id=OTHER_COACH if role is Hat.COACH else ANNA,
            times=[time],
        )
        await reschedule.move_sessions(practice.store, practice.clock, command)
    practice.clock.set(min(promised, earlier.to_start))
    after = await now(practice, session)
    assert after.version == handed_over.version + 2
    assert (await practice.quote(after)).quote.returned == 100


async def test_time_price_and_payment_stay_and_the_timeline_has_it(practice: World) -> None:
    session = await practice.book(3 * DAY)
    balance = await practice.balance()
    done = await practice.hand_over(session, who=COACH)
    after = await now(practice, session)
    assert done.sessions == [after]
    assert after.coach.id == OTHER_COACH
    assert (after.starts_at, after.price, after.money) == (session.starts_at, session.price, session.money)
    assert (after.version, after.reschedules) == (session.version + 1, 0)
    assert await practice.balance() == balance
    async with practice.store.read(WORKSPACE) as queries:
        entries, _ = await queries.timeline.of(session.id, 10)
        [move] = await queries.handovers.of_session(session.id)
    entry = entries[-1][0]
    assert (entry.event, entry.actor_id, entry.role) == (Event.HANDED_OVER, COACH, Hat.COACH)
    assert move.old_coach is not None
    assert move.new_coach is not None
    assert (move.old_coach.name, move.new_coach.name) == ("Carla Coach", "Otto Other")


async def test_who_may_hand_over(practice: World) -> None:
    session = await practice.book(3 * DAY)
    for who in (ANNA, BORIS, OTHER_COACH):
        with pytest.raises(NotYours):
            await practice.hand_over(session, who=who)
    await retire.retire(
        practice.store,
        practice.clock,
        retire.Retire(actor=Actor(WORKSPACE, ADMIN), request_key="out", coach_id=COACH, cancel=False),
    )
    with pytest.raises(CoachesOnly):
        await practice.hand_over(session, who=COACH)
    # What somebody gave who left goes on with another coach.
    await practice.hand_over(session, who=ADMIN)
    assert (await now(practice, session)).coach.id == OTHER_COACH


async def test_nobody_gets_a_session_they_cannot_give(practice: World) -> None:
    session = await practice.book(3 * DAY)
    for to, refused in ((COACH, NotBookable), (BORIS, NotBookable), (ANNA, NotBookable)):
        with pytest.raises(refused):
            await practice.hand_over(session, to=to)
    await practice.book(3 * DAY + H / 2, client=BORIS, coach=OTHER_COACH, price=0)
    with pytest.raises(SlotTaken):
        await practice.hand_over(session)
    assert (await now(practice, session)).version == session.version


async def test_all_or_none_go(practice: World) -> None:
    free, taken = await practice.book(3 * DAY), await practice.book(4 * DAY)
    await practice.book(4 * DAY, client=BORIS, coach=OTHER_COACH, price=0)
    with pytest.raises(SlotTaken):
        await practice.hand_over(free, taken)
    assert (await now(practice, free)).coach.id == COACH


async def test_what_is_over_or_canceled_stays(practice: World) -> None:
    soon, canceled = await practice.book(H), await practice.book(5 * DAY)
    await practice.cancel(canceled)
    practice.clock.advance(H + timedelta(minutes=1))
    with pytest.raises(CannotMove) as refused:
        await practice.hand_over(soon, canceled)
    assert set(refused.value.why) == {soon.id, canceled.id}


async def test_a_dialog_is_its_own_and_confirms_what_it_showed(practice: World) -> None:
    session = await practice.book(3 * DAY)
    carla = Actor(WORKSPACE, COACH)
    begin = {"draft_id": None, "hat": Hat.COACH, "subject_id": COACH, "session_ids": [session.id]}
    offer = await handover.begin(practice.store, practice.clock, carla, **begin)  # type: ignore[arg-type]
    command = handover.HandOver(actor=carla, draft_id=offer.draft.id, coach_id=OTHER_COACH, seal="other")
    with pytest.raises(ChangedMeanwhile):
        await handover.hand_over(practice.store, practice.clock, command)
    ada = replace(command, actor=Actor(WORKSPACE, ADMIN), seal=offer.seal)
    with pytest.raises(DialogExpired):
        await handover.hand_over(practice.store, practice.clock, ada)
    command = replace(command, seal=offer.seal)
    first = await handover.hand_over(practice.store, practice.clock, command)
    second = await handover.hand_over(practice.store, practice.clock, command)
    assert (first.again, second.again) == (False, True)
    assert [s.id for s in second.sessions] == [session.id]
    with pytest.raises(NothingPicked):
        await handover.begin(practice.store, practice.clock, carla, **{**begin, "session_ids": []})  # type: ignore[arg-type]


async def test_a_request_to_move_it_was_about_the_first_coachs_times(practice: World) -> None:
    session = await practice.book(20 * H)
    ask = move_requests.AskMove(actor=Actor(WORKSPACE, ANNA), session_id=session.id, times=[session.starts_at + DAY])
    await move_requests.ask(practice.store, practice.clock, ask)
    await practice.hand_over(session)
    async with practice.store.read(WORKSPACE) as queries:
        assert await queries.requests.open_moves([session.id]) == []


async def test_the_slot_of_a_canceled_session_stays_with_its_coach(practice: World) -> None:
    session, canceled = await practice.book(3 * DAY), await practice.book(4 * DAY)
    done = await practice.cancel(canceled)
    await practice.hand_over(session)
    after = await now(practice, canceled)
    assert after.coach.id == COACH
    assert after.status is Status.CANCELED
    assert done.sessions[0].cancellation is not None
