"""Waiting until a demo and its windows have nothing more to do, so that a picture is the same whenever it is taken."""

import asyncio

from playwright.async_api import Page, expect
from sqlalchemy import text

from bot.demo.demo import Demo
from coaching.actions import upkeep
from tests.support import patience

_UNDER_WAY = text(
    "SELECT COUNT(*) FROM notices WHERE state = 'leased' OR (state = 'pending' AND retry_at IS NULL AND due_at <= :now)"
)


async def settled(demo: Demo) -> None:
    """Do all that has become due, and wait until every message about it is delivered."""
    for _, job in upkeep.JOBS:
        await upkeep.run(demo.bot.store, demo.clock, job)
    demo.bot.relay.wake()
    now = int(demo.clock.now().timestamp() * 1_000_000)
    async with asyncio.timeout(patience.SECONDS):
        while True:
            # Not one connection for all of it: those who deliver need connections too.
            async with demo.bot.store.engines.reader.connect() as connection:
                if not (await connection.execute(_UNDER_WAY, {"now": now})).scalar_one():
                    return
            await asyncio.sleep(0.02)


async def still(page: Page) -> bytes:
    """Return a picture of a page on which nothing moves any more: the last of two that are the same."""
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)
    await page.mouse.move(2, 2)
    await page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
    before, now = b"", await page.screenshot()
    while now != before:
        before, now = now, await page.screenshot()
    return now
