"""Somebody in front of the page: a window, what is in it, and what a hand would do there."""

import time
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Error, Locator, Page, expect

from tests.support import patience

WIDE = {"width": 1280, "height": 800}
PATIENCE = patience.SECONDS * 1000
"""In the milliseconds that Playwright counts in."""


class Visitor:
    """One window (`page`) on a playground, as one person; `complaints` are its console's errors and warnings.

    `usable_after` is how long the page took, in seconds from opening its address.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.usable_after = 0.0
        page.set_default_timeout(PATIENCE)
        page.on("console", self._heard)
        page.on("pageerror", self._failed)

    @classmethod
    async def enter(
        cls, browser: Browser, url: str, place: str = "", *, script: str | None = None, **options: Any
    ) -> "Visitor":
        """Open a window of its own (own storage) at `place`, such as `U1/app/home`, and wait until it is usable.

        `script` runs before those of the page.
        """
        context = await browser.new_context(**{"viewport": WIDE, "reduced_motion": "reduce", **options})
        if script is not None:
            await context.add_init_script(script)
        visitor = cls(await context.new_page(), url)
        started = time.perf_counter()
        await visitor.page.goto(f"{url}/#{place}")
        await visitor.page.wait_for_selector("html[data-ready]")
        visitor.usable_after = time.perf_counter() - started
        return visitor

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _failed(self, error: Error) -> None:
        self.complaints.append(str(error))

    async def go(self, place: str) -> None:
        """Go to another place, as another person if it says so."""
        await self.page.evaluate("place => { location.hash = place; }", place)

    @property
    def modal(self) -> Locator:
        """The modal on top."""
        return self.page.get_by_role("dialog")

    @property
    def messages(self) -> Locator:
        """The messages in the middle."""
        return self.page.get_by_role("article")

    @property
    def composer(self) -> Locator:
        """Where messages and commands are typed."""
        return self.page.locator(".composer textarea")

    async def type(self, line: str) -> None:
        """Type a line and send it."""
        await self.composer.fill(line)
        await self.composer.press("Enter")

    async def opens(self, title: str) -> Locator:
        """Wait until a modal with this title is on top."""
        modal = self.page.get_by_role("dialog", name=title, exact=True)  # "Credits" is not "Packages and credits"
        await expect(modal).to_be_visible(timeout=PATIENCE)
        return modal

    async def leave(self) -> None:
        """Close the window."""
        await self.page.context.close()
