"""Mail beside Slack: somebody who is not in Slack reads a mail, follows its links, and watches the event come and go."""

import asyncio
import re
from datetime import timedelta

import pytest
from playwright.async_api import expect

from bot.demo import sample
from bot.demo.demo import Demo
from tests.browser.conftest import Enter
from tests.browser.marks import BROWSER
from tests.browser.visitor import Visitor

pytestmark = BROWSER
BOOKED = "Your session is booked"


async def opened(visitor: Visitor, subject: str) -> None:
    """Open the mail that is about this."""
    await visitor.page.locator(".mail-row").filter(has_text=subject).first.click()
    await expect(visitor.page.locator("main h2")).to_contain_text(subject)


async def test_a_mail_leads_to_the_page_and_the_event_leaves_the_calendar(demo: Demo, enter: Enter) -> None:
    pat = await enter(demo.playground.url, f"{sample.PAT}/calendar")
    event = pat.page.locator(f"[data-uid^='{demo.sample.by_mail.id}@']")
    await expect(event).to_contain_text("Leadership coaching with Carla Mendes")
    await pat.go(f"{sample.PAT}/mail")
    await opened(pat, BOOKED)
    await expect(pat.page.get_by_role("list", name="Attachments")).to_contain_text("invite.ics")
    mail = pat.page.frame_locator("iframe")
    async with pat.page.context.expect_page() as window:
        await mail.get_by_role("link", name="Cancel or reschedule").click()
    page = await window.value
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your sessions")
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Cancel 1 session").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sessions canceled")
    await page.close()
    await pat.page.get_by_role("link", name="All mails").click()
    demo.door.advance(timedelta(seconds=62))
    await expect(pat.page.locator(".mail-row.unread").filter(has_text="anceled")).to_have_count(1)
    await pat.go(f"{sample.PAT}/calendar")
    await expect(pat.page.get_by_role("heading", name="Pat Reyes's own calendar")).to_be_visible()
    await expect(event).to_have_count(0)


async def test_no_more_mails_is_one_click_in_the_demo(demo: Demo, enter: Enter) -> None:
    pat = await enter(demo.playground.url, f"{sample.PAT}/mail")
    await opened(pat, BOOKED)
    async with pat.page.context.expect_page() as window:
        await pat.page.frame_locator("iframe").get_by_role("link", name="No more mails").click()
    page = await window.value
    await page.get_by_role("button", name="No more mails").click()
    await expect(page.locator("main")).to_contain_text("You get no more mails")
    await page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_mail_is_read_by_keyboard_on_a_narrow_screen(demo: Demo, enter: Enter, scheme: str) -> None:
    narrow = {"viewport": {"width": 360, "height": 720}, "color_scheme": scheme}
    pat = await enter(demo.playground.url, f"{sample.PAT}/mail", **narrow)
    await pat.page.locator(".mail-row").first.focus()
    await pat.page.keyboard.press("Enter")
    await expect(pat.page.get_by_role("heading", level=2)).to_be_focused()
    await expect(pat.page.frame_locator("iframe").locator("body")).to_contain_text(BOOKED)
    for _ in range(12):
        if await pat.page.evaluate("document.activeElement.getAttribute('download') === 'invite.ics'"):
            break
        await pat.page.keyboard.press("Tab")
    else:
        raise AssertionError("the keyboard does not reach the attachment")
    await pat.page.get_by_role("button", name="Plain text").focus()
    await pat.page.keyboard.press("Enter")
    await expect(pat.page.get_by_label("The mail as plain text")).to_contain_text("Cancel or reschedule (http")
    await expect(pat.page.locator("iframe")).to_be_hidden()
    assert await pat.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await pat.page.keyboard.press("Shift+Tab")
    await pat.page.keyboard.press("Enter")
    await expect(pat.page.locator(".mail-row").first).to_be_visible()


async def test_a_hostile_mail_runs_nothing_and_asks_nobody(demo: Demo, enter: Enter) -> None:
    pat = await enter(demo.playground.url, f"{sample.PAT}/mail")
    await expect(pat.page.locator(".mail-row").first).to_be_visible()
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if said := await reader.read(200):  # a connection on which nothing is asked is none of the mail's
            asked.append(said)
        writer.close()

    spy = await asyncio.start_server(answer, "127.0.0.1", 0)
    at = f"http://127.0.0.1:{spy.sockets[0].getsockname()[1]}/"
    lines = [
        "From: <script>alert(1)</script> <x@example.com>",
        f"To: {sample.PAT_ADDRESS}",
        "Subject: <img src=x onerror=alert(1)>",
        "Content-Type: text/html",
        "",
        f"<script>parent.document.title='run'</script><img src='{at}x' onerror='parent.document.title=1'>",
        f"<link rel=stylesheet href='{at}css'><iframe src='{at}frame'></iframe>",
        f"<form action='{at}'><button>Go</button></form><p>Read me</p>",
    ]
    demo.playground.mails.receive("\r\n".join(lines).encode(), [sample.PAT_ADDRESS])
    await opened(pat, "<img src=x onerror=alert(1)>")
    await expect(pat.page.frame_locator("iframe").get_by_text("Read me")).to_be_visible()
    await pat.page.frame_locator("iframe").get_by_role("button", name="Go").click()
    assert "playground" in await pat.page.title()
    spy.close()
    assert not asked
    # The browser says what it has refused, and nothing else.
    assert all(re.search("Content Security Policy|Blocked script|sandboxed", words) for words in pat.complaints)
    pat.complaints.clear()


async def test_one_changes_between_people_in_and_outside_of_slack(demo: Demo, enter: Enter) -> None:
    anna = await enter(demo.playground.url, f"{sample.ANNA}/app/home")
    await anna.page.get_by_role("button", name="Switch person").click()
    await anna.page.get_by_role("menuitemradio", name="Pat Reyes").click()
    await expect(anna.page.get_by_role("heading", name="Pat Reyes's mail")).to_be_visible()
    await expect(anna.page.get_by_role("navigation").get_by_role("link")).to_have_count(2)
    await anna.page.get_by_role("button", name="Switch person").click()
    await anna.page.get_by_role("menuitemradio", name="Carla Mendes").click()
    await expect(anna.page.get_by_role("heading", name="Carla Mendes's mail")).to_be_visible()
    await expect(anna.page.get_by_role("navigation")).to_contain_text("coaching-carla")
