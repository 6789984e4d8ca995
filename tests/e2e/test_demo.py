"""The demo's composition: the clock moves, a reset begins anew, and two demos do not meet."""

import asyncio
import gc
from datetime import UTC, datetime, timedelta

import aiohttp

from bot.demo import sample
from bot.demo.demo import running
from tests.support import patience


async def test_a_reset_begins_anew_and_loses_nothing_that_the_new_bot_tells() -> None:
    async with running(rate_limits=False, patience=patience.SECONDS) as demo:
        carla = demo.playground.person(sample.CARLA)
        await carla.wait_for("Caught a cold, sorry!")
        anna = demo.playground.person(sample.ANNA)
        await anna.command("/sessions")
        began = datetime.now(UTC)
        demo.door.advance(timedelta(days=3))
        async with aiohttp.ClientSession() as http:
            async with http.post(f"{demo.playground.url}/control/reset") as answer:
                assert answer.status == 200
            async with http.get(f"{demo.playground.url}/control/clock") as answer:
                now = datetime.fromisoformat((await answer.json())["now"])
        # A day may begin in New York meanwhile.
        openings = [sample.opening(at) for at in (began, datetime.now(UTC))]
        assert any(opening <= now < opening + timedelta(hours=1) for opening in openings)
        await carla.refresh()
        await carla.wait_for("Caught a cold, sorry!")
        alerts = [m for m in await carla.channel("coaching-carla") if "Caught a cold" in m.text]
        assert len(alerts) == 1
        await anna.command("/sessions")
        assert anna.modal is not None
        assert "Leadership 10-pack" in anna.modal.text


async def test_whoever_asks_the_time_during_a_reset_leaves_no_connection_open() -> None:
    async with running(rate_limits=False, patience=patience.SECONDS) as demo:

        async def ask() -> None:
            while True:
                await demo.door.next_cutoff()

        asking = [asyncio.create_task(ask()) for _ in range(3)]
        async with aiohttp.ClientSession() as http, http.post(f"{demo.playground.url}/control/reset") as answer:
            assert answer.status == 200
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
    gc.collect()  # a connection that nobody closed warns now, and a warning fails the test


async def test_two_demos_side_by_side_do_not_disturb_each_other() -> None:
    async with (
        running(rate_limits=False, patience=patience.SECONDS) as one,
        running(rate_limits=False, patience=patience.SECONDS) as two,
    ):
        assert one.playground.url != two.playground.url
        one.door.advance(timedelta(days=30))
        first, second = one.playground.person(sample.ANNA), two.playground.person(sample.ANNA)
        await asyncio.gather(first.command("/sessions"), second.command("/sessions"))
        assert first.modal is not None
        assert second.modal is not None
        assert "no upcoming sessions" in first.modal.text
        assert "Refundable until" in second.modal.text
