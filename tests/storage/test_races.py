"""Two things at once: one outcome, the money right, and the loser told in words of ours.

Every racer has a store, a pool and connections of its own, as replicas have. On SQLite they are connections to one file.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest

from coaching.actions import cancel, decide, exceptions, people, remind, requests, reschedule, undo
from coaching.availability import Availability, LocalRange, WeeklyHours
from coaching.clock import ManualClock
from coaching.errors import (
    CannotMove,
    ChangedMeanwhile,
    ClientBusy,
    CoachingError,
    NotBookable,
    NotEnoughCredits,
    SlotTaken,
    StorageBusy,
    UndoClosed,
)
from coaching.ids import new_id
from coaching.policy import Policy
from coaching.sessions import Actor, Decision, Hat, Person, Session, Status
from coaching.workspace import Settings
from tests.support.invariants import check_invariants
from tests.support.races import only, race, replicas
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

DAY = timedelta(hours=24)
PAT_MAIL, PAT = "mail:pat@example.com", "U0PAT"


@pytest.fixture
async def worlds(database_url: str, clock: ManualClock) -> AsyncIterator[list[World]]:
    """Eight replicas over one database."""
    async with replicas(database_url, clock, 8) as made:
        await made[0].people()
        await made[0].grant()
        await made[0].grant(BORIS)
        # Every pool opens its connections now, so that the racers start together.
        await asyncio.gather(*(world.balance() for world in made))
        yield made
    await check_invariants(database_url)


async def press(world: World, quoted: cancel.Quoted) -> cancel.Canceled | cancel.Quoted:
    return await world.confirm(quoted)


async def after(world: World, *sessions: Session) -> list[Session]:
    async with world.store.read(WORKSPACE) as queries:
        return await queries.sessions.by_ids([s.id for s in sessions])


async def test_eight_clicks_on_one_dialog_cancel_once_and_show_everybody_the_result(worlds: list[World]) -> None:
    sessions = [await worlds[0].book(DAY * n) for n in (3, 4, 5)]
    quoted = await worlds[0].quote(*sessions)
    results = await race(*(press(world, quoted) for world in worlds))
    assert len(only(results, cancel.Canceled)) == 8
    assert [result.again for result in results].count(False) == 1
    assert len({result.draft.action_id for result in results}) == 1
    assert await worlds[0].balance() == 1000


async def test_dialogs_over_the_same_sessions_cancel_once_and_the_others_come_back_with_new_terms(
    worlds: list[World],
) -> None:
    sessions = [await worlds[0].book(DAY * n) for n in range(3, 7)]
    dialogs = [await worlds[0].quote(*sessions[n % 3 :], reason=f"dialog {n}") for n in range(8)]
    results = await race(*(press(world, quoted) for world, quoted in zip(worlds, dialogs, strict=True)))
    [done] = only(results, cancel.Canceled)
    assert len(only(results, cancel.Quoted)) == 7
    assert all(result.gone for result in only(results, cancel.Quoted))
    canceled = [s for s in await after(worlds[0], *sessions) if s.status is Status.CANCELED]
    assert {s.id for s in canceled} == {s.id for s in done.sessions}


async def test_client_coach_and_admin_cancel_the_same_session_once(worlds: list[World]) -> None:
    for hours in (30, 3):  # in time, and late: the coach would return what the client forfeits
        session = await worlds[0].book(timedelta(hours=hours))
        worlds[0].clock.advance(timedelta(minutes=20))
        dialogs = [
            await worlds[0].quote(session),
            await worlds[0].quote(session, who=COACH, hat=Hat.COACH),
            await worlds[0].quote(session, who=ADMIN, hat=Hat.ADMIN, subject=ANNA),
        ]
        results = await race(*(press(world, quoted) for world, quoted in zip(worlds, dialogs, strict=False)))
        assert len(only(results, cancel.Canceled)) == 1
        assert len(only(results, cancel.Quoted)) == 2


async def test_refund_against_keep_is_decided_once(worlds: list[World]) -> None:
    sessions = [await worlds[0].book(timedelta(hours=n)) for n in (3, 5, 7)]
    worlds[0].clock.advance(timedelta(minutes=20))
    await worlds[0].cancel(*sessions)

    def decision(n: int) -> decide.DecideLate:
        who = (COACH, ADMIN)[n % 2]
        ids = [s.id for s in (sessions if n % 3 else sessions[::-1])]
        return decide.DecideLate(actor=Actor(WORKSPACE, who), session_ids=ids, refund=n % 2 == 0)

    results = await race(*(decide.decide_late(world.store, world.clock, decision(n)) for n, world in enumerate(worlds)))
    winners = [n for n, result in enumerate(results) if only([result], decide.Decided) and result.decided]
    assert len(winners) == 1
    outcomes = {s.cancellation and s.cancellation.decision for s in await after(worlds[0], *sessions)}
    assert outcomes == {Decision.REFUNDED if winners[0] % 2 == 0 else Decision.KEPT}
    assert await worlds[0].balance() == (1000 if winners[0] % 2 == 0 else 700)


async def test_one_of_eight_bookings_gets_the_slot(worlds: list[World]) -> None:
    results = await race(
        *(
            world.book(DAY * 3 + timedelta(minutes=5 * n), client=(ANNA, BORIS)[n % 2], price=0)
            for n, world in enumerate(worlds)
        )
    )
    # Whoever has won is in their own way from then on.
    assert len(only(results, Session)) == 1
    assert len(only(results, ClientBusy)) == 3
    assert len(only(results, SlotTaken)) == 4


async def test_the_last_credits_are_spent_once(worlds: list[World]) -> None:
    results = await race(
        *(world.book(DAY * (n + 3), coach=(COACH, OTHER_COACH)[n % 2], price=400) for n, world in enumerate(worlds))
    )
    assert len(only(results, Session)) == 2
    assert len(only(results, NotEnoughCredits)) == 6
    assert await worlds[0].balance() == 200


async def test_the_places_of_a_package_are_given_once_each(worlds: list[World]) -> None:
    await worlds[0].grant(ANNA, 800, package="8-pack", session_type="Coaching")
    results = await race(*(world.book(DAY * (n + 3)) for n, world in enumerate(worlds)))
    assert sorted(s.package.position for s in only(results, Session)) == list(range(1, 9))


async def test_keep_against_cancel_leaves_no_countdown_for_a_canceled_session(worlds: list[World]) -> None:
    for n in range(4):
        session = await worlds[0].book(DAY * (3 + n))
        quoted = await worlds[0].quote(session)
        keep = remind.Keep(actor=Actor(WORKSPACE, ANNA), session_id=session.id)
        results = await race(remind.keep(worlds[1].store, worlds[1].clock, keep), press(worlds[2], quoted))
        assert isinstance(results[1], cancel.Canceled)
        [ended] = await after(worlds[0], session)
        assert ended.status is Status.CANCELED


async def test_linking_somebody_against_canceling_for_them_loses_neither(worlds: list[World]) -> None:
    await worlds[0].grant(PAT_MAIL, 1000)
    sessions = [await worlds[0].book(DAY * n, client=PAT_MAIL) for n in range(3, 11)]
    dialogs = [
        await worlds[0].quote(*sessions[:4], who=ADMIN, hat=Hat.ADMIN, subject=PAT_MAIL),
        await worlds[0].quote(*sessions[2:], who=COACH, hat=Hat.COACH),
    ]
    pat = Person(PAT, "Pat", "pat@example.com")
    now = worlds[0].clock.now()
    results = await race(
        *(press(world, quoted) for world, quoted in zip(worlds, dialogs, strict=False)),
        *(people.remember(world.store, world.clock, WORKSPACE, pat, now, link=True) for world in worlds[4:]),
    )
    assert sorted(only(results[2:], int)) == [0, 0, 0, 8]
    assert {s.client.id for s in await after(worlds[0], *sessions)} == {PAT}
    canceled = sum(len(done.sessions) for done in only(results, cancel.Canceled))
    assert await worlds[0].balance(PAT) == 200 + 100 * canceled
    assert await worlds[0].balance(PAT_MAIL) == 0


async def test_credits_that_come_back_while_others_are_spent_add_up(worlds: list[World]) -> None:
    grant = worlds[0].clock.now() + DAY
    await worlds[0].grant(BORIS, 500, expires_at=grant)
    sessions = [await worlds[0].book(DAY * n, client=BORIS, coach=OTHER_COACH) for n in range(5, 9)]
    worlds[0].clock.advance(DAY * 2)
    dialogs = [await worlds[0].quote(s, who=BORIS) for s in sessions]
    booking: list[Callable[[], Awaitable[Session]]] = [
        (lambda world=world, n=n: world.book(DAY * (20 + n), client=BORIS)) for n, world in enumerate(worlds[4:])
    ]
    results = await race(
        *(press(world, quoted) for world, quoted in zip(worlds, dialogs, strict=False)),
        *(start() for start in booking),  # type: ignore[arg-type]
    )
    assert len(only(results, cancel.Canceled)) == 4
    assert len(only(results, Session)) == 4
    # 100 expired unspent and wait to be closed; what came back lies beside them, in grants of its own.
    assert await worlds[0].balance(BORIS) == 1500 - 400


async def _one_slot(worlds: list[World], tasks: int) -> None:
    async def book(n: int) -> Session:
        return await worlds[n % 8].book(DAY * 3, client=(ANNA, BORIS)[n % 2])

    results = await race(*(book(n) for n in range(tasks)))
    assert len(only(results, Session)) == 1
    assert {type(result) for result in results} <= {Session, SlotTaken, ClientBusy, NotBookable, StorageBusy}
    assert await worlds[0].balance() + await worlds[0].balance(BORIS) == 1900


async def test_sixty_book_one_slot_and_one_of_them_gets_it(worlds: list[World]) -> None:
    await _one_slot(worlds, 60)


@pytest.mark.deep
@pytest.mark.timeout(600)
async def test_a_thousand_book_one_slot_and_one_of_them_gets_it(worlds: list[World]) -> None:
    await _one_slot(worlds, 1000)


async def _undo(world: World, done: cancel.Canceled) -> object:
    action_id = done.draft.action_id or ""
    return await undo.undo(world.store, world.clock, undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=action_id))


async def _move(world: World, session: Session, later: timedelta, who: str = ANNA, hat: Hat = Hat.CLIENT) -> object:
    command = reschedule.MoveSessions(
        actor=Actor(WORKSPACE, who),
        request_key=new_id(world.clock.now()),
        hat=hat,
        subject_id=who,
        times=[reschedule.NewTime(session.id, session.starts_at, session.starts_at + later)],
    )
    return await reschedule.move_sessions(world.store, world.clock, command)


async def _hours(world: World) -> None:
    async with world.store.write(WORKSPACE) as uow:
        week = WeeklyHours(((LocalRange(0, 24 * 60),),) * 7)
        await uow.schedule.save(COACH, Availability(time_zone="UTC", hours=week))
        await uow.commit()


async def test_undo_against_a_second_click_on_the_dialog_restores_once(worlds: list[World]) -> None:
    session = await worlds[0].book(DAY * 3)
    quoted = await worlds[0].quote(session)
    done = await worlds[0].confirm(quoted)
    assert isinstance(done, cancel.Canceled)
    results = await race(*(press(world, quoted) for world in worlds[:4]), *(_undo(world, done) for world in worlds[4:]))
    assert all(result.again for result in only(results, cancel.Canceled))
    assert only(results[4:], CoachingError) == []
    [restored] = await after(worlds[0], session)
    assert (restored.status, restored.refund_cutoff_at) == (Status.SCHEDULED, session.refund_cutoff_at)
    assert await worlds[0].balance() == 900


async def test_undo_against_spending_what_came_back_has_one_winner(worlds: list[World]) -> None:
    session = await worlds[0].book(DAY * 3, price=1000)
    done = await worlds[0].cancel(session)
    results = await race(_undo(worlds[0], done), worlds[1].book(DAY * 5, price=600))
    [refused] = only(results, CoachingError)
    assert isinstance(refused, UndoClosed | NotEnoughCredits)
    assert await worlds[0].balance() == (0 if isinstance(refused, NotEnoughCredits) else 400)


async def test_undo_against_the_coachs_decision_has_one_winner(worlds: list[World]) -> None:
    session = await worlds[0].book(timedelta(hours=3))
    worlds[0].clock.advance(timedelta(minutes=20))
    done = await worlds[0].cancel(session)
    decision = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=True)
    undone, decided = await race(_undo(worlds[0], done), decide.decide_late(worlds[1].store, worlds[1].clock, decision))
    [ended] = await after(worlds[0], session)
    if isinstance(undone, UndoClosed):
        assert (undone.why, ended.status, await worlds[0].balance()) == ("decided", Status.CANCELED, 1000)
        assert len(decided.decided) == 1
    else:
        assert (ended.status, await worlds[0].balance()) == (Status.SCHEDULED, 900)
        assert decided.decided == []


@pytest.mark.parametrize("past", [timedelta(microseconds=-1), timedelta(0), timedelta(microseconds=1)])
async def test_an_exception_has_one_outcome_whoever_and_whatever_is_first(worlds: list[World], past: timedelta) -> None:
    await worlds[0].settings(Settings(policy=Policy(decide_within=timedelta(seconds=30), undecided_percent=50)))
    sessions = [await worlds[0].book(timedelta(hours=n)) for n in (3, 5)]
    worlds[0].clock.advance(timedelta(minutes=20))
    done = await worlds[0].cancel(*sessions)
    ask = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or "")
    asked = await race(*(exceptions.ask(world.store, world.clock, ask) for world in worlds[:4]))
    assert [case.again for case in asked].count(False) == 1
    worlds[0].clock.advance(timedelta(seconds=30) + past)
    ids = [s.id for s in sessions]

    def press(world: World, who: str, *, refund: bool) -> Coroutine[Any, Any, decide.Decided]:
        command = decide.DecideLate(actor=Actor(WORKSPACE, who), session_ids=ids, refund=refund)
        return decide.decide_late(world.store, world.clock, command)

    undone, coachs, admins, *_ = await race(
        _undo(worlds[0], done),
        press(worlds[1], COACH, refund=True),
        press(worlds[2], ADMIN, refund=False),
        *(requests.decide_overdue(world.store, world.clock, 200) for world in worlds[3:5]),
    )
    after_it = await after(worlds[0], *sessions)
    if isinstance(undone, UndoClosed):
        decisions = {s.cancellation.decision for s in after_it if s.cancellation}
        [decision] = decisions
        by_time = past > timedelta(0)
        expected = {Decision.PARTLY: 900, Decision.REFUNDED: 1000, Decision.KEPT: 800}
        assert await worlds[0].balance() == expected[decision or Decision.OPEN]
        assert (decision is Decision.PARTLY) is by_time
        assert len(coachs.decided) + len(admins.decided) == (0 if by_time else 2)
    else:
        assert {s.status for s in after_it} == {Status.SCHEDULED}
        assert (list(coachs.decided), list(admins.decided)) == ([], [])
        assert await worlds[0].balance() == 800


async def test_two_clients_move_onto_one_slot_and_one_of_them_gets_it(worlds: list[World]) -> None:
    await _hours(worlds[0])
    one = await worlds[0].book(DAY * 3)
    two = await worlds[0].book(DAY * 4, client=BORIS)
    results = await race(_move(worlds[0], one, DAY * 2), _move(worlds[1], two, DAY, BORIS))
    assert len(only(results, reschedule.Rescheduled)) == 1
    assert len(only(results, SlotTaken)) == 1


async def test_move_against_cancel_leaves_one_truth(worlds: list[World]) -> None:
    await _hours(worlds[0])
    session = await worlds[0].book(DAY * 3)
    quoted = await worlds[0].quote(session)
    moved, canceled = await race(_move(worlds[0], session, DAY), press(worlds[1], quoted))
    [ended] = await after(worlds[0], session)
    if isinstance(moved, reschedule.Rescheduled):
        # The dialog had quoted the session at its old time: it comes back with the new one and cancels nothing.
        assert isinstance(canceled, cancel.Quoted)
        assert (ended.status, ended.starts_at) == (Status.SCHEDULED, session.starts_at + DAY)
    else:
        assert isinstance(canceled, cancel.Canceled)
        assert isinstance(moved, CannotMove | ChangedMeanwhile)
        assert (ended.status, ended.starts_at) == (Status.CANCELED, session.starts_at)
