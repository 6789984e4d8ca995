"""Undo of what a coach or an admin canceled for a client: until it ends, only whoever canceled is told (K9)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from coaching.actions import book, cancel, decide, exceptions, undo
from coaching.causes import NoUndo
from coaching.clock import ManualClock
from coaching.errors import AdminsOnly, CoachesOnly, NotYours, SlotTaken, UndoClosed
from coaching.news.kinds import NoticeKind
from coaching.sessions import Actor, Decision, Hat, Person, Session, Status
from coaching.stakeholders import NewsOf
from coaching.why import Why
from coaching.workspace import Settings
from storage import SqlStore
from storage.reconciliation import findings
from storage.tables import notices
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE, World

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
WINDOW = timedelta(seconds=60)
TICK = timedelta(microseconds=1)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.grant()
    await world.grant(BORIS)
    return world


async def canceled(world: World, *sessions: Session, hat: Hat = Hat.COACH, refund_late: bool = True) -> cancel.Canceled:
    """Carla cancels as the coach, or Ada as an admin for the client."""
    who, subject = (COACH, COACH) if hat is Hat.COACH else (ADMIN, sessions[0].client.id)
    done = await world.confirm(await world.quote(*sessions, who=who, hat=hat, subject=subject, refund_late=refund_late))
    assert isinstance(done, cancel.Canceled)
    return done


async def take_back(world: World, done: cancel.Canceled, who: str = COACH) -> undo.Undone:
    command = undo.Undo(actor=Actor(WORKSPACE, who), action_id=done.draft.action_id or "")
    return await undo.undo(world.store, world.clock, command)


async def rows(world: World, *kinds: NoticeKind) -> list[Any]:
    query = select(notices).where(notices.c.kind.in_(kinds)).order_by(notices.c.due_at, notices.c.dedupe_key)
    async with world.store.engines.reader.connect() as connection:
        return list(await connection.execute(query))


async def due(world: World, *kinds: NoticeKind) -> dict[tuple[str, str], datetime]:
    return {(row.kind, row.recipient): row.due_at for row in await rows(world, *kinds)}


async def faults(world: World) -> list[str]:
    async with world.store.engines.reader.connect() as connection:
        return [f"{one.rule.id} {one.examples}" for one in await findings(connection)]


TOLD = (NoticeKind.RECEIPT, NoticeKind.OWN_RECEIPT, NoticeKind.COACH_ALERT)


@pytest.mark.parametrize(("hat", "who"), [(Hat.COACH, COACH), (Hat.ADMIN, ADMIN)])
async def test_whoever_canceled_is_told_at_once_and_everybody_else_when_the_window_ends(
    world: World, hat: Hat, who: str
) -> None:
    now = world.clock.now()
    await canceled(world, await world.book(5 * DAY), hat=hat)
    assert await due(world, *TOLD) == {
        ("own_receipt", who): now,
        ("receipt", ANNA): now + WINDOW,
        ("coach_alert", COACH): now + WINDOW,
    }
    assert await faults(world) == []


@pytest.mark.parametrize(("hat", "who"), [(Hat.COACH, COACH), (Hat.ADMIN, ADMIN)])
async def test_undo_restores_session_credits_and_countdown_and_nobody_else_is_told(
    world: World, hat: Hat, who: str
) -> None:
    async with world.store.write(WORKSPACE) as uow:
        await uow.stakeholders.save(NewsOf.COACH, COACH, [BORIS])
        await uow.commit()
    session = await world.book(5 * DAY)
    before = await due(world, NoticeKind.REMINDER)
    done = await canceled(world, session, hat=hat)
    assert await world.balance() == 1000
    world.clock.advance(WINDOW)
    [restored] = (await take_back(world, done, who)).sessions
    assert (restored.status, restored.cancellation) == (Status.SCHEDULED, None)
    assert await world.balance() == 900
    assert await due(world, NoticeKind.REMINDER) == before
    assert {(row.kind, row.recipient, row.state, row.why) for row in await rows(world, *TOLD)} == {
        ("own_receipt", who, "pending", None),
        ("receipt", ANNA, "dropped", "taken_back"),
        ("coach_alert", COACH, "dropped", "taken_back"),
        ("coach_alert", BORIS, "dropped", "taken_back"),
    }
    [again] = (await take_back(world, done, who)).sessions
    assert again.status is Status.SCHEDULED
    assert await faults(world) == []


@pytest.mark.parametrize(("hat", "who"), [(Hat.COACH, COACH), (Hat.ADMIN, ADMIN)])
@pytest.mark.parametrize("offset", [24 * HOUR, 2 * HOUR])
async def test_a_reminder_that_fell_due_before_the_undo_still_comes(
    world: World, hat: Hat, who: str, offset: timedelta
) -> None:
    session = await world.book(5 * DAY)
    fell_due = session.refund_cutoff_at - offset
    world.clock.set(fell_due - 10 * SECOND)
    before = [row for row in await rows(world, NoticeKind.REMINDER, NoticeKind.STARTING) if row.due_at >= fell_due]
    done = await canceled(world, session, hat=hat)
    world.clock.advance(50 * SECOND)
    await take_back(world, done, who)
    after = [row for row in await rows(world, NoticeKind.REMINDER, NoticeKind.STARTING) if row.state == "pending"]
    assert {(row.dedupe_key, max(row.due_at, world.clock.now())) for row in before} == {
        (row.dedupe_key, row.due_at) for row in after
    }
    assert await faults(world) == []


async def test_a_reminder_that_was_due_and_unsent_before_others_canceled_still_comes(world: World) -> None:
    session = await world.book(5 * DAY)
    world.clock.set(session.refund_cutoff_at - 2 * HOUR + 10 * SECOND)  # the relay is behind
    done = await canceled(world, session)
    world.clock.advance(20 * SECOND)
    await take_back(world, done)
    told = [row for row in await rows(world, NoticeKind.REMINDER) if row.state == "pending"]
    assert [(row.lead, row.due_at) for row in told] == [(7200, world.clock.now())]
    assert await faults(world) == []


async def test_a_reminder_that_was_dropped_for_another_reason_stays_dropped_after_an_undo(world: World) -> None:
    session = await world.book(5 * DAY)
    world.clock.set(session.refund_cutoff_at - 2 * HOUR + 10 * SECOND)
    async with world.store.write(WORKSPACE) as uow:
        await uow.plans.drop([session.id], Why.KEPT, world.clock.now(), countdown_only=True)
        await uow.commit()
    world.clock.advance(SECOND)
    await take_back(world, await canceled(world, session))
    assert {row.state for row in await rows(world, NoticeKind.REMINDER)} == {"dropped"}


async def test_a_coach_who_kept_credits_while_canceling_can_undo_that_too(world: World) -> None:
    session = await world.book(5 * DAY)
    world.clock.set(session.starts_at - 2 * HOUR)
    done = await canceled(world, session, refund_late=False)
    [ended] = done.sessions
    assert ended.cancellation is not None
    assert ended.cancellation.decision is Decision.KEPT
    await take_back(world, done)
    async with world.store.read(WORKSPACE) as queries:
        balances = await queries.ledger.balances()
    assert balances[f"session:{session.id}"] == 100
    assert balances["forfeited"] == 0
    assert await faults(world) == []


@pytest.mark.parametrize(("before", "held"), [(HOUR + TICK, True), (HOUR, False), (SECOND, False)])
async def test_what_starts_within_the_hour_is_told_at_once_and_stays_canceled(
    world: World, before: timedelta, held: bool
) -> None:
    near, far = await world.book(5 * DAY), await world.book(6 * DAY)
    world.clock.set(near.starts_at - before)
    now = world.clock.now()
    done = await canceled(world, near, far)
    told = await due(world, *TOLD)
    assert told["receipt", ANNA] == (now + WINDOW if held else now)
    assert told["coach_alert", COACH] == (now + WINDOW if held else now)
    assert (("own_receipt", COACH) in told) is held
    if not held:
        with pytest.raises(UndoClosed) as refused:
            await take_back(world, done)
        assert refused.value.why is NoUndo.CLOSED


async def test_an_admin_can_undo_what_starts_soon_until_it_starts(world: World) -> None:
    session = await world.book(5 * DAY)
    world.clock.set(session.starts_at - 30 * SECOND)
    done = await canceled(world, session, hat=Hat.ADMIN)
    assert (await due(world, NoticeKind.RECEIPT))["receipt", ANNA] == session.starts_at
    world.clock.advance(29 * SECOND)
    await take_back(world, done, ADMIN)


async def test_without_a_window_all_is_told_at_once(world: World) -> None:
    await world.settings(Settings(undo_window=timedelta(0)))
    now = world.clock.now()
    done = await canceled(world, await world.book(5 * DAY))
    assert await due(world, *TOLD) == {("receipt", ANNA): now, ("coach_alert", COACH): now}
    with pytest.raises(UndoClosed):
        await take_back(world, done)


async def test_only_whoever_canceled_may_undo_and_only_in_the_role_they_had(world: World) -> None:
    done = await canceled(world, await world.book(5 * DAY))
    for stranger in (ANNA, BORIS, ADMIN):
        with pytest.raises(NotYours):
            await take_back(world, done, stranger)
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.remove(COACH)
        await uow.commit()
    with pytest.raises(CoachesOnly):
        await take_back(world, done)


async def test_a_person_who_is_no_admin_any_more_cannot_undo(world: World) -> None:
    done = await canceled(world, await world.book(5 * DAY), hat=Hat.ADMIN)
    async with world.store.write(WORKSPACE) as uow:
        await uow.people.save(Person(ADMIN, "Ada Admin", is_admin=False), datetime.now(UTC))
        await uow.commit()
    with pytest.raises(AdminsOnly):
        await take_back(world, done, ADMIN)


async def test_a_receipt_on_its_way_to_the_client_closes_undo(world: World) -> None:
    done = await canceled(world, await world.book(5 * DAY))
    world.clock.advance(WINDOW)
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(
            notices.update().where(notices.c.kind == "receipt").values(state="sent", sent_revision=1)
        )
    with pytest.raises(UndoClosed) as refused:
        await take_back(world, done)
    assert refused.value.why is NoUndo.TOLD


async def test_the_slot_is_kept_from_others_and_the_client_may_book_over_it(world: World) -> None:
    session = await world.book(5 * DAY)
    done = await canceled(world, session)
    with pytest.raises(SlotTaken):
        await world.book(5 * DAY, client=BORIS)
    await world.book(5 * DAY)
    now = world.clock.now()
    assert await due(world, NoticeKind.RECEIPT, NoticeKind.COACH_ALERT) == {
        ("receipt", ANNA): now,
        ("coach_alert", COACH): now,
    }
    with pytest.raises(UndoClosed) as refused:
        await take_back(world, done)
    assert refused.value.why is NoUndo.CLOSED


async def test_what_the_client_books_instead_closes_undo(world: World) -> None:
    await world.open()
    session = await world.book(5 * DAY)
    done = await canceled(world, session)
    command = book.Book(
        actor=Actor(WORKSPACE, ANNA),
        role=Hat.CLIENT,
        client_id=ANNA,
        coach_id=COACH,
        session_type="Coaching",
        starts_at=world.clock.now() + 8 * DAY,
        length=timedelta(minutes=50),
        time_zone="America/New_York",
        price=100,
        within_hours=True,
        rebooks=session.id,
    )
    await book.book(world.store, world.clock, command)
    with pytest.raises(UndoClosed) as refused:
        await take_back(world, done)
    assert refused.value.why is NoUndo.CLOSED
    assert (await due(world, NoticeKind.RECEIPT))["receipt", ANNA] == world.clock.now()


async def test_a_decision_made_since_closes_undo_and_is_told_after_the_receipt(world: World) -> None:
    session = await world.book(5 * DAY)
    world.clock.set(session.starts_at - 2 * HOUR)
    done = await canceled(world, session, refund_late=False)
    command = decide.DecideLate(actor=Actor(WORKSPACE, ADMIN), session_ids=[session.id], refund=True, later=True)
    await decide.decide_late(world.store, world.clock, command)
    told = await due(world, NoticeKind.RECEIPT, NoticeKind.LATE_DECISION)
    assert told["late_decision", ANNA] == told["receipt", ANNA] + SECOND
    with pytest.raises(UndoClosed) as refused:
        await take_back(world, done)
    assert refused.value.why is NoUndo.DECIDED


async def test_a_request_about_what_was_kept_is_taken_back_with_it(world: World) -> None:
    session = await world.book(5 * DAY)
    world.clock.set(session.starts_at - 2 * HOUR)
    done = await canceled(world, session, refund_late=False)
    ask = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or "", note="Why?")
    await exceptions.ask(world.store, world.clock, ask)
    await take_back(world, done)
    assert {(row.recipient, row.state) for row in await rows(world, NoticeKind.EXCEPTION)} == {(COACH, "dropped")}
    assert await faults(world) == []


async def test_cancel_undo_cancel_tells_each_once_and_returns_the_price_once(world: World) -> None:
    session = await world.book(5 * DAY)
    await take_back(world, await canceled(world, session))
    async with world.store.read(WORKSPACE) as queries:
        [again] = await queries.sessions.by_ids([session.id])
    await canceled(world, again)
    assert await world.balance() == 1000
    assert [row.state for row in await rows(world, NoticeKind.RECEIPT)] == ["dropped", "pending"]
    assert await faults(world) == []
