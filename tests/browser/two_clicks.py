"""The picture at the top of the README: a session is canceled with two presses, as a short animation."""

from datetime import timedelta
from pathlib import Path

from playwright.async_api import Browser, Locator, expect

from bot.demo import sample
from bot.demo.demo import Demo
from tests.browser.apng import animated
from tests.browser.stillness import settled, still
from tests.browser.visitor import Visitor

NAME = "two-clicks.png"
MOST = 1_000_000
"""The most bytes of an animation that everybody loads who opens the README."""
VIEW = {"width": 960, "height": 640}
AHEAD = timedelta(days=2)
"""So long after the demo's beginning the next session is one whose credit comes back."""
REASON = "I have to travel that day."
_POINTER = """
(element) => {
  document.getElementById("pointer")?.remove();
  if (!element) return;
  const box = element.getBoundingClientRect();
  const draw = (name, attributes) => {
    const drawn = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) drawn.setAttribute(key, value);
    return drawn;
  };
  const pointer = draw("svg", { id: "pointer", width: 30, height: 30, viewBox: "-12 -12 30 30" });
  pointer.append(
    draw("circle", { r: 11, fill: "#f2c744", "fill-opacity": 0.7 }),
    draw("path", { d: "M0 0v15l4-3.6 2.6 5 2.6-1.3-2.6-5H12z", fill: "#111", stroke: "#fff", "stroke-width": 1.4 }),
  );
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2].map(Math.round);
  Object.assign(pointer.style, {
    position: "fixed", zIndex: 99999, pointerEvents: "none", left: `${x - 12}px`, top: `${y - 12}px`,
  });
  (element.closest("dialog, [role=dialog]") ?? document.body).append(pointer);
}
"""


class Reel:
    """Collects the pictures of the animation."""

    def __init__(self, demo: Demo, visitor: Visitor) -> None:
        self.demo, self.visitor = demo, visitor
        self.frames: list[tuple[bytes, int]] = []

    async def take(self, milliseconds: int, *, pressing: Locator | None = None) -> None:
        """Take a picture that is shown so long, with a pointer on what is about to be pressed."""
        await settled(self.demo)
        if pressing is None:
            await self.visitor.page.evaluate(f"({_POINTER})(null)")
        else:
            await pressing.evaluate(_POINTER)
        self.frames.append((await still(self.visitor.page), milliseconds))


async def two_clicks(browser: Browser, demo: Demo, folder: Path, *, script: str) -> Path:
    """Cancel the next session and write the animation into `folder`. Changes the demo. Returns the file."""
    await demo.playground.control().post("clock", {"advance_seconds": AHEAD.total_seconds()})
    await settled(demo)
    visitor = await Visitor.enter(
        browser, demo.playground.url, f"{sample.ANNA}/C0GENERAL", script=script, viewport=VIEW
    )
    reel = Reel(demo, visitor)
    await visitor.type("/sessions")
    modal = await visitor.opens("Your sessions")
    await reel.take(1800)
    press = modal.get_by_role("button", name="Cancel Leadership")
    await reel.take(1000, pressing=press)
    await press.click()
    modal = await visitor.opens("Confirm cancellation?")
    await reel.take(2200)
    await modal.get_by_label("Reason").fill(REASON)
    press = modal.get_by_role("button", name="Cancel 1 session")
    await reel.take(1600, pressing=press)
    await press.click()
    await expect(visitor.modal).to_contain_text("anceled")
    await reel.take(3200)
    await visitor.leave()
    written = folder / NAME
    written.write_bytes(animated(reel.frames))
    return written
