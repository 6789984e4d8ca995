"""Stakeholders: whoever is named gets a copy of what the coach is told, once, and nothing of what was taken back (K7)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, text

from coaching.actions import book, decide, reschedule, undo
from coaching.actions.stakeholders import open_told, save_told
from coaching.clock import ManualClock
from coaching.errors import AdminsOnly, BadSetting, Replayed, UndoClosed
from coaching.ids import new_id
from coaching.news.kinds import NoticeKind
from coaching.sessions import Actor, Hat, Session
from coaching.stakeholders import MAX_STAKEHOLDERS, NewsOf
from storage import SqlStore
from storage.tables import notices
from tests.support.invariants import violations
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OPS, OLGA = "C0OPS", "U0OLGA"


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.grant()
    return world


async def told(world: World, *targets: str, of: NewsOf = NewsOf.COACH, of_id: str = COACH) -> None:
    await save_told(
        world.store,
        world.clock,
        Actor(WORKSPACE, ADMIN),
        new_id(world.clock.now()),
        of,
        of_id,
        people=[target for target in targets if target.startswith("U")],
        channels=[target for target in targets if target.startswith("C")],
        dropped=[] if OPS in targets else [OPS],
    )


async def type_id(world: World, name: str) -> str:
    async with world.store.read(WORKSPACE) as queries:
        return next(one.id for one in await queries.catalogue.session_types() if one.name == name)


async def rows(world: World, kind: NoticeKind = NoticeKind.COACH_ALERT) -> list[Any]:
    async with world.store.engines.reader.connect() as connection:
        query = select(notices).where(notices.c.kind == kind).order_by(notices.c.recipient, notices.c.dedupe_key)
        return list(await connection.execute(query))


async def recipients(world: World, kind: NoticeKind = NoticeKind.COACH_ALERT) -> list[str]:
    return [row.recipient for row in await rows(world, kind)]


async def sound(world: World) -> bool:
    async with world.store.engines.reader.connect() as connection:
        return await violations(connection) == []


async def take_back(world: World, action_id: str | None, who: str = ANNA) -> None:
    await undo.undo(world.store, world.clock, undo.Undo(actor=Actor(WORKSPACE, who), action_id=action_id or ""))


async def test_a_cancellation_has_one_copy_for_each_stakeholder_due_when_the_coachs_alert_is(world: World) -> None:
    await told(world, OLGA, OPS)
    done = await world.cancel(await world.book(DAY * 5), await world.book(DAY * 6))
    found = await rows(world)
    assert [(row.recipient, row.copy_of) for row in found] == [(OPS, COACH), (COACH, None), (OLGA, COACH)]
    ended = done.sessions[0].cancellation
    assert ended is not None
    assert {row.due_at for row in found} == {ended.undo_until}
    assert await sound(world)


async def test_nobody_is_told_twice(world: World) -> None:
    session = await world.book(DAY * 5)
    # Both of the coach and of the type; the coach; the coach's own alert channel; the client.
    await told(world, OLGA, COACH, "C0COACH", ANNA)
    await told(world, OLGA, COACH, "C0COACH", of=NewsOf.TYPE, of_id=await type_id(world, "Coaching"))
    await world.cancel(session)
    assert await recipients(world) == [COACH, OLGA]


async def test_a_types_stakeholders_get_only_sessions_of_that_type(world: World) -> None:
    one, other = await world.book(DAY * 5), await world.book(DAY * 6, session_type="Mentoring")
    elsewhere = await world.book(DAY * 7, session_type="Mentoring", coach=OTHER_COACH)
    await told(world, OPS, of=NewsOf.TYPE, of_id=await type_id(world, "Mentoring"))
    await world.cancel(one)
    assert await recipients(world) == [COACH]
    await world.cancel(other, elsewhere)
    copies = [row for row in await rows(world) if row.recipient == OPS]
    assert {row.copy_of for row in copies} == {COACH, OTHER_COACH}
    async with world.store.read(WORKSPACE) as queries:
        for session, number in ((one, 0), (other, 1), (elsewhere, 1)):
            after = await queries.sessions.find(session.id)
            assert after is not None
            lines = (await queries.timeline.notice_lines(after, 99))[0]
            assert [line.recipient.id for line in lines].count(OPS) == number


async def test_a_client_who_is_a_stakeholder_hears_of_other_clients_only(world: World) -> None:
    await world.grant(BORIS)
    await told(world, ANNA)
    mine, theirs = await world.book(DAY * 5), await world.book(DAY * 6, client=BORIS)
    await world.cancel(mine, theirs, who=COACH, hat=Hat.COACH)
    assert await recipients(world) == [ANNA, COACH]
    async with world.store.read(WORKSPACE) as queries:
        for session, number in ((mine, 0), (theirs, 1)):
            after = await queries.sessions.find(session.id)
            assert after is not None
            lines = (await queries.timeline.notice_lines(after, 99))[0]
            assert [line.kind for line in lines if line.recipient.id == ANNA].count(NoticeKind.COACH_ALERT) == number


async def test_another_coachs_stakeholders_hear_nothing(world: World) -> None:
    await told(world, OPS, of_id=OTHER_COACH)
    await world.cancel(await world.book(DAY * 5))
    assert await recipients(world) == [COACH]


async def test_bookings_and_moves_are_copied_too(world: World) -> None:
    await told(world, OLGA, OPS)
    await world.open()
    session = await book.book(
        world.store,
        world.clock,
        book.Book(
            actor=Actor(WORKSPACE, ANNA),
            role=Hat.CLIENT,
            client_id=ANNA,
            coach_id=COACH,
            session_type="Coaching",
            starts_at=world.clock.now() + 4 * DAY,
            length=HOUR,
            time_zone="UTC",
            within_hours=True,
        ),
    )
    assert await recipients(world, NoticeKind.COACH_BOOKED) == [OPS, COACH, OLGA]
    assert await recipients(world, NoticeKind.BOOKED) == [ANNA]
    time = reschedule.NewTime(session.id, session.starts_at, session.starts_at + DAY)
    await reschedule.move_sessions(
        world.store,
        world.clock,
        reschedule.MoveSessions(
            actor=Actor(WORKSPACE, ANNA), request_key="move", hat=Hat.CLIENT, subject_id=ANNA, times=[time]
        ),
    )
    assert await recipients(world, NoticeKind.COACH_MOVED) == [OPS, COACH, OLGA]
    assert await recipients(world, NoticeKind.MOVED) == [ANNA]
    assert await sound(world)


async def test_undo_withdraws_the_alert_with_all_its_copies(world: World) -> None:
    await told(world, OLGA, OPS)
    done = await world.cancel(await world.book(DAY * 5))
    await take_back(world, done.draft.action_id)
    assert {(row.state, row.why) for row in await rows(world)} == {("dropped", "taken_back")}
    assert await sound(world)


@pytest.mark.parametrize("quicker", [COACH, OLGA, OPS])
@pytest.mark.parametrize("state", ["leased", "sent"])
async def test_undo_is_closed_and_takes_nothing_back_once_any_of_them_has_begun_to_go_out(
    world: World, quicker: str, state: str
) -> None:
    await told(world, OLGA, OPS)
    done = await world.cancel(await world.book(DAY * 5))
    async with world.store.engines.writer.begin() as connection:
        begun = "owner = 'relay', lease_until = 9999999999999999" if state == "leased" else "sent_revision = 1"
        await connection.execute(
            text(f"UPDATE notices SET state = :state, {begun} WHERE kind = 'coach_alert' AND recipient = :who"),
            {"state": state, "who": quicker},
        )
    with pytest.raises(UndoClosed, match="told"):
        await take_back(world, done.draft.action_id)
    assert {row.recipient: row.state for row in await rows(world)} == {
        who: state if who == quicker else "pending" for who in (COACH, OLGA, OPS)
    }


async def test_a_copy_that_was_dropped_on_its_way_does_not_close_undo(world: World) -> None:
    await told(world, OPS)
    session = await world.book(DAY * 5)
    done = await world.cancel(session)
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(
            text("UPDATE notices SET state = 'dropped', why = 'replaced' WHERE recipient = 'C0OPS'")
        )
    await take_back(world, done.draft.action_id)
    assert await world.balance() == 900


async def test_a_late_decision_has_every_copy_edited(world: World) -> None:
    await told(world, OLGA, OPS)
    session = await world.book(DAY * 5)
    world.clock.set(session.starts_at - 2 * HOUR)
    await world.cancel(session)
    command = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=True)
    await decide.decide_late(world.store, world.clock, command)
    assert {row.recipient: row.revision for row in await rows(world)} == {COACH: 2, OLGA: 2, OPS: 2}


async def test_a_decision_about_one_coachs_session_leaves_the_copies_of_the_others_alone(world: World) -> None:
    await told(world, OPS)
    await told(world, OPS, of_id=OTHER_COACH)
    one, other = await world.book(DAY * 5), await world.book(DAY * 5 + HOUR, coach=OTHER_COACH)
    world.clock.set(one.starts_at - 2 * HOUR)
    await world.cancel(one, other)
    command = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[one.id], refund=False)
    await decide.decide_late(world.store, world.clock, command)
    revisions = {(row.recipient, row.copy_of): row.revision for row in await rows(world)}
    assert revisions == {(COACH, None): 2, (OPS, COACH): 2, (OTHER_COACH, None): 1, (OPS, OTHER_COACH): 1}


@contextmanager
def counted(store: SqlStore) -> Iterator[list[str]]:
    """Write down the statements about stakeholders."""
    found: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "stakeholders" in statement:
            found.append(statement)

    event.listen(store.engines.writer.sync_engine, "before_cursor_execute", note)
    yield found
    event.remove(store.engines.writer.sync_engine, "before_cursor_execute", note)


async def test_an_action_asks_once_for_stakeholders_however_many_sessions_it_is_about(world: World) -> None:
    sessions: list[Session] = [await world.book(DAY * (5 + number)) for number in range(5)]
    with counted(world.store) as asked:
        await world.cancel(*sessions)
    assert len(asked) == 1


async def test_who_is_told_is_saved_as_a_whole(world: World) -> None:
    await told(world, OLGA, OPS)
    await told(world, BORIS, of_id=OTHER_COACH)
    await told(world, BORIS, OPS)
    admin = Actor(WORKSPACE, ADMIN)
    found = await open_told(world.store, world.clock, admin, NewsOf.COACH, COACH)
    assert (found.people, found.channels, found.name) == ([BORIS], [OPS], "Carla Coach")
    await told(world)
    assert (await open_told(world.store, world.clock, admin, NewsOf.COACH, COACH)).targets == []
    assert (await open_told(world.store, world.clock, admin, NewsOf.COACH, OTHER_COACH)).targets == [BORIS]
    async with world.store.read(WORKSPACE) as queries:
        assert not (await queries.people.viewer(OLGA)).member, "Slack is still to be asked who they are"


async def test_what_cannot_be_saved_says_why_and_changes_nothing(world: World) -> None:
    await told(world, OLGA)
    admin = Actor(WORKSPACE, ADMIN)
    crowd = [f"U0X{number}" for number in range(MAX_STAKEHOLDERS + 1)]
    for of, of_id, people, channels, field in (
        (NewsOf.COACH, COACH, crowd, [], "told_people"),
        (NewsOf.COACH, COACH, ["C0OPS"], [], "told_people"),
        (NewsOf.COACH, COACH, [], ["D0OPS"], "told_channels"),
        (NewsOf.COACH, ANNA, [OLGA], [], "told_whose"),
        (NewsOf.TYPE, "none", [OLGA], [], "told_whose"),
    ):
        key = new_id(world.clock.now())
        with pytest.raises(BadSetting) as refused:
            await save_told(world.store, world.clock, admin, key, of, of_id, people=people, channels=channels)
        assert refused.value.field == field
    for stranger in (COACH, ANNA):
        with pytest.raises(AdminsOnly):
            await open_told(world.store, world.clock, Actor(WORKSPACE, stranger), NewsOf.COACH, COACH)
        with pytest.raises(AdminsOnly):
            await save_told(
                world.store,
                world.clock,
                Actor(WORKSPACE, stranger),
                "key",
                NewsOf.COACH,
                COACH,
                people=[BORIS],
                channels=[],
            )
    assert (await open_told(world.store, world.clock, admin, NewsOf.COACH, COACH)).targets == [OLGA]


async def test_the_very_same_request_saves_once(world: World) -> None:
    admin = Actor(WORKSPACE, ADMIN)
    await save_told(world.store, world.clock, admin, "key", NewsOf.COACH, COACH, people=[OLGA], channels=[])
    with pytest.raises(Replayed):
        await save_told(world.store, world.clock, admin, "key", NewsOf.COACH, COACH, people=[], channels=[])
