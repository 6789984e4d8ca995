"""A client's page in the coach's Home, by keyboard, with private notes and the next booking, as the page shows them."""

from playwright.async_api import expect

from bot.demo import sample
from bot.demo.demo import Demo
from tests.browser.conftest import Enter
from tests.browser.marks import BROWSER

pytestmark = BROWSER
GENERAL, HOME, MESSAGES = "C0GENERAL", "app/home", "app/messages"
SECRET = "Nervous before the board meeting."


async def test_a_coach_opens_a_client_writes_a_note_and_books_the_next_session(demo: Demo, enter: Enter) -> None:
    carla = await enter(demo.playground.url, f"{sample.CARLA}/{HOME}")
    anna = await enter(demo.playground.url, f"{sample.ANNA}/{MESSAGES}")
    await expect(carla.page.get_by_role("heading", name="Your clients")).to_be_visible()
    menu = carla.page.get_by_role("combobox", name="Open a client…")
    await menu.click()
    await menu.type("ben")
    await expect(carla.page.get_by_role("option")).to_have_text("Ben Okafor")
    await carla.page.keyboard.press("Enter")
    modal = await carla.opens("Client")
    await expect(modal).to_contain_text("Ben Okafor")
    await carla.page.keyboard.press("Escape")
    await carla.go(f"{sample.CARLA}/{GENERAL}")
    await carla.type("/sessions for @anna")
    modal = await carla.opens("Client")
    await expect(modal).to_contain_text("saying no to her boss")
    await modal.get_by_role("button", name="Private notes").press("Enter")
    notes = await carla.opens("Private notes")
    await notes.get_by_label("New note").fill(SECRET)
    await notes.get_by_role("button", name="Save").press("Enter")
    await expect(carla.page.get_by_role("dialog")).to_contain_text(SECRET)
    await carla.page.keyboard.press("Escape")
    modal = await carla.opens("Client")
    await expect(modal).to_contain_text(SECRET)
    await modal.get_by_role("button", name="Book for Them").press("Enter")
    booking = await carla.opens("Schedule a session")
    await expect(booking).to_contain_text("You book for Anna Lee.")
    await booking.get_by_role("button", name="Book", exact=True).press("Enter")
    await carla.opens("Booked")
    await expect(anna.messages.filter(has_text="Your session is booked, by Carla Mendes")).to_have_count(1)
    await expect(anna.page.locator("body")).not_to_contain_text(SECRET)
