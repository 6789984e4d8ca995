// Menus that float above everything: overflow menus, and selects with search, groups and options from the app.

import { avatar, h, icon, twoLines, uid } from "./dom.js";
import { mine, people, state } from "./state.js";
import { text, words } from "./text.js";

/** A floating panel under (or over) `anchor`. `close` is called when it closes. */
export function float(anchor, panel, close) {
  panel.setAttribute("popover", "manual");
  panel.classList.add("float");
  anchor.after(panel);
  panel.showPopover();
  const place = () => {
    const box = anchor.getBoundingClientRect();
    const below = innerHeight - box.bottom - 12;
    const up = below < Math.min(panel.scrollHeight, 260) && box.top > below;
    panel.style.maxHeight = `${Math.min(320, Math.max(120, up ? box.top - 12 : below))}px`;
    panel.style.minWidth = `${Math.min(Math.max(box.width, 180), innerWidth - 16)}px`;
    panel.style.left = `${Math.max(8, Math.min(box.left, innerWidth - panel.offsetWidth - 8))}px`;
    panel.style.top = up ? `${box.top - panel.offsetHeight - 4}px` : `${box.bottom + 4}px`;
  };
  const leaving = new AbortController();
  const outside = (event) => panel.contains(event.target) || anchor.contains(event.target) || close();
  document.addEventListener("pointerdown", outside, { capture: true, signal: leaving.signal });
  document.addEventListener("scroll", (event) => panel.contains(event.target) || place(), { capture: true, signal: leaving.signal });
  addEventListener("resize", close, { signal: leaving.signal });
  place();
  return { place, remove: () => { leaving.abort(); panel.remove(); } };
}

/** A button that opens a menu of `items()`: `{label, note, value, url, avatar}`; `choose(item)` is called with one. */
export function menuButton(button, items, choose, { label = "Menu", checked = null } = {}) {
  let open = null;
  const close = (refocus) => {
    if (!open) return;
    open.remove();
    open = null;
    button.setAttribute("aria-expanded", "false");
    if (refocus === true) button.focus();
  };
  const show = (last) => {
    const pick = (item) => { close(true); choose(item); };
    const rows = items().map((item) =>
      h("button.menu-item", {
        type: "button", role: checked ? "menuitemradio" : "menuitem", tabIndex: -1, onclick: () => pick(item),
        "aria-checked": checked ? String(item.value === checked()) : null,
      }, item.avatar, twoLines(item.label, item.note), item.badge && h("span.badge", {}, item.badge)));
    const panel = h("div.menu", { role: "menu", "aria-label": label }, rows);
    panel.addEventListener("keydown", (event) => {
      const at = rows.indexOf(document.activeElement);
      const to = { ArrowDown: at + 1, ArrowUp: at - 1 + rows.length, Home: 0, End: rows.length - 1 }[event.key];
      if (to !== undefined) rows[to % rows.length]?.focus();
      else if (event.key === "Escape" || event.key === "Tab") close(true);
      else if (event.key.length === 1) rows.find((row) => row.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
      if (to !== undefined || event.key === "Escape") { event.preventDefault(); event.stopPropagation(); }
    });
    open = float(button, panel, close);
    button.setAttribute("aria-expanded", "true");
    (rows.find((row) => row.getAttribute("aria-checked") === "true") || rows.at(last ? -1 : 0))?.focus();
  };
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => (open ? close(true) : show(false)));
  button.addEventListener("keydown", (event) => {
    if (!open && (event.key === "ArrowDown" || event.key === "ArrowUp")) { event.preventDefault(); show(event.key === "ArrowUp"); }
  });
  return button;
}

const flat = (options = [], groups = []) => [
  ...options.map((option) => ({ label: words(option.text), note: words(option.description), value: option.value })),
  ...groups.flatMap((group) => group.options.map((option) => ({ label: words(option.text), note: words(option.description), value: option.value, group: words(group.label) }))),
];
const person = (user) => ({ label: user.real_name, note: `@${user.name}`, value: user.id, avatar: avatar(user.id, user.real_name, { size: "tiny" }) });
const channel = (c) => ({ label: `${c.is_private ? "🔒 " : "#"}${c.name}`, value: c.id });

function conversations(el) {
  const include = el.filter?.include || ["public", "private", "mpim", "im"];
  const seen = state.channels.filter((c) => !c.is_im && !c.is_archived && (!c.is_private || c.members.includes(state.me)));
  const rows = seen.filter((c) => include.includes(c.is_private ? "private" : "public")).map(channel);
  return include.includes("im") ? [...rows, ...people().map(person)] : rows;
}

/** The options of an element; null if they are loaded from the app while typing. */
function offered(el) {
  if (el.type.includes("external")) return null;
  if (el.type.includes("users")) return people().map(person);
  if (el.type.includes("channels")) return state.channels.filter((c) => !c.is_im && !c.is_private && !c.is_archived).map(channel);
  if (el.type.includes("conversations")) return conversations(el);
  return flat(el.options, el.option_groups);
}

const asItem = (value) =>
  value && typeof value === "object" ? { label: words(value.text), value: value.value } : { label: state.names[value] || value, value };

/** Any select, single or multi. `value` is the current choice (option, id, or a list of them). */
export function select(el, block, ctx, value, { id, label }) {
  const multi = el.type.startsWith("multi_");
  const list = uid("list");
  let chosen = [];
  let open = null;
  let rows = [];
  let active = -1;
  let asked = 0;
  const input = h("input.select-input", {
    id, type: "text", role: "combobox", autocomplete: "off", spellcheck: false, "aria-expanded": "false", "aria-controls": list,
    "aria-autocomplete": "list", "aria-label": label, dataset: { key: `${block.block_id}/${el.action_id}` },
  });
  const chips = h("span.chips");
  const clear = h("button.select-clear", { type: "button", "aria-label": "Clear the choice", onclick: () => commit([]) }, icon("close"));
  const node = h(`div.select${multi ? ".multi" : ""}`, {}, chips, input, clear, icon("down"));
  const hint = words(el.placeholder) || (multi ? "Select options" : "Select an option");

  function show() {
    const remove = (item) => h("button", { type: "button", "aria-label": `Remove ${item.label}`, onclick: () => commit(chosen.filter((c) => c !== item)) }, icon("close"));
    chips.replaceChildren(...(multi ? chosen.map((item) => h("span.chip", {}, item.label, remove(item))) : []));
    input.placeholder = multi && chosen.length ? "" : hint;
    if (!open) input.value = multi ? "" : (chosen[0]?.label ?? "");
    clear.hidden = multi || !chosen.length || block.type !== "input";
  }

  async function commit(next) {
    const before = chosen;
    chosen = next;
    show();
    const values = next.map((item) => item.value);
    const done = await ctx.act(block, el, multi ? values : (values[0] ?? null));
    if (done === false) { chosen = before; show(); }
  }

  function close() {
    open?.float.remove();
    open = null;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    show();
  }

  function mark(index) {
    rows[active]?.node.classList.remove("active");
    active = rows.length ? (index + rows.length) % rows.length : -1;
    if (active < 0) return input.removeAttribute("aria-activedescendant");
    rows[active].node.classList.add("active");
    rows[active].node.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", rows[active].node.id);
  }

  function pick(item) {
    const had = chosen.some((c) => c.value === item.value);
    if (multi) {
      if (!had && el.max_selected_items && chosen.length >= el.max_selected_items) return note(`At most ${el.max_selected_items} can be chosen`);
      input.value = "";
      commit(had ? chosen.filter((c) => c.value !== item.value) : [...chosen, item]);
      const at = active;
      if (offered(el)) draw(offered(el));
      mark(at);
    } else { close(); if (!had) commit([item]); }
  }

  function note(message) {
    rows = []; // Enter must not take what was found before
    mark(-1);
    open?.panel.replaceChildren(h("p.select-note", {}, message));
  }

  function draw(items) {
    if (!open) return;
    const typed = open.typed.trim().toLowerCase();
    const wanted = offered(el) ? items.filter((item) => !typed || `${item.label} ${item.note || ""}`.toLowerCase().includes(typed)) : items;
    rows = [];
    open.panel.replaceChildren();
    let group;
    for (const item of wanted.slice(0, 200)) {
      if (item.group !== group) open.panel.append(h("div.select-group", { role: "presentation" }, (group = item.group)));
      const on = chosen.some((c) => c.value === item.value);
      const row = h("div.option", { id: uid("opt"), role: "option", "aria-selected": String(on), onmousedown: (e) => e.preventDefault(), onclick: () => pick(item) },
        item.avatar, twoLines(item.label, item.note), on && h("span.tick", { "aria-hidden": "true" }, "✓"));
      rows.push({ node: row, item });
      open.panel.append(row);
    }
    if (!rows.length) note("No options found");
    open.float.place();
    mark(Math.max(0, rows.findIndex((row) => row.node.getAttribute("aria-selected") === "true")));
  }

  async function load() {
    const known = offered(el);
    if (known) return draw(known);
    const least = el.min_query_length ?? 3;
    const typed = open.typed;
    if (typed.length < least) return note(`Type at least ${least} ${least === 1 ? "character" : "characters"}`);
    const number = ++asked;
    note("Loading…");
    try {
      const found = await mine("options", { target: { ...ctx.target, block_id: block.block_id, action_id: el.action_id }, typed });
      if (open && number === asked) draw(flat(found.options, found.option_groups));
    } catch (error) { if (open && number === asked) note(error.message); }
  }

  function unfold() {
    if (open) return;
    const panel = h("div.options", { id: list, role: "listbox", "aria-label": label || hint, "aria-multiselectable": multi ? "true" : null });
    open = { panel, typed: "", float: float(node, panel, close) };
    input.setAttribute("aria-expanded", "true");
    if (!multi) input.select();
    load();
  }

  let timer;
  input.addEventListener("click", unfold);
  input.addEventListener("input", () => {
    unfold();
    open.typed = input.value;
    clearTimeout(timer);
    if (offered(el)) return load();
    asked += 1; // what is on its way answers an earlier text
    note("Loading…");
    timer = setTimeout(() => open && load(), 200);
  });
  input.addEventListener("blur", () => setTimeout(() => open && !open.panel.contains(document.activeElement) && document.activeElement !== input && close(), 0));
  node.addEventListener("click", (event) => {
    if (event.target.closest("button") || event.target === input) return;
    input.focus();
    unfold();
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Backspace" && multi && !input.value && chosen.length) commit(chosen.slice(0, -1));
    if (!step && event.key !== "Enter" && (event.key !== "Escape" || !open)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") close();
    else if (!open) unfold();
    else if (step) mark(active + step);
    else if (rows[active]) pick(rows[active].item);
  });
  node.current = () => chosen;
  node.update = (next) => {
    chosen = (Array.isArray(next) ? next : next === null || next === undefined ? [] : [next]).map(asItem);
    show();
  };
  node.update(value);
  return node;
}

export function overflow(el, block, ctx, label) {
  const button = h("button.icon-button", { type: "button", "aria-label": label, title: "More actions", dataset: { key: `${block.block_id}/${el.action_id}` } }, icon("dots"));
  const items = () => el.options.map((option) => ({ label: text(option.text), note: words(option.description), value: option.value, url: option.url }));
  return h("span.overflow", {}, menuButton(button, items, (item) => {
    if (item.url) window.open(item.url, "_blank", "noopener");
    ctx.act(block, el, item.value, { button });
  }, { label }));
}
