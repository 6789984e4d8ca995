// The middle of the page: a conversation's messages, or the App Home.

import { arrange, avatar, fill, h, icon } from "./dom.js";
import { renderBlocks } from "./blocks.js";
import { renderCalendar } from "./calendar.js";
import { renderMail } from "./mail.js";
import { context, warned } from "./dialogs.js";
import { renderComposer } from "./composer.js";
import { dm, emit, lastRead, markRead, mine, on, openConversation, readScreen, state } from "./state.js";
import { clockTime, dayName, intl, mrkdwn } from "./text.js";

const main = document.getElementById("main");
const spoken = document.getElementById("spoken");
let frame = null; // the current content of the middle: {key, list, scroll, items, …}

const keyOf = () => `${state.me} ${JSON.stringify(state.place)}`;
const isBot = (id) => state.users.find((user) => user.id === id)?.is_bot || id === "USLACKBOT";
const isReply = (message) => message.thread_ts && message.thread_ts !== message.ts;
const millis = (ts) => Number(ts) * 1000;

function tabs() {
  const one = (name, label, glyph) => h(`a.tab`, { href: `#${state.me}/app/${name}`, "aria-current": state.place.tab === name ? "page" : null }, icon(glyph), label);
  return h("div.tabs", {}, state.app.home_tab && one("home", "Home", "home"), state.app.messages_tab && one("messages", "Messages", "chat"));
}

function head() {
  const menu = h("button.icon-button.menu-button", { type: "button", "aria-label": "Show the sidebar", onclick: () => document.body.classList.toggle("side-open") }, icon("menu"));
  if (state.place.kind === "app") {
    return h("header.head", {}, menu, avatar(state.app.bot_user, state.app.name, { size: "small", bot: true }), h("h1", {}, state.app.name), h("span.app-tag", {}, "APP"), tabs());
  }
  if (state.place.kind === "calendar") return h("header.head", {}, menu, h("h1", {}, icon("calendar"), `${state.user.real_name}'s calendar`));
  if (state.place.kind === "mail") return h("header.head", {}, menu, h("h1", {}, icon("mail"), `${state.user.real_name}'s mail`), h("span.members", {}, state.user.email || "no address"));
  const channel = state.channels.find((c) => c.id === state.place.id);
  const members = (channel?.members || []).map((id) => state.users.find((user) => user.id === id)).filter(Boolean);
  return h("header.head", {}, menu, h("h1", {}, icon(channel?.is_private ? "lock" : "hash"), channel?.name || "…"),
    h("span.members", { title: members.map((user) => user.real_name).join(", ") }, members.slice(0, 4).map((user) => avatar(user.id, user.real_name, { size: "tiny", bot: user.is_bot })),
      h("span", {}, `${members.length} ${members.length === 1 ? "member" : "members"}`)));
}

function content(message, item) {
  item.box ||= h("div.blocks");
  const body = h("div.message-body", {});
  if (message.blocks.length) body.append(item.box);
  else body.append(h("div.words", {}, mrkdwn(message.text)));
  for (const attachment of message.attachments || []) {
    const box = h("div.attachment", {}, attachment.pretext && h("div.words", {}, mrkdwn(attachment.pretext)), attachment.title && h("strong", {}, attachment.title),
      attachment.text && h("div.words", {}, mrkdwn(attachment.text)), !attachment.text && !attachment.blocks && attachment.fallback);
    if (attachment.blocks) renderBlocks(box.appendChild(h("div.blocks")), attachment.blocks, context({ channel: message.channel, ts: message.ts }, () => undefined), {});
    body.append(box);
  }
  if (message.edited) body.append(h("small.edited", {}, "(edited)"));
  if (message.warning) body.append(warned(message.warning));
  return body;
}

function row(message, previous, item) {
  const bot = isBot(message.user) || message.by_app;
  const at = millis(message.ts);
  const joined = previous && !message.blocks.length && !previous.blocks.length && previous.user === message.user && previous.ephemeral === message.ephemeral && at - millis(previous.ts) < 300_000 && !isReply(message) === !isReply(previous);
  const time = h("time", { dateTime: new Date(at).toISOString(), title: intl(at, { dateStyle: "full", timeStyle: "medium" }) }, clockTime(at));
  const left = joined ? h("span.gutter", {}, time) : avatar(message.user, message.user_name, { bot });
  const from = joined ? null : h("div.from", {}, h("strong", {}, message.user_name), bot && h("span.app-tag", {}, "APP"), time);
  return h(`article.message${joined ? ".joined" : ""}${message.ephemeral ? ".ephemeral" : ""}${isReply(message) ? ".reply" : ""}`,
    { "aria-label": `${message.user_name}, ${clockTime(at)}`, dataset: { ts: message.ts } }, left,
    h("div.message-main", {}, message.ephemeral && h("div.only-you", {}, icon("eye"), "Only visible to you"), from, content(message, item)));
}

/** Replies are placed under the message that they answer. */
function threaded(messages) {
  const known = new Set(messages.map((m) => m.ts));
  const under = (m) => (isReply(m) && known.has(m.thread_ts) ? m.thread_ts : m.ts);
  return messages.some(isReply) ? [...messages].sort((a, b) => under(a).localeCompare(under(b)) || a.ts.localeCompare(b.ts)) : messages;
}

function renderList(conversation) {
  const messages = threaded(conversation?.messages || []);
  const before = frame.items;
  frame.items = new Map();
  const nodes = [];
  let previous = null;
  let day = "";
  for (const message of messages) {
    const name = dayName(millis(message.ts));
    if (name !== day) {
      const divider = before.get(`day ${name}`) || h("div.day", {}, h("span", {}, name));
      frame.items.set(`day ${name}`, divider);
      nodes.push(divider);
      previous = null;
    }
    day = name;
    if (state.newSince && message.ts > state.newSince && message.user !== state.me && !nodes.includes(frame.newLine) && previous) nodes.push((frame.newLine ||= h("div.new-line", {}, h("span", {}, "New"))));
    const { values, ...rest } = message;
    const sign = JSON.stringify([rest, previous?.ts, state.user?.tz]);
    let item = before.get(message.ts);
    if (item?.sign !== sign) {
      item = { sign, box: item?.box, ctx: item?.ctx || context({ channel: message.channel, ts: message.ts }, () => emit("acted", message.channel)) };
      item.node = row(message, previous, item);
    }
    if (message.blocks.length) renderBlocks(item.box, message.blocks, item.ctx, values);
    frame.items.set(message.ts, item);
    nodes.push(item.node);
    if (before.size && message.ts > frame.heard && message.user !== state.me) spoken.replaceChildren(h("p", {}, `${message.user_name}: `, mrkdwn(message.text)));
    if (message.ts > frame.heard) frame.heard = message.ts;
    previous = message;
  }
  if (!messages.length) nodes.push((frame.empty ||= emptyWords(conversation)));
  arrange(frame.list, nodes);
}

function emptyWords(conversation) {
  const name = conversation?.kind === "im" || state.place.kind === "app" ? state.app.name : `#${conversation?.name || ""}`;
  const command = state.commands[0]?.name;
  return h("div.empty", {}, h("h2", {}, state.place.kind === "app" ? `This is where ${name} writes to you` : `This is the beginning of ${name}`),
    command && h("p", {}, "Type ", h("code", {}, command), " in any channel to begin."));
}

function renderHome() {
  const view = state.home;
  if (!view) return fill(frame.list, h("div.empty", {}, h("h2", {}, "Nothing here yet"), h("p", {}, `${state.app.name} has not published a Home for you so far.`)));
  if (frame.viewId !== view.id) {
    frame.viewId = view.id;
    frame.box = h("div.blocks");
    frame.ctx = context({ view_id: view.id }, readScreen);
    fill(frame.list, (frame.warn = h("div")), frame.box);
  }
  renderBlocks(frame.box, view.blocks, frame.ctx, view.values, view.errors);
  fill(frame.warn, warned(view.warning));
}

/** Show the place that is open. */
export function renderMain() {
  if (!state.user) return;
  const conversation = openConversation();
  const apart = { calendar: renderCalendar, mail: renderMail }[state.place.kind];
  const home = apart || state.place.tab === "home";
  if (frame?.key !== keyOf()) {
    const seen = conversation ? lastRead(conversation.id) : "0";
    state.newSince = !home && seen !== "0" && conversation?.messages.at(-1)?.ts > seen ? seen : null;
    const list = h(apart ? `div.${state.place.kind}-box` : home ? "div.home" : "div.list", {});
    const scroll = h("div.scroll", { tabIndex: -1 }, list);
    frame = { key: keyOf(), list, scroll, items: new Map(), head: h("div"), foot: h("div.foot"), heard: "0" };
    fill(main, frame.head, scroll, frame.foot);
    if (!home) renderComposer(frame.foot, conversation);
    if (state.place.kind === "app") mine("open_home", { home_tab: state.place.tab }).catch(() => undefined);
    scroll.classList.toggle("from-bottom", !home);
  }
  const top = head();
  if (top.outerHTML !== frame.head.firstChild?.outerHTML) fill(frame.head, top);
  if (apart) return apart(frame.list);
  if (home) return renderHome();
  renderList(conversation);
  if (frame.foot.dataset.for !== String(conversation?.id)) renderComposer(frame.foot, conversation);
  markRead(conversation);
}

/** Start over, as after a reset. */
export function forget() { frame = null; }

on("screen", renderMain);
on("workspace", () => state.user && renderMain());
on("channel", (id) => { if (id === (state.place.kind === "app" ? dm()?.id : state.place.id)) renderMain(); });
addEventListener("focus", () => {
  if (!state.user || state.place.tab === "home" || ["calendar", "mail"].includes(state.place.kind)) return;
  markRead(openConversation());
  emit("read");
});
