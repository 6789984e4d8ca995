"""Sessions come in under the terms that a booking of their type or package would get now, on both databases."""

from datetime import timedelta
from pathlib import Path

import pytest

from coaching.clock import ManualClock
from coaching.policy import Policy, TermsOf, TermsScope, Tier
from coaching.workspace import SessionType
from storage import SqlStore
from tests.support.imports import Importer, assert_balanced, session
from tests.support.world import ANNA, COACH, OTHER_COACH, WORKSPACE, World

H, M = timedelta(hours=1), timedelta(minutes=1)
WIDE, WIDER, NEVER = (
    Policy(tiers=(Tier(48 * H, 100),)),
    Policy(tiers=(Tier(168 * H, 100), Tier(24 * H, 50))),
    Policy(tiers=()),
)


@pytest.fixture
def importer(database_url: str, tmp_path: Path, clock: ManualClock) -> Importer:
    return Importer(database_url, tmp_path, clock)


@pytest.fixture
def world(store: SqlStore, clock: ManualClock) -> World:
    return World(store, clock)


async def own(world: World, of: TermsOf, name: str, policy: Policy) -> None:
    """Give a session type, or a package with a grant, terms of its own."""
    async with world.store.write(WORKSPACE) as uow:
        if of is TermsOf.TYPE:
            ids = {one.name: one.id for one in await uow.catalogue.session_types()}
        else:
            ids = {one.label: one.package_id or "" for one in await uow.grants.of_client(ANNA)}
        await uow.terms.save(TermsScope(of, ids[name]), policy)
        await uow.commit()


async def test_each_line_gets_the_terms_of_its_package_else_its_type_else_the_workspace(
    importer: Importer, store: SqlStore, world: World, clock: ManualClock
) -> None:
    await world.people()
    await world.book(1000 * H, session_type="Coaching", price=0)
    await world.grant(package="Ten", session_type="Leadership")
    await own(world, TermsOf.TYPE, "Coaching", WIDE)
    await own(world, TermsOf.PACKAGE, "Ten", WIDER)
    start = clock.now() + 400 * H
    lines = {
        "typed": ({"session_type": "Coaching"}, WIDE, 48),
        "spelled": ({"session_type": "COACHING", "package": "Unknown"}, WIDE, 48),
        "packaged": ({"session_type": "Leadership", "package": "ten"}, WIDER, 168),
        "single": ({"session_type": "Leadership"}, Policy(), 24),
    }
    rows = [
        {"session_id": key, "starts_at": (start + n * H).isoformat(), **line}
        for n, (key, (line, _, _)) in enumerate(lines.items())
    ]
    assert await importer.rows(*rows) == 0, importer.said
    for key, (_, policy, window) in lines.items():
        found = await session(store, key)
        assert found.refund_cutoff_at == found.starts_at - window * H
        async with store.read(WORKSPACE) as queries:
            assert (await queries.terms.by_ids([found.policy_id]))[found.policy_id] == policy
            assert await queries.terms.today(key) == found.policy_id
    await assert_balanced(store)


async def test_terms_without_a_full_refund_make_lines_late_from_the_beginning(
    importer: Importer, store: SqlStore, world: World, clock: ManualClock
) -> None:
    await world.people()
    await world.book(1000 * H, session_type="Coaching", price=0)
    await own(world, TermsOf.TYPE, "Coaching", NEVER)
    starts_at = clock.now() + 90 * H
    assert await importer.rows({"session_id": "S1", "starts_at": starts_at.isoformat()}) == 0
    found = await session(store, "S1")
    assert found.percent_back(NEVER, clock.now() + timedelta(microseconds=1)) == 0


async def test_a_later_import_takes_the_terms_of_its_day_and_leaves_earlier_lines_alone(
    importer: Importer, store: SqlStore, world: World, clock: ManualClock
) -> None:
    await world.people()
    day = [(clock.now() + n * 24 * H).isoformat() for n in (30, 31)]
    assert await importer.rows({"session_id": "S1", "starts_at": day[0]}) == 0
    await own(world, TermsOf.TYPE, "Coaching", WIDE)
    again = [{"session_id": f"S{n + 1}", "starts_at": at} for n, at in enumerate(day)]
    assert await importer.rows(*again) == 0
    first, second = await session(store, "S1"), await session(store, "S2")
    assert first.starts_at - first.refund_cutoff_at == 24 * H
    assert second.starts_at - second.refund_cutoff_at == 48 * H
    async with store.read(WORKSPACE) as queries:
        assert await queries.terms.today("S1") == second.policy_id != first.policy_id


async def test_a_name_is_one_however_a_file_spells_it(importer: Importer, store: SqlStore, world: World) -> None:
    await world.people()
    spellings = ("Café", "Cafe\u0301", " CAFÉ ", "Ｃａｆé", "Café\u200b")
    rows = [
        {
            "session_id": f"S{number}",
            "session_type": name,
            "package": name,
            "starts_at": f"2027-03-{number + 1:02}T10:00",
        }
        for number, name in enumerate(spellings)
    ]
    assert await importer.rows(*rows) == 0, importer.said
    async with store.read(WORKSPACE) as queries:
        [only] = await queries.catalogue.session_types()
        [package], _ = await queries.catalogue.packages(9)
    assert (only.name, package.name) == ("Café", "Café")


async def test_a_file_finds_a_type_under_the_name_that_it_has_now(
    importer: Importer, store: SqlStore, world: World
) -> None:
    await world.people()
    async with store.write(WORKSPACE) as uow:
        await uow.catalogue.save_session_type(SessionType("an-old-key", "½ Day Cafe\u0301", 50 * M, 100))
        await uow.commit()
    assert await importer.rows({"session_id": "S1", "session_type": "½ day café"}) == 0, importer.said
    async with store.read(WORKSPACE) as queries:
        assert [one.id for one in await queries.catalogue.session_types()] == ["an-old-key"]


async def test_a_line_ahead_names_a_coach_who_gives_its_type(
    importer: Importer, store: SqlStore, world: World, clock: ManualClock
) -> None:
    await world.people()
    async with store.write(WORKSPACE) as uow:
        given = SessionType("", "Coaching", 50 * M, 100, coaches=frozenset({OTHER_COACH}))
        await uow.catalogue.save_session_type(given)
        await uow.commit()
    ahead, over = (clock.now() + n * 24 * H for n in (30, -30))
    rows = [
        {"session_id": "S1", "starts_at": over.isoformat()},
        {"session_id": "S2", "starts_at": ahead.isoformat()},
        {"session_id": "S3", "starts_at": (ahead + 3 * H).isoformat(), "coach": OTHER_COACH},
        {"session_id": "S4", "starts_at": (ahead + 5 * H).isoformat(), "status": "canceled"},
    ]
    assert await importer.rows(*rows) == 1
    assert (
        f"{COACH} does not give 'Coaching': name them for it in /sessions setup, or name another coach" in importer.said
    )
    async with store.read(WORKSPACE) as queries:
        assert not await queries.sessions.by_ids(["S1", "S2", "S3", "S4"])
    # What is over or canceled tells what was, whoever gives it today.
    assert await importer.rows(rows[0], rows[2], rows[3]) == 0, importer.said
