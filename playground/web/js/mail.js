// A person's own mail program: what came by mail, newest first, and one mail with all that is in it. It is no part of Slack.

import { arrange, avatar, fill, h, icon, toast } from "./dom.js";
import { get, lastRead, markMails, now, on, state } from "./state.js";
import { clockTime, dayName, intl } from "./text.js";

let shown = null; // {who, box, since, mails, address, rows, open}; what came after `since` is new

const millis = (seconds) => seconds * 1000;
const place = (mail) => `people/${state.me}/mails/${mail.id}`;
const size = (bytes) => (bytes < 1000 ? `${bytes} bytes` : `${Math.round(bytes / 100) / 10} kB`);
const when = (at) => (dayName(millis(at)) === dayName(now()) ? clockTime(millis(at)) : intl(millis(at), { month: "short", day: "numeric" }));
const KINDS = { REQUEST: "Invitation for your calendar", CANCEL: "Takes an event out of your calendar" };

function row(mail) {
  const unread = mail.id > shown.since;
  const words = mail.text.trim();
  const opening = words.slice(words.startsWith(mail.subject) ? mail.subject.length : 0).trim().replace(/\s+/g, " ").slice(0, 140);
  return h(`a.mail-row${unread ? ".unread" : ""}`, { href: `#${state.me}/mail/${mail.id}`, "aria-label": `${unread ? "Unread: " : ""}${mail.from_name}: ${mail.subject}, ${when(mail.at)}` },
    avatar(mail.from_address, mail.from_name, { size: "small" }), h("span.mail-words", {}, h("strong", {}, mail.from_name), h("span.mail-subject", {}, mail.subject), h("small", {}, opening)), h("time", { dateTime: new Date(millis(mail.at)).toISOString() }, when(mail.at)));
}

function list() {
  const mails = shown.mails;
  const rows = mails.map((mail) => {
    const sign = when(mail.at);
    if (shown.rows.get(mail.id)?.sign !== sign) shown.rows.set(mail.id, { sign, node: row(mail) });
    return shown.rows.get(mail.id).node;
  });
  if (!mails.length) rows.push((shown.none ||= h("div.empty", {}, h("h2", {}, "No mail"), h("p", {}, `What is sent to ${shown.address || "this person"} appears here by itself.`))));
  arrange(shown.box, rows);
}

/** The frame is as high as what is in it, so that one scrolls the mail as a whole. */
function frame(mail) {
  const node = h("iframe.mail-html", { title: mail.subject, src: `/control/${place(mail)}/html` });
  node.setAttribute("sandbox", "allow-same-origin allow-popups allow-popups-to-escape-sandbox");
  const fit = () => { const page = node.contentDocument?.documentElement; if (page) { node.style.height = "0"; node.style.height = `${Math.max(120, page.scrollHeight)}px`; } };
  node.addEventListener("load", fit);
  new ResizeObserver(([seen]) => { if (seen.contentRect.width !== node.wide) { node.wide = seen.contentRect.width; fit(); } }).observe(node);
  return node;
}

function parts(mail) {
  if (!mail.parts.length) return null;
  const one = (part, number) => h("li", {}, h("a", { href: `/control/${place(mail)}/parts/${number}`, download: part.name }, icon(part.kind === "text/calendar" ? "calendar" : "link"), part.name),
    h("small", {}, `${[KINDS[part.method] || part.kind, size(part.bytes)].join(" · ")}`));
  return h("ul.parts", { "aria-label": "Attachments" }, mail.parts.map(one));
}

function letter(mail) {
  const plain = h("pre.mail-text", { hidden: mail.has_html, tabIndex: 0, "aria-label": "The mail as plain text" }, mail.text);
  const html = mail.has_html ? frame(mail) : null;
  const swap = h("button.button.small", { type: "button", "aria-pressed": "false", onclick: () => {
    plain.hidden = !plain.hidden;
    html.hidden = !plain.hidden;
    swap.setAttribute("aria-pressed", String(!plain.hidden));
  } }, "Plain text");
  return h("article.mail", { "aria-label": mail.subject, dataset: { mail: mail.id } }, h("p.mail-ways", {}, h("a.back", { href: `#${state.me}/mail` }, icon("back"), "All mails"), html && swap),
    h("h2", { tabIndex: -1 }, mail.subject),
    h("div.mail-head", {}, avatar(mail.from_address, mail.from_name), h("p", {}, h("strong", {}, mail.from_name), " ", h("span", {}, `<${mail.from_address}>`), h("br"), h("small", {}, `To ${mail.to}`)), h("time", { dateTime: new Date(millis(mail.at)).toISOString() }, intl(millis(mail.at), { weekday: "short", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" }))),
    html, plain, parts(mail));
}

function draw() {
  const mail = shown.mails.find((one) => String(one.id) === state.place.id);
  if (document.hasFocus() && state.mails) markMails();
  if (!mail) { shown.open = null; return list(); }
  if (shown.open === mail.id) return;
  shown.open = mail.id;
  fill(shown.box, letter(mail));
  shown.box.querySelector("h2").focus({ preventScroll: true });
}

async function look() {
  if (!shown || state.place.kind !== "mail") return;
  const who = state.me;
  const seen = await get(`people/${who}/mails`);
  if (shown?.who !== who || state.place.kind !== "mail") return;
  Object.assign(shown, { mails: seen.mails, address: seen.address });
  draw();
}

/** Show the mailbox in a box, or the mail that the place names, until another place is opened. */
export function renderMail(box) {
  if (shown?.who === state.me && shown.box === box) return;
  shown = { who: state.me, box, since: Number(lastRead("mail")), mails: [], rows: new Map(), open: null };
  look().catch((error) => toast(error.message, "error"));
}

on("mail", (event) => { if (event.user === state.me) look().catch(() => undefined); });
on("reset", () => { shown = null; });
