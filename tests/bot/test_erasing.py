"""The command that erases a person: it says what goes, asks for the name, and erases nobody else."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from coaching.clock import ManualClock
from storage import SqlStore
from tests.support.imports import everything
from tests.support.world import ANNA, BORIS, WORKSPACE, World

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.grant(BORIS, 250)
    return world


async def command(url: str, directory: Path, *arguments: str, typed: str = "") -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "erase-person", *arguments, "--workspace", WORKSPACE,
        env={**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(ROOT)}, cwd=directory,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await process.communicate(f"{typed}\n".encode())
    return process.returncode, " ".join(said.decode().split())


async def test_it_asks_for_the_name_and_erases_who_is_named(world: World, database_url: str, tmp_path: Path) -> None:
    code, said = await command(database_url, tmp_path, BORIS, typed="Boris Nowak")
    assert code == 1
    assert "That is not the name, so nothing was erased." in said
    assert BORIS in repr(await everything(world.store))
    code, said = await command(database_url, tmp_path, BORIS, typed="Boris Novak")
    assert code == 0, said
    assert "Boris Novak: 0 sessions, and 2.5 credits that are taken back." in said
    assert "What stays is under erased-" in said
    left = repr(await everything(world.store))
    assert "Boris" not in left
    assert BORIS not in left
    assert ANNA in left


async def test_with_yes_it_does_not_ask_and_an_unknown_one_is_named(
    world: World, database_url: str, tmp_path: Path
) -> None:
    code, said = await command(database_url, tmp_path, "nobody@example.com", "--yes")
    assert (code, "Nothing was erased: nobody here is known by that; choose another one." in said) == (1, True)
    assert (await command(database_url, tmp_path, "u0boris@example.com", "--yes"))[0] == 0
    assert "Boris" not in repr(await everything(world.store))
