"""Every hot statement finds its rows by an index, on both databases, with twenty thousand sessions."""

import itertools
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from coaching.actions import (
    browse,
    choose,
    credits,
    decide,
    exceptions,
    expiry,
    outcomes,
    people,
    plans,
    slots,
    undo,
    upkeep,
)
from coaching.actions.home import open_home
from coaching.availability import Availability, parse_hours
from coaching.clock import ManualClock
from coaching.packages import Holder
from coaching.records import Scope
from coaching.sessions import Actor, Hat, Person, Status
from storage import SqlStore, create_engines
from storage.notices import NoticeQueue
from tests.conftest import KINDS, START
from tests.support.crowd import crowd
from tests.support.databases import Databases
from tests.support.world import WORKSPACE, World

BIG = (
    *("sessions", "transfers", "refunds", "notices", "timeline", "inbound", "grants", "members"),
    *("exceptions", "pool_members", "stakeholders"),
)
HUGE = ("sessions", "transfers", "timeline", "inbound")
ONLY_WORKSPACE = f"Index Cond: ((workspace_id)::text = '{WORKSPACE}'::text) "
ALIASES = ("client", "coach", "canceler", "decider", "policy_row", "late_row", "later_row", "o")
CLIENT, COACH, CONTACT = "U7", "U3", "U140"

Statements = list[tuple[str, Any]]


@pytest.fixture(params=KINDS)
async def world(request: pytest.FixtureRequest, databases: Databases) -> AsyncIterator[World]:
    engines = create_engines(await databases.fresh(request.param), wait_seconds=60)
    try:
        world = World(SqlStore(engines), ManualClock(START))
        await crowd(world.store, world, WORKSPACE)
        yield world
    finally:
        await engines.dispose()


@contextmanager
def recorded(store: SqlStore) -> Iterator[Statements]:
    """Write down what is executed."""
    found: Statements = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.split(None, 1)[0] in {"SELECT", "UPDATE", "DELETE", "WITH"}:
            found.append((statement, parameters[0] if many else parameters))

    engines = {store.engines.writer.sync_engine, store.engines.reader.sync_engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


async def scans(store: SqlStore, statements: Statements) -> list[str]:
    """Return the plans that read a big table from end to end.

    PostgreSQL is asked twice: as it would do it here, where only the tables that dwarf the others count (to read 2,000 members
    whole is right for a long page), and with whole reads as the last resort, where none may be left.
    """
    bad = []
    async with store.engines.writer.connect() as connection:

        async def look(explain: str, wrong: tuple[str, ...]) -> None:
            for statement, parameters in statements:
                rows = await connection.exec_driver_sql(f"{explain} {statement}", tuple(parameters))
                plan = [row[-1] for row in rows]
                # A workspace read whole is hardly better: with one practice in the database it is the same.
                steps = [f"{step.strip()} " for step in plan]
                whole = any(
                    (a.startswith("SEARCH ") and a.split()[1] in (*BIG, *ALIASES) and a.endswith(" (workspace_id=?) "))
                    or (b == ONLY_WORKSPACE and any(f" on {name} " in a for name in HUGE))
                    for a, b in itertools.pairwise([*steps, ""])
                )
                if whole or any(step.startswith(wrong) for step in steps):
                    bad.append("\n".join([statement, repr(parameters), *plan]))

        if store.engines.dialect == "sqlite":
            await look("EXPLAIN QUERY PLAN", tuple(f"SCAN {name} " for name in (*BIG, *ALIASES)))
        else:
            await look("EXPLAIN", tuple(f"{arrow}Seq Scan on {name} " for name in HUGE for arrow in ("", "->  ")))
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            await look("EXPLAIN", tuple(f"{arrow}Seq Scan on {name} " for name in BIG for arrow in ("", "->  ")))
    return bad


async def planned_anew(store: SqlStore, statements: Statements) -> list[str]:
    """Return the statements that compare a parameter with the column of a partial index's condition.

    SQLite plans them anew whenever they run, PostgreSQL's lasting plans cannot use the index: see `storage.types.word`.
    """
    if store.engines.dialect == "sqlite":
        ask = "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'"
    else:
        ask = "SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '%WHERE%'"
    async with store.engines.reader.connect() as connection:
        conditions = [row[0].split("WHERE", 1)[1] for row in await connection.exec_driver_sql(ask)]
    columns = {name for one in conditions for name in re.findall(r"\b(\w+)\)?(?:::text)? = '", one)}
    assert columns == {"state", "status"}
    compared = re.compile(rf"\.({'|'.join(columns)}) = (\?|\$)")
    return [statement for statement, _ in statements if compared.search(statement)]


async def _everything(world: World) -> None:
    store, clock = world.store, world.clock
    client, coach = Actor(WORKSPACE, CLIENT), Actor(WORKSPACE, COACH)
    for scope in Scope:
        await browse.list_sessions(store, clock, client, scope=scope)
        await browse.list_sessions(store, clock, coach, hat=Hat.COACH, scope=scope)
    await open_home(store, clock, client)
    await credits.open_account(store, clock, client, Holder(CLIENT))
    await credits.open_account(store, clock, Actor(WORKSPACE, CONTACT), Holder(pool_id="p7"))
    await credits.open_history(store, clock, client, Holder(CLIENT))
    await expiry.warn_expiring(store, clock, 200)
    await expiry.close_expired(store, clock, 200)
    await choose.open_page(store, clock, client, draft_id="d")
    await choose.open_page(store, clock, coach, draft_id="d", hat=Hat.COACH)
    page = await browse.list_sessions(store, clock, client)
    await browse.details(store, clock, client, page.rows[0].session.id)
    await world.book(timedelta(hours=7), client=CLIENT, coach=COACH)
    first, second = (row.session for row in page.rows[:2])
    clock.set(first.starts_at - timedelta(hours=2))
    done = await world.cancel(first, second, who=CLIENT)
    async with store.read(WORKSPACE) as queries:
        assert len(await queries.sessions.of_action(done.draft.action_id or "")) == 2
        await queries.sessions.find(first.id)
        await queries.grants.of_client(CLIENT)
        await queries.grants.told_together(CLIENT, clock.now())
        await queries.ledger.movements(Holder(pool_id="p"), limit=9, offset=0)
        await queries.workspace.settings()
    await exceptions.look(store, clock, client, first.id)
    await exceptions.ask(store, clock, exceptions.Ask(actor=client, action_id=done.draft.action_id or "", note="Ill"))
    await browse.details(store, clock, client, first.id)
    command = decide.DecideLate(actor=Actor(WORKSPACE, first.coach.id), session_ids=[first.id], refund=True)
    await decide.decide_late(store, clock, command)
    await people.remember(
        store, clock, WORKSPACE, Person(CLIENT, "Client", "nobody@example.com"), clock.now(), link=True
    )
    await _undone(world)
    await _those_of_coaches(world)
    for who in (CLIENT, None):
        async with store.write(WORKSPACE) as uow:
            await uow.plans.ask_replan(who)
            await uow.commit()
        assert await plans.replan_due(store, clock, 20) > 0
    for _, job in upkeep.JOBS:
        assert await job(store, ManualClock(clock.now() + timedelta(days=90)), 20) >= 0
    queue = NoticeQueue(store.engines)
    claimed = await queue.claim("me", clock.now(), lease=timedelta(seconds=30), limit=50)
    assert claimed
    await queue.reclaim(clock.now())
    await queue.lag(clock.now())


async def _undone(world: World) -> None:
    """Cancel late, ask for an exception, and take all of it back. Two sessions: SQLite finds a single pair by the key."""
    store, clock, client = world.store, world.clock, Actor(WORKSPACE, CLIENT)
    page = await browse.list_sessions(store, clock, client)
    first, second = [row.session for row in page.rows if row.session.status is Status.SCHEDULED][:2]
    clock.set(first.starts_at - timedelta(hours=2))
    action_id = (await world.cancel(first, second, who=CLIENT)).draft.action_id or ""
    await exceptions.ask(store, clock, exceptions.Ask(actor=client, action_id=action_id))
    undone = await undo.undo(store, clock, undo.Undo(actor=client, action_id=action_id))
    assert [one.status for one in undone.sessions] == [Status.SCHEDULED] * 2


async def _those_of_coaches(world: World) -> None:
    store, clock, coach = world.store, world.clock, Actor(WORKSPACE, COACH)
    hours = Availability(time_zone="America/New_York", hours=parse_hours("daily 9:00–17:00"))
    async with store.write(WORKSPACE) as uow:
        await uow.coaches.save(COACH, "C0COACH")
        await uow.schedule.save(COACH, hours)
        await uow.commit()
        assert await uow.stakeholders.of({COACH}, {"t"})
        await uow.coaches.ids_undecided(COACH, 10)
    await slots.open_booking(store, clock, Actor(WORKSPACE, CLIENT), coach_id=COACH)
    await slots.free_time(store, clock, Actor(WORKSPACE, CLIENT), COACH, CLIENT, timedelta(minutes=50))
    past = await browse.list_sessions(store, clock, coach, hat=Hat.COACH, scope=Scope.PAST)
    over = next(row.session for row in past.rows if row.session.status is Status.SCHEDULED)
    for outcome in (Status.NO_SHOW, Status.COMPLETED):
        command = outcomes.CloseSession(actor=coach, session_id=over.id, outcome=outcome)
        assert (await outcomes.close(store, clock, command)).session.status is outcome


async def test_no_hot_statement_reads_a_table_from_end_to_end(world: World) -> None:
    with recorded(world.store) as statements:
        await _everything(world)
    different = list({statement: (statement, parameters) for statement, parameters in statements}.values())
    assert len(different) > 25
    bad = await scans(world.store, different)
    assert not bad, "\n\n".join(bad)
    assert await planned_anew(world.store, different) == []
    # The look itself is alive: a question without an index is seen.
    assert await scans(world.store, [("SELECT id FROM sessions WHERE reason = 'x'", ())])
