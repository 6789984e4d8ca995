"""A person is erased: nothing of theirs is in the database, the books balance, doctor finds nothing, others lose nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import String, Table, Text, select, text

from coaching.actions import erase as erasing
from coaching.actions import exceptions, people
from coaching.actions.outcomes import complete_due
from coaching.clock import ManualClock
from coaching.errors import AdminsOnly, BadSetting, Replayed
from coaching.ids import new_id
from coaching.sessions import ERASED, Actor, Hat, Person
from storage import SqlStore
from storage.repositories.personal import DELETED, EMPTIED, KEPT, KEYS, TYPED, names_people, renamed
from storage.tables import metadata, sessions
from tests.support.imports import Importer, everything
from tests.support.invariants import violations
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

H = timedelta(hours=1)
MAIL = "u0anna@example.com"
ADA = Actor(WORKSPACE, ADMIN)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    return world


async def erase(world: World, who: str, typed: str) -> str:
    return await erasing.erase(world.store, world.clock, ADA, new_id(world.clock.now()), who, typed)


async def wrong(world: World) -> list[str]:
    async with world.store.engines.reader.connect() as connection:
        return [one for one in await violations(connection) if "shown before it was made" not in one]


async def dump(world: World) -> str:
    return repr(await everything(world.store))


async def _lived(world: World) -> None:
    """Let Anna book, cancel in time and late with a reason, ask for an exception, and have credits left."""
    await world.open()
    await world.grant(ANNA, 1000)
    await world.grant(BORIS, 1000)
    await world.book(30 * H, client=BORIS)
    for hours in (72, 5):
        session = await world.book(hours * H)
        world.clock.advance(H)  # past the booking grace
        done = await world.confirm(await world.quote(session, reason="reason-vermilion"))
    asked = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or "", note="note-vermilion")
    await exceptions.ask(world.store, world.clock, asked)
    await world.book(2 * H)
    world.clock.advance(timedelta(days=2))
    await complete_due(world.store, world.clock, 100)


async def test_nothing_of_them_is_left_the_books_balance_and_others_lose_nothing(world: World) -> None:
    await _lived(world)
    before = await dump(world)
    for word in (ANNA, MAIL, "Anna Lee", "reason-vermilion", "note-vermilion"):
        assert word in before
    async with world.store.read(WORKSPACE) as queries:
        boris = await queries.grants.of_client(BORIS)
    name = await erase(world, ANNA, "anna lee")
    assert name.startswith(ERASED)
    after = await dump(world)
    for word in (ANNA, MAIL, "Anna", "reason-vermilion", "note-vermilion"):
        assert word not in after, word
    assert await wrong(world) == []
    async with world.store.read(WORKSPACE) as queries:
        balances = await queries.ledger.balances()
        assert await queries.grants.of_client(BORIS) == boris
        assert [grant.balance for grant in await queries.grants.of_client(name)] == [0]
    assert sum(balances.values()) == 0


async def test_every_column_of_every_table_forgets_them(store: SqlStore, clock: ManualClock) -> None:
    """Whatever tables and columns there are: those of new ones are filled as well."""
    who, word = "U0GONE", "word-of-theirs"
    await _filled(store, who, word)
    assert await _holding(store, (who, word)) != set()
    async with store.write(WORKSPACE) as uow:
        await uow.erasures.erase([who, "mail:gone@example.com"], f"{ERASED}{'0' * 20}", clock.now())
        await uow.commit()
    assert await _holding(store, (who, "gone@example.com")) == set()
    assert await _holding(store, (word,)) <= {f"{one.table.name}.{one.name}" for one in KEPT}


async def _filled(store: SqlStore, who: str, word: str) -> None:
    """Fill every table with a row in which each column that may names them, or has their words."""
    async with store.engines.writer.connect() as connection:
        if store.engines.dialect == "sqlite":
            await connection.execute(text("PRAGMA ignore_check_constraints = ON"))
        for table in metadata.sorted_tables:
            await _fill(connection, table, who, word)
        await connection.commit()


async def _fill(connection: Any, table: Table, who: str, word: str) -> None:
    row: dict[str, Any] = {}
    for column in table.columns:
        value: Any = 1
        if column.name == "workspace_id":
            value = WORKSPACE
        elif names_people(column):
            value = who
        elif column in KEYS:
            value = f"kind:{column.name}:{who}"
        elif column in TYPED or column in KEPT:
            value = word
        elif isinstance(column.type, String | Text):
            value = _VALID.get(f"{table.name}.{column.name}", "s1" if column.name.endswith("session_id") else "x")
        elif column.type.python_type is bool:
            value = False
        elif isinstance(column.type, type(sessions.c.starts_at.type)) or "Instant" in type(column.type).__name__:
            value = datetime(2026, 1, 1, tzinfo=UTC) + (H if "end" in column.name or "new" in column.name else 0 * H)
        row[column.name] = value
    row |= {name.partition(".")[2]: value for name, value in _VALID.items() if name.startswith(f"{table.name}.")}
    await connection.execute(table.insert(), row)


_VALID: dict[str, Any] = {
    "sessions.id": "s1",
    "sessions.origin": "booked",
    "sessions.status": "canceled",
    "sessions.time_zone": "UTC",
    "sessions.currency": "USD",
    "grants.pool_id": None,
    "grants.currency": "USD",
    "packages.currency": "USD",
    "refunds.decision": "policy",
    "refunds.outcome": None,
    "stakeholders.scope": "coach",
    "stakeholder_addresses.consent": "waiting",
    "notifications.ways": "both",
    "known_blocks.surface": "home",
    "requests.kind": "credits",
    "requests.state": "open",
    "transfers.source": "issued",
    "transfers.number": None,
    "members.email": "gone@example.com",
    "notices.kind": "receipt",
    "notices.medium": "slack",
    "notices.state": "pending",
    "notices.lease_until": None,
    "notices.owner": None,
    "replans.after_at": None,
    "replans.after_id": None,
}


async def _holding(store: SqlStore, words: tuple[str, ...]) -> set[str]:
    """Return the columns in which one of these words is."""
    found = set()
    async with store.engines.reader.connect() as connection:
        for table in metadata.sorted_tables:
            for row in (await connection.execute(select(table))).mappings():
                found |= {
                    f"{table.name}.{name}" for name, value in row.items() if any(word in str(value) for word in words)
                }
    return found


def test_every_column_that_may_hold_something_of_a_person_says_what_becomes_of_it() -> None:
    texts = {one for table in metadata.sorted_tables for one in table.columns if isinstance(one.type, Text)}
    assert texts == set(TYPED) | set(KEPT)
    assert not set(TYPED) & set(KEPT)
    people_ = {one for table in metadata.sorted_tables for one in table.columns if names_people(one)}
    assert people_ == {*DELETED, *EMPTIED, *(one for columns in renamed().values() for one in columns)}


async def test_who_is_erased_and_comes_back_is_somebody_new(world: World, database_url: str, tmp_path: Any) -> None:
    await _lived(world)
    await erase(world, MAIL, "Anna Lee")
    assert (
        await people.remember(
            world.store, world.clock, WORKSPACE, Person(ANNA, "Anna Lee", MAIL), datetime.now(UTC), link=True
        )
        == 0
    )
    async with world.store.read(WORKSPACE) as queries:
        assert await queries.grants.of_client(ANNA) == []
    importer = Importer(database_url, tmp_path, world.clock)
    start = f"{world.clock.now() + 48 * H:%Y-%m-%dT%H:%MZ}"
    assert await importer.rows({"session_id": "again", "client": "somebody@example.com", "starts_at": start}) == 0
    assert await wrong(world) == []


async def test_what_stands_in_the_way_is_said_and_nothing_is_erased(world: World) -> None:
    await world.open()
    await world.grant(ANNA)
    await world.book(72 * H)
    async with world.store.write(WORKSPACE) as uow:
        await uow.people.save_admins([OTHER_COACH])
        await uow.commit()
    before = await everything(world.store)
    for who, why in (
        (ANNA, "1 session of theirs is still booked"),
        (COACH, "on the list of coaches"),
        (OTHER_COACH, "named an admin"),
        (ADMIN, "ask another admin"),
        ("nobody@example.com", "nobody here"),
        ("U0NOBODY", "nobody here"),
    ):
        with pytest.raises(BadSetting, match=why):
            await erase(world, who, "x")
    with pytest.raises(BadSetting, match="type exactly Boris Novak"):
        await erase(world, BORIS, "Boris Novac")
    with pytest.raises(AdminsOnly):
        await erasing.erase(world.store, world.clock, Actor(WORKSPACE, BORIS), "k", BORIS, "Boris Novak")
    assert await everything(world.store) == before


async def test_a_second_press_erases_nobody_else(world: World) -> None:
    await erasing.erase(world.store, world.clock, ADA, "once", BORIS, "Boris Novak")
    with pytest.raises(Replayed):
        await erasing.erase(world.store, world.clock, ADA, "once", BORIS, "Boris Novak")


async def test_a_coach_who_was_taken_off_the_list_is_erased_with_their_hours(world: World) -> None:
    await world.open()
    await world.grant(ANNA, 1000)
    session = await world.book(72 * H)
    await world.cancel(session, who=COACH, hat=Hat.COACH)
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.remove(COACH)
        await uow.commit()
    await erase(world, COACH, "Carla Coach")
    assert await _holding(world.store, (COACH, "Carla")) <= {"inbound.key"}  # a key of this test's; Slack's are digests
    assert await wrong(world) == []


async def test_who_is_known_by_an_address_alone_is_erased_by_it(world: World) -> None:
    await world.grant("mail:pat@example.org", 300)
    name = await erase(world, "Pat@Example.org", "pat@example.org")
    assert "pat@" not in await dump(world)
    async with world.store.read(WORKSPACE) as queries:
        assert sum(grant.balance for grant in await queries.grants.of_client(name)) == 0


async def test_somebody_whose_id_begins_like_theirs_stays(world: World) -> None:
    longer = f"{BORIS}2"
    await world.grant(longer, 300)
    await world.grant(BORIS, 300)
    await erase(world, BORIS, "Boris Novak")
    async with world.store.read(WORKSPACE) as queries:
        assert sum(grant.balance for grant in await queries.grants.of_client(longer)) == 300
    assert await wrong(world) == []
