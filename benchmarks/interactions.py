"""Every main thing that people do, in a database of a million sessions against a small one: random clients, one by one."""

import asyncio
import json
import random
import statistics
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from benchmarks import load
from benchmarks.processes import Child, counts, ours, settled, stand_in
from benchmarks.recorded import list_statements
from benchmarks.report import Promise, Result, paired
from benchmarks.world import (
    ADMIN,
    KINDS,
    Databases,
    client_id,
    coach_id,
    databases,
    engines_in_a_hurry,
    open_hours,
    quoted,
    undo_in,
    write_lists,
)
from coaching.clock import SystemClock
from coaching.sessions import Actor
from handlers.ids import Action
from storage import SqlStore
from storage.types import to_micros

SMALL, LARGE = 4_000, 1_000_000
"""Sessions; twenty for each client, so that there are enough clients in the small one too."""
MOST = 1.3
"""So much longer the list may take in the large one; of the others it is told."""
_PICKED = 3


@dataclass
class _Side:
    """One database behind a running bot, and whom to ask: `drafts` are confirmations that are open."""

    server: Child
    clients: int
    coaches: int
    drafts: Iterator[tuple[str, bytes]]
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    def anybody(self) -> str:
        """Return any client at all."""
        return client_id(self.dice.randrange(self.clients))


Ask = Callable[[_Side], Awaitable[list[float]]]
"""One interaction of somebody: how long its answers took (ms), by what was asked in turn."""


async def measure(*, quick: bool = False) -> list[Result]:
    """Compare on both databases."""
    with databases() as made:
        results = []
        for kind in KINDS:
            results += await _compare(
                made, kind, 200 if quick else LARGE, rounds=1 if quick else 5, each=2 if quick else 30
            )
        return results


async def _compare(made: Databases, kind: str, large: int, *, rounds: int, each: int) -> list[Result]:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(stand_in())
        sides = []
        for sessions in (large, min(SMALL, large)):
            url = await made.fresh(kind)
            clients = await write_lists(url, sessions)
            coaches = await open_hours(url, clients)
            if kind == "sqlite" and (scans := await _scans(url)):
                raise RuntimeError(f"a plan reads a whole table: {scans}")
            drafts = iter(await _drafts(url, clients, (rounds + 1) * each))
            server = await stack.enter_async_context(ours(slack, url))
            sides.append(_Side(server, clients, coaches, drafts))
        if large > SMALL:
            await asyncio.gather(*(settled(side.server) for side in sides))
        took: dict[str, list[list[float]]] = {name: [[], []] for name in _NAMES}
        for number in range(-1, rounds):
            for index in (0, 1) if number % 2 else (1, 0):
                heard = [[time for ask in _ASKS for time in await ask(sides[index])] for _ in range(each)]
                if number >= 0:  # the first turn warms up
                    for name, times in zip(_NAMES, zip(*heard, strict=True), strict=True):
                        took[name][index].append(statistics.median(times))
        asked, told = (rounds + 1) * each * len(sides), await counts(slack)
        wanted = {"views.open": 4 * asked, "views.update": asked, "views.publish": 3 * asked, "apologies": 0}
        if (found := {name: told.get(name, 0) for name in wanted}) != wanted:
            raise RuntimeError(f"{asked} of each were to give {wanted}, and gave {found}")
    return [
        paired(
            f"{name}, {kind}: {large:,} sessions against {min(SMALL, large):,}",
            slow,
            fast,
            "ms",
            Promise.AT_MOST if name == _NAMES[0] else Promise.TOLD,
            MOST,
        )
        for name, (slow, fast) in took.items()
    ]


async def _drafts(url: str, clients: int, number: int) -> list[tuple[str, bytes]]:
    """Have random clients choose three of their sessions; return who, and the submissions that confirm."""
    engines, clock, found = engines_in_a_hurry(url), SystemClock(), []
    try:
        store, dice = SqlStore(engines), random.Random(11)
        ahead = text(
            "SELECT id FROM sessions WHERE workspace_id = :ws AND client_id = :who AND status = 'scheduled' AND starts_at > :soon"
            " ORDER BY starts_at DESC LIMIT :picked"
        )
        # Each of them once: what one confirms may not be what another one has open.
        for chosen in dice.sample(range(clients), number):
            actor = Actor("T0BENCH", client_id(chosen))
            soon = to_micros(datetime.now(UTC) + timedelta(days=2))
            given = {"ws": actor.workspace_id, "who": actor.user_id, "soon": soon, "picked": _PICKED}
            async with engines.reader.connect() as connection:
                ids = list((await connection.execute(ahead, given)).scalars())
            found.append((actor.user_id, await quoted(store, clock, actor, ids)))
    finally:
        await engines.dispose()
    return found


async def _scans(url: str) -> list[str]:
    """Return the steps of the list's query plans on SQLite that read a whole table."""
    engines, found = engines_in_a_hurry(url), []
    try:
        asked = await list_statements(engines, client_id(0))
        async with engines.reader.connect() as connection:
            for one in asked.raw:
                plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one.sql}", one.values)
                found += [step for *_, step in plan if step.startswith("SCAN ")]
            tables = {row.name for row in await connection.execute(text("SELECT name FROM sqlite_master"))}
        return [step for step in found if step.split()[1] in tables]
    finally:
        await engines.dispose()


async def _timed(side: _Side, body: bytes) -> tuple[float, bytes]:
    timing = await load.run(side.server, [body])
    return timing.slowest * 1000, timing.bodies[0]


async def _list(side: _Side) -> list[float]:
    return [(await _timed(side, load.command(side.anybody())))[0]]


async def _choose(side: _Side) -> list[float]:
    return [(await _timed(side, load.command(side.anybody(), "cancel")))[0]]


async def _book(side: _Side) -> list[float]:
    return [(await _timed(side, load.command(side.anybody(), "book")))[0]]


async def _details(side: _Side) -> list[float]:
    number = side.dice.randrange(side.clients)
    session = f"s{100_000_000 + number * 20 + 15}"
    body = load.overflow(client_id(number), Action.SESSION_MENU, f"details:client:{session}")
    return [(await _timed(side, body))[0]]


async def _confirm_and_undo(side: _Side) -> list[float]:
    who, submission = next(side.drafts)
    confirmed, answer = await _timed(side, submission)
    undone, _ = await _timed(side, undo_in(who, json.loads(answer)["view"]))
    return [confirmed, undone]


async def _homes(side: _Side) -> list[float]:
    people = [side.anybody(), coach_id(side.dice.randrange(side.coaches)), ADMIN]
    return [(await _timed(side, load.home_opened(who)))[0] for who in people]


_ASKS: Sequence[Ask] = (_list, _choose, _details, _book, _confirm_and_undo, _homes)
_NAMES = (
    "List",
    "Choose",
    "Details",
    "Book",
    "Confirm",
    "Undo",
    "Home of a client",
    "Home of a coach",
    "Home of an admin",
)
