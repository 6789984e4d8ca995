"""Shortcuts, the welcome, words to the app, and a meeting link from its coach to its client, as the page shows them."""

from datetime import timedelta

from playwright.async_api import Locator, expect

from bot.demo import sample
from bot.demo.demo import Demo
from tests.browser.conftest import Enter
from tests.browser.marks import BROWSER
from tests.browser.visitor import Visitor

pytestmark = BROWSER
GENERAL, HOME, MESSAGES, CARLAS = "C0GENERAL", "app/home", "app/messages", sample.CARLA_CHANNEL
ROOM = "https://meet.example.com/carlas-room"


async def test_a_shortcut_is_two_clicks_away_in_any_conversation_by_keyboard_too(demo: Demo, enter: Enter) -> None:
    anna = await enter(demo.playground.url, f"{sample.ANNA}/{GENERAL}")
    await anna.page.get_by_role("button", name="Shortcuts").click()
    await anna.page.get_by_role("menuitem", name="Cancel a Session").click()
    await anna.opens("Cancel sessions")
    await anna.page.keyboard.press("Escape")
    await expect(anna.page.get_by_role("dialog")).to_have_count(0)
    await anna.page.get_by_role("button", name="Shortcuts").press("Enter")
    await expect(anna.page.get_by_role("menuitem", name="My Sessions")).to_be_focused()
    await anna.page.keyboard.press("Enter")
    await anna.opens("Your sessions")


async def test_a_newcomer_is_welcomed_once_and_what_they_write_is_answered_with_buttons(
    demo: Demo, enter: Enter
) -> None:
    uma = await enter(demo.playground.url, f"{sample.UMA}/{HOME}")
    await uma.go(f"{sample.UMA}/{MESSAGES}")
    welcome = uma.messages.filter(has_text="Willkommen")
    await expect(welcome).to_have_count(1)
    await uma.type("Wie sage ich ab?")
    answer = uma.messages.filter(has_text="Ich bin eine App")
    await expect(answer).to_have_count(1)
    await answer.get_by_role("button", name="Ihre Sitzungen anzeigen").click()
    await uma.opens("Ihre Sitzungen")
    await uma.page.keyboard.press("Escape")
    await uma.go(f"{sample.UMA}/{HOME}")
    await uma.go(f"{sample.UMA}/{MESSAGES}")
    await uma.type("Danke")
    await expect(answer).to_have_count(2)
    await expect(welcome).to_have_count(1)


async def _joins(visitor: Visitor, shown: Locator) -> str:
    """Where *Join* takes somebody, without going there."""
    await visitor.page.evaluate("window.open = address => { window.joined = address; return null; }")
    await shown.get_by_role("button", name="Join the session").click()
    return str(await visitor.page.evaluate("window.joined"))


async def test_a_link_that_a_coach_types_is_where_the_client_joins_from_then_on(demo: Demo, enter: Enter) -> None:
    carla = await enter(demo.playground.url, f"{sample.CARLA}/{CARLAS}")
    anna = await enter(demo.playground.url, f"{sample.ANNA}/{MESSAGES}")
    await carla.type("/sessions")
    modal = await carla.opens("Sessions you give")
    await modal.get_by_role("button", name="More actions").first.click()
    await carla.page.get_by_role("menuitem", name="Details").click()
    modal = await carla.opens("Session details")
    await modal.get_by_role("button", name="Edit the meeting link").click()
    form = await carla.opens("Meeting link")
    await form.get_by_label("Link").fill("meet.example.com/carlas-room")
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_contain_text("A link begins with https://")
    await form.get_by_label("Link").fill(ROOM)
    await form.get_by_role("button", name="Save").click()
    modal = await carla.opens("Session details")
    assert await _joins(carla, modal) == ROOM
    demo.door.advance(timedelta(minutes=2))  # a link that is corrected at once is told once
    told = anna.messages.filter(has_text="has another meeting link")
    assert await _joins(anna, told) == ROOM
