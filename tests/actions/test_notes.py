"""Private notes: written by a client's coaches, read by them, and by nobody else (K8)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text, update

from coaching.actions import erase, notes, outcomes, people
from coaching.clock import ManualClock
from coaching.errors import CoachesOnly, NoteTooLong, NotYours, Replayed
from coaching.notes import MAX_NOTE, PrivateNote
from coaching.sessions import Actor, Hat, Person, Session
from storage import SqlStore
from storage.tables import metadata, sessions
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

DAY = timedelta(days=1)
CARLA, OTTO = Actor(WORKSPACE, COACH), Actor(WORKSPACE, OTHER_COACH)
SECRET = "afraid of speaking"


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.grant()
    return world


async def write(
    world: World, actor: Actor = CARLA, words: str = SECRET, *, client: str = ANNA, session: Session | None = None
) -> str:
    key = f"{actor.user_id}:{hash(words)}:{world.clock.now()}"
    made = await notes.write_note(
        world.store, world.clock, actor, key, client, words, session_id=session.id if session else None
    )
    assert made is not None
    return made.id


async def read(world: World, actor: Actor = CARLA, client: str = ANNA) -> list[str]:
    return [one.text for one in (await notes.open_notes(world.store, world.clock, actor, client)).notes]


async def test_every_coach_of_the_client_reads_what_one_of_them_wrote(world: World) -> None:
    session = await world.book(2 * DAY)
    await world.book(3 * DAY, coach=OTHER_COACH)
    await write(world)
    world.clock.advance(timedelta(minutes=1))
    await write(world, words="likes mornings", session=session)
    assert await read(world) == await read(world, OTTO) == ["likes mornings", SECRET]
    mine = await notes.open_notes(world.store, world.clock, CARLA, ANNA)
    theirs = await notes.open_notes(world.store, world.clock, OTTO, ANNA)
    assert list(mine.about) == [session.id]
    assert not theirs.about, "which session of Carla's it is about is not Otto's to know"
    assert {one.author.name for one in theirs.notes} == {"Carla Coach"}


@pytest.mark.parametrize(
    ("who", "expected"),
    [(ANNA, CoachesOnly), (BORIS, CoachesOnly), (ADMIN, CoachesOnly), (OTHER_COACH, NotYours)],
)
async def test_nobody_else_reads_writes_changes_or_deletes_them(
    world: World, who: str, expected: type[Exception]
) -> None:
    session = await world.book(2 * DAY)
    note, actor = await write(world), Actor(WORKSPACE, who)
    for attempt in (
        read(world, actor),
        write(world, actor),
        write(world, actor, session=session),
        notes.open_note(world.store, world.clock, actor, note),
        notes.change_note(world.store, world.clock, actor, "k", note, "x"),
        notes.delete_note(world.store, actor, note),
    ):
        with pytest.raises((expected, NotYours)):
            await attempt
    assert await read(world) == [SECRET]


async def test_a_client_who_coaches_others_does_not_read_what_is_written_about_them(world: World) -> None:
    await world.grant(COACH)
    await world.book(2 * DAY, client=COACH, coach=OTHER_COACH)
    await write(world, OTTO, client=COACH)
    with pytest.raises(NotYours):
        await read(world, CARLA, COACH)


async def test_a_coach_who_was_removed_reads_them_no_more_and_again_when_back(world: World) -> None:
    await world.book(2 * DAY)
    note = await write(world)
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.remove(COACH)
        await uow.commit()
    for attempt in (read(world), notes.open_note(world.store, world.clock, CARLA, note)):
        with pytest.raises(CoachesOnly):
            await attempt
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.save(COACH, None)
        await uow.commit()
    assert await read(world) == [SECRET]


async def test_who_takes_a_session_over_becomes_a_coach_of_the_client(world: World) -> None:
    session = await world.book(2 * DAY)
    await write(world)
    with pytest.raises(NotYours):
        await read(world, OTTO)
    async with world.store.engines.writer.begin() as connection:
        handed = update(sessions).where(sessions.c.id == session.id).values(coach_id=OTHER_COACH)
        await connection.execute(handed)
    assert await read(world, OTTO) == [SECRET]


async def test_only_their_author_changes_and_deletes_them(world: World) -> None:
    await world.book(2 * DAY)
    await world.book(3 * DAY, coach=OTHER_COACH)
    note = await write(world)
    for attempt in (
        notes.change_note(world.store, world.clock, OTTO, "k", note, "x"),
        notes.delete_note(world.store, OTTO, note),
        notes.open_note(world.store, world.clock, OTTO, note),
    ):
        with pytest.raises(NotYours):
            await attempt
    world.clock.advance(DAY)
    await notes.change_note(world.store, world.clock, CARLA, "c", note, "  bolder now  ")
    [seen] = (await notes.open_notes(world.store, world.clock, OTTO, ANNA)).notes
    assert (seen.text, seen.changed_at) == ("bolder now", world.clock.now())
    with pytest.raises(Replayed):
        await notes.change_note(world.store, world.clock, CARLA, "c", note, "again")
    assert await notes.delete_note(world.store, CARLA, note) is not None
    assert await notes.delete_note(world.store, CARLA, note) is None, "once more is as good as once"
    assert await read(world) == []


async def test_a_note_on_a_session_is_on_ones_own_session_with_that_client(world: World) -> None:
    await world.grant(BORIS)
    await world.book(2 * DAY)
    others, boris = await world.book(3 * DAY, coach=OTHER_COACH), await world.book(4 * DAY, client=BORIS)
    for session in (others, boris):
        with pytest.raises(NotYours):
            await write(world, session=session)


async def test_nothing_is_written_where_nothing_can_be_seen_and_nothing_too_long(world: World) -> None:
    await world.book(2 * DAY)
    for nothing in ("", "  \n ", "\u200b", "\x00"):
        assert await notes.write_note(world.store, world.clock, CARLA, "k", ANNA, nothing) is None
    assert len(await read(world)) == 0
    await write(world, words="é" * MAX_NOTE)
    with pytest.raises(NoteTooLong):
        await write(world, words="é" * (MAX_NOTE + 1))


async def test_they_come_page_by_page(world: World) -> None:
    await world.book(200 * DAY)
    for n in range(2 * notes.PAGE + 1):
        world.clock.advance(timedelta(seconds=1))
        await write(world, words=f"note {n}")
    found = [await notes.open_notes(world.store, world.clock, CARLA, ANNA, page=page) for page in (0, 1, 2, 3)]
    assert [len(one.notes) for one in found] == [5, 5, 1, 5], "behind the last page is the first"
    assert [one.more for one in found] == [True, True, False, True]
    assert found[2].notes[0].text == "note 0"


async def test_they_follow_a_client_who_appears_in_slack(world: World) -> None:
    mail = "mail:pat@example.com"
    async with world.store.write(WORKSPACE) as uow:
        await uow.people.know_of([mail])
        await uow.commit()
    await world.grant(mail)
    await world.book(2 * DAY, client=mail)
    await write(world, client=mail)
    pat = Person("U0PAT", "Pat", "pat@example.com")
    await people.remember(world.store, world.clock, WORKSPACE, pat, datetime.now(UTC), link=True)
    assert await read(world, client="U0PAT") == [SECRET]
    with pytest.raises(NotYours):
        await write(world, client=mail)


async def test_their_words_are_in_no_other_table(world: World) -> None:
    session = await world.book(2 * DAY)
    await write(world, session=session)
    await world.cancel(session, who=COACH, hat=Hat.COACH)
    async with world.store.engines.reader.connect() as connection:
        for table in metadata.sorted_tables:
            rows = [str(row) for row in await connection.execute(text(f"SELECT * FROM {table.name}"))]
            assert any(SECRET in row for row in rows) == (table.name == "notes"), table.name


async def test_nothing_is_written_about_somebody_who_was_erased_while_it_was_typed(world: World) -> None:
    session = await world.book(2 * DAY)
    world.clock.advance(3 * DAY)
    await outcomes.complete_due(world.store, world.clock, 10)
    await erase.erase_here(world.store, world.clock, WORKSPACE, ANNA)
    late = PrivateNote(id="late", client_id=ANNA, author=Person(COACH), at=world.clock.now(), text=SECRET)
    async with world.store.write(WORKSPACE) as uow:
        with pytest.raises(NotYours):
            await uow.notes.add(replace(late, session_id=session.id))
