// Slack's text as DOM nodes: mrkdwn, plain text, rich text, dates in the reader's own zone and locale.

import { h } from "./dom.js";
import { EMOJI } from "./emoji.js";
import { now, state } from "./state.js";

const entities = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
const zone = () => ({ timeZone: state.user?.tz || "UTC" });
const locale = () => state.user?.locale || "en-US";
const made = new Map();

/** Formatters are expensive, so each is made once. An unknown zone or language must not hide the text. */
function cached(Kind, language, options) {
  const key = JSON.stringify([Kind.name, language, options]);
  try { if (!made.has(key)) made.set(key, new Kind(language, options)); } catch { made.set(key, new Kind("en-US", { ...options, timeZone: "UTC" })); }
  return made.get(key);
}

/** Format an instant (ms) with Intl for the current person. */
export const intl = (ms, options, language = locale()) => cached(Intl.DateTimeFormat, language, { ...zone(), ...options }).format(ms);

const dayKey = (ms) => intl(ms, {}, "en-CA");
const relative = (count, unit) => cached(Intl.RelativeTimeFormat, locale(), { numeric: "auto" }).format(count, unit);
export const clockTime = (ms) => intl(ms, { hour: "numeric", minute: "2-digit" });

/** "today", "yesterday", "tomorrow" in the reader's language, or null. */
function near(ms) {
  const days = Math.round((Date.parse(dayKey(ms)) - Date.parse(dayKey(now()))) / 86_400_000);
  return Math.abs(days) < 2 ? relative(days, "day") : null;
}

export function dayName(ms) {
  const name = near(ms) || intl(ms, { weekday: "long", month: "long", day: "numeric" });
  return name[0].toUpperCase() + name.slice(1);
}

function ago(ms) {
  const seconds = Math.round((ms - now()) / 1000);
  const [unit, size] = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]].find(([, s]) => Math.abs(seconds) >= s) || ["second", 1];
  return relative(Math.trunc(seconds / size), unit);
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
export function emojis(text) { return text.replace(/:([a-z0-9_+'-]+):/gi, (whole, name) => EMOJI.get(name.toLowerCase()) || whole); }

const OPEN = "\uE000";
const SHUT = "\uE001";
const edge = (m) => new RegExp(`(^|[^\\p{L}\\p{N}${m}])[${m}](?=[^\\s${m}])([^${m}\\n]*?[^\\s${m}])[${m}](?![\\p{L}\\p{N}${m}])`, "u");
const STYLES = [["*", "b"], ["_", "i"], ["~", "s"]].map(([mark, tag]) => [edge(mark), tag]);

/** One run of mrkdwn without line structure. `held` has the finished nodes that the text's placeholders refer to. */
function styled(text, held) {
  let first = null;
  for (const [pattern, tag] of STYLES) {
    const match = pattern.exec(text);
    const at = match && match.index + match[1].length;
    if (match && (!first || at < first.at)) first = { match, tag, at };
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
    if (index % 2) { nodes.push(h("pre", {}, entities(part.replace(/^\n|\n$/g, "")))); continue; }
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

const RUNS = {
  text: (item) => item.text, link: (item) => link(item.url, item.text || item.url), emoji: (item) => EMOJI.get(item.name) || `:${item.name}:`,
  user: (item) => mention("@", item.user_id), usergroup: (item) => mention("@", item.usergroup_id), channel: (item) => mention("#", item.channel_id),
  broadcast: (item) => mention("!", item.range), color: (item) => h("code", {}, item.value),
  date: (item) => (item.url ? link(item.url, dateText(item.timestamp, item.format)) : dateText(item.timestamp, item.format)),
};
const RUN_STYLES = [["code", "code"], ["strike", "s"], ["italic", "i"], ["bold", "b"], ["underline", "u"]];

function run(item) {
  const node = RUNS[item.type]?.(item) ?? `[unsupported: ${item.type}]`;
  return RUN_STYLES.reduce((inner, [name, tag]) => (item.style?.[name] ? h(tag, {}, inner) : inner), node);
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
