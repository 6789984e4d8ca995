"""Who may take a coach off the list."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from coaching.actions import cancel, retire, undo
from coaching.causes import NoUndo
from coaching.clock import ManualClock
from coaching.errors import AdminsOnly, PartlyDone, Replayed, StorageBusy, UndoClosed
from coaching.sessions import Actor, Status
from storage import SqlStore
from storage.reconciliation import findings
from storage.tables import notices
from storage.unit_of_work import SqlUnitOfWork
from tests.support import patience
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World


@pytest.mark.parametrize("who", [ANNA, COACH])
async def test_only_admins_take_a_coach_off_the_list(store: SqlStore, clock: ManualClock, who: str) -> None:
    world = World(store, clock)
    await world.people()
    await world.grant()
    session = await world.book(timedelta(days=3))

    async def off(who: str) -> int:
        command = retire.Retire(actor=Actor(WORKSPACE, who), request_key=f"off {who}", coach_id=COACH, cancel=True)
        return await retire.retire(store, clock, command)

    with pytest.raises(AdminsOnly):
        await off(who)
    async with store.read(WORKSPACE) as queries:
        assert COACH in [coach.person.id for coach in await queries.coaches.all()]
    assert await off(ADMIN) == 1
    async with store.read(WORKSPACE) as queries:
        assert COACH not in [coach.person.id for coach in await queries.coaches.all()]
        after = await queries.sessions.find(session.id)
    assert after is not None
    assert after.status is Status.CANCELED


class BusyAfterOne(SqlStore):
    """A database with time for a single transaction that writes."""

    begun = 0

    @asynccontextmanager
    async def write(self, workspace_id: str) -> AsyncIterator[SqlUnitOfWork]:
        """Open the first transaction. Raises StorageBusy after it."""
        self.begun += 1
        if self.begun > 1:
            raise StorageBusy
        async with super().write(workspace_id) as uow:
            yield uow


async def test_a_coach_whose_sessions_stay_is_removed_as_a_whole_or_not_at_all(
    store: SqlStore, clock: ManualClock
) -> None:
    """A database that is busy half-way would be answered with "nothing was changed"."""
    world = World(store, clock)
    await world.people()
    await world.grant()
    session = await world.book(timedelta(days=3))
    command = retire.Retire(actor=Actor(WORKSPACE, ADMIN), request_key="off", coach_id=COACH, cancel=False)
    assert await retire.retire(BusyAfterOne(store.engines), clock, command) == 0
    async with store.read(WORKSPACE) as queries:
        assert COACH not in [coach.person.id for coach in await queries.coaches.all()]
        after = await queries.sessions.find(session.id)
    assert after is not None
    assert after.status is Status.SCHEDULED


async def test_what_was_canceled_before_the_database_got_busy_is_told_and_doing_it_again_does_the_rest(
    store: SqlStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retire, "MAX_PER_ACTION", 1)
    world = World(store, clock)
    await world.people()
    booked = []
    for day, client in enumerate((ANNA, BORIS), 3):
        await world.grant(client)
        booked.append(await world.book(timedelta(days=day), client=client))
    before = [await world.balance(client) for client in (ANNA, BORIS)]

    async def off(store: SqlStore, key: str) -> int:
        command = retire.Retire(actor=Actor(WORKSPACE, ADMIN), request_key=key, coach_id=COACH, cancel=True)
        return await retire.retire(store, clock, command)

    async def canceled() -> int:
        async with store.read(WORKSPACE) as queries:
            return sum(s.status is Status.CANCELED for s in await queries.sessions.by_ids([s.id for s in booked]))

    with pytest.raises(PartlyDone) as stopped:
        await off(BusyAfterOne(store.engines), "off")
    assert stopped.value.canceled == await canceled() == 1
    async with store.read(WORKSPACE) as queries:
        assert await queries.coaches.listed([COACH]) == {COACH}
    assert await off(store, "off again") == 1
    assert await canceled() == 2
    assert [await world.balance(client) for client in (ANNA, BORIS)] == [one + 100 for one in before]
    async with store.read(WORKSPACE) as queries:
        assert not await queries.coaches.listed([COACH])


async def test_a_removal_that_is_stopped_by_its_first_transaction_changed_nothing(
    store: SqlStore, clock: ManualClock
) -> None:
    await World(store, clock).people()
    busy = BusyAfterOne(store.engines)
    busy.begun = 1
    command = retire.Retire(actor=Actor(WORKSPACE, ADMIN), request_key="off", coach_id=COACH, cancel=True)
    with pytest.raises(StorageBusy) as stopped:
        await retire.retire(busy, clock, command)
    assert type(stopped.value) is StorageBusy
    assert await retire.retire(store, clock, command) == 0


async def test_an_old_request_that_arrives_again_after_the_coach_was_added_anew_cancels_nothing(
    store: SqlStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the first of several parts: it is answered with "done before"."""
    monkeypatch.setattr(retire, "MAX_PER_ACTION", 1)
    world = World(store, clock)
    await world.people()
    command = retire.Retire(actor=Actor(WORKSPACE, ADMIN), request_key="off", coach_id=COACH, cancel=True)
    assert await retire.retire(store, clock, command) == 0
    async with store.write(WORKSPACE) as uow:
        await uow.coaches.save(COACH, None)
        await uow.commit()
    booked = []
    for day, client in enumerate((ANNA, BORIS), 3):
        await world.grant(client)
        booked.append((await world.book(timedelta(days=day), client=client)).id)
    with pytest.raises(Replayed):
        await retire.retire(store, clock, command)
    async with store.read(WORKSPACE) as queries:
        assert {s.status for s in await queries.sessions.by_ids(booked)} == {Status.SCHEDULED}
        assert await queries.coaches.listed([COACH]) == {COACH}


async def test_of_many_undecided_cancellations_the_last_are_told_anew(store: SqlStore, clock: ManualClock) -> None:
    """All of a coach's history in one statement would be refused by the database, and the removal with it."""
    world = World(store, clock)
    await world.people()
    await world.grant(ANNA, 1000)
    late = []
    for hours in (4, 6, 8):
        session = await world.book(timedelta(hours=hours))
        clock.advance(timedelta(minutes=20))
        await world.cancel(session)
        late.append(session.id)
    async with store.write(WORKSPACE) as uow:
        assert set(await uow.coaches.ids_undecided(COACH, 10)) == set(late)
        assert await uow.coaches.ids_undecided(COACH, 2) == late[:0:-1]


@pytest.mark.parametrize("stays", [True, False], ids=["asked to cancel", "nothing ahead"])
async def test_no_undo_brings_a_session_back_to_a_coach_who_was_removed(
    store: SqlStore, clock: ManualClock, *, stays: bool
) -> None:
    """Neither what they gave alone, nor what another coach gives and was canceled together with it."""
    world = World(store, clock)
    await world.people()
    await world.grant()
    both = [await world.book(timedelta(days=3)), await world.book(timedelta(days=4), coach=OTHER_COACH)]
    if stays:
        await world.grant(BORIS)
        await world.book(timedelta(days=5), client=BORIS)
    done = await world.confirm(await world.quote(*both))
    assert isinstance(done, cancel.Canceled)
    command = retire.Retire(actor=Actor(WORKSPACE, ADMIN), request_key="off", coach_id=COACH, cancel=stays)
    assert await retire.retire(store, clock, command) == int(stays)
    async with store.engines.reader.connect() as connection:
        alerts = [
            row.due_at for row in await connection.execute(select(notices).where(notices.c.kind == "coach_alert"))
        ]
        assert await findings(connection) == []
    assert set(alerts) == {clock.now()}
    with pytest.raises(UndoClosed) as refused:
        await undo.undo(store, clock, undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or ""))
    assert refused.value.why is NoUndo.NO_COACH
    async with store.read(WORKSPACE) as queries:
        after = await queries.sessions.by_ids([s.id for s in both])
    assert {s.status for s in after} == {Status.CANCELED}


async def test_undo_stays_open_where_the_sessions_of_a_removed_coach_stay(store: SqlStore, clock: ManualClock) -> None:
    world = World(store, clock)
    await world.people()
    await world.grant()
    session, _ = await world.book(timedelta(days=3)), await world.book(timedelta(days=4))
    done = await world.confirm(await world.quote(session))
    assert isinstance(done, cancel.Canceled)
    command = retire.Retire(actor=Actor(WORKSPACE, ADMIN), request_key="off", coach_id=COACH, cancel=False)
    assert await retire.retire(store, clock, command) == 0
    restored = await undo.undo(
        store, clock, undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or "")
    )
    assert [s.status for s in restored.sessions] == [Status.SCHEDULED]


@pytest.mark.parametrize("many", [2, 3])
async def test_many_cancellations_that_can_be_undone_do_not_keep_a_coach_from_being_removed(
    store: SqlStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """They fill the first action before the one client whose session is booked."""
    monkeypatch.setattr(retire, "MAX_PER_ACTION", 2)
    world = World(store, clock)
    await world.people()
    await world.grant(ANNA)
    held = [await world.book(timedelta(days=day)) for day in range(3, 3 + many)]
    await world.grant(BORIS)
    booked = await world.book(timedelta(days=9), client=BORIS)
    await world.confirm(await world.quote(*held))
    command = retire.Retire(actor=Actor(WORKSPACE, ADMIN), request_key="off", coach_id=COACH, cancel=True)
    async with asyncio.timeout(patience.SECONDS):
        assert await retire.retire(store, clock, command) == 1
    async with store.read(WORKSPACE) as queries:
        after = await queries.sessions.by_ids([one.id for one in (*held, booked)])
        assert not await queries.coaches.listed([COACH])
    assert {one.status for one in after} == {Status.CANCELED}
    assert {one.cancellation.undo_until for one in after if one.cancellation} == {None}
