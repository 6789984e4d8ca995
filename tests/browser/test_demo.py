"""The product as the page shows it: the main job in two windows, time machine, faults, reset, keyboard only."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import Locator, expect

from bot.demo import sample
from bot.demo.demo import Demo
from tests.browser.conftest import Enter
from tests.browser.marks import BROWSER
from tests.browser.visitor import Visitor
from tests.words import tagged

pytestmark = BROWSER
REASON = "Flight moved & I am <b>stuck</b> <script>window.hacked=1</script> <!channel> 🛫"
PAST = "instant => Date.parse(document.querySelector('time.face').dateTime) > instant"
"""Whether a window's clock shows a time after an instant (milliseconds)."""
GENERAL, HOME, MESSAGES = "C0GENERAL", "app/home", "app/messages"


async def _anna(enter: Enter, demo: Demo, place: str = GENERAL) -> Visitor:
    return await enter(demo.playground.url, f"{sample.ANNA}/{place}")


async def test_client_and_coach_go_through_the_main_job_in_two_windows_at_once(demo: Demo, enter: Enter) -> None:
    anna = await _anna(enter, demo)
    carla = await enter(demo.playground.url, f"{sample.CARLA}/{sample.CARLA_CHANNEL}")
    await anna.type("/sessions")
    modal = await anna.opens("Your sessions")
    await expect(modal).to_contain_text("Refundable until")
    await modal.get_by_role("button", name="Cancel several").click()
    modal = await anna.opens("Cancel sessions")
    boxes = modal.get_by_role("checkbox")
    await boxes.nth(0).check()
    await boxes.nth(1).check()
    await modal.get_by_role("button", name="Continue").click()
    modal = await anna.opens("Confirm cancellation?")
    await expect(modal).to_contain_text("Late")
    await modal.get_by_label("Reason").fill(REASON)
    await modal.get_by_role("button", name="Cancel 2 sessions").click()
    await expect(anna.page.get_by_role("dialog").last.get_by_role("button", name="Undo")).to_be_visible()
    demo.door.advance(timedelta(seconds=61))  # the coach hears of what cannot be undone any more

    alert = carla.messages.filter(has_text="Flight moved")
    await expect(alert).to_contain_text("Anna Lee canceled 2 sessions with you")
    await expect(alert).to_contain_text(REASON)
    await alert.get_by_role("button", name="Refund anyway").click()
    await expect(alert).to_contain_text("refunded anyway by Carla Mendes")
    await expect(alert.get_by_role("button", name="Refund anyway")).to_have_count(0)

    await anna.page.keyboard.press("Escape")
    await anna.go(f"{sample.ANNA}/{MESSAGES}")
    await expect(anna.messages.filter(has_text="You canceled 2 sessions")).to_have_count(1)
    await expect(anna.messages.last).to_contain_text("refunded anyway")
    for window in (anna, carla):
        assert await window.page.evaluate("window.hacked") is None


async def test_a_visitor_chooses_a_persons_language_and_the_app_speaks_it(
    demo: Demo, enter: Enter, tmp_path: Path
) -> None:
    tagged.write(tmp_path, "de")
    with tagged.speaking(tmp_path):
        anna = await _anna(enter, demo, HOME)
        upcoming = anna.page.get_by_role("heading", name="Your upcoming sessions")
        await expect(upcoming).to_be_visible()
        await expect(upcoming).not_to_contain_text("‹de›")
        await anna.page.get_by_role("button", name="Anna Lee uses Slack in English (US)").click()
        await anna.page.get_by_role("menuitemradio", name="Deutsch").click()
        await expect(anna.page.get_by_role("button", name="Anna Lee uses Slack in Deutsch")).to_be_visible()
        await expect(upcoming).to_contain_text("‹de›")
        await anna.go(f"{sample.ANNA}/{GENERAL}")
        await anna.type("/sessions")
        await expect(anna.modal).to_contain_text("‹de›")


async def test_the_time_machine_changes_the_terms_while_a_dialog_is_open(demo: Demo, enter: Enter) -> None:
    anna = await _anna(enter, demo)
    other = await _anna(enter, demo, MESSAGES)
    await anna.type("/sessions cancel")
    modal = await anna.opens("Cancel sessions")
    cutoff = await demo.door.next_cutoff()
    assert cutoff is not None
    for choice in await modal.locator(".choice", has_text="refundable until").all():
        await choice.get_by_role("checkbox").check()
    await modal.get_by_role("button", name="Continue").click()
    modal = await anna.opens("Confirm cancellation?")
    await expect(modal).not_to_contain_text("Late")
    await anna.page.get_by_role("button", name="just after the next cutoff").click()
    for window in (anna, other):
        await window.page.wait_for_function(PAST, arg=cutoff.timestamp() * 1000)
    assert demo.clock.now() > cutoff
    await modal.get_by_role("button", name=re.compile(r"Cancel \d+ sessions")).click()
    await expect(anna.modal).to_contain_text("Nothing has been canceled")
    await anna.page.get_by_role("button", name="on by one day").click()
    await expect(other.messages.filter(has_text="Free cancellation").first).to_be_visible()


async def test_a_dialog_that_closes_takes_what_was_typed_with_it_and_complains_of_nothing(
    demo: Demo, enter: Enter
) -> None:
    anna = await _anna(enter, demo)
    await anna.type("/sessions")
    modal = await anna.opens("Your sessions")
    await modal.get_by_role("button", name="More actions").first.click()
    await anna.page.get_by_role("menuitem", name="Cancel…").click()
    modal = await anna.opens("Confirm cancellation?")
    await modal.get_by_label("Reason").fill("half a thought")
    await anna.page.keyboard.press("Escape")
    await anna.opens("Your sessions")
    await anna.page.keyboard.press("Escape")
    await expect(anna.modal).to_have_count(0)
    await anna.type("/sessions")
    await anna.opens("Your sessions")
    await expect(anna.page.locator("#toasts")).not_to_contain_text("not open")


async def test_faults_are_seen_and_mended_in_the_inspector(demo: Demo, enter: Enter) -> None:
    anna = await _anna(enter, demo)
    page = anna.page
    await page.get_by_role("button", name="Inspector", exact=True).click()
    inspector = page.get_by_role("complementary", name="Inspector")
    outage = inspector.get_by_role("switch", name="Outage")
    await outage.click()
    await expect(outage).to_have_attribute("aria-checked", "true")
    await anna.type("/sessions")
    await expect(inspector.locator(".exchange.odd", has_text="views.open").first).to_contain_text("fault: server error")
    await expect(anna.modal).to_have_count(0)
    await inspector.get_by_role("button", name="Mend all").click()
    await expect(outage).to_have_attribute("aria-checked", "false")
    await anna.type("/sessions")
    await anna.opens("Your sessions")
    opened = inspector.locator(".exchange.good", has_text="views.open").first
    await opened.locator("summary").click()
    await expect(opened).to_contain_text('"trigger_id"')
    command = inspector.locator(".exchange", has_text="/sessions").first
    await expect(command.locator(".ms")).to_have_attribute("title", re.compile("acknowledged in .* ms of 3000 ms"))
    await expect(command.locator(".meter")).to_be_visible()


async def test_a_reset_brings_everything_back_in_every_window(demo: Demo, enter: Enter) -> None:
    anna = await _anna(enter, demo)
    other = await enter(demo.playground.url, f"{sample.BEN}/{GENERAL}")
    await anna.type("soon forgotten")
    await expect(other.messages.last).to_contain_text("soon forgotten")
    began = datetime.now(UTC)
    await anna.page.get_by_role("button", name="on by one day").click()
    await anna.page.get_by_role("button", name="Inspector", exact=True).click()
    await anna.page.get_by_role("button", name="Reset to sample data").click()
    await anna.page.get_by_role("alertdialog").get_by_role("button", name="Reset").click()
    for window in (anna, other):
        await expect(window.messages).to_have_count(0)
    # A day may begin in New York meanwhile.
    openings = [sample.opening(at) for at in (began, datetime.now(UTC))]
    assert any(opening <= demo.clock.now() < opening + timedelta(hours=1) for opening in openings)
    await anna.page.get_by_role("button", name="Close the inspector").click()
    await anna.type("/sessions")
    await expect(await anna.opens("Your sessions")).to_contain_text("Leadership coaching")


async def test_the_main_job_needs_no_mouse(demo: Demo, enter: Enter) -> None:
    anna = await _anna(enter, demo)
    keys = anna.page.keyboard
    await expect(anna.composer).to_be_focused()
    await keys.type("/sess")
    await keys.press("Tab")
    await keys.type("cancel")
    await keys.press("Enter")
    modal = await anna.opens("Cancel sessions")
    await expect(modal.get_by_role("radio", name="Cancel sessions", exact=True)).to_be_focused()
    await keys.press("Tab")
    await keys.press("Space")
    await expect(modal.get_by_role("checkbox").first).to_be_checked()
    await _tab_to(anna, modal.get_by_role("button", name="Continue"))
    await keys.press("Enter")
    modal = await anna.opens("Confirm cancellation?")
    await _tab_to(anna, modal.get_by_role("button", name="Cancel 1 session"))
    await keys.press("Enter")
    await expect(anna.modal).to_contain_text("anceled")
    await keys.press("Escape")
    await expect(anna.modal).to_have_count(0)
    await expect(anna.composer).to_be_focused()


async def test_a_client_cancels_one_session_with_the_keyboard_alone(demo: Demo, enter: Enter) -> None:
    anna = await _anna(enter, demo)
    keyboard = anna.page.keyboard
    await anna.type("/sessions")
    modal = await anna.opens("Your sessions")
    await _tab_to(anna, modal.get_by_role("button", name="More actions").first)
    await keyboard.press("Enter")
    item = anna.page.get_by_role("menuitem", name="Cancel…")
    await expect(item).to_be_visible()
    for _ in range(5):  # a menu has no more
        if await item.evaluate("item => item === document.activeElement"):
            break
        await keyboard.press("ArrowDown")
    await expect(item).to_be_focused()
    await keyboard.press("Enter")
    modal = await anna.opens("Confirm cancellation?")
    await _tab_to(anna, modal.get_by_label("Reason"))
    await keyboard.type(REASON)
    await _tab_to(anna, modal.get_by_role("button", name="Cancel 1 session"))
    await keyboard.press("Enter")
    modal = await anna.opens("Sessions canceled")
    await _tab_to(anna, modal.get_by_role("button", name="Undo"))
    await keyboard.press("Enter")
    await anna.opens("Undone")


async def _tab_to(visitor: Visitor, wanted: Locator) -> None:
    await wanted.wait_for()
    for _ in range(60):
        if await wanted.evaluate("node => node === document.activeElement"):
            return
        await visitor.page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {wanted}")


async def test_every_role_has_a_home(demo: Demo, enter: Enter) -> None:
    for who, words in (
        (sample.ANNA, "Your credits"),
        (sample.CARLA, "Sessions you give"),
        (sample.DANA, "You are an admin"),
    ):
        visitor = await enter(demo.playground.url, f"{who}/{HOME}")
        await expect(visitor.page.locator(".home")).to_contain_text(words)
        await expect(visitor.page.locator(".home")).not_to_contain_text("unsupported")
