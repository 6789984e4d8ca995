// Slack's text as DOM nodes: mrkdwn, plain text, rich text, dates in the reader's own zone and locale.

import { h } from "./dom.js";
import { EMOJI } from "./emoji.js";
import { state } from "./state.js";

const entities = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
const zone = () => ({ timeZone: state.user?.tz || "UTC" });
const locale = () => state.user?.locale || "en-US";
const formats = new Map();

/** Format an instant (ms) with Intl for the person who is looking. */
export function intl(ms, options) {
  const key = JSON.stringify([locale(), zone(), options]);
  let format = formats.get(key);
  if (!format) {
    try {
      format = new Intl.DateTimeFormat(locale(), { ...zone(), ...options });
    } catch {
      format = new Intl.DateTimeFormat("en-US", { timeZone: "UTC", ...options });
    }
    formats.set(key, format);
  }
  return format.format(ms);
}

const dayKey = (ms) => new Intl.DateTimeFormat("en-CA", zone()).format(ms);
export const clockTime = (ms) => intl(ms, { hour: "numeric", minute: "2-digit" });

/** "today", "yesterday", "tomorrow" in the reader's language, or null. */
function near(ms) {
  const days = Math.round((Date.parse(dayKey(ms)) - Date.parse(dayKey(Date.now()))) / 86_400_000);
  return Math.abs(days) < 2 ? new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(days, "day") : null;
}

export function dayName(ms) {
  const name = near(ms) || intl(ms, { weekday: "long", month: "long", day: "numeric" });
  return name[0].toUpperCase() + name.slice(1);
}

function ago(ms) {
  const seconds = Math.round((ms - Date.now()) / 1000);
  const [unit, size] = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]].find(([, s]) => Math.abs(seconds) >= s) || ["second", 1];
  return new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}

/** Fill in Slack's date tokens. */
export function dateText(seconds, pattern) {
  const ms = seconds * 1000;
  const long = { month: "long", day: "numeric", year: "numeric" };
  const short = { month: "short", day: "numeric", year: "numeric" };
  const day = { weekday: "long", ...long };
  const known = {
    date_num: () => dayKey(ms), date_slash: () => intl(ms, { month: "2-digit", day: "2-digit", year: "numeric" }),
    date: () => intl(ms, long), date_short: () => intl(ms, short), date_long: () => intl(ms, day),
    date_pretty: () => near(ms) || intl(ms, long), date_short_pretty: () => near(ms) || intl(ms, short),
    date_long_pretty: () => near(ms) || intl(ms, day),
    day_divider_pretty: () => near(ms) || intl(ms, { weekday: "long", month: "long", day: "numeric" }),
    time: () => clockTime(ms), time_secs: () => intl(ms, { hour: "numeric", minute: "2-digit", second: "2-digit" }),
    ago: () => ago(ms),
  };
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => (known[name] ? known[name]() : whole));
}

export function link(url, children) {
  if (!/^(https?:|mailto:)/i.test(url)) return h("span", {}, children);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, children);
}

function mention(kind, id, label) {
  const mine = id === state.me || kind === "!";
  const name = state.names[id] || label || id;
  return h(`span.mention${mine ? ".mine" : ""}`, {}, (kind === "#" ? "#" : "@") + name);
}

function markup(body) {
  const at = body.indexOf("|");
  const [target, label] = at < 0 ? [body, ""] : [body.slice(0, at), entities(body.slice(at + 1))];
  if (target.startsWith("!date^")) {
    const [, seconds, format, url] = target.split("^");
    if (!/^\d+$/.test(seconds || "") || !format) return label;
    const text = h("time", { dateTime: new Date(seconds * 1000).toISOString(), title: dateText(seconds, "{date_long} {time}") }, dateText(seconds, format));
    return url ? link(entities(url), text) : text;
  }
  if (target.startsWith("@")) return mention("@", target.slice(1), label);
  if (target.startsWith("#")) return mention("#", target.slice(1), label);
  if (target.startsWith("!subteam^")) return mention("@", target.slice(9), label);
  if (target.startsWith("!")) return mention("!", target.slice(1), label);
  return link(entities(target), label || entities(target).replace(/^mailto:/, ""));
}

/** Text with emoji names turned into emoji. */
export function emojis(text) {
  return text.replace(/:([a-z0-9_+'-]+):/gi, (whole, name) => EMOJI.get(name.toLowerCase()) || whole);
}

const OPEN = "\uE000";
const SHUT = "\uE001";
const edge = (m) => new RegExp(`(^|[^\\p{L}\\p{N}${m}])[${m}](?=[^\\s${m}])([^${m}\\n]*?[^\\s${m}])[${m}](?![\\p{L}\\p{N}${m}])`, "u");
const STYLES = [["*", "b"], ["_", "i"], ["~", "s"]].map(([mark, tag]) => [edge(mark), tag]);

/** One run of mrkdwn without line structure. `held` keeps what is already a node, in the text's place-holders. */
function styled(text, held) {
  let first = null;
  for (const [pattern, tag] of STYLES) {
    const match = pattern.exec(text);
    if (match && (!first || match.index < first.match.index)) first = { match, tag };
  }
  if (first) {
    const { match, tag } = first;
    const before = text.slice(0, match.index) + match[1];
    return [...styled(before, held), h(tag, {}, styled(match[2], held)), ...styled(text.slice(match.index + match[0].length), held)];
  }
  return text.split(/(\uE000\d+\uE001)/).map((part) => {
    const found = /^\uE000(\d+)\uE001$/.exec(part);
    return found ? held[Number(found[1])] : emojis(entities(part));
  });
}

function inline(text, verbatim) {
  const held = [];
  const hold = (node) => `${OPEN}${held.push(node) - 1}${SHUT}`;
  let left = text.replace(/[\uE000\uE001]/g, "\uFFFD");
  left = left.replace(/`([^`\n]+)`/g, (_, code) => hold(h("code", {}, entities(code.replace(/<([^<>|]*)\|?([^<>]*)>/g, (__, url, label) => label || url)))));
  left = left.replace(/<([^<>\n]+)>/g, (_, body) => hold(markup(body)));
  if (!verbatim) left = left.replace(/\bhttps?:\/\/[^\s\uE000\uE001*~|]+[^\s\uE000\uE001*~|.,;:!?)'"\]]/g, (url) => hold(link(entities(url), entities(url))));
  return styled(left, held);
}

/** Slack's mrkdwn as nodes. */
export function mrkdwn(text, { verbatim = false } = {}) {
  const nodes = [];
  for (const [index, part] of String(text).split("```").entries()) {
    if (index % 2) {
      nodes.push(h("pre", {}, entities(part.replace(/^\n|\n$/g, ""))));
      continue;
    }
    let quote = null;
    const lines = part.replace(index ? /^\n/ : /^$/, "").split("\n");
    lines.forEach((line, number) => {
      const quoted = /^(?:&gt;|>)\s?(.*)$/.exec(line);
      if (quoted) {
        if (quote) quote.append(h("br"));
        else nodes.push((quote = h("blockquote")));
        quote.append(...inline(quoted[1], verbatim));
      } else {
        if (number && !quote) nodes.push(h("br"));
        quote = null;
        nodes.push(...inline(line, verbatim));
      }
    });
  }
  return nodes;
}

/** A text object of either type. */
export function text(object) {
  if (!object) return [];
  if (typeof object === "string") return [object];
  if (object.type === "rich_text") return [richText(object)];
  if (object.type === "mrkdwn") return mrkdwn(object.text, object);
  const words = String(object.text ?? object.value ?? "");
  return [object.emoji === false ? words : emojis(words)];
}

export const words = (object) => h("i", {}, text(object)).textContent;

function run(item) {
  const style = item.style || {};
  let node;
  if (item.type === "text") node = item.text;
  else if (item.type === "link") node = link(item.url, item.text || item.url);
  else if (item.type === "emoji") node = EMOJI.get(item.name) || `:${item.name}:`;
  else if (item.type === "user") node = mention("@", item.user_id);
  else if (item.type === "usergroup") node = mention("@", item.usergroup_id);
  else if (item.type === "channel") node = mention("#", item.channel_id);
  else if (item.type === "broadcast") node = mention("!", item.range);
  else if (item.type === "date") node = item.url ? link(item.url, dateText(item.timestamp, item.format)) : dateText(item.timestamp, item.format);
  else if (item.type === "color") node = h("code", {}, item.value);
  else node = `[unsupported: ${item.type}]`;
  for (const [name, tag] of [["code", "code"], ["strike", "s"], ["italic", "i"], ["bold", "b"], ["underline", "u"]]) {
    if (style[name]) node = h(tag, {}, node);
  }
  return node;
}

/** Rich text with its sections, lists, quotes and preformatted parts. */
export function richText(block) {
  return h("div.rich", {}, (block.elements || []).map((part) => {
    const runs = () => (part.elements || []).map(run);
    if (part.type === "rich_text_section") return h("p", {}, runs());
    if (part.type === "rich_text_quote") return h("blockquote", {}, runs());
    if (part.type === "rich_text_preformatted") return h("pre", {}, runs());
    if (part.type === "rich_text_list") {
      const list = h(part.style === "ordered" ? "ol" : "ul", { start: part.style === "ordered" && part.offset ? part.offset + 1 : null });
      list.style.setProperty("--indent", part.indent || 0);
      for (const item of part.elements || []) list.append(h("li", {}, (item.elements || []).map(run)));
      return list;
    }
    return h("p.unsupported", {}, `[unsupported rich text: ${part.type}]`);
  }));
}
