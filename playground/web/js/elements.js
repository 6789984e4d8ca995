// Block elements. Each is a node that shows a value, accepts `update(value)`, and acts through its context.

import { h, icon, uid } from "./dom.js";
import { INPUTS } from "./inputs.js";
import { overflow, select } from "./menus.js";
import { state } from "./state.js";
import { text, words } from "./text.js";

const FIELDS = ["value", "rich_text_value", "selected_option", "selected_options", "selected_user", "selected_users", "selected_channel", "selected_channels",
  "selected_conversation", "selected_conversations", "selected_date", "selected_time", "selected_date_time", "files"];

/** The value of an element in `state.values`. */
export function valueOf(el, block, values) {
  const kept = values?.[block.block_id]?.[el.action_id];
  return kept ? FIELDS.map((name) => kept[name]).find((v) => v !== undefined) : undefined;
}

export const isEmpty = (value) => value === undefined || value === null || value === "" || (Array.isArray(value) && !value.length);

/** Images are loaded from this machine only: the page loads nothing from outside. */
export function image(el, className = "thumb") {
  const url = el.image_url || el.slack_file?.url || "";
  const near = /^data:image\//.test(url) || /^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(url);
  if (near) return h(`img.${className}`, { src: url, alt: el.alt_text, title: el.alt_text });
  return h(`span.${className}.stand-in`, { role: "img", "aria-label": el.alt_text, title: `${el.alt_text} (pictures from outside this machine are not loaded)` }, el.alt_text);
}

function button(el, block, ctx) {
  const act = () => { if (el.url) window.open(el.url, "_blank", "noopener"); ctx.act(block, el, null, { button: node }); };
  const props = { type: "button", "aria-label": el.accessibility_label, dataset: { key: `${block.block_id}/${el.action_id}` }, onclick: act };
  const node = h(`button.button${el.style ? `.${el.style}` : ""}`, props, el.type === "icon_button" && icon("trash"), text(el.text), el.url && icon("link"));
  return node;
}

function feedback(el, block, ctx) {
  const one = (way, mark) => {
    const node = h("button.button", { type: "button", "aria-label": el[way].accessibility_label, onclick: () => ctx.act(block, el, way.split("_")[0], { button: node }) }, mark, " ", text(el[way].text));
    return node;
  };
  return h("span.row", { role: "group", "aria-label": "Feedback" }, one("positive_button", "👍"), one("negative_button", "👎"));
}

function choices(el, block, ctx, value, { label, labelledBy }) {
  const many = el.type === "checkboxes";
  const name = uid("choice");
  const boxes = el.options.map((option, index) => {
    const input = h("input", { type: many ? "checkbox" : "radio", name, value: option.value, id: uid("box"), dataset: { key: `${block.block_id}/${el.action_id}/${index}` } });
    input.addEventListener("change", change);
    const more = option.description && h("span.description", {}, text(option.description));
    return h("label.choice", { htmlFor: input.id }, input, h("span", {}, text(option.text), more));
  });
  const inputs = () => boxes.map((box) => box.querySelector("input"));
  let shown = [];
  const set = (list) => { shown = list; for (const input of inputs()) input.checked = list.includes(input.value); };
  async function change() {
    const picked = inputs().filter((input) => input.checked).map((input) => input.value);
    const before = shown;
    shown = picked;
    if ((await ctx.act(block, el, many ? picked : picked[0])) === false) set(before);
  }
  const node = h("div.choices", { role: many ? "group" : "radiogroup", "aria-label": labelledBy ? null : label, "aria-labelledby": labelledBy }, boxes);
  node.current = () => shown;
  node.update = (next) => set((Array.isArray(next) ? next : next ? [next] : []).map((option) => option.value));
  node.update(value);
  return node;
}

/** Render one element. `about` names it for screen readers: an id to carry, a label, or the id of its label. */
export function element(el, block, ctx, values, about = {}) {
  if (el.visible_to_user_ids && !el.visible_to_user_ids.includes(state.me)) return null;
  const value = valueOf(el, block, values);
  const named = { ...about, label: about.id || about.labelledBy ? undefined : words(el.placeholder) || about.label };
  let node;
  if (el.type === "button" || el.type === "icon_button") node = button(el, block, ctx);
  else if (el.type === "workflow_button") node = h("button.button", { type: "button", disabled: true, title: "The playground runs no workflows" }, text(el.text), " [unsupported: workflow]");
  else if (el.type === "feedback_buttons") node = feedback(el, block, ctx);
  else if (el.type === "image") node = image(el);
  else if (el.type === "overflow") node = overflow(el, block, ctx, about.label ? `More actions: ${about.label}` : "More actions");
  else if (el.type === "checkboxes" || el.type === "radio_buttons") node = choices(el, block, ctx, value, named);
  else if (el.type.endsWith("_select")) node = select(el, block, ctx, value, named);
  else if (INPUTS[el.type]) node = INPUTS[el.type](el, block, ctx, value, named);
  else node = h("span.unsupported", {}, `[unsupported element: ${el.type}]`);
  node.element = el;
  return node;
}
