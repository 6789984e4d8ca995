"""A claim is the same work whatever waits, and what waits in line is claimed in order, in turns."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, make_url, text

from coaching.clock import ManualClock
from coaching.news.kinds import NoticeKind
from storage import SqlStore
from storage.claiming import AHEAD, LINES, WORKSPACES
from storage.claims import untouched
from storage.low_water import LOOKS
from storage.repositories.notices import notice_row
from storage.tables import notices
from storage.types import EPOCH
from tests.statements.recorder import recording
from tests.storage.box import LEASE, MINUTE, Box, notice, sent
from tests.support.world import ANNA, BORIS, WORKSPACE

LIMIT = 10
FEW, MANY = 5_000, 20_000
FAR = EPOCH + timedelta(days=90_000)
"""A retry that is not due while this is tested, by the database's clock."""


@pytest.fixture
def box(store: SqlStore, clock: ManualClock) -> Box:
    return Box(store, clock)


def _rows(box: Box, which: str, some: range) -> Iterator[dict[str, object]]:
    """Return due notices that wait for something else, or are many."""
    now = box.clock.now()
    for i in some:
        kind = NoticeKind.REMINDER if "reminders" in which else NoticeKind.RECEIPT
        who = {
            "one conversation": ANNA,
            "one person's reminders": ANNA,
            "nobody in Slack": f"mail:{i}@example.com",
            "behind retries": f"U{i // 2}",
        }.get(which, f"U{i}")
        row = notice_row(
            "T0CLOSED" if which == "a closed workspace" else WORKSPACE,
            notice(kind, f"n{i:06}", who, now - MINUTE + timedelta(microseconds=i), now + LEASE),
        )
        held = which == "retries" or (which == "behind retries" and i % 2 == 0)
        row |= {"retry_at": FAR if held else None, "conversation": who if held and which != "retries" else None}
        yield row


async def _wait(box: Box, which: str, some: range, *, counted: bool = True) -> None:
    """Have notices wait. PostgreSQL knows how many there are if they are `counted`."""
    async with box.store.engines.writer.begin() as connection:
        await connection.execute(insert(notices), list(_rows(box, which, some)))
    if counted and box.store.engines.dialect != "sqlite":
        analyst = box.store.engines.writer.execution_options(isolation_level="AUTOCOMMIT")
        async with analyst.connect() as connection:
            await connection.execute(text("VACUUM ANALYZE notices"))


async def _work(box: Box) -> int:
    """Claim, ask how late the queue is, and return how much the databases read for it."""
    with recording() as found:
        await box.claim(LIMIT, excluding=["T0CLOSED"])
        await box.queue.lag(box.clock.now(), excluding=["T0CLOSED"])
    statements = [(one.sql, one.parameters) for one in found[box.store.engines.dialect].values()]
    if box.store.engines.dialect == "sqlite":
        path = make_url(box.store.engines.writer.url).database
        return sum(_steps(str(path), statement, parameters) for statement, parameters in statements)
    read = 0
    async with box.store.engines.writer.connect() as connection:
        for statement, parameters in statements:
            explain = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}"
            [[[plan]]] = (await connection.exec_driver_sql(explain, tuple(parameters))).all()
            read += _read(plan["Plan"])
            await connection.rollback()
    return read


def _steps(path: str, statement: str, parameters: Sequence[Any]) -> int:
    """Return how many steps SQLite's machine takes, in tens."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.set_progress_handler(step, 10)
        connection.execute(statement, tuple(parameters)).fetchall()
        connection.set_progress_handler(None, 0)
        connection.execute("ROLLBACK")
    connection.close()
    return steps


def _read(node: dict[str, Any]) -> int:
    """Return how many rows PostgreSQL's plan reads, those it throws away included."""
    mine = node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Join Filter", 0)
    return int(mine * node["Actual Loops"]) + sum(_read(part) for part in node.get("Plans", ()))


@pytest.mark.parametrize(
    "which",
    [
        "many people",
        "one conversation",
        "nobody in Slack",
        "retries",
        "behind retries",
        "a closed workspace",
        "reminders",
        "one person's reminders",
    ],
)
async def test_a_claim_is_the_same_work_however_many_wait(box: Box, which: str) -> None:
    await _wait(box, which, range(FEW))
    await box.claim(LIMIT, excluding=["T0CLOSED"])  # the first of the conversation is under way by now
    few = await _work(box)
    await _wait(box, which, range(FEW, MANY))
    many = await _work(box)
    assert few > 0
    assert many < 1.5 * few + 100, f"{few} for {FEW}, {many} for {MANY}"


@pytest.mark.parametrize("which", ["many people", "one conversation", "reminders"])
async def test_a_claim_is_the_same_work_before_the_database_has_counted_them(box: Box, which: str) -> None:
    """PostgreSQL counts a minute after a first import, and its guesses until then are far off."""
    await _wait(box, which, range(400), counted=False)
    few = await _work(box)
    await _wait(box, which, range(400, 4_000), counted=False)
    many = await _work(box)
    assert few > 0
    assert many < 1.5 * few + 100, f"{few} for 400, {many} for 4,000"


async def _drained_for(box: Box, looks: int) -> None:
    for _ in range(looks):
        rows = await box.claim(LIMIT)
        assert len(rows) == LIMIT
        await box.queue.record([sent(row) for row in rows], box.clock.now())


async def _touched(box: Box) -> int:
    """Claim, and return how many pages PostgreSQL touches for it, or what SQLite does."""
    if box.store.engines.dialect == "sqlite":
        return await _work(box)
    with recording() as found:
        await box.claim(LIMIT)
    pages = 0
    async with box.store.engines.writer.connect() as connection:
        for one in found["postgresql"].values():
            explain = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {one.sql}"
            [[[plan]]] = (await connection.exec_driver_sql(explain, tuple(one.parameters))).all()
            pages += plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
            await connection.rollback()
    return pages


async def test_a_claim_does_not_pass_what_was_sent_since_an_old_transaction_began(box: Box) -> None:
    """PostgreSQL keeps its entries in the index."""
    await _wait(box, "many people", range(4_000))
    async with box.store.engines.reader.connect() as old:
        await old.execute(text("SELECT count(*) FROM notices"))
        await _drained_for(box, LOOKS + 1)
        few = await _touched(box)
        await _drained_for(box, 30 * LOOKS - 1)
        many = await _touched(box)
    assert many < 1.5 * few + 100, f"{few} after {LOOKS} claims, {many} after {31 * LOOKS}"


async def test_what_is_due_before_the_low_water_mark_is_claimed_all_the_same(box: Box) -> None:
    await _wait(box, "many people", range(800))
    await _drained_for(box, LOOKS + 1)
    await box.put("older", who=BORIS, due=-2 * MINUTE)
    found = list[str]()
    for _ in range(LOOKS):
        found += [row.key for row in await box.claim(LIMIT)]
    assert "older" in found
    while len(await box.claim(LIMIT)) == LIMIT:
        pass
    await box.put("oldest", who=BORIS, due=-3 * MINUTE)
    await box.set("older", state="sent", owner=None, lease_until=None)
    assert [row.key for row in await box.claim(LIMIT)] == ["oldest"]


async def test_what_is_given_back_after_long_still_goes_first(box: Box) -> None:
    await _wait(box, "many people", range(800))
    held = (await box.claim(LIMIT))[0]
    await _drained_for(box, 2 * LOOKS + 1)
    await box.put("newer", who=held.recipient)
    await box.queue.record([untouched(held)], box.clock.now())
    assert (await box.claim(LIMIT))[0].key == held.key


async def test_the_look_at_the_work_sees_what_reads_everything(box: Box) -> None:
    """The test above can fail."""
    query = "SELECT dedupe_key FROM notices WHERE why = 'odd'"
    await _wait(box, "many people", range(400))
    if box.store.engines.dialect == "sqlite":
        assert _steps(str(make_url(box.store.engines.writer.url).database), query, ()) >= 400 / 10
        return
    async with box.store.engines.reader.connect() as connection:
        [[[plan]]] = (await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}")).all()
    assert _read(plan["Plan"]) >= 400


async def _drained(box: Box, limit: int = LIMIT) -> dict[str, list[str]]:
    """Deliver everything that is due; return the keys by recipient in the order in which they went out."""
    said: dict[str, list[str]] = defaultdict(list)
    while rows := await box.claim(limit):
        assert len({(row.workspace_id, row.recipient) for row in rows}) == len(rows) <= limit
        for row in rows:
            said[row.recipient].append(row.key)
        await box.queue.record([sent(row) for row in rows], box.clock.now())
    return said


async def test_every_conversation_reads_all_of_a_backlog_in_order(box: Box) -> None:
    """Uneven ones: the longer a line, the earlier it began."""
    now, rows = box.clock.now(), []
    for person in range(6):
        for i in range(2**person * 8):
            due = now - MINUTE + timedelta(microseconds=(i * 37) % 251 * 10 + person)
            who, key = f"U{person}", f"{person}-{i:03}"
            rows.append(notice_row(WORKSPACE, notice(NoticeKind.RECEIPT, key, who, due, now + LEASE)) | {"due": due})
    async with box.store.engines.writer.begin() as connection:
        await connection.execute(insert(notices), [{k: v for k, v in row.items() if k != "due"} for row in rows])
    said = await _drained(box)
    for person in range(6):
        mine = sorted((row["due"], row["dedupe_key"]) for row in rows if row["recipient"] == f"U{person}")  # type: ignore[type-var]
        assert said[f"U{person}"] == [key for _, key in mine]


async def test_a_long_conversation_hides_nobody(box: Box) -> None:
    await _wait(box, "one conversation", range(3 * AHEAD))
    await box.put("new", who=BORIS)
    found, claims = list[str](), 0
    while "new" not in found:
        found += [row.key for row in await box.claim(LIMIT)]
        claims += 1
        assert "new" in found or box.queue.has_more, "whoever looks again finds it"
    assert found == ["n000000", "new"]
    assert claims <= 4


async def test_more_conversations_with_a_line_than_one_claim_looks_at_all_go_on(box: Box) -> None:
    people = LINES + 20
    for turn in ("a", "b"):
        await box._add(
            [
                notice(NoticeKind.RECEIPT, f"{turn}{i:03}", f"U{i}", box.clock.now(), box.clock.now() + LEASE)
                for i in range(people)
            ],
            WORKSPACE,
        )
    firsts = list[str]()
    while rows := await box.claim(people):
        firsts += [row.key for row in rows]
    assert sorted(firsts) == [f"a{i:03}" for i in range(people)], "nobody's second while the first is under way"
    async with box.store.engines.writer.begin() as connection:
        await connection.execute(delete(notices).where(notices.c.state == "leased"))
    assert sum(len(keys) for keys in (await _drained(box, people)).values()) == people


async def test_what_stood_behind_a_notice_that_is_gone_goes_out(box: Box) -> None:
    await box.put("a1", "a2", "a3")
    [first] = await box.claim()
    await box.queue.record([untouched(first, 3600, conversation=ANNA)], box.clock.now())
    assert await box.claim() == []
    async with box.store.engines.writer.begin() as connection:
        await connection.execute(delete(notices).where(notices.c.dedupe_key == "a1"))
    assert [row.key for row in await box.claim()] == ["a2"]


async def test_a_line_goes_on_where_its_coach_is_told_now(box: Box) -> None:
    async with box.store.write(WORKSPACE) as uow:
        for coach in (ANNA, BORIS):
            await uow.coaches.save(coach, "C0SHARED")
        await uow.commit()
    now = box.clock.now()
    for key, who in (("1", ANNA), ("2", BORIS), ("3", ANNA), ("4", BORIS)):
        await box._add([notice(NoticeKind.COACH_ALERT, key, who, now, now + LEASE)], WORKSPACE)
    [first] = await box.claim()
    assert (first.key, await box.claim()) == ("1", [])
    async with box.store.write(WORKSPACE) as uow:
        await uow.coaches.save(BORIS, "C0OWN")
        await uow.commit()
    assert [row.key for row in await box.claim()] == ["2"], "it does not wait for another channel"
    await box.queue.record([sent(first)], now)
    assert [row.key for row in await box.claim()] == ["3"]


async def test_workspaces_take_turns(box: Box) -> None:
    await _wait(box, "many people", range(400))
    workspaces = [f"T{i}" for i in range(WORKSPACES + 3)]
    for one in workspaces:
        await box.put("new", ws=one)
    served = [row.workspace_id for _ in range(2) for row in await box.claim(WORKSPACES * 2)]
    assert set(served) == {WORKSPACE, *workspaces}


async def test_a_claim_in_one_workspace_only_changes_nobodys_turn(box: Box) -> None:
    """A gate on trial asks for one notice of its workspace again and again, and the others are served in between."""
    workspaces = [f"T{i:02}" for i in range(2 * WORKSPACES)]
    for one in workspaces:
        await box.put("new", ws=one)
    *others, tried = workspaces
    await box.put("another", who=BORIS, ws=tried)
    served = list[str]()
    for _ in range(2):
        assert len(await box.claim(1, only=tried)) == 1
        served += [row.workspace_id for row in await box.claim(LIMIT, excluding=[tried])]
        for one in others[:WORKSPACES]:
            await box.put(f"after {len(served)}", who=BORIS, ws=one)
    assert set(served) == set(others)


async def test_more_workspaces_than_one_claim_serves_are_all_looked_at_once_and_then_left_alone(box: Box) -> None:
    """Their lines cannot go on: a relay that is told to look again would do nothing else."""
    waiting = [f"T{i:02}" for i in range(3 * WORKSPACES)]
    async with box.store.engines.writer.begin() as connection:
        now = box.clock.now()
        row = notice_row(WORKSPACE, notice(NoticeKind.RECEIPT, "tried", ANNA, now - MINUTE, now + LEASE))
        row |= {"retry_at": FAR, "conversation": ANNA}
        await connection.execute(insert(notices), [row | {"workspace_id": one} for one in waiting])
    for last in ("new", "newer"):  # wherever the turns stand
        await box.put(last, ws="T99")
        found, claims = list[str](), 0
        while box.queue.has_more or not claims:
            found += [row.key for row in await box.claim(LIMIT)]
            claims += 1
            assert claims < 20
        assert found == [last]
        await box.set(last, state="sent", owner=None, lease_until=None)


async def test_what_is_let_go_of_before_its_time_stands_in_line_until_then(box: Box) -> None:
    now = box.clock.now()
    await box.put("planned again", due=MINUTE)
    await box.set("planned again", conversation=ANNA, refresh_at=now - MINUTE)
    assert (await box.claim(), box.queue.has_more) == ([], False)
    await box.put("before it")
    assert [row.key for row in await box.claim()] == ["before it"]


async def test_when_to_look_next_is_known(box: Box) -> None:
    now = box.clock.now()
    assert await box.queue.next_in(now) is None
    await box.put("later", due=2 * MINUTE)
    await box.put("sooner", due=MINUTE, who=BORIS, ws="T0OTHER")
    await box.put("nobody", due=MINUTE / 2, who="mail:nobody@example.com")
    assert await box.queue.next_in(now) == 60, "who cannot be reached is no reason to look"
    await box.put("now")
    assert await box.queue.next_in(now) == 0
    [row] = await box.claim()
    assert await box.queue.next_in(now) == 60
    await box.queue.record([untouched(row, 20)], now)
    assert 0 < (await box.queue.next_in(now) or 0) <= 20
    await box.set("now", state="sent", retry_at=None, refresh_at=now + timedelta(seconds=5))
    assert await box.queue.next_in(now) == 5


async def test_what_is_begun_and_finished_is_found_by_its_key(box: Box) -> None:
    """And not among all that were ever leased, which PostgreSQL cannot forget while an older transaction is open."""
    await _wait(box, "many people", range(2_000))  # PostgreSQL counts them while none is leased
    rows = await box.claim(LIMIT)
    with recording() as found:
        await box.queue.record([sent(rows[0])], box.clock.now(), begin=rows[1:], lease=LEASE)
    asked = [one for one in found[box.store.engines.dialect].values() if "notices" in one.sql]
    assert len(asked) == 2
    explain = "EXPLAIN QUERY PLAN " if box.store.engines.dialect == "sqlite" else "EXPLAIN "
    async with box.store.engines.reader.connect() as connection:
        for one in asked:
            plan = str((await connection.exec_driver_sql(explain + one.sql, one.parameters)).all())
            assert "PRIMARY KEY" in plan or "pk_notices" in plan
            assert "ix_notices" not in plan
