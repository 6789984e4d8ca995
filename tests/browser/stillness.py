"""Waiting until a demo and its windows have nothing more to do, so that a picture is the same whenever it is taken."""

from playwright.async_api import Page, expect

from bot.demo.demo import Demo
from coaching.actions import upkeep
from tests.support import patience


async def settled(demo: Demo) -> None:
    """Do all that has become due, and wait until every message about it is delivered."""
    for _, job in upkeep.JOBS:
        await upkeep.run(demo.bot.store, demo.clock, job)
    await demo.delivered(within=patience.SECONDS)


async def still(page: Page) -> bytes:
    """Return a picture of a page on which nothing moves any more: the last of two that are the same."""
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)
    await page.mouse.move(2, 2)
    await page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
    before, now = b"", await page.screenshot()
    while now != before:
        before, now = now, await page.screenshot()
    return now
