"""Credits are asked for by those who have too few, and given or not once: by an admin or time."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from coaching.actions import credit_answers, credit_requests, credits, plans, requests, upkeep
from coaching.actions.credit_requests import AskCredits
from coaching.causes import NoRequest
from coaching.clock import ManualClock
from coaching.errors import AdminsOnly, Answered, BadSetting, CannotRequest, NoteTooLong, NotYours
from coaching.news.kinds import NoticeKind
from coaching.packages import Holder, Holding
from coaching.quiet import parse_quiet_hours
from coaching.requests import NOTHING, RequestKind, RequestState, ToBook
from coaching.sessions import Actor, Person
from coaching.workspace import SessionType, Settings
from coaching.zones import zone
from storage import SqlStore
from storage.types import from_micros
from tests.actions.crediting import (
    DAY,
    MICRO,
    OTHER_ADMIN,
    SELF,
    WITHIN,
    H,
    ask,
    by_hand,
    decline,
    key,
    named,
    pass_on,
    pool,
    press,
    reread,
    rows,
    states,
    two_admins,
    who_was_told,
)
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE, World


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock, database_url: str) -> AsyncIterator[World]:
    async with two_admins(store, clock, database_url) as world:
        yield world


async def test_asking_keeps_amount_note_and_deadline_and_tells_every_admin(world: World) -> None:
    case = await ask(world)
    assert case.asked
    now = world.clock.now()
    assert (case.asked.amount, case.asked.note, case.asked.decide_by) == (300, "For June", now + WITHIN)
    assert (case.asked.by_admins, case.asked.pool_id, case.asked.number) == (True, None, 1)
    assert await who_was_told(world, NoticeKind.ADMIN_CREDITS) == [ADMIN, OTHER_ADMIN]
    due = await rows(world, "SELECT DISTINCT due_at FROM notices WHERE kind = 'admin_nudge' ORDER BY due_at")
    assert len(due) == 2, "half-way, and three hours before"
    assert await reread(world, case) == case.asked


async def test_there_is_one_open_request_of_a_person_which_a_repeat_shows(world: World) -> None:
    first = await ask(world)
    again = await ask(world, 900)
    assert again.again
    assert again.asked == first.asked
    await ask(world, who=BORIS)
    assert len(await rows(world, "SELECT * FROM requests")) == 2


async def test_two_presses_at_once_ask_once(world: World) -> None:
    cases = await asyncio.gather(*(ask(world) for _ in range(4)))
    assert len({named(case) for case in cases}) == 1
    assert sum(not case.again for case in cases) == 1
    assert len(await rows(world, "SELECT * FROM requests")) == 1


async def test_nobody_else_is_asked_where_no_other_admin_is_known(world: World) -> None:
    async with world.store.write(WORKSPACE) as uow:
        await uow.people.save_admins([ANNA])
        await uow.people.save(Person(ADMIN, "Ada Admin"), world.clock.now())
        await uow.commit()
    with pytest.raises(CannotRequest) as refused:
        await ask(world)
    assert refused.value.why is NoRequest.NO_ADMIN
    with pytest.raises(CannotRequest):
        await credit_requests.look(world.store, world.clock, SELF)


@pytest.mark.parametrize("amount", [0, -100, 10**9])
async def test_odd_amounts_are_refused(world: World, amount: int) -> None:
    with pytest.raises(BadSetting):
        await ask(world, amount)


async def test_a_note_that_is_too_long_is_refused(world: World) -> None:
    with pytest.raises(NoteTooLong):
        await credit_requests.ask(world.store, world.clock, AskCredits(actor=SELF, amount=100, note="x" * 3001))


async def test_one_press_gives_what_was_asked_for_and_answers(world: World) -> None:
    case = await ask(world)
    given = await press(world, case)
    assert (given.issued, given.holder, given.granted_by and given.granted_by.id) == (300, Holder(ANNA), ADMIN)
    after = await reread(world, case)
    assert (after.state, after.answered_by, after.grant_id) == (RequestState.ACCEPTED, ADMIN, given.grant.id)
    assert await world.balance() == 300
    assert await rows(world, "SELECT recipient, action_id FROM notices WHERE kind = 'granted'") == [(ANNA, named(case))]
    assert await who_was_told(world, NoticeKind.ANSWERED) == [], "the gift says it"
    assert await states(world, "admin_nudge") == {"dropped"}


async def test_the_first_of_several_admins_decides_and_nothing_is_given_twice(world: World) -> None:
    case = await ask(world)
    presses = await asyncio.gather(
        *(press(world, case, who) for who in (ADMIN, OTHER_ADMIN, ADMIN)), return_exceptions=True
    )
    assert sum(isinstance(one, Holding) for one in presses) == 1
    assert sum(isinstance(one, Answered) for one in presses) == 2
    assert await world.balance() == 300
    assert not (await decline(world, case, OTHER_ADMIN)).done
    assert (await reread(world, case)).state is RequestState.ACCEPTED


async def test_declining_tells_the_client_once_and_they_may_ask_again(world: World) -> None:
    case = await ask(world)
    answer = await decline(world, case, reply="Talk to Ada first")
    assert answer.done
    assert not (await decline(world, case)).done
    after = await reread(world, case)
    assert (after.state, after.reply, after.answered_by) == (RequestState.DECLINED, "Talk to Ada first", ADMIN)
    assert await who_was_told(world, NoticeKind.ANSWERED) == [ANNA]
    with pytest.raises(Answered):
        await press(world, case)
    assert await world.balance() == 0
    again = await ask(world)
    assert again.asked
    assert again.asked.number == 2


async def test_only_admins_decide_and_nobody_about_their_own_request(world: World) -> None:
    case = await ask(world)
    for who in (BORIS, COACH):
        for act in (press(world, case, who), decline(world, case, who), pass_on(world, case, who)):
            with pytest.raises(AdminsOnly):
                await act
    async with world.store.write(WORKSPACE) as uow:
        await uow.people.save_admins([ADMIN, ANNA])
        await uow.commit()
    for act in (press(world, case, ANNA), decline(world, case, ANNA)):
        with pytest.raises(NotYours):
            await act
    with pytest.raises(AdminsOnly):
        await press(world, case, OTHER_ADMIN)  # who is none any more
    for who, error in ((ADMIN, NotYours), (BORIS, AdminsOnly)):
        with pytest.raises(error):
            await credit_answers.look(world.store, world.clock, Actor(WORKSPACE, who), "nothing")
    with pytest.raises(NotYours):
        await credit_requests.withdraw(world.store, world.clock, Actor(WORKSPACE, BORIS), named(case))
    assert (await reread(world, case)).open


async def test_a_gift_by_hand_answers_as_well(world: World) -> None:
    case = await ask(world)
    other = await ask(world, who=BORIS)
    given = await by_hand(world, Holder(ANNA))
    after = await reread(world, case)
    assert (after.state, after.grant_id, given.issued) == (RequestState.ACCEPTED, given.grant.id, 500)
    assert (await reread(world, other)).open
    with pytest.raises(Answered):
        await press(world, case)


async def test_a_form_that_names_the_request_of_another_holder_gives_nothing(world: World) -> None:
    case = await ask(world)
    command = credits.Give(
        actor=Actor(WORKSPACE, ADMIN),
        request_key=key(world),
        holder=Holder(BORIS),
        amount=100,
        request_id=named(case),
    )
    with pytest.raises(Answered):
        await credits.give(world.store, world.clock, command)
    assert (await reread(world, case)).open
    assert await world.balance(BORIS) == 0


async def test_what_is_taken_back_leaves_the_request_answered_and_it_can_be_asked_for_again(world: World) -> None:
    case = await ask(world)
    given = await press(world, case)
    await credits.take_back(
        world.store, world.clock, Actor(WORKSPACE, ADMIN), key(world), given.grant.id, given.grant.balance
    )
    assert await world.balance() == 0
    assert not (await ask(world)).again


async def test_withdrawing_ends_it_and_a_late_press_gives_nothing(world: World) -> None:
    case = await ask(world)
    back = await credit_requests.withdraw(world.store, world.clock, SELF, named(case))
    assert not back.again
    assert back.asked
    assert back.asked.state is RequestState.WITHDRAWN
    assert (await credit_requests.withdraw(world.store, world.clock, SELF, named(case))).again
    with pytest.raises(Answered):
        await press(world, case)
    assert await states(world, "admin_credits") == {"dropped"}
    assert await who_was_told(world, NoticeKind.ANSWERED) == []
    assert await world.balance() == 0


async def test_time_closes_it_and_tells_the_client(world: World) -> None:
    case = await ask(world)
    assert case.asked
    world.clock.set(case.asked.decide_by)
    assert await upkeep.run(world.store, world.clock, requests.decide_overdue) == 0, "the deadline itself is in time"
    world.clock.advance(MICRO)
    await upkeep.run(world.store, world.clock, requests.decide_overdue)
    assert (await reread(world, case)).state is RequestState.EXPIRED
    assert await who_was_told(world, NoticeKind.ANSWERED) == [ANNA]
    await upkeep.run(world.store, world.clock, requests.decide_overdue)
    assert await who_was_told(world, NoticeKind.ANSWERED) == [ANNA]


@pytest.mark.parametrize("act", [press, decline])
async def test_a_press_after_the_deadline_lets_it_expire(world: World, act: Any) -> None:
    case = await ask(world)
    assert case.asked
    world.clock.set(case.asked.decide_by + MICRO)
    if act is press:
        with pytest.raises(Answered):
            await press(world, case)
    else:
        assert not (await decline(world, case)).done
    assert (await reread(world, case)).state is RequestState.EXPIRED
    assert await who_was_told(world, NoticeKind.ANSWERED) == [ANNA]
    assert await world.balance() == 0


async def test_what_it_is_for_is_kept_as_far_as_it_exists(world: World) -> None:
    async with world.store.write(WORKSPACE) as uow:
        await uow.catalogue.save_session_type(SessionType("", "Coaching", H, 100))
        await uow.commit()
    async with world.store.read(WORKSPACE) as queries:
        [kind] = await queries.catalogue.session_types()
    case = await ask(world, to_book=ToBook(COACH, kind.id))
    assert (case.coach and case.coach.id, case.session_type) == (COACH, kind)
    assert await credit_requests.wanted(world.store, SELF, named(case)) == ToBook(COACH, kind.id)
    with pytest.raises(NotYours):
        await credit_requests.wanted(world.store, Actor(WORKSPACE, BORIS), named(case))
    other = await ask(world, who=BORIS, to_book=ToBook("U0NOBODY", "gone"))
    assert other.asked
    assert other.asked.to_book == NOTHING


async def test_another_persons_session_is_not_named(world: World) -> None:
    await world.grant(BORIS)
    theirs = await world.book(3 * DAY, client=BORIS)
    with pytest.raises(NotYours):
        await ask(world, to_book=ToBook(rebooks=theirs.id))


async def test_reminders_follow_the_settings(world: World) -> None:
    await ask(world)
    await world.settings(Settings(undo_window=timedelta(0), quiet_hours=parse_quiet_hours("0:00-23:00")))
    async with world.store.write(WORKSPACE) as uow:
        await uow.plans.ask_replan()
        await uow.commit()
    await upkeep.run(world.store, world.clock, plans.replan_due)
    found = await rows(world, "SELECT recipient, due_at FROM notices WHERE kind = 'admin_nudge' AND state = 'pending'")
    hours = {who: set() for who, _ in found}
    for who, at in found:
        there = zone("America/New_York" if who == ADMIN else "UTC")
        hours[who].add(from_micros(at).astimezone(there).hour)
    assert hours == {ADMIN: {0}, OTHER_ADMIN: {0}}, "the evening before"


async def test_mails_beside_the_messages_are_no_second_asking_nor_answer(world: World) -> None:
    acme = await pool(world, ANNA)
    await decline(world, await ask(world, to=acme), COACH)
    columns = "workspace_id, kind, recipient, action_id, due_at, expires_at, state, revision, attempts, ambiguous"
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(
            text(
                f"INSERT INTO notices ({columns}, dedupe_key, medium, repeats)"
                f" SELECT {columns}, 'mail:' || dedupe_key, 'mail', dedupe_key FROM notices"
                " WHERE kind IN ('credits_asked', 'answered')"
            )
        )
    assert await rows(world, "SELECT COUNT(*) FROM notices WHERE repeats IS NOT NULL") == [(2,)]


async def test_requests_of_another_workspace_are_not_touched(world: World) -> None:
    case = await ask(world)
    elsewhere = Actor("T0OTHER", ADMIN)
    async with world.store.write("T0OTHER") as uow:
        await uow.workspace.ensure()
        await uow.people.save_admins([ADMIN])
        assert not await uow.credit_requests.answer(named(case), RequestState.DECLINED, ADMIN, world.clock.now())
        await uow.commit()
    with pytest.raises(NotYours):
        await credit_requests.give(world.store, world.clock, elsewhere, key(world), named(case))
    async with world.store.read("T0OTHER") as queries:
        assert await queries.requests.latest(RequestKind.CREDITS, ANNA) is None
    assert (await reread(world, case)).open
