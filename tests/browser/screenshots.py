"""`python -m tests.browser.screenshots [folder] [--language de-DE]`: scenes of the demo in a real Chromium, as PNGs.

They are of one day, whenever they are taken. Without a language all of them and the animation at the top of the README; with one
the main job, into a folder of its name.
"""

import argparse
import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import Browser, Locator, expect

from bot.demo import sample
from bot.demo.demo import Demo, running
from bot.logs import configure_logging
from handlers.ids import Action
from tests.browser import chromium
from tests.browser.stillness import settled, still
from tests.browser.two_clicks import two_clicks
from tests.browser.visitor import Visitor
from tests.support import patience

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
REASON = "Flight moved & I am <b>stuck</b> <!channel> 🛫"
START = datetime(2026, 9, 15, 12, tzinfo=UTC)
"""The day of every picture."""
STILL = "Date.now = () => 0;"
"""Lets no time pass in a window but that of the demo, which stands still as well."""
TIMELESS = r"""() => {
  document.querySelectorAll('.ms').forEach((shown) => shown.replaceChildren('1.2 ms'));
  document.querySelectorAll('.json pre').forEach((shown) => {
    const told = shown.textContent.replace(/("(?:block_id|value|hash|response_url|trigger_id)": )"[^"]*"/g, '$1"…"');
    shown.textContent = told.replace(/"[^"\s]*\d{6}[^"\s]*"|\b[\d.]{6,}\b|(?<="id": )\d+/g, '"…"');
  });
}"""
"""Ids, times, and what calls took, differ from run to run."""
FIRST = """() => {
  const list = document.querySelector('.traffic');
  list.prepend([...list.children].find((one) => one.textContent.includes('block_actions')));
}"""
"""Calls that are under way together come in any order, so the press is put before all that it caused."""
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}


class Album:
    """Takes the pictures."""

    def __init__(self, browser: Browser, demo: Demo, folder: Path) -> None:
        self.browser, self.demo, self.folder = browser, demo, folder

    async def enter(self, place: str, **options: object) -> Visitor:
        """Open a window, once nothing is under way that it would hear of."""
        await settled(self.demo)
        return await Visitor.enter(self.browser, self.demo.playground.url, place, script=STILL, **options)

    async def later(self, by: timedelta) -> None:
        """Move the demo's clock, as the page does: every window hears of it."""
        await self.demo.playground.control().post("clock", {"advance_seconds": by.total_seconds()})

    async def take(self, visitor: Visitor, name: str) -> None:
        """Take a picture once nothing moves any more."""
        await settled(self.demo)
        written = self.folder / f"{name}.png"
        written.write_bytes(await still(visitor.page))
        _report(written)

    async def all(self) -> None:
        """Walk through the product."""
        await self.homes()
        await self.mail()
        await self.exception()
        await self.admin()
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

    async def mail(self) -> None:
        """What somebody gets who is not in Slack, the page behind its link, and a calendar that follows."""
        visitor = await self.enter(f"{sample.PAT}/mail")
        await visitor.page.locator(".mail-row").first.click()
        link = visitor.page.frame_locator("iframe").get_by_role("link", name="Cancel or reschedule")
        await expect(link).to_be_visible()
        await self.take(visitor, "mail")
        address = await link.get_attribute("href")
        await visitor.leave()
        visitor = await self.enter(f"{sample.ANNA}/calendar")
        await expect(visitor.page.locator(".event").first).to_be_visible()
        await self.take(visitor, "calendar")
        await visitor.leave()
        visitor = await self.enter(f"{sample.PAT}/calendar", **PHONE)
        await visitor.page.goto(address or "")
        await self.take(visitor, "page")
        await visitor.leave()

    async def exception(self) -> None:
        """A client asks for an exception; the coach decides about a part of it."""
        visitor = await self.enter(f"{sample.CARLA}/{sample.CARLA_CHANNEL}")
        request = visitor.messages.filter(has_text="Ben Okafor asks for an exception")
        await expect(request).to_be_visible()
        await self.take(visitor, "exception")
        await request.get_by_role("button", name="All, a part or nothing").click()
        modal = await visitor.opens("Late cancellation")
        await modal.get_by_role("radio", name="Refund a part").check()
        await modal.get_by_label("Part, in credits").fill("0.5")
        await modal.get_by_label("Note to the client").fill("Half of it, gladly. Trains!")
        await modal.locator(".modal-body").evaluate("body => { body.scrollTop = 0; }")
        await self.take(visitor, "decide")
        await visitor.leave()

    async def admin(self) -> None:
        """The set-up, who else is told, terms with their preview, packages and a company's pool."""
        visitor = await self.enter(f"{sample.DANA}/C0GENERAL")
        await visitor.type("/sessions setup")
        modal = await visitor.opens("Set up Sessions")
        await self.take(visitor, "setup")
        await self.menu(visitor, modal, "Carla Mendes", "Who else is told…")
        await visitor.opens("Who else is told")
        await self.take(visitor, "told")
        await visitor.page.keyboard.press("Escape")
        modal = await visitor.opens("Set up Sessions")
        await self.menu(visitor, modal, sample.LEADERSHIP, "Terms…")
        modal = await visitor.opens("Cancellation terms")
        await modal.get_by_label("What comes back until when").fill("100% until 48h\n25% until 24h")
        await self.take(visitor, "terms")
        await modal.get_by_role("button", name="Preview").click()
        await expect(modal).to_contain_text("(25%)")
        await modal.locator(".modal-body").evaluate("body => { body.scrollTop = body.scrollHeight; }")
        await self.take(visitor, "preview")
        await visitor.page.keyboard.press("Escape")
        modal = await visitor.opens("Set up Sessions")
        await modal.get_by_role("button", name="Packages and credits").click()
        modal = await visitor.opens("Packages and credits")
        await self.take(visitor, "packages")
        await self.menu(visitor, modal, sample.POOL, "Credits")
        await visitor.opens("Credits")
        await self.take(visitor, "pool")
        await visitor.modal.get_by_role("button", name="Give credits…").click()
        await visitor.opens("Give credits")
        await self.take(visitor, "give")
        await visitor.leave()

    async def shut(self, visitor: Visitor) -> None:
        """Close every dialog, one by one."""
        while await visitor.modal.count():
            titles = await visitor.modal.all_inner_texts()
            await visitor.page.keyboard.press("Escape")
            await expect(visitor.modal).not_to_have_text(titles, use_inner_text=True)

    async def menu(self, visitor: Visitor, modal: Locator, near: str, item: str) -> None:
        """Choose from the menu beside what says `near`."""
        block = modal.locator(".block").filter(has_text=near).filter(has=visitor.page.get_by_role("button"))
        await block.first.get_by_role("button", name="More actions").click()
        await visitor.page.get_by_role("menuitem", name=item).click()

    async def reminder(self) -> None:
        """Two hours before free cancellation ends."""
        visitor = await self.enter(f"{sample.ANNA}/app/messages")
        due = self.demo.sample.soon.refund_cutoff_at - timedelta(hours=2)
        await self.later(due - self.demo.clock.now() + timedelta(seconds=1))
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
        await modal.get_by_role("button", name="Cancel several").click()
        modal = await visitor.opens("Cancel sessions")
        boxes = await modal.get_by_role("checkbox").all()
        for index in (0, 1, -2, -1):  # late and in time, of a package and single
            await boxes[index].check()
        await modal.locator(".modal-body").evaluate("body => { body.scrollTop = 0; }")
        await self.take(visitor, "choosing")
        await modal.get_by_role("button", name="Continue").click()
        modal = await visitor.opens("Confirm cancellation?")
        await modal.get_by_label("Reason").fill(REASON)
        await modal.locator(".modal-body").evaluate("body => { body.scrollTop = 0; }")
        await self.take(visitor, "confirmation")
        await modal.get_by_role("button", name="Cancel 4 sessions").click()
        await expect(visitor.modal).to_contain_text("anceled")
        await self.take(visitor, "result")
        await visitor.modal.get_by_role("button", name="Ask for an exception").click()
        modal = await visitor.opens("Ask for an exception")
        await modal.get_by_label("What should the coach know?").fill("The airline rebooked me; I have their mail.")
        await self.take(visitor, "ask")
        await self.shut(visitor)
        await visitor.go(f"{sample.ANNA}/app/messages")
        await expect(visitor.messages.filter(has_text="anceled 4 sessions").first).to_be_visible()
        await self.take(visitor, "receipt")
        await visitor.leave()

    async def coach(self) -> None:
        """The alert before and after a refund, with the inspector beside it."""
        # The coach hears of it when it cannot be undone any more.
        await self.later(timedelta(seconds=61))
        visitor = await self.enter(f"{sample.CARLA}/{sample.CARLA_CHANNEL}")
        alert = visitor.messages.filter(has_text="Flight moved").first
        await expect(alert).to_be_visible()
        await self.take(visitor, "alert")
        await alert.get_by_role("button", name="Refund anyway").first.click()
        await expect(alert).to_contain_text("refunded anyway")
        await self.take(visitor, "alert-refunded")
        await visitor.page.get_by_role("button", name="Inspector", exact=True).click()
        await visitor.page.evaluate(FIRST)
        await visitor.page.locator(".exchange summary").first.click()
        await expect(visitor.page.locator(".json pre").first).to_be_visible()
        await visitor.page.evaluate(TIMELESS)
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
        await self.shut(visitor)
        await visitor.type("/sessions credits")
        modal = await visitor.opens("Your credits")
        await self.take(visitor, "credits")
        await modal.get_by_role("button", name="Show what happened").click()
        await visitor.opens("History of credits")
        await self.take(visitor, "credits-history")
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

    async def another_language(self) -> None:
        """A client who chooses German and types its command word."""
        visitor = await self.enter(f"{sample.ANNA}/app/home")
        await visitor.page.get_by_role("button", name="uses Slack in").click()
        await visitor.page.get_by_role("menuitemradio", name="Deutsch").click()
        await expect(visitor.page.get_by_role("heading", name="Ihre anstehenden Sitzungen")).to_be_visible()
        await visitor.go(f"{sample.ANNA}/C0GENERAL")
        await visitor.type("/sessions absagen")
        await visitor.opens("Sitzungen absagen")
        await self.take(visitor, "german")
        await visitor.leave()

    async def main_job(self) -> None:
        """What a client, their coach and an admin do most, found by its ids: its words are of any language."""
        visitor = await self.enter(f"{sample.ANNA}/app/home")
        await self._there(visitor, Action.SESSION_MENU)
        await self.take(visitor, "home")
        await visitor.go(f"{sample.ANNA}/C0GENERAL")
        await visitor.type("/sessions")
        await (await self._there(visitor, Action.CANCEL_OPEN, "list")).click()
        boxes = visitor.modal.get_by_role("checkbox")
        await expect(boxes.first).to_be_visible()
        for index in (0, 1, -2, -1):
            await boxes.nth(index).check()
        await visitor.modal.locator(".modal-body").evaluate("body => { body.scrollTop = 0; }")
        await self.take(visitor, "choosing")
        await visitor.page.locator("[data-key=submit]").click()
        await self._there(visitor, Action.CONFIRM_BACK)
        await visitor.modal.get_by_role("textbox").last.fill(REASON)
        await self.take(visitor, "confirmation")
        await visitor.page.locator("[data-key=submit]").click()
        await self._there(visitor, Action.UNDO, "result")
        await self.shut(visitor)
        await visitor.go(f"{sample.ANNA}/app/messages")
        await self._there(visitor, Action.UNDO, "receipt")
        await visitor.leave()
        await self.later(timedelta(seconds=61))
        visitor = await self.enter(f"{sample.CARLA}/{sample.CARLA_CHANNEL}")
        alert = visitor.messages.filter(has_text="Flight moved").first
        await expect(alert).to_be_visible()
        await self.take(visitor, "alert")
        pressed = alert.locator(f'[data-key$="/{Action.LATE_REFUND}"]').first
        # It names its session, so that it is known again among those that are left.
        about = await pressed.get_attribute("aria-label")
        assert about
        await pressed.click()
        await expect(alert.get_by_role("button", name=about, exact=True)).to_have_count(0)
        await self.take(visitor, "alert-refunded")
        await visitor.leave()
        visitor = await self.enter(f"{sample.DANA}/C0GENERAL")
        await visitor.type("/sessions setup")
        await self._there(visitor, Action.SETUP_PREFERENCES, "setup")
        await visitor.leave()

    async def _there(self, visitor: Visitor, action: Action, name: str | None = None) -> Locator:
        """Wait for what can be pressed, take a picture of it where that has a name, and return it."""
        found = visitor.page.locator(f'[data-key$="/{action}"]').last
        await expect(found).to_be_visible()
        if name:
            await self.take(visitor, name)
        return found


def _report(written: Path) -> None:
    print(written.name, f"{written.stat().st_size // 1024} kB")  # noqa: T201 - a command


async def main(folder: Path, language: str | None) -> None:
    """Write pictures into `folder`: every one, or in a language those of the main job."""
    configure_logging("ERROR")
    async with chromium.running() as browser:
        if not language:
            # In a demo of its own: most sessions are there at its beginning, and the other pictures are in English.
            async with running(rate_limits=False, patience=patience.SECONDS, start=START) as demo:
                await Album(browser, demo, folder).another_language()
            # It moves the clock ahead.
            async with running(rate_limits=False, patience=patience.SECONDS, start=START) as demo:
                _report(await two_clicks(browser, demo, folder, script=STILL))
        async with running(rate_limits=False, patience=patience.SECONDS, language=language, start=START) as demo:
            album = Album(browser, demo, folder)
            await (album.main_job() if language else album.all())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--language", help="Slack's name of a language, such as de-DE or ja-JP")
    given = parser.parse_args()
    wanted = given.folder / (given.language or "")
    wanted.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(wanted, given.language))
