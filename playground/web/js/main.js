// The page as a whole: the bar, the address, and what happens when either changes.

import { h, icon, toast } from "./dom.js";
import { readClock, timeMachine } from "./clock.js";
import { inspectorToggle } from "./inspector.js";
import { forget, renderMain } from "./messages.js";
import "./side.js";
import "./dialogs.js";
import { emit, follow, get, on, outside, people, readScreen, readWorkspace, state } from "./state.js";

/** The place that the address names: `#U0ANNA/C0GENERAL`, `#U0ANNA/app/home`. */
function address() {
  const [who, where, tab] = decodeURIComponent(location.hash.slice(1)).split("/");
  const me = people().some((user) => user.id === who) ? who : (people()[0]?.id ?? null);
  const joined = state.channels.filter((c) => !c.is_im && c.members.includes(me));
  if (where === "calendar") return { me, place: { kind: "calendar" } };
  if (where === "mail" || outside(me)) return { me, place: { kind: "mail", id: tab } };
  if (where === "app") return { me, place: { kind: "app", tab: tab === "messages" || !state.app.home_tab ? "messages" : "home" } };
  const channel = joined.find((c) => c.id === where || c.name === where) || joined[0];
  return { me, place: channel ? { kind: "channel", id: channel.id } : { kind: "app", tab: "messages" } };
}

async function go() {
  const { me, place } = address();
  const other = me !== state.me;
  state.place = place;
  if (other) {
    Object.assign(state, { me, user: null, stack: [] });
    state.conversations.clear();
    state.news.delete(me);
    await readScreen();
    if (state.me === me && !state.user) await readScreen();
  } else renderMain();
  const hash = `#${me}/${{ app: `app/${place.tab}`, calendar: "calendar", mail: `mail${place.id ? `/${place.id}` : ""}` }[place.kind] || place.id}`;
  if (location.hash !== hash) history.replaceState(null, "", hash);
  emit("place");
}

function theme() {
  const button = h("button.bar-button", { type: "button", onclick: () => paint(document.documentElement.dataset.theme === "dark" ? "light" : "dark") });
  const paint = (name, keep = true) => {
    document.documentElement.dataset.theme = name;
    if (keep) localStorage.setItem("theme", name);
    const next = name === "dark" ? "light" : "dark";
    button.setAttribute("aria-label", `Switch to ${next} colors`);
    button.title = `Switch to ${next} colors`;
    button.replaceChildren(icon(name === "dark" ? "sun" : "moon"));
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  paint(localStorage.getItem("theme") || (dark.matches ? "dark" : "light"), false);
  dark.addEventListener("change", () => localStorage.getItem("theme") || paint(dark.matches ? "dark" : "light", false));
  return button;
}

async function start() {
  const seen = await get("workspace");
  await readWorkspace();
  document.getElementById("bar").append(h("span.brand", {}, h("img", { src: "/static/icon.svg", alt: "" }), h("strong", {}, `${state.app.name} playground`)), timeMachine(), h("span.grow"), inspectorToggle(), theme());
  addEventListener("hashchange", () => go().catch((error) => toast(error.message, "error")));
  on("person", (id) => (location.hash = `#${id}${state.place.kind === "app" ? `/app/${state.place.tab}` : ["calendar", "mail"].includes(state.place.kind) ? `/${state.place.kind}` : ""}`));
  on("reset", () => { forget(); go(); });
  on("acted", () => readScreen());
  document.getElementById("room").addEventListener("pointerdown", (event) => {
    if (document.body.classList.contains("side-open") && !event.target.closest("#side, .menu-button")) document.body.classList.remove("side-open");
  });
  follow(seen.seq);
  await go();
  readClock();
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => toast(error.message, "error"));
