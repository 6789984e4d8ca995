"""What is booked in a time off, as the page shows it: one form over all of it, and one confirmation."""

from datetime import UTC, datetime, timedelta

from playwright.async_api import expect

from bot.demo import sample
from bot.demo.demo import Demo
from tests.browser.conftest import Enter
from tests.browser.marks import BROWSER

pytestmark = BROWSER


async def test_a_coach_decides_about_all_that_is_booked_in_a_time_off(demo: Demo, enter: Enter) -> None:
    carla = await enter(demo.playground.url, f"{sample.CARLA}/{sample.CARLA_CHANNEL}")
    await carla.type("/sessions hours")
    modal = await carla.opens("Hours to book")
    await modal.get_by_role("button", name="Add time off").click()
    modal = await carla.opens("Add time off")
    last = datetime.now(UTC).date() + timedelta(days=9)
    await modal.get_by_label("Last day off").fill(last.isoformat())
    await modal.get_by_role("button", name="Add").click()
    modal = await carla.opens("Booked in a time off")
    await expect(modal).to_contain_text("Choose for each, or for all of them at once:")
    for n, option in enumerate(("Cancel this session", "Move to")):
        await modal.get_by_role("combobox").nth(n + 2).click()
        await carla.page.get_by_role("option", name=option).first.click()
    await modal.get_by_role("button", name="Continue").click()
    modal = await carla.opens("Confirm the changes?")
    await modal.get_by_role("button", name="Change 2 sessions").click()
    modal = await carla.opens("Sessions changed")
