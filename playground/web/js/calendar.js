// A person's own calendar, as that of a phone: it subscribes to an address, and mails put events into it. It is no part of Slack.

import { arrange, busy, h, toast, warning } from "./dom.js";
import { get, mine, now, on, state } from "./state.js";
import { clockTime, dayName } from "./text.js";

const EVERY = 20_000; // ms; a real calendar looks every few hours
const AFTER = [400, 2500]; // ms after something happened in Slack
const PAST = 43_200; // seconds: what ended before that is not shown
let shown = null; // {who, box, known}

const millis = (seconds) => seconds * 1000;
const linked = (line) => {
  const at = line.search(/https?:\/\//);
  if (at < 0) return h("p", {}, line);
  const url = line.slice(at);
  const words = line.slice(0, at).replace(/[:\s]+$/, ""); // "Join: https://…" is a link that says Join
  return h("p", {}, h("a", { href: url, title: url, target: "_blank", rel: "noopener noreferrer" }, words || (url.length > 60 ? `${url.slice(0, 57)}…` : url)));
};

function eventNode(event) {
  const hours = `${clockTime(millis(event.starts))} – ${clockTime(millis(event.ends))}`;
  return h("article.event", { "aria-label": `${event.title}, ${hours}`, dataset: { uid: event.uid } }, h("time", { dateTime: new Date(millis(event.starts)).toISOString() }, hours),
    h("div.event-words", {}, h("strong", {}, event.title), event.where && !event.description.includes(event.where) && linked(event.where), event.description.split("\n").filter(Boolean).map(linked)));
}

const keyOf = (event) => JSON.stringify(event);

function form() {
  const input = h("input", { type: "url", name: "address", required: true, autocomplete: "off", placeholder: "http://127.0.0.1:…/calendar/….ics", "aria-label": "Address of a calendar" });
  const button = h("button.primary", { type: "submit" }, "Subscribe");
  const submit = (event) => {
    event.preventDefault();
    busy(button, async () => { await mine("calendar", { address: input.value }); await read(); });
  };
  return h("form.subscribe", { onsubmit: submit }, input, button);
}

function empty(subscribed) {
  if (subscribed) return h("div.empty", {}, h("h2", {}, "No events"), h("p", {}, "What is booked appears here by itself."));
  return h("div.empty", {}, h("h2", {}, `${state.user.real_name}'s own calendar`), h("p", {}, "What mails invite to appears here by itself. An address to subscribe to does the same without mail."), form());
}

function draw({ events, subscribed, trouble }) {
  if (trouble && shown.known.size) return; // what was read last is better than nothing
  const nodes = [];
  if (trouble) nodes.push(warning(trouble));
  const known = new Map();
  let day = "";
  const ahead = events.filter((event) => event.ends * 1000 > now() - PAST * 1000);
  for (const event of ahead) {
    const name = dayName(millis(event.starts));
    if (name !== day) nodes.push(h("div.day", { role: "separator" }, h("span", {}, (day = name))));
    const node = shown.known.get(keyOf(event)) || eventNode(event);
    if (shown.known.size && !shown.known.has(keyOf(event))) node.classList.add("new");
    known.set(keyOf(event), node);
    nodes.push(node);
  }
  if (!ahead.length && !trouble) nodes.push(shown.subscribed === subscribed && shown.empty ? shown.empty : (shown.empty = empty(subscribed)));
  if (subscribed) nodes.push((shown.leave ||= h("p.leave", {}, h("button.link-button", { type: "button", onclick: () => mine("calendar", { address: null }).then(read).catch((error) => toast(error.message, "error")) }, "Unsubscribe"))));
  Object.assign(shown, { known, subscribed });
  arrange(shown.box, nodes);
}

async function read() {
  if (!shown || state.place.kind !== "calendar") return;
  const who = state.me;
  const seen = await get(`people/${who}/calendar`);
  if (shown?.who === who) draw(seen);
}

/** Show the calendar in a box, until another place is opened. */
export function renderCalendar(box) {
  if (shown?.who === state.me && shown.box === box) return;
  shown = { who: state.me, box, known: new Map() };
  read().catch((error) => toast(error.message, "error"));
}

const look = () => read().catch(() => undefined);
let waiting = [];
function soon() {
  waiting.forEach(clearTimeout);
  waiting = AFTER.map((ms) => setTimeout(look, ms));
}

setInterval(look, EVERY);
for (const name of ["news", "channel", "clock_moved"]) on(name, soon);
on("calendar_changed", (event) => { if (event.user === state.me) look(); });
on("reset", () => { shown = null; });
