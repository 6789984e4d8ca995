"""Bringing sessions in, as the page shows it: a real file is chosen, explained, looked at, and brought in."""

from pathlib import Path

from playwright.async_api import Locator, expect

from bot.demo import sample
from bot.demo.demo import Demo
from tests.browser.conftest import Enter
from tests.browser.marks import BROWSER

pytestmark = BROWSER
FILE = (
    "Email,Date,Time,Duration,Service,Status\r\n"
    "gina@example.com,11/30/2027,2:30 PM,50 min,Coaching,Confirmed\r\n"
    "hugo@example.com,12/01/2027,9:00 AM,1 h,Coaching,Waitlist\r\n"
)


async def pick(modal: Locator, label: str, option: str) -> None:
    await modal.get_by_label(label).first.click()
    await modal.page.get_by_role("option", name=option).first.click()


async def test_a_real_file_is_explained_looked_at_and_brought_in(demo: Demo, enter: Enter, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes(FILE.encode("utf-16"))
    dana = await enter(demo.playground.url, f"{sample.DANA}/app/messages")
    await dana.type("/sessions setup")
    modal = await dana.opens("Set up Sessions")
    await modal.get_by_role("button", name="Bring in sessions…").click()
    modal = await dana.opens("Bring sessions in")
    await modal.locator("input[type=file]").set_input_files(file)
    await expect(modal).to_contain_text("export.csv")
    await modal.get_by_role("button", name="Next").click()
    modal = await dana.opens("What is what")
    await expect(modal).to_contain_text("gina@example.com | hugo@example.com")
    await pick(modal, "Coach of every line", "Carla")
    await modal.get_by_label("Time zone of every line").fill("New York")
    await modal.get_by_role("button", name="Next").click()
    modal = await dana.opens("What means what")
    await pick(modal, "What does the status “Waitlist” mean?", "Leave such lines out")
    await modal.get_by_role("button", name="Next").click()
    modal = await dana.opens("Bring sessions in?")
    await expect(modal).to_contain_text("1 session would be made.")
    await expect(modal).to_contain_text("2:30 PM")
    await modal.get_by_role("button", name="Bring them in").click()
    modal = await dana.opens("Bring sessions in")
    await modal.get_by_role("button", name="Close").first.click()
    await expect(dana.messages.filter(has_text="1 session was brought in.")).to_have_count(1)
