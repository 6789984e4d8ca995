"""The main things that people do, over HTTP: against bare Bolt with the same queries, and bare aiohttp with the driver."""

from collections.abc import Sequence

from sqlalchemy import func, select

from benchmarks import load
from benchmarks.contest import Interaction, contest
from benchmarks.report import Result
from benchmarks.world import (
    ADMIN,
    KINDS,
    Databases,
    client_id,
    coach_id,
    databases,
    open_hours,
    write_drafts,
    write_lists,
    write_undos,
)
from handlers.ids import Action
from storage import create_engines
from storage.tables import sessions

SESSIONS, PEOPLE = 1_000, 20
PER_ACTION = 3
"""Sessions that one confirmation cancels."""


async def measure(*, quick: bool = False) -> list[Result]:
    """Compare on both databases."""
    with databases() as made:
        return [
            result
            for kind in (KINDS[:1] if quick else KINDS)
            for measured in (_reads, _writes)
            for result in await measured(made, kind, rounds=1 if quick else 7, requests=4 if quick else 24)
        ]


async def _reads(made: Databases, kind: str, *, rounds: int, requests: int) -> list[Result]:
    url = await made.fresh(kind)
    clients = await write_lists(url, SESSIONS)
    coaches = await open_hours(url, clients)
    people = [client_id(number) for number in range(min(PEOPLE, clients))]
    interactions = [
        Interaction("List", [load.command(who) for who in people], "views.open"),
        Interaction("Details", [_details(number) for number in range(len(people))], "views.open"),
        Interaction("Book", [load.command(who, "book") for who in people], "views.open"),
        Interaction("Home of a client", [load.home_opened(who) for who in people], "views.publish"),
        Interaction(
            "Home of a coach", [load.home_opened(coach_id(number)) for number in range(coaches)], "views.publish"
        ),
        Interaction("Home of an admin", [load.home_opened(ADMIN)], "views.publish"),
    ]
    async with contest([url] * 3, [body for one in interactions for body in one.bodies]) as running:
        return [
            result
            for one in interactions
            for result in await running.results(one, kind, rounds=rounds, requests=requests)
        ]


def _details(client: int) -> bytes:
    session = f"s{100_000_000 + client * 20 + 15}"
    return load.overflow(client_id(client), Action.SESSION_MENU, f"details:client:{session}")


async def _writes(made: Databases, kind: str, *, rounds: int, requests: int) -> list[Result]:
    actions = 2 * (rounds + 1) * requests
    url = await made.fresh(kind)
    submissions = await write_drafts(url, actions)
    undone = await made.copy(url)
    presses = await write_undos(undone, submissions)
    canceling = Interaction(f"Cancel {PER_ACTION} sessions", submissions, once=True, shows=f'"{Action.UNDO}"')
    undoing = Interaction(f"Undo of {PER_ACTION}", presses, "views.update", once=True)
    results = []
    for where, interaction, canceled in ((url, canceling, actions * PER_ACTION), (undone, undoing, 0)):
        urls = [where, await made.copy(where), await made.copy(where)]
        async with contest(urls, interaction.bodies) as running:
            results += await running.results(interaction, kind, rounds=rounds, requests=requests)
        await _require(urls, canceled)
    return results


async def _require(urls: Sequence[str], canceled: int) -> None:
    """Raise RuntimeError unless so many sessions are canceled, whichever side did it."""
    for url in urls:
        engines = create_engines(url)
        try:
            async with engines.reader.connect() as connection:
                statement = select(func.count()).select_from(sessions).where(sessions.c.status == "canceled")
                found = int((await connection.execute(statement)).scalar_one())
        finally:
            await engines.dispose()
        if found != canceled:
            raise RuntimeError(f"{found} sessions are canceled in {url} and not {canceled}")
