"""`python -m tests.browser.screenshots [folder]`: the main scenes of the demo in a real Chromium, as PNGs."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Browser, expect

from bot.demo import sample
from bot.demo.demo import Demo, running
from bot.logs import configure_logging
from tests.browser import chromium
from tests.browser.visitor import Visitor

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
REASON = "Flight moved & I am <b>stuck</b> <!channel> 🛫"
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}


class Album:
    """Takes the pictures."""

    def __init__(self, browser: Browser, demo: Demo, folder: Path) -> None:
        self.browser, self.demo, self.folder = browser, demo, folder

    async def enter(self, place: str, **options: object) -> Visitor:
        """Open a window."""
        return await Visitor.enter(self.browser, self.demo.playground.url, place, **options)

    async def take(self, visitor: Visitor, name: str) -> None:
        """Take a picture once nothing moves any more."""
        await expect(visitor.page.locator("[aria-busy=true]")).to_have_count(0)
        await visitor.page.mouse.move(2, 2)
        await visitor.page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
        await visitor.page.screenshot(path=self.folder / f"{name}.png")
        print(f"{name}.png", f"{(self.folder / f'{name}.png').stat().st_size // 1024} kB")  # noqa: T201 - a command

    async def all(self) -> None:
        """Walk through the product."""
        await self.homes()
        await self.reminder()
        await self.cancel()
        await self.coach()
        await self.afterwards()
        await self.other_looks()

    async def homes(self) -> None:
        """What client, coach and admin see at home."""
        for who, name in ((sample.ANNA, "home-client"), (sample.CARLA, "home-coach"), (sample.DANA, "home-admin")):
            visitor = await self.enter(f"{who}/app/home")
            await expect(visitor.page.locator(".home .block").first).to_be_visible()
            await self.take(visitor, name)
            await visitor.leave()

    async def reminder(self) -> None:
        """Two hours before free cancellation ends."""
        visitor = await self.enter(f"{sample.ANNA}/app/messages")
        due = self.demo.sample.soon.refund_cutoff_at - timedelta(hours=2)
        self.demo.door.advance(due - self.demo.clock.now() + timedelta(seconds=1))
        await expect(visitor.messages.filter(has_text="Free cancellation ends").first).to_be_visible()
        await self.take(visitor, "reminder")
        await visitor.leave()

    async def cancel(self) -> None:
        """List, choosing, confirmation with mixed quotes, result, receipt."""
        visitor = await self.enter(f"{sample.ANNA}/C0GENERAL")
        await visitor.composer.fill("/")
        await self.take(visitor, "typing")
        await visitor.type("/sessions")
        modal = await visitor.opens("Your sessions")
        await self.take(visitor, "list")
        await modal.get_by_role("button", name="Choose sessions to cancel").click()
        modal = await visitor.opens("Cancel sessions")
        boxes = await modal.get_by_role("checkbox").all()
        for index in (0, 1, -2, -1):  # late and in time, of a package and single
            await boxes[index].check()
        await modal.get_by_role("textbox").last.fill(REASON)
        await modal.locator(".modal-body").evaluate("body => { body.scrollTop = 0; }")
        await self.take(visitor, "choosing")
        await modal.get_by_role("button", name="Continue").click()
        modal = await visitor.opens("Confirm cancellation?")
        await self.take(visitor, "confirmation")
        await modal.get_by_role("button", name="Cancel 4 sessions").click()
        await expect(visitor.modal).to_contain_text("anceled")
        await self.take(visitor, "result")
        await visitor.page.keyboard.press("Escape")
        await visitor.go(f"{sample.ANNA}/app/messages")
        await expect(visitor.messages.filter(has_text="anceled 4 sessions").first).to_be_visible()
        await self.take(visitor, "receipt")
        await visitor.leave()

    async def coach(self) -> None:
        """The alert before and after a refund, with the inspector beside it."""
        # The coach hears of it when it cannot be undone any more.
        self.demo.door.advance(timedelta(seconds=61))
        visitor = await self.enter(f"{sample.CARLA}/{sample.CARLA_CHANNEL}")
        alert = visitor.messages.filter(has_text="Flight moved").first
        await expect(alert).to_be_visible()
        await self.take(visitor, "alert")
        await alert.get_by_role("button", name="Refund anyway").first.click()
        question = visitor.page.get_by_role("alertdialog")
        await expect(question).to_be_visible()
        await self.take(visitor, "question")
        await question.get_by_role("button").last.click()
        await expect(alert).to_contain_text("refunded anyway")
        await self.take(visitor, "alert-refunded")
        await visitor.page.get_by_role("button", name="Inspector", exact=True).click()
        await visitor.page.locator(".exchange summary").first.click()
        await self.take(visitor, "inspector")
        await visitor.leave()

    async def afterwards(self) -> None:
        """The past, and the details of a canceled session."""
        visitor = await self.enter(f"{sample.ANNA}/C0GENERAL")
        await visitor.type("/sessions past")
        modal = await visitor.opens("Past sessions")
        await self.take(visitor, "past")
        await modal.get_by_role("button", name="More actions").first.click()
        await visitor.page.get_by_role("menuitem", name="Details").click()
        await expect(visitor.modal).to_contain_text("This session is canceled")
        await self.take(visitor, "details")
        await visitor.leave()

    async def other_looks(self) -> None:
        """On a phone, and in the dark."""
        visitor = await self.enter(f"{sample.ANNA}/C0GENERAL", **PHONE)
        await visitor.type("/sessions")
        await visitor.opens("Your sessions")
        await self.take(visitor, "phone")
        await visitor.leave()
        visitor = await self.enter(f"{sample.ANNA}/app/messages", **PHONE)
        await expect(visitor.messages.first).to_be_visible()
        await self.take(visitor, "phone-messages")
        await visitor.leave()
        visitor = await self.enter(f"{sample.ANNA}/app/home", color_scheme="dark")
        await expect(visitor.page.locator(".home .block").first).to_be_visible()
        await self.take(visitor, "dark-home")
        await visitor.go(f"{sample.ANNA}/C0GENERAL")
        await visitor.type("/sessions cancel")
        modal = await visitor.opens("Cancel sessions")
        await modal.get_by_role("checkbox").first.check()
        await self.take(visitor, "dark")
        await visitor.leave()


async def main(folder: Path = FOLDER) -> None:
    """Write every picture into `folder`."""
    configure_logging("ERROR")
    async with running(rate_limits=False) as demo, chromium.running() as browser:
        await Album(browser, demo, folder).all()


if __name__ == "__main__":
    wanted = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    wanted.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(wanted))
