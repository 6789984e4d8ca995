"""The calendar beside Slack: events come, move and go in it by themselves, and lead to the page that changes them."""

from playwright.async_api import expect

from bot.demo import sample
from bot.demo.demo import Demo
from tests.browser.conftest import Enter
from tests.browser.marks import BROWSER

pytestmark = BROWSER


async def test_a_visitor_watches_an_event_disappear_from_both_calendars(demo: Demo, enter: Enter) -> None:
    anna = await enter(demo.playground.url, f"{sample.ANNA}/calendar")
    carla = await enter(demo.playground.url, f"{sample.CARLA}/calendar")
    hers = anna.page.locator(f"[data-uid^='{demo.sample.later.id}@']")
    theirs = carla.page.locator(f"[data-uid^='{demo.sample.later.id}@']")
    await expect(hers).to_contain_text("Leadership coaching with Carla Mendes")
    await expect(theirs).to_contain_text("Leadership coaching with Anna Lee")
    page = await anna.page.context.new_page()
    await page.goto(await hers.get_by_role("link").last.get_attribute("href") or "")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your sessions")
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Cancel 1 session").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sessions canceled")
    await expect(hers).to_have_count(0)
    await expect(theirs).to_have_count(0)
    await page.get_by_role("button", name="Undo").click()
    await expect(hers).to_have_count(1)
    await page.close()


async def test_somebody_subscribes_by_the_address_that_they_made(demo: Demo, enter: Enter) -> None:
    ben = await enter(demo.playground.url, f"{sample.BEN}/app/messages")
    await ben.type("/sessions calendar")
    dialog = await ben.opens("Calendar address")
    await dialog.get_by_role("button", name="Make an address").click()
    address = (await dialog.locator("pre").inner_text()).strip()
    assert address.endswith(".ics")
    await ben.page.keyboard.press("Escape")
    await ben.go(f"{sample.BEN}/calendar")
    await ben.page.get_by_label("Address of a calendar").fill(address)
    await ben.page.get_by_role("button", name="Subscribe").click()
    await expect(ben.page.locator(".event", has_text="Leadership coaching with Carla Mendes").first).to_be_visible()
    await ben.page.get_by_role("button", name="Unsubscribe").click()
    await expect(ben.page.get_by_label("Address of a calendar")).to_be_visible()
