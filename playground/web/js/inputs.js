// Typed inputs: text, numbers, addresses, dates and times. Each is sent to the workspace as it is filled in.

import { h } from "./dom.js";
import { post, state } from "./state.js";
import { words } from "./text.js";

/** Minutes that a zone is ahead of UTC at an instant. */
function offset(ms) {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: state.user?.tz || "UTC", hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  }).formatToParts(ms);
  const part = (name) => Number(parts.find((p) => p.type === name).value);
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second")) - Math.floor(ms / 1000) * 1000;
}

const toLocal = (seconds) => new Date(seconds * 1000 + offset(seconds * 1000)).toISOString().slice(0, 16);
function fromLocal(value) { const wall = Date.parse(`${value}:00Z`); return Math.round((wall - offset(wall - offset(wall))) / 1000); }

/** The error in a typed text, in Slack's style; null if there is none. */
export function complaint(el, value) {
  if (!value) return null;
  if (el.min_length && value.length < el.min_length) return `Enter at least ${el.min_length} characters.`;
  if (value.length > (el.max_length ?? 3000)) return `Enter at most ${el.max_length ?? 3000} characters.`;
  if (el.type === "email_text_input" && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value)) return "Enter a valid email address.";
  if (el.type === "url_text_input" && !/^https?:\/\/./.test(value)) return "Enter a valid web address, with https://.";
  if (el.type === "number_input") {
    if (!/^-?\d+(\.\d+)?$/.test(value)) return "Enter a number.";
    if (!el.is_decimal_allowed && value.includes(".")) return "Enter a whole number.";
    if (el.min_value !== undefined && Number(value) < Number(el.min_value)) return `Enter ${el.min_value} or more.`;
    if (el.max_value !== undefined && Number(value) > Number(el.max_value)) return `Enter ${el.max_value} or less.`;
  }
  return null;
}

const asRich = (value) => (value ? { type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "text", text: value }] }] } : null);
const fromRich = (value) => (value?.elements || []).map((part) => (part.elements || []).map((r) => r.text || r.url || "").join("")).join("\n");

function textInput(el, block, ctx, value, { id, label, describe }) {
  const rich = el.type === "rich_text_input";
  const long = rich || el.multiline;
  const input = h(long ? "textarea.field" : "input.field", {
    id, "aria-label": label, "aria-describedby": describe, placeholder: words(el.placeholder), dataset: { key: `${block.block_id}/${el.action_id}` },
    autocomplete: "off", rows: long ? 4 : null, inputMode: { number_input: "decimal", email_text_input: "email", url_text_input: "url" }[el.type] || null,
  });
  if (!long) input.type = "text";
  const left = h("small.left", { "aria-live": "polite" });
  const most = el.max_length ?? 3000;
  const triggers = el.dispatch_action_config?.trigger_actions_on || ["on_enter_pressed"];
  const dispatches = block.type !== "input" || block.dispatch_action;
  let sent = "";
  let timer;
  const count = () => {
    const rest = most - input.value.length;
    left.textContent = rest < Math.min(100, most * 0.2) ? String(rest) : "";
    left.classList.toggle("over", rest < 0);
  };
  const send = async () => {
    clearTimeout(timer);
    if (input.value === sent || complaint(el, input.value)) return;
    sent = input.value;
    await ctx.act(block, el, rich ? asRich(sent) : sent || null);
  };
  input.addEventListener("input", () => {
    count();
    ctx.touched?.(block);
    clearTimeout(timer);
    if (!dispatches || triggers.includes("on_character_entered")) timer = setTimeout(send, 250);
  });
  input.addEventListener("blur", () => !dispatches && send());
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || (long && !(event.metaKey || event.ctrlKey))) return;
    event.preventDefault();
    if (dispatches && triggers.includes("on_enter_pressed")) send();
    else if (ctx.submit) send().then(ctx.submit);
  });
  const node = h("div.typed", {}, input, left);
  node.flush = send;
  node.typed = () => input.value;
  node.update = (next) => {
    const shown = (rich ? fromRich(next) : next) ?? "";
    if (document.activeElement === input && input.value !== sent) return;
    sent = shown;
    if (input.value !== shown) input.value = shown;
    count();
  };
  node.update(value);
  return node;
}

function picker(el, block, ctx, value, { id, label, describe }) {
  const instant = el.type === "datetimepicker";
  const input = h("input.field.picker", {
    id, type: { datepicker: "date", timepicker: "time" }[el.type] || "datetime-local", "aria-label": label, "aria-describedby": describe,
    dataset: { key: `${block.block_id}/${el.action_id}` }, title: words(el.placeholder) || null,
  });
  const node = h("div.picked", {}, input, el.timezone && h("small", {}, el.timezone.replaceAll("_", " ")));
  let sent = "";
  const send = async () => {
    if (input.value === sent) return;
    const before = sent;
    sent = input.value;
    const choice = sent ? (instant ? fromLocal(sent) : sent) : null;
    if ((await ctx.act(block, el, choice)) === false) input.value = sent = before;
  };
  input.addEventListener("change", send);
  node.flush = send;
  node.typed = () => input.value;
  node.update = (next) => {
    const shown = next ? (instant ? toLocal(next) : next) : "";
    if (document.activeElement === input && input.value !== sent) return;
    sent = input.value = shown;
  };
  node.update(value);
  return node;
}

function fileInput(el, block, ctx, value, { id, label, describe }) {
  const input = h("input.field", {
    id, type: "file", "aria-label": label, "aria-describedby": describe, multiple: (el.max_files ?? 10) > 1,
    accept: (el.filetypes || []).map((kind) => `.${kind}`).join(",") || null, dataset: { key: `${block.block_id}/${el.action_id}` },
  });
  const names = h("small", { "aria-live": "polite" });
  const node = h("div.picked", {}, input, names);
  let sending = Promise.resolve();
  const base64 = (file) => new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = failed;
    reader.readAsDataURL(file);
  });
  const send = async () => {
    const ids = [];
    for (const file of input.files) {
      const done = await post(`people/${state.me}/upload`, { name: file.name, content: await base64(file) });
      ids.push(done.file.id);
    }
    if ((await ctx.act(block, el, ids)) === false) input.value = "";
  };
  input.addEventListener("change", () => { ctx.touched?.(block); sending = send(); });
  node.flush = () => sending;
  node.typed = () => names.textContent;
  node.update = (next) => { names.textContent = (next || []).map((file) => file.name).join(", "); };
  node.update(value);
  return node;
}

export const INPUTS = {
  file_input: fileInput,
  plain_text_input: textInput, rich_text_input: textInput, email_text_input: textInput, url_text_input: textInput, number_input: textInput,
  datepicker: picker, timepicker: picker, datetimepicker: picker,
};
