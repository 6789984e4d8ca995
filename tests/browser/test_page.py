"""The page itself: text as Slack shows it, live updates, modals, the App Home, failures, many messages."""

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from tests.browser import chromium
from tests.browser.conftest import Enter
from tests.browser.kitchen import Kitchen
from tests.browser.marks import BROWSER
from tests.playground.kit import section

pytestmark = BROWSER
RENDER = """async ([text, verbatim]) => {
  const { mrkdwn } = await import("/static/js/text.js");
  const box = document.createElement("div");
  box.append(...mrkdwn(text, { verbatim }));
  return box.innerHTML;
}"""
OUTSIDE = 'target="_blank" rel="noopener noreferrer"'
HOSTILE = "<script>window.hacked = 1</script> <img src=x onerror=window.hacked=1> <!channel> & \"quotes\" 'too' </div>"


async def _rendered(page: Page, text: str, *, verbatim: bool = True) -> str:
    return str(await page.evaluate(RENDER, [text, verbatim]))


async def test_mrkdwn_is_read_as_slack_reads_it(sink: Kitchen, enter: Enter) -> None:
    page = (await enter(sink.pg.url, "U1/C1")).page
    for text, html in (
        ("*bold* _it_ ~gone~ `co*d*e`", "<b>bold</b> <i>it</i> <s>gone</s> <code>co*d*e</code>"),
        ("~*both* and more~", "<s><b>both</b> and more</s>"),
        ("2*3*4 snake_case_name", "2*3*4 snake_case_name"),
        ("a\n&gt; quoted\n&gt; more\nb", "a<blockquote>quoted<br>more</blockquote>b"),
        ("```\nx < *y*\n```", "<pre>x &lt; *y*</pre>"),
        ("&lt;b&gt; &amp;amp;", "&lt;b&gt; &amp;amp;"),
        ("<@U2>", '<span class="mention">@Ben Coach</span>'),
        ("<#C1|x> <!here>", '<span class="mention">#general</span> <span class="mention mine">@here</span>'),
        ("<https://x.example/?a=1&amp;b=2|the *page*>", f'<a href="https://x.example/?a=1&amp;b=2" {OUTSIDE}>the *page*</a>'),
        ("<javascript:alert(1)|click>", "<span>click</span>"),
        (":tada: :no_such_thing: 10:30:00", "🎉 :no_such_thing: 10:30:00"),
        ("<!date^nonsense^{date}|fallback>", "fallback"),
    ):  # fmt: skip
        assert await _rendered(page, text) == html
    assert 'href="https://x.example/a"' in await _rendered(page, "see https://x.example/a.", verbatim=False)
    assert "href" not in await _rendered(page, "see https://x.example/a.")


async def test_dates_are_in_the_readers_own_zone_and_language(sink: Kitchen, enter: Enter) -> None:
    visitor = await enter(sink.pg.url, "U1/C1")
    await sink.post(blocks=[section("<!date^1790000000^{date_long} {time}|later>")])
    await expect(visitor.messages.last).to_contain_text("Monday, September 21, 2026 10:13 AM")
    german = await enter(sink.pg.url, "U2/C1")
    await expect(german.messages.last).to_contain_text("Montag, 21. September 2026 16:13")


async def test_what_people_type_is_shown_and_never_run(sink: Kitchen, enter: Enter) -> None:
    visitor = await enter(sink.pg.url, "U1/C1")
    await visitor.composer.fill(HOSTILE)
    await visitor.composer.press("Enter")
    await expect(visitor.messages.last).to_contain_text(HOSTILE)
    await sink.post(text="x", blocks=[{"type": "section", "text": {"type": "plain_text", "text": HOSTILE}}])
    await expect(visitor.messages.nth(1)).to_contain_text(HOSTILE)
    # As markup from an app, <…> is a link or nothing; it is still never an element.
    await sink.post(text=HOSTILE)
    await expect(visitor.messages.nth(2)).to_contain_text("window.hacked = 1")
    assert await visitor.page.evaluate("window.hacked") is None
    assert await visitor.page.locator("article script, article img").count() == 0


async def test_a_bot_message_shows_in_every_open_window_by_itself(sink: Kitchen, enter: Enter) -> None:
    """How soon it shows is measured by `make bench`."""
    windows = [await enter(sink.pg.url, place) for place in ("U1/C1", "U1/C1", "U2/C1")]
    ts = await sink.post(text="quick")
    for window in windows:
        await expect(window.messages).to_have_text(re.compile("quick"))
    await sink.client.chat_delete(channel="C1", ts=ts)
    for window in windows:
        await expect(window.messages).to_have_count(0)


async def test_edits_and_deletions_show_without_a_reload(sink: Kitchen, enter: Enter) -> None:
    visitor = await enter(sink.pg.url, "U1/C1")
    ts = await sink.post(text="first words")
    await expect(visitor.messages.last).to_contain_text("first words")
    await sink.client.chat_update(channel="C1", ts=ts, text="other words")
    await expect(visitor.messages.last).to_contain_text("other words")
    await expect(visitor.messages.last).to_contain_text("(edited)")
    await sink.client.chat_delete(channel="C1", ts=ts)
    await expect(visitor.messages).to_have_count(0)


async def test_what_is_unread_is_marked_until_it_is_seen(sink: Kitchen, enter: Enter) -> None:
    visitor = await enter(sink.pg.url, "U1/C1")
    secret = visitor.page.get_by_role("link", name="secret")
    await sink.post("C3", "one")
    await sink.post("C3", "two")
    await expect(secret.locator(".badge")).to_have_text("2")
    await expect(visitor.page).to_have_title("(2) Kitchen playground")
    await secret.click()
    await expect(visitor.messages).to_have_count(2)
    await expect(secret.locator(".badge")).to_have_count(0)
    await expect(visitor.page.get_by_role("log")).not_to_contain_text("two")
    await sink.post("C3", "three, *aloud*")
    await expect(visitor.page.locator("#spoken")).to_have_text("Kitchen: three, aloud")


async def test_two_people_talk_and_see_who_has_news(sink: Kitchen, enter: Enter) -> None:
    anna, ben = await enter(sink.pg.url, "U1/C2"), await enter(sink.pg.url, "U2/C2")
    await anna.type("hello @ben")
    await expect(ben.messages.last).to_contain_text("hello @Ben Coach")
    await ben.type("hello Anna")
    await expect(anna.messages.last).to_contain_text("hello Anna")
    await anna.page.get_by_role("button", name="You are Anna Client").click()
    await anna.page.get_by_role("menuitemradio", name="Ben Coach").click()
    await expect(anna.page).to_have_url(f"{sink.pg.url}/#U2/C1")
    await expect(anna.page.get_by_role("button", name="You are Ben Coach")).to_be_visible()


async def test_commands_are_completed_from_the_manifest(sink: Kitchen, enter: Enter) -> None:
    visitor = await enter(sink.pg.url, "U1/C1")
    keys = visitor.page.keyboard
    await visitor.composer.focus()
    await keys.type("/k")
    await expect(visitor.page.get_by_role("option")).to_have_count(2)
    await expect(visitor.page.get_by_role("option").first).to_contain_text("/kitchen [words]")
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await expect(visitor.composer).to_have_value("/kneel ")
    await keys.press("Enter")
    answer = visitor.messages.last
    await expect(answer).to_contain_text("Only for you")
    await expect(answer).to_contain_text("Only visible to you")
    await visitor.type("/nothing")
    await expect(visitor.messages.last).to_contain_text("/nothing is not a valid command")


async def test_an_app_that_does_not_answer_is_reported_as_slack_would(sink: Kitchen, enter: Enter) -> None:
    visitor = await enter(sink.pg.url, "U1/C1")
    sink.pg.set_request_url("http://127.0.0.1:9/slack/events")
    await visitor.type("/kneel")
    await expect(visitor.messages.last).to_contain_text('/kneel failed with the error "dispatch_failed"')


async def test_modals_stack_trap_the_focus_and_show_errors_under_the_field(sink: Kitchen, enter: Enter) -> None:
    visitor = await enter(sink.pg.url, "U1/app/home")
    page = visitor.page
    await expect(page.locator(".home")).to_contain_text("Welcome home")
    await page.get_by_role("button", name="Push me").click()
    modal = await visitor.opens("First")
    await expect(modal.get_by_label("Word")).to_be_focused()
    for _ in range(8):
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.closest('[role=dialog]') !== null")
    await modal.get_by_label("Word").fill("now")
    await page.keyboard.press("Enter")
    await expect(modal.get_by_role("alert")).to_have_text("Say please")
    await expect(modal.get_by_label("Word")).to_be_focused()
    await modal.get_by_role("button", name="Deeper").click()
    await visitor.opens("Second")
    await page.keyboard.press("Escape")
    modal = await visitor.opens("First")
    await expect(modal.get_by_label("Word")).to_have_value("now")
    await modal.get_by_label("Word").fill("please")
    await modal.get_by_role("button", name="Go").click()
    await expect(visitor.modal).to_have_count(0)
    assert [values["typed"]["value"] for values in sink.submitted] == ["now", "please"]


async def test_a_modal_stays_in_the_window_that_opened_it(sink: Kitchen, enter: Enter) -> None:
    one, other = await enter(sink.pg.url, "U1/C1"), await enter(sink.pg.url, "U1/C1")
    await one.type("/kitchen")
    await one.opens("Every input")
    await other.type("aside")
    await expect(other.messages.last).to_contain_text("aside")
    await expect(other.modal).to_have_count(0)
    await one.page.reload()
    await one.opens("Every input")
    await one.modal.get_by_role("button", name="Close").click()
    await expect(one.modal).to_have_count(0)
    await expect(one.messages.last).to_contain_text("aside")


async def test_of_a_thousand_messages_the_newest_is_in_view_and_all_can_be_reached(sink: Kitchen, enter: Enter) -> None:
    """How smoothly they scroll is measured by `make bench`."""
    workspace = sink.pg.workspace
    for number in range(1000):
        workspace.post(
            workspace.channel("C1"),
            "UBOT",
            f"m{number}",
            [{**section(f"*Message* {number}\nmore"), "block_id": "s"}],
            by_app=True,
        )
    visitor = await enter(sink.pg.url, "U1/C1")
    await expect(visitor.messages.last).to_be_in_viewport()
    # The list grows from below: its bottom is 0.
    await visitor.page.locator(".scroll").evaluate("box => { box.scrollTop = -box.scrollHeight; }")
    await expect(visitor.messages.first).to_be_in_viewport()
    await expect(visitor.messages.last).not_to_be_in_viewport()
    await sink.post(text="the newest")
    await expect(visitor.messages).to_have_count(1001)
    await expect(visitor.messages.first).to_be_in_viewport()


async def test_the_theme_and_the_sidebar_follow_the_device(sink: Kitchen, enter: Enter) -> None:
    visitor = await enter(sink.pg.url, "U1/C1", color_scheme="dark", viewport={"width": 390, "height": 844})
    page = visitor.page
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.get_by_role("button", name="Switch to light colors").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")
    random = page.get_by_role("link", name="random")
    await expect(random).not_to_be_in_viewport()
    await page.get_by_role("button", name="Show the sidebar").click()
    await expect(random).to_be_in_viewport()
    await random.click()
    await expect(random).not_to_be_in_viewport()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_the_page_comes_back_when_the_playground_does(sink: Kitchen, enter: Enter) -> None:
    visitor = await enter(sink.pg.url, "U1/C1")
    for channel in list(sink.pg.feed._watchers):
        channel.put_nowait(None)
    await expect(visitor.page.get_by_text("Connection lost")).to_be_visible()
    await sink.post(text="while away")
    await expect(visitor.messages.last).to_contain_text("while away")
    await expect(visitor.page.get_by_text("Connection lost")).to_have_count(0)


async def test_nothing_is_loaded_from_outside_and_foreign_pages_are_refused(sink: Kitchen, enter: Enter) -> None:
    visitor = await enter(sink.pg.url, "U1/C1")
    await sink.post(blocks=[{"type": "image", "image_url": "https://example.com/c.png", "alt_text": "A lake"}])
    await expect(visitor.messages.last.get_by_role("img", name="A lake")).to_be_visible()
    loaded = await visitor.page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert loaded
    assert [url for url in loaded if not url.startswith(sink.pg.url)] == []
    answer = await visitor.page.request.get(sink.pg.url)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (await visitor.page.request.get(f"{sink.pg.url}/static/../page.py")).status == 404
    for path in ("clock", "reset"):
        foreign = await visitor.page.request.post(
            f"{sink.pg.url}/control/{path}", headers={"Origin": "https://evil.example"}, data="{}"
        )
        assert foreign.status == 403


@pytest.mark.skipif(chromium.executable() is None, reason=chromium.HOW_TO_GET_IT)
async def test_no_browser_process_outlives_its_caller() -> None:
    import psutil

    def ours() -> set[int]:
        return {child.pid for child in psutil.Process().children(recursive=True)}

    before = ours()
    async with chromium.running() as browser:
        await browser.new_page()
        started = ours() - before
        assert started
    await asyncio.to_thread(psutil.wait_procs, [psutil.Process(pid) for pid in started if psutil.pid_exists(pid)], 5)
    assert not {pid for pid in started & ours() if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE}
