"""Who is erased leaves nothing open: no undo, no decision, no booking, no credits, and no keys that get in each other's way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from coaching.actions import book, credits, decide, exceptions, notes, people, undo
from coaching.actions import erase as erasing
from coaching.clock import ManualClock
from coaching.errors import BadSetting, NotYours, UndoClosed
from coaching.ids import new_id
from coaching.packages import Holder
from coaching.sessions import Actor, Decision, Hat, Person
from storage import SqlStore
from storage.strangers import Strangers
from storage.tables import drafts, notices
from tests.support.imports import Importer, everything
from tests.support.invariants import violations
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

H = timedelta(hours=1)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.open()
    await world.grant(ANNA, 1000)
    return world


async def erase(world: World, who: str, typed: str) -> str:
    return await erasing.erase(world.store, world.clock, Actor(WORKSPACE, ADMIN), new_id(world.clock.now()), who, typed)


async def wrong(world: World) -> list[str]:
    async with world.store.engines.reader.connect() as connection:
        return [one for one in await violations(connection) if "shown before it was made" not in one]


async def with_keys(world: World, *keys: str) -> None:
    """Write notices to Boris with these keys."""
    await world.book(72 * H)
    async with world.store.engines.writer.connect() as connection:
        row = dict((await connection.execute(select(notices).limit(1))).mappings().one())
        await connection.execute(insert(notices), [row | {"dedupe_key": key, "recipient": BORIS} for key in keys])
        await connection.commit()


async def keys(world: World) -> list[str]:
    async with world.store.engines.reader.connect() as connection:
        return [row[0] for row in await connection.execute(select(notices.c.dedupe_key))]


async def test_two_keys_of_one_person_stay_two(world: World) -> None:
    await with_keys(world, f"agenda:{BORIS}:2026-11-30", "agenda:mail:u0boris@example.com:2026-11-30")
    name = await erase(world, BORIS, "Boris Novak")
    found = {key for key in await keys(world) if key.startswith("agenda:")}
    assert found == {f"agenda:{name}:2026-11-30", f"agenda:{name}-1:2026-11-30"}


async def test_a_key_that_would_become_too_long_becomes_a_digest(world: World) -> None:
    await with_keys(world, f"alert:{'x' * 180}:{BORIS}", f"alert:{'y' * 180}:{BORIS}")
    await erase(world, BORIS, "Boris Novak")
    found = [key for key in await keys(world) if key.startswith("alert:")]
    assert len({key for key in found if len(key) == len("alert:") + 40}) == 2
    assert not any(BORIS in key for key in found)


@pytest.mark.parametrize(("price", "hours"), [(100, 72), (0, 72), (100, 3)])
async def test_a_cancellation_of_somebody_erased_cannot_be_undone(world: World, price: int, hours: int) -> None:
    session = await world.book(hours * H, price=price)
    world.clock.advance(H)
    done = await world.confirm(await world.quote(session, who=COACH, hat=Hat.COACH, refund_late=False))
    world.clock.advance(timedelta(seconds=5))
    await erase(world, ANNA, "Anna Lee")
    command = undo.Undo(actor=Actor(WORKSPACE, COACH), action_id=done.draft.action_id or "")
    with pytest.raises(UndoClosed):
        await undo.undo(world.store, world.clock, command)
    assert await wrong(world) == []


async def test_what_nobody_decided_stays_kept_and_nothing_is_owed_to_nobody(world: World) -> None:
    session, other = await world.book(3 * H), await world.book(5 * H)
    world.clock.advance(H)
    done = await world.confirm(await world.quote(session))
    await world.confirm(await world.quote(other))
    ask = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or "", note="x")
    await exceptions.ask(world.store, world.clock, ask)
    name = await erase(world, ANNA, "Anna Lee")
    assert "'open'" not in repr((await everything(world.store))["requests"])
    for later in (False, True):
        command = decide.DecideLate(
            actor=Actor(WORKSPACE, COACH), session_ids=[session.id, other.id], refund=True, later=later
        )
        decided = await decide.decide_late(world.store, world.clock, command)
        assert not decided.decided
    async with world.store.read(WORKSPACE) as queries:
        found = await queries.sessions.by_ids([session.id, other.id])
        assert sum(grant.balance for grant in await queries.grants.of_client(name)) == 0
    assert {one.cancellation.decision for one in found if one.cancellation} == {Decision.KEPT}
    assert await wrong(world) == []


async def test_nobody_books_for_somebody_erased_nor_gives_them_credits(world: World) -> None:
    session = await world.book(3 * H, price=0)
    world.clock.advance(H)
    await world.confirm(await world.quote(session))
    name = await erase(world, ANNA, "Anna Lee")
    before = await everything(world.store)
    for hat, who in ((Hat.COACH, COACH), (Hat.ADMIN, ADMIN)):
        wanted = book.Book(
            actor=Actor(WORKSPACE, who),
            role=hat,
            client_id=name,
            coach_id=COACH,
            session_type="Coaching",
            starts_at=world.clock.now() + 72 * H,
            length=timedelta(minutes=50),
            time_zone="America/New_York",
            price=0,
        )
        with pytest.raises(NotYours):
            await book.book(world.store, world.clock, wanted)
    gift = credits.Give(actor=Actor(WORKSPACE, ADMIN), request_key="k", holder=Holder(name), amount=100)
    with pytest.raises(BadSetting, match="was erased"):
        await credits.give(world.store, world.clock, gift)
    with pytest.raises(NotYours):
        await notes.write_note(world.store, world.clock, Actor(WORKSPACE, COACH), "n", name, "text")
    assert await everything(world.store) == before


async def test_an_import_of_an_export_lists_no_pseudonym(world: World, database_url: str, tmp_path: object) -> None:
    importer = Importer(database_url, tmp_path, world.clock)  # type: ignore[arg-type]
    row = {
        "session_id": "old1",
        "client": f"erased-{'a' * 20}",
        "coach": f"erased-{'b' * 20}",
        "starts_at": "2026-01-05T10:00Z",
        "status": "completed",
    }
    assert await importer.rows(row) == 0
    found = await everything(world.store)
    assert "erased-" in repr(found["sessions"])
    assert "erased-" not in repr(found["coaches"])
    assert "erased-" not in repr(found["members"])
    asked = await Strangers(world.store.engines).next(datetime.now(UTC), 100)
    assert not [who for _, who in asked if who.startswith("erased-")]


async def test_a_draft_about_their_session_goes_and_one_about_a_similar_id_stays(world: World) -> None:
    session = await world.book(72 * H)
    quote = await world.quote(session, who=COACH, hat=Hat.COACH, reason="vermilion")
    await world.confirm(quote)
    async with world.store.engines.writer.connect() as connection:
        given = {"workspace_id": WORKSPACE, "user_id": OTHER_COACH, "updated_at": world.clock.now()}
        await connection.execute(insert(drafts), [given | {"id": "similar", "body": f'{{"who": "{ANNA}2"}}'}])
        await connection.commit()
    world.clock.advance(H)
    await erase(world, ANNA, "Anna Lee")
    found = await everything(world.store)
    assert "vermilion" not in repr(found)
    assert f"{ANNA}2" in repr(found["drafts"])


async def test_what_a_former_coach_wrote_about_others_stays_without_their_name(world: World) -> None:
    session = await world.book(72 * H)
    await notes.write_note(world.store, world.clock, Actor(WORKSPACE, COACH), "n", ANNA, "hears badly on the left")
    await world.cancel(session, who=COACH, hat=Hat.COACH)
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.remove(COACH)
        await uow.commit()
    name = await erase(world, COACH, "Carla Coach")
    async with world.store.read(WORKSPACE) as queries:
        [note] = await queries.notes.of_client(ANNA, 5)
    assert (note.text, note.author.id) == ("hears badly on the left", name)
    await erase(world, ANNA, "Anna Lee")
    assert "hears badly" not in repr(await everything(world.store))


async def test_slacks_answer_about_somebody_erased_meanwhile_does_not_bring_them_back(world: World) -> None:
    anna = Person(ANNA, "Anna Lee", "u0anna@example.com")
    await erase(world, ANNA, "Anna Lee")
    asked = datetime.now(UTC)
    assert await people.remember(world.store, world.clock, WORKSPACE, anna, asked, link=True, anew=False) == 0
    assert ANNA not in repr((await everything(world.store))["members"])
    await people.remember(world.store, world.clock, WORKSPACE, anna, asked, link=True)
    await people.remember(world.store, world.clock, WORKSPACE, replace(anna, name="Ann"), asked, link=True, anew=False)
    assert "'Ann'" in repr((await everything(world.store))["members"])


async def test_an_address_of_two_accounts_erases_neither_and_names_both(world: World) -> None:
    zed = Person("U0ZED", "Zed Zimmer", "u0boris@example.com")
    await people.remember(world.store, world.clock, WORKSPACE, zed, datetime.now(UTC), link=True)
    with pytest.raises(BadSetting, match="choose one by id: U0BORIS, U0ZED"):
        await erase(world, "u0boris@example.com", "Boris Novak")
    await erase(world, "U0ZED", "Zed Zimmer")
    assert BORIS in repr((await everything(world.store))["members"])
