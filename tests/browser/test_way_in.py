"""The page behind *Cancel or reschedule* in a real browser: with the keyboard alone, without scripts, for every eye."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from coaching.clock import ManualClock
from coaching.policy import Policy, ReasonRule, TermsOf, TermsScope
from coaching.sessions import Status
from coaching.workspace import SessionType
from tests.browser.marks import BROWSER
from tests.support.databases import Databases
from tests.support.world import ANNA, WORKSPACE
from tests.web.conftest import Site, path_to, served

pytestmark = BROWSER
H = timedelta(hours=1)
CHECK = """() => {
  const wrong = [];
  const say = (what, node) => wrong.push(`${what}: ${node.outerHTML.slice(0, 120)}`);
  if (!document.documentElement.lang) wrong.push("no language");
  if (!document.title) wrong.push("no title");
  for (const one of ["main", "header", "footer", "h1"])
    if (document.querySelectorAll(one).length !== 1) wrong.push(`not one ${one}`);
  const ids = [...document.querySelectorAll("[id]")].map(node => node.id);
  if (new Set(ids).size !== ids.length) wrong.push("an id twice");
  let level = 1;
  for (const head of document.querySelectorAll("h1,h2,h3,h4")) {
    const own = Number(head.tagName[1]);
    if (own > level + 1) say("a level of headings is skipped", head);
    level = own;
  }
  const named = node => (node.getAttribute("aria-label") || [...(node.labels || [])].map(l => l.textContent).join("") ||
    (node.matches("button,a") ? node.textContent : "")).trim();
  for (const node of document.querySelectorAll("input:not([type=hidden]),select,textarea,button,a")) {
    if (!named(node)) say("no name", node);
    if (!node.checkVisibility()) continue; // within what is folded
    if (node.matches("button") && node.getAttribute("aria-label")) {
      const seen = node.textContent.replace(/[‹›…]/g, "").trim().toLowerCase();
      if (!node.getAttribute("aria-label").toLowerCase().includes(seen)) say("spoken otherwise than seen", node);
    }
    const box = ((node.matches("input") && node.closest("label")) || node).getBoundingClientRect();
    if (box.height < 24 || box.width < 24) say("too small to hit", node);
    if (node.tabIndex !== 0) say("not in the order of the keyboard", node);
  }
  for (const node of document.querySelectorAll("input[type=radio],input[type=checkbox]"))
    if (!node.closest("fieldset")?.querySelector("legend")?.textContent.trim()) say("no legend", node);
  for (const node of document.querySelectorAll("[aria-describedby]"))
    if (!document.getElementById(node.getAttribute("aria-describedby"))) say("described by nothing", node);
  const parts = text => { const n = text.match(/[\\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1]; };
  const light = rgb => rgb.slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = node => { for (let at = node; at; at = at.parentElement) {
    const found = parts(getComputedStyle(at).backgroundColor); if (found[3] > 0) return found; } return [255, 255, 255, 1]; };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || node.matches("style,option,optgroup")) continue;
    if (ratio(parts(getComputedStyle(node).color), behind(node)) < 4.5) say("too pale", node);
  }
  for (const node of document.querySelectorAll("select,textarea,.choice,.quiet"))
    if (ratio(parts(getComputedStyle(node).borderTopColor), behind(node.parentElement)) < 3) say("too pale an edge", node);
  if (document.documentElement.scrollWidth > innerWidth) wrong.push("wider than the screen");
  return wrong;
}"""
"""What axe-core and WCAG 2.2 AA ask of such a page, as far as a script can tell."""


async def focused(page: Page) -> str:
    """The words of what has the focus, and that it can be seen."""
    return str(
        await page.evaluate(
            """() => { const at = document.activeElement, style = getComputedStyle(at);
            if (at.tagName !== "H1" && (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2)) return "invisible";
            return (at.closest("label") || at).textContent.trim() || at.name; }"""
        )
    )


async def reach(page: Page, words: str, key: str = "Tab") -> None:
    """Press a key until something with these words has the focus."""
    for _ in range(60):
        if words in await focused(page):
            return
        await page.keyboard.press(key)
    raise AssertionError(f"the keyboard does not reach {words!r}")


async def opened(site: Site, browser: Browser, **options: Any) -> Page:
    """A window without scripts."""
    context = await browser.new_context(**options)
    page = await context.new_page()
    page.set_default_timeout(30_000)
    return page


async def furnished(site: Site) -> Any:
    await site.world.open()
    await site.world.grant(ANNA, package="Leadership 10-pack", session_type="Coaching")
    async with site.world.store.write(WORKSPACE) as uow:
        await uow.terms.save(TermsScope(TermsOf.WORKSPACE, ""), Policy(reason=ReasonRule.REQUIRED))
        await uow.catalogue.save_session_type(SessionType("", "Coaching", timedelta(minutes=50), 100))
        await uow.commit()
    return [await site.world.book(n * H) for n in (72, 96, 120)]


async def test_somebody_with_a_keyboard_cancels_and_takes_it_back(
    databases: Databases, clock: ManualClock, browser: Browser
) -> None:
    async with served(databases, clock) as site:
        booked = await furnished(site)
        page = await opened(site, browser, java_script_enabled=True)
        await page.goto(site.url + path_to(booked[0]))
        assert await focused(page) == "Your sessions", "a screen reader begins with the heading"
        await reach(page, "· Fri, Nov 20")
        await page.keyboard.press("Space")
        await reach(page, "Continue")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("h1:has-text('Confirm cancellation?')")
        assert await focused(page) == "Confirm cancellation?"
        await reach(page, "Cancel 2 sessions")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("[role=alert]")
        await reach(page, "reason")
        await page.keyboard.type("Ill")
        await reach(page, "Cancel 2 sessions")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("h1:has-text('Sessions canceled')")
        assert [one.status for one in await known(site, booked)] == [Status.CANCELED] * 2 + [Status.SCHEDULED]
        await reach(page, "Undo")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("h1:has-text('Undone')")
        assert {one.status for one in await known(site, booked)} == {Status.SCHEDULED}
        await page.context.close()


async def test_the_check_finds_what_is_wrong(browser: Browser) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await page.set_content(
        "<style>p{color:#999}</style><main><h1>x</h1><h3>y</h3><p>pale</p><input type=radio name=a value=b>"
        "<button aria-label='Go' style='width:9px;height:9px'>Leave</button></main>"
    )
    found = " ".join(await page.evaluate(CHECK))
    for wrong in (
        "no language",
        "no title",
        "not one header",
        "skipped",
        "too pale",
        "no name",
        "no legend",
        "too small",
    ):
        assert wrong in found
    assert "spoken otherwise" in found
    await context.close()


async def known(site: Site, booked: Any) -> Any:
    async with site.world.store.read(WORKSPACE) as queries:
        return await queries.sessions.by_ids([one.id for one in booked])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
async def test_every_page_can_be_read_heard_and_hit(
    databases: Databases, clock: ManualClock, browser: Browser, scheme: Any, width: int
) -> None:
    async with served(databases, clock) as site:
        booked = await furnished(site)
        page = await opened(site, browser, viewport={"width": width, "height": 800}, color_scheme=scheme)
        seen: dict[str, list[str]] = {}

        async def look() -> None:
            title = await page.inner_text("h1")
            seen[title] = await page.evaluate(CHECK)

        async def press(words: str, *, exact: bool = False) -> None:
            named = page.get_by_text(words, exact=exact)
            await page.locator("button").and_(named).first.click()
            await look()

        await page.goto(site.url + path_to(booked[0]))
        await look()
        await press("Continue")
        await press("Cancel 1 session")
        await page.fill("textarea", "Ill")
        await press("Cancel 1 session")
        await press("Undo")
        await page.goto(site.url + path_to(booked[0]))
        await page.get_by_label("Reschedule sessions").check()
        await press("Continue")
        await page.locator("input[name=move_time]").nth(3).check()
        await press("Continue")
        await press("Move 1 session")
        site.world.clock.set(booked[1].starts_at - 20 * H)
        await page.goto(site.url + path_to(booked[1]))
        await look()
        await press("Ask to move…")
        await page.locator("input[name=wishes]").first.check()
        await press("Ask", exact=True)
        await site.world.cancel(booked[1])
        await page.goto(site.url + path_to(booked[1]))
        await press("Ask for an exception")
        await press("Ask", exact=True)
        await page.goto(site.url + path_to(booked[1]))
        await press("Schedule Session")
        await page.locator("input[name=time]").nth(3).check()
        await press("Continue")
        await press("Book")
        await page.goto(site.url + path_to(booked[1]))
        await look()
        await page.context.close()
    assert len(seen) == 13
    assert [what for wrong in seen.values() for what in wrong] == []


async def test_it_works_where_scripts_are_forbidden(databases: Databases, clock: ManualClock, browser: Browser) -> None:
    async with served(databases, clock) as site:
        booked = await furnished(site)
        page = await opened(site, browser, java_script_enabled=False)
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        await page.goto(site.url + path_to(booked[0]))
        await page.get_by_role("button", name="Continue").click()
        await page.fill("textarea", "Ill")
        await page.get_by_role("button", name="Cancel 1 session").click()
        assert await page.inner_text("h1") == "Sessions canceled"
        await page.context.close()
    assert complaints == []
