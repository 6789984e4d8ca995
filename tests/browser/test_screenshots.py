"""The pictures of the main job can be taken in any language, and the animation is the same every time."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.demo.demo import Demo, running
from bot.logs import configure_logging
from tests.browser.marks import BROWSER
from tests.browser.screenshots import START, STILL, Album
from tests.browser.two_clicks import MOST, two_clicks
from tests.browser.visitor import Visitor
from tests.support import patience
from tests.words import tagged

pytestmark = [*BROWSER, pytest.mark.deep]


class Attentive(Album):
    """Looks for words in Japanese in each picture that it would take."""

    def __init__(self, browser: Browser, demo: Demo, folder: Path) -> None:
        super().__init__(browser, demo, folder)
        self.looked_at: list[str] = []

    async def take(self, visitor: Visitor, name: str) -> None:
        """Wait for them in the dialog on top, or in the middle where there is none."""
        await expect(visitor.page.locator("main, [role=dialog]").last).to_contain_text("‹ja›")
        self.looked_at.append(name)


async def test_the_main_job_is_walked_through_in_another_language(browser: Browser, tmp_path: Path) -> None:
    tagged.write(tmp_path, "ja")
    configure_logging("CRITICAL")
    with tagged.speaking(tmp_path):
        async with running(rate_limits=False, patience=patience.SECONDS, language="ja-JP") as demo:
            album = Attentive(browser, demo, tmp_path)
            await album.main_job()
    assert len(album.looked_at) == 9


async def test_the_animation_is_the_same_every_time_and_small_enough_for_a_readme(
    browser: Browser, tmp_path: Path
) -> None:
    configure_logging("CRITICAL")
    taken = []
    for folder in (tmp_path / "first", tmp_path / "second"):
        folder.mkdir()
        async with running(rate_limits=False, patience=patience.SECONDS, start=START) as demo:
            taken.append((await two_clicks(browser, demo, folder, script=STILL)).read_bytes())
    assert taken[0] == taken[1]
    assert len(taken[0]) < MOST
