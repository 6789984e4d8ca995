"""What waits for a coach, in a browser: seen at the top of Home, and decided there with the keyboard."""

from datetime import timedelta

from playwright.async_api import expect

from bot.demo import sample
from bot.demo.demo import Demo
from coaching.sessions import Status
from tests.browser.conftest import Enter
from tests.browser.marks import BROWSER

pytestmark = BROWSER


async def test_a_coach_says_by_keyboard_in_home_that_a_session_took_place(demo: Demo, enter: Enter) -> None:
    session = demo.sample.late
    demo.door.advance(session.ends_at - demo.clock.now() + timedelta(minutes=5))
    carla = await enter(demo.playground.url, f"{sample.CARLA}/app/home")
    await expect(carla.page.get_by_text("Waits for you")).to_be_visible()
    await expect(carla.page.get_by_text("Did this session take place?").first).to_be_visible()
    button = carla.page.get_by_role("button", name="Mark this session as completed").first
    await button.focus()
    await carla.page.keyboard.press("Enter")
    await expect(carla.page.get_by_text("Noted as completed:")).to_be_visible()
    async with demo.bot.store.read(session.workspace_id) as queries:
        found = await queries.sessions.find(session.id)
    assert found is not None
    assert (found.status, found.unconfirmed) == (Status.COMPLETED, False)
