"""Every rule finds the fault it is there for, names it, and finds nothing where nothing is wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, make_url, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from coaching.clock import ManualClock
from storage import SqlStore, create_engines, sqlite
from storage.reconciliation import BY_READING, findings
from storage.rules import SUBJECTS, Rule
from storage.rules.rights import RIGHTS
from storage.tables import grants, metadata, notices, pools, time_off
from storage.types import from_micros
from tests.conftest import KINDS, START
from tests.support import patience
from tests.support.databases import Databases
from tests.support.faults import PLANTS, live, unlock
from tests.support.imports import Importer
from tests.support.invariants import violations
from tests.support.world import WORKSPACE, World

ALL = [rule for rules in SUBJECTS.values() for rule in rules]
_Lived = tuple[str, dict[str, str], datetime]


@pytest.fixture(scope="session")
def lived() -> dict[str, _Lived]:
    """Remember the database of each kind in which everything has happened once: faults are rolled back."""
    return {}


@asynccontextmanager
async def _planting(url: str) -> AsyncIterator[AsyncConnection]:
    """Open a transaction in which nothing is refused, and which leaves nothing behind."""
    if make_url(url).get_backend_name() == "sqlite":
        unguarded = ("foreign_keys = OFF", "ignore_check_constraints = ON")
        engine = sqlite.create_engine(
            url, begin="BEGIN", wait_seconds=patience.FOR_DATABASE, pragmas=unguarded, poolclass=NullPool
        )
    else:
        engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await unlock(connection)
            yield connection
            await connection.rollback()
    finally:
        await engine.dispose()


@pytest.fixture
async def practice(kind: str, lived: dict[str, _Lived], databases: Databases) -> _Lived:
    if kind not in lived:
        url, clock = await databases.fresh(kind, kept=True), ManualClock(START)
        engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
        ids = await live(World(SqlStore(engines), clock))
        await engines.dispose()
        lived[kind] = (url, ids, clock.now())
    return lived[kind]


def test_every_rule_is_tried_and_no_two_share_a_name() -> None:
    ids = [rule.id for rule in ALL]
    assert sorted(ids) == sorted(PLANTS)
    assert {rule.id for rule in ALL if not rule.faults} == set(BY_READING)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_practice_in_which_everything_happened_keeps_every_rule(practice: _Lived) -> None:
    url, _ids, now = practice
    async with _planting(url) as connection:
        assert await findings(connection, rules=ALL, now=now + timedelta(minutes=1)) == []
        assert await violations(connection) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rule", ALL, ids=[rule.id for rule in ALL])
async def test_a_rule_finds_the_fault_it_is_there_for(practice: _Lived, rule: Rule) -> None:
    url, ids, now = practice
    plant = PLANTS[rule.id]
    async with _planting(url) as connection:
        for statement in plant.sql:
            assert (await connection.execute(text(statement.format(**ids)))).rowcount > 0
        found = await findings(connection, rules=ALL, now=now, examples=100)
        elsewhere = await findings(connection, "T0ELSE", rules=ALL, now=now)
    mine = {finding.rule.id: finding for finding in found}
    assert rule.id in mine
    finding = mine[rule.id]
    assert finding.workspace_id == WORKSPACE
    assert any(plant.what.format(**ids) in what for what in finding.examples), finding.examples
    assert "Please!" not in str(found)
    assert elsewhere == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("may_overlap", ["true", "false"])
async def test_sessions_at_one_time_are_not_named_where_they_share_nobody(practice: _Lived, may_overlap: str) -> None:
    url, ids, now = practice
    others = f"UPDATE sessions SET coach_id = 'U0OTHER', client_id = 'U0NEW', may_overlap = {may_overlap}"
    async with _planting(url) as connection:
        for statement in (PLANTS["nobody_twice"].sql[0], f"{others} WHERE id = '{{other}}'"):
            assert (await connection.execute(text(statement.format(**ids)))).rowcount == 1
        rules = [rule for rule in ALL if rule.id in ("nobody_twice", "nobody_is_expected_twice")]
        assert await findings(connection, rules=rules, now=now) == []


@pytest.mark.parametrize("kind", KINDS)
async def test_what_an_admin_did_is_named_until_it_is_fourteen_days_old(practice: _Lived) -> None:
    url, ids, _now = practice
    asked = {"ws": WORKSPACE, "session": ids["booked"]}
    async with _planting(url) as connection:
        for statement in PLANTS["admins_act_as_admins"].sql:
            await connection.execute(text(statement.format(**ids)))
        query = text("SELECT at FROM timeline WHERE workspace_id = :ws AND session_id = :session AND event = 'booked'")
        old = from_micros((await connection.execute(query, asked)).scalar_one()) + timedelta(days=14)
        assert await findings(connection, rules=RIGHTS, now=old) == []
        [found] = await findings(connection, rules=RIGHTS, now=old - timedelta(microseconds=1))
        assert found.rule.id == "admins_act_as_admins"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_practice_beside_another_one_with_the_same_ids_keeps_every_rule(practice: _Lived) -> None:
    url, _ids, now = practice
    async with _planting(url) as connection:
        for table in metadata.sorted_tables:
            if "workspace_id" in table.c:
                others = ", ".join(f'"{column.name}"' for column in table.c if column.name != "workspace_id")
                twins = f"INSERT INTO {table.name} (workspace_id, {others}) SELECT 'T0TWIN', {others} FROM {table.name}"
                await connection.execute(text(twins))
        assert await findings(connection, rules=ALL, now=now + timedelta(minutes=1)) == []
        assert await violations(connection) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("day", "rules", "left", "named"),
    [
        ("2030-01-01", None, timedelta(microseconds=1), True),
        ("2030-01-01", None, timedelta(0), False),
        ("2030-01-01", "2020a", timedelta(hours=1), False),
        (None, None, timedelta(hours=1), False),
    ],
    ids=["ahead", "over", "computed-by-rules", "entered-as-instants"],
)
async def test_days_off_without_rules_are_read_again_while_they_are_ahead(
    practice: _Lived, day: str | None, rules: str | None, left: timedelta, named: bool
) -> None:
    url, ids, now = practice
    rule = next(rule for rule in ALL if rule.id == "days_from_before_read_as_they_did")
    days = {"first_day": day, "last_day": day, "time_zone": day and "UTC", "zone_rules": rules}
    off = {"coach_id": ids["coach"], "starts_at": now - timedelta(hours=1), "ends_at": now + left, **days}
    async with _planting(url) as connection:
        await connection.execute(insert(time_off).values(workspace_id=WORKSPACE, **off))
        found = await findings(connection, rules=[rule], now=now)
        assert await findings(connection, "T0ELSE", rules=[rule], now=now) == []
    assert [finding.examples for finding in found] == ([(f"{ids['coach']} {day}",)] if named else [])


@pytest.mark.parametrize("kind", KINDS)
async def test_a_canceled_session_that_is_said_to_be_scheduled_is_named_for_its_status_alone(practice: _Lived) -> None:
    url, ids, now = practice
    rule = next(rule for rule in ALL if rule.id == "one_refund_per_cancellation")
    async with _planting(url) as connection:
        await connection.execute(text(f"UPDATE sessions SET status = 'scheduled' WHERE id = '{ids['canceled']}'"))
        [finding] = await findings(connection, rules=[rule], now=now)
    assert finding.examples == (ids["canceled"],)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("change", ["amount = 0", "amount = -1", "source = target", "target = source"])
async def test_a_transfer_of_nothing_or_to_where_it_comes_from_is_named(practice: _Lived, change: str) -> None:
    url, ids, _now = practice
    rule = next(rule for rule in ALL if rule.id == "transfers_move_as_their_kind_says")
    async with _planting(url) as connection:
        which = f"WHERE kind = 'book' AND session_id = '{ids['booked']}'"
        assert (await connection.execute(text(f"UPDATE transfers SET {change} {which}"))).rowcount == 1
        [finding] = await findings(connection, rules=[rule])
    assert finding.count == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_grant_of_a_pool_that_is_gone_is_named_however_many_others_there_are(practice: _Lived) -> None:
    url, ids, now = practice
    rule = next(rule for rule in ALL if rule.id == "grants_have_a_holder")
    async with _planting(url) as connection:
        await connection.execute(
            insert(pools).values(workspace_id=WORKSPACE, id="here", name="Here", contact_id=ids["anna"])
        )
        for pool, faults in (("here", 0), ("gone", 1)):
            await connection.execute(
                update(grants).where(grants.c.id == ids["grant"]).values(client_id=None, pool_id=pool)
            )
            assert sum(finding.count for finding in await findings(connection, rules=[rule], now=now)) == faults


_COPIED = [column.name for column in notices.c if column.name not in ("dedupe_key", "recipient", "copy_of")]


def _copy(where: str, key: str) -> str:
    """A copy for Boris of the coach's own notice, as it is written with it."""
    kept = ", ".join(_COPIED)
    return (
        f"INSERT INTO notices (dedupe_key, recipient, copy_of, {kept})"
        f" SELECT '{key}', '{{boris}}', recipient, {kept} FROM notices WHERE {where} AND copy_of IS NULL"
    )


_OWN_ALERT = "kind = 'coach_alert' AND action_id = '{done}'"
_OWN_BOOKING = "kind = 'coach_booked' AND session_id = '{booked}'"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("where", "spoiled", "named"),
    [
        (_OWN_ALERT, "kind = 'receipt' WHERE {own}", True),
        (_OWN_ALERT, "recipient = 'U0OTHER' WHERE {own}", True),
        (_OWN_ALERT, "copy_of = '{boris}' WHERE {own}", True),
        (_OWN_ALERT, "action_id = '{taken_back}' WHERE {own}", True),
        (_OWN_ALERT, "session_id = '{other}' WHERE {own}", False),
        (_OWN_BOOKING, "kind = 'booked' WHERE {own}", True),
        (_OWN_BOOKING, "recipient = 'U0OTHER' WHERE {own}", True),
        (_OWN_BOOKING, "copy_of = '{boris}' WHERE {own}", True),
        (_OWN_BOOKING, "session_id = '{other}' WHERE {own}", True),
        (_OWN_BOOKING, "action_id = '{done}' WHERE {own}", False),
    ],
)
async def test_a_copy_is_beside_the_coachs_own_of_the_same_kind_action_and_session(
    practice: _Lived, where: str, spoiled: str, named: bool
) -> None:
    url, ids, _now = practice
    rule = next(rule for rule in ALL if rule.id == "copies_stand_beside_the_coachs_own")
    own = f"{where} AND dedupe_key <> 'copy'"
    async with _planting(url) as connection:
        if where is _OWN_BOOKING:
            booked = f"UPDATE notices SET kind = 'coach_booked', session_id = '{{booked}}', action_id = NULL WHERE {_OWN_ALERT}"
            await connection.execute(text(booked.format(**ids)))
        added = await connection.execute(text(_copy(where, "copy").format(**ids)))
        assert added.rowcount == 1
        assert await findings(connection, rules=[rule]) == []
        changed = await connection.execute(text(f"UPDATE notices SET {spoiled.replace('{own}', own)}".format(**ids)))
        assert changed.rowcount == 1
        assert any("copy" in finding.examples for finding in await findings(connection, rules=[rule])) is named


async def test_what_came_in_with_imports_keeps_every_rule(
    database_url: str, store: SqlStore, clock: ManualClock, tmp_path: Path
) -> None:
    importer = Importer(database_url, tmp_path, clock)
    package = {"package": "Five", "credits": "1"}
    first = [
        {"session_id": "P1", **package},
        {"session_id": "P2", "starts_at": "2026-11-25T10:00Z", **package, "status": "canceled"},
        {"session_id": "S%", "client": "pat@example.com", "credits": "0.5", "starts_at": "2026-11-30T10:00Z"},
    ]
    assert await importer.rows(*first) == 0
    assert await importer.rows(*first, {"session_id": "P3", "starts_at": "2026-12-02T10:00Z", **package}) == 0
    async with store.read(WORKSPACE) as queries:
        found = await queries.sessions.by_ids(["P1", "P2", "P3", "S%"])
    await World(store, clock).cancel(next(session for session in found if session.id == "P1"))
    async with store.engines.reader.connect() as connection:
        assert await findings(connection, rules=ALL, now=clock.now()) == []
        assert await violations(connection) == []


async def test_faults_are_counted_for_each_workspace_and_only_the_first_are_named(
    database_url: str, store: SqlStore, clock: ManualClock
) -> None:
    for workspace, sessions in ((WORKSPACE, 7), ("T0NEXT", 2)):
        world = World(store, clock, workspace)
        await world.people()
        await world.grant()
        for day in range(sessions):
            await world.book(timedelta(days=3 + day))
    async with store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE sessions SET version = 3"))
    rule = next(rule for rule in ALL if rule.id == "one_refund_per_cancellation")
    async with store.engines.reader.connect() as connection:
        there, here = await findings(connection)
        assert await findings(connection, "T0NEXT") == [there]
    assert (here.rule, here.workspace_id, here.count, len(here.examples)) == (rule, WORKSPACE, 7, 5)
    assert (there.rule, there.workspace_id, there.count, len(there.examples)) == (rule, "T0NEXT", 2, 2)
