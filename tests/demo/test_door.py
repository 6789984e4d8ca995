"""The demo's inner door: only the playground's server moves the clock, whatever a browser on this machine is made to send."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.demo.door import Door
from bot.web import serving
from coaching.clock import ShiftedClock

KNOCKS = [("GET", "/clock"), ("POST", "/clock"), ("POST", "/reset"), ("HEAD", "/clock"), ("OPTIONS", "/clock")]


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Door, str, aiohttp.ClientSession]]:
    door = Door(ShiftedClock())
    async with serving(door.app(), "127.0.0.1", 0, drain_seconds=1) as port, aiohttp.ClientSession() as http:
        yield door, f"http://127.0.0.1:{port}", http


@pytest.mark.parametrize(
    "changed",
    [
        {"Authorization": None},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer another"},
        {"Authorization": "Bearer é"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:4488"},  # no page at all speaks to it, not even the demo's
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "["},
    ],
    ids=str,
)
async def test_whoever_is_not_the_playground_moves_nothing(changed: dict[str, str | None]) -> None:
    async with opened() as (door, url, http):
        given: dict[str, str | None] = {"Authorization": f"Bearer {door.secret}", **changed}
        headers = {name: value for name, value in given.items() if value is not None}
        for method, path in KNOCKS:
            data = b'{"advance_seconds": 3600}' if method == "POST" else None
            async with http.request(method, url + path, data=data, headers=headers) as answer:
                assert answer.status == 403
                assert "now" not in await answer.text()
        assert door._clock.shift == timedelta(0)
        assert not door.reset_asked.is_set()


async def test_who_knows_the_secret_moves_the_clock() -> None:
    async with opened() as (door, url, http):
        headers = {"Authorization": f"Bearer {door.secret}"}
        async with http.post(f"{url}/clock", json={"advance_seconds": 3600}, headers=headers) as answer:
            assert (answer.status, (await answer.json())["shift_seconds"]) == (200, 3600)
        async with http.get(f"{url}/clock", headers=headers) as answer:
            assert (await answer.json())["shift_seconds"] == 3600


ODD: list[Any] = [
    *(
        {},
        [],
        5,
        None,
        "advance_seconds",
        {"to": 5},
        {"to": "yesterday"},
        {"to": "2026-11-22T05:00"},
        {"to": "next_cutoff"},
    ),
    *({"advance_seconds": odd} for odd in ("soon", None, math.inf, math.nan, 1e300, -1e9)),
]


@pytest.mark.parametrize("wish", ODD, ids=str)
async def test_an_odd_wish_leaves_the_clock_where_it_is(wish: Any) -> None:
    async with opened() as (door, url, http):
        headers = {"Authorization": f"Bearer {door.secret}"}
        async with http.post(f"{url}/clock", json=wish, headers=headers) as answer:
            assert answer.status == 400
            assert (await answer.json())["error"].startswith("the clock stays where it is")
        assert door._clock.shift == timedelta(0)


def test_each_demo_has_a_secret_of_its_own() -> None:
    assert Door(ShiftedClock()).secret != Door(ShiftedClock()).secret
