"""The page tells the time of the demo's clock, not of the computer: in the bar, beside messages, and of days."""

import pytest
from playwright.async_api import Browser, expect

from bot.demo import sample
from bot.demo.demo import running
from bot.logs import configure_logging
from tests.browser.marks import BROWSER
from tests.browser.screenshots import START, STILL
from tests.browser.visitor import Visitor
from tests.support import patience

pytestmark = BROWSER


@pytest.mark.timeout(300)
async def test_messages_bear_the_demos_time_and_a_moved_clock_makes_today_yesterday(browser: Browser) -> None:
    configure_logging("CRITICAL")
    async with running(rate_limits=False, patience=patience.SECONDS, start=START) as demo:
        anna = await Visitor.enter(browser, demo.playground.url, f"{sample.ANNA}/app/messages", script=STILL)
        receipt = anna.messages.filter(has_text="You canceled 1 session")
        await expect(receipt.locator("time").first).to_have_text("9:58 AM")
        await expect(anna.page.locator(".clock .face")).to_have_text("Tue, Sep 15, 9:58 AM")
        await expect(anna.page.locator(".day").first).to_have_text("Today")
        await demo.playground.control().post("clock", {"advance_seconds": 86_400})
        await expect(anna.page.locator(".clock .face")).to_have_text("Wed, Sep 16, 9:58 AM")
        await expect(anna.page.locator(".day").first).to_have_text("Yesterday")
        await anna.leave()
