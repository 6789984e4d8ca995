// The time machine: the business clock of a demo, if the demo offers one.

import { busy, fill, h, icon } from "./dom.js";
import { get, now, on, post, readScreen, setNow, state } from "./state.js";
import { intl } from "./text.js";

const box = h("div.clock", { role: "group", "aria-label": "Time machine", hidden: true });
const face = h("time.face");
let clock = null; // {shift, cutoff}: the door's answer

function take({ now: at, shift_seconds: shift, next_cutoff: cutoff }) {
  clock = { shift, cutoff: cutoff ? Date.parse(cutoff) : null };
  setNow(Date.parse(at));
  box.hidden = false;
  for (const button of box.querySelectorAll("[data-to]")) button.disabled = !cutoff;
  tick();
}

function tick() {
  if (!clock) return;
  face.dateTime = new Date(now()).toISOString();
  fill(face, intl(now(), { weekday: "short", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" }));
  box.classList.toggle("moved", Math.abs(clock.shift) > 1);
  const next = clock.cutoff ? `Next cutoff: ${intl(clock.cutoff, { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" })}` : "No cutoff lies ahead";
  box.title = `Business time, in your zone. ${next}.`;
}

const move = (wish, button) => busy(button, async () => take(await post("clock", wish)));

function button(words, wish, label) {
  const node = h("button.chip-button", { type: "button", "aria-label": label, title: label, dataset: wish.to ? { to: wish.to } : {}, onclick: () => move(wish, node) }, words);
  return node;
}

/** The time machine's place in the bar. It appears once there is a clock. */
export function timeMachine() {
  return fill(box, icon("clock"), face, button("+1 h", { advance_seconds: 3600 }, "Move the clock on by one hour"), button("+1 day", { advance_seconds: 86_400 }, "Move the clock on by one day"),
    button("To cutoff", { to: "next_cutoff" }, "Move the clock to the next cutoff"), button("Past cutoff", { to: "after_next_cutoff" }, "Move the clock to just after the next cutoff"));
}

export async function readClock() { const seen = await get("clock").catch(() => ({})); if (seen.available) take(seen); }

// What was today may be yesterday now.
on("clock_moved", (event) => { if (event.clock.now) { take(event.clock); readScreen(); } });
on("reset", readClock);
on("screen", () => state.user && tick());
setInterval(tick, 5000);
