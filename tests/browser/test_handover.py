"""Handing over, as the page shows it: a coach picks sessions, and is asked which other coach gives them."""

from playwright.async_api import expect

from bot.demo import sample
from bot.demo.demo import Demo
from tests.browser.conftest import Enter
from tests.browser.marks import BROWSER

pytestmark = BROWSER


async def test_a_coach_picks_sessions_and_is_asked_who_gives_them(demo: Demo, enter: Enter) -> None:
    carla = await enter(demo.playground.url, f"{sample.CARLA}/{sample.CARLA_CHANNEL}")
    await carla.type("/sessions")
    modal = await carla.opens("Sessions you give")
    await modal.get_by_role("button", name="Cancel several").click()
    modal = await carla.opens("Cancel sessions")
    await modal.get_by_text("Hand sessions over to another coach").click()
    modal = await carla.opens("Hand sessions over")
    boxes = modal.get_by_role("checkbox")
    for n in range(await boxes.count()):
        await boxes.nth(n).check()
    await modal.get_by_role("button", name="Continue").click()
    modal = await carla.opens("Hand over")
    await expect(modal).to_contain_text("You act as the coach")
