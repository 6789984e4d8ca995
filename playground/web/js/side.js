// The side bar: the workspace, the current person, channels and the app, with unread marks.

import { avatar, fill, h, icon, toast } from "./dom.js";
import { menuButton } from "./menus.js";
import { dm, emit, on, openConversation, outside, patch, people, state, unread, unreadMails } from "./state.js";

const side = document.getElementById("side");

const city = (user) => (user.tz || "UTC").split("/").at(-1).replaceAll("_", " ");
const role = (user) => [outside(user.id) ? "Not in Slack" : user.title || (user.is_owner ? "Owner" : user.is_admin ? "Workspace admin" : null), city(user)].filter(Boolean).join(" · ");

/** The languages that Slack can be used in, as its API names them, each by its own name. */
const LANGUAGES = {
  "en-US": "English (US)", "en-GB": "English (UK)", "de-DE": "Deutsch", "es-ES": "Español (España)", "es-LA": "Español (Latinoamérica)", "fr-FR": "Français",
  "it-IT": "Italiano", "pt-BR": "Português (Brasil)", "ja-JP": "日本語", "ko-KR": "한국어", "zh-CN": "简体中文", "zh-TW": "繁體中文",
};

function entry(href, glyph, name, { count = 0, current = false } = {}) {
  const marked = count && !current;
  return h(`a.entry${marked ? ".unread" : ""}`, { href, "aria-current": current ? "page" : null, onclick: () => document.body.classList.remove("side-open") },
    glyph, h("span.name", {}, name), marked ? h("span.badge", { "aria-label": `${count} unread` }, String(count)) : null);
}

function switcher() {
  const me = state.user;
  const others = people().reduce((sum, user) => sum + (user.id === me.id ? 0 : state.news.get(user.id) || 0), 0);
  const button = h("button.person", { type: "button", "aria-label": `You are ${me.real_name}. Switch person`, dataset: { key: "person" } }, avatar(me.id, me.real_name),
    h("span.person-words", {}, h("small", {}, "You are"), h("strong", {}, me.real_name), h("small", {}, role(me))),
    others ? h("span.badge.soft", { "aria-label": `${others} new for others` }, String(others)) : null, icon("down"));
  const items = () => people().map((user) => ({
    label: user.real_name, note: role(user), value: user.id, avatar: avatar(user.id, user.real_name, { size: "small" }), badge: user.id !== me.id && state.news.get(user.id) ? String(state.news.get(user.id)) : null,
  }));
  return menuButton(button, items, (item) => emit("person", item.value), { label: "Who you are", checked: () => me.id });
}

/** The language in which this person uses Slack. A change is an event for the app, like any change of a member. */
function language() {
  const me = state.user;
  const named = LANGUAGES[me.locale] || me.locale;
  const button = h("button.language", { type: "button", "aria-label": `${me.real_name} uses Slack in ${named}. Choose another language`, dataset: { key: "language" } }, icon("globe"), h("span.name", {}, named), icon("down"));
  const items = () => Object.entries(LANGUAGES).map(([value, label]) => ({ label, value }));
  const choose = ({ value }) => value === me.locale || patch(`users/${me.id}`, { locale: value }).catch((error) => toast(error.message, "error"));
  return menuButton(button, items, choose, { label: "Language", checked: () => me.locale });
}

/** Draw the side bar. */
function renderSide() {
  if (!state.user || side.querySelector("[aria-expanded=true]")) return;
  const focused = side.contains(document.activeElement) ? document.activeElement.getAttribute("href") || document.activeElement.dataset.key : null;
  const channels = [...state.conversations.values()].filter((c) => c.kind !== "im").sort((a, b) => a.name.localeCompare(b.name));
  const app = dm();
  const here = state.place;
  const inApp = here.kind === "app";
  const count = app ? unread(app) : 0;
  const stranger = outside();
  fill(side, h("div.team", {}, h("span.team-mark", { "aria-hidden": "true" }, state.team.name[0]), h("strong", {}, state.team.name)), switcher(), !stranger && language(),
    h("div.entries", {},
      !stranger && [h("h2", {}, "Channels"),
      channels.map((c) => entry(`#${state.me}/${c.id}`, icon(c.kind === "private" ? "lock" : "hash"), c.name, { count: unread(c), current: here.id === c.id })),
      h("h2", {}, "Apps"),
      entry(`#${state.me}/app/${count || !state.app.home_tab ? "messages" : "home"}`, avatar(state.app.bot_user, state.app.name, { size: "tiny", bot: true }), state.app.name, { count: inApp && here.tab === "messages" ? 0 : count, current: inApp })],
      h("h2", {}, "Outside of Slack"),
      entry(`#${state.me}/mail`, icon("mail"), "Mail", { count: unreadMails(), current: here.kind === "mail" }),
      entry(`#${state.me}/calendar`, icon("calendar"), "Calendar", { current: here.kind === "calendar" })),
    !state.online && h("p.offline", { role: "alert" }, "Connection lost. Trying again…"));
  if (focused) side.querySelector(`[href="${CSS.escape(focused)}"], [data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  const all = [...state.conversations.values()].reduce((sum, c) => sum + (c === openConversation() ? 0 : unread(c)), 0);
  document.title = `${all ? `(${all}) ` : ""}${state.app.name} playground`;
}

for (const name of ["screen", "channel", "news", "online", "workspace", "read", "place", "mail"]) on(name, () => setTimeout(renderSide));
