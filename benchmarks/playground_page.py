"""The page: how soon it can be used, how soon a bot's message shows, whether a thousand messages scroll smoothly.

`ours` is what was measured in a real Chromium, the other side what was promised (milliseconds). Without Chromium nothing
is measured, and the line says how to get it.
"""

import asyncio
import time

from benchmarks.report import Promise, Result
from tests.browser import chromium, kitchen
from tests.browser.visitor import PATIENCE, Visitor
from tests.playground.kit import section

USABLE, SHOWN, FRAME = 1000.0, 200.0, 100.0
"""Milliseconds promised: page usable, message shown, longest frame while scrolling."""
_WATCH = """() => {
  window.cameAt = null;
  const look = () => { window.cameAt ||= document.querySelector("article") && Date.now(); };
  new MutationObserver(look).observe(document.getElementById("main"), { childList: true, subtree: true });
}"""
_CAME = """async () => {
  while (!window.cameAt) await new Promise(requestAnimationFrame);
  return window.cameAt;
}"""
_SCROLL = """async () => {
  const box = document.querySelector(".scroll"), gaps = [];
  let last = performance.now();
  for (let step = 0; step < 120; step++) {
    box.scrollBy(0, -500);
    await new Promise(requestAnimationFrame);
    gaps.push(performance.now() - last);
    last = performance.now();
  }
  return Math.max(...gaps);
}"""


async def measure(*, quick: bool = False) -> list[Result]:
    """Return the page's three figures; the best of a few rounds, since other work on the machine only ever adds."""
    if chromium.executable() is None:
        return [Result("page: not measured", 0, 0, "ms", 0, note=chromium.HOW_TO_GET_IT)]
    rounds = 1 if quick else 5
    usable, shown, frames = [], [], []
    async with kitchen.running() as sink, chromium.running() as browser:
        channel = sink.pg.workspace.channel("C1")
        for _ in range(rounds):
            visitor = await Visitor.enter(browser, sink.pg.url, "U1/C1")
            usable.append(visitor.usable_after * 1000)
            await visitor.page.evaluate(_WATCH)
            posted = time.time() * 1000
            ts = await sink.post(text="quick")
            async with asyncio.timeout(PATIENCE / 1000):
                shown.append(await visitor.page.evaluate(_CAME) - posted)
            await sink.client.chat_delete(channel="C1", ts=ts)
            await visitor.leave()
        for number in range(100 if quick else 1000):
            block = {**section(f"*Message* {number}\nwith a second line"), "block_id": "s"}
            sink.pg.workspace.post(channel, "UBOT", f"message {number}", [block], by_app=True)
        visitor = await Visitor.enter(browser, sink.pg.url, "U1/C1")
        for _ in range(rounds):
            await visitor.page.locator(".scroll").evaluate("box => { box.scrollTop = 0; }")
            frames.append(await visitor.page.evaluate(_SCROLL))
        await visitor.leave()
    return [
        _result("page: from opening its address to usable", usable, USABLE),
        _result("page: from chat.postMessage to shown", shown, SHOWN),
        _result("page: longest frame while scrolling 1,000 messages", frames, FRAME),
    ]


def _result(what: str, found: list[float], most: float) -> Result:
    return Result(what, min(found), most, "ms", min(found) / most, Promise.AT_MOST, 1.0)
