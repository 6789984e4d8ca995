// Where people type: messages and slash commands, completed from the manifest, with people and channels by name.

import { avatar, busy, fill, h, icon, toast, twoLines, uid } from "./dom.js";
import { menuButton } from "./menus.js";
import { emit, mine, people, state } from "./state.js";

const BUILT_IN = [
  { name: "/invite", usage_hint: "@somebody", description: "Add somebody, or the app, to this channel", who: "invite" },
  { name: "/remove", usage_hint: "@somebody", description: "Take somebody, or the app, out of this channel", who: "remove" },
  { name: "/leave", usage_hint: "", description: "Leave this channel", who: null },
];
const drafts = new Map();

/** The completions at the caret: `{from, rows}`. */
function suggestions(value, caret) {
  const typed = value.slice(0, caret);
  if (/^\/\S*$/.test(typed)) {
    const all = [...state.commands.map((c) => ({ ...c, mine: true })), ...BUILT_IN];
    const rows = all.filter((c) => c.name.startsWith(typed.toLowerCase()));
    return { from: 0, rows: rows.map((c) => ({ insert: `${c.name} `, label: c.name, hint: c.usage_hint, note: c.description, from: c.mine ? state.app.name : "Built in" })) };
  }
  const word = /(?:^|\s)([@#][\w.-]*)$/.exec(typed)?.[1];
  if (!word) return null;
  const wanted = word.slice(1).toLowerCase();
  const app = { id: state.app.bot_user, name: state.users.find((user) => user.id === state.app.bot_user)?.name || "app", real_name: state.app.name };
  const rows = word[0] === "@"
    ? [...people(), app].map((user) => ({ insert: `@${user.name} `, label: user.real_name, note: `@${user.name}`, avatar: avatar(user.id, user.real_name, { size: "tiny", bot: user === app }) }))
    : state.channels.filter((c) => !c.is_im).map((c) => ({ insert: `#${c.name} `, label: `#${c.name}` }));
  return { from: caret - word.length, rows: rows.filter((r) => `${r.label} ${r.note || ""}`.toLowerCase().includes(wanted)).slice(0, 8) };
}

async function builtIn(line, channel) {
  const [name, ...rest] = line.trim().split(/\s+/);
  const command = BUILT_IN.find((c) => c.name === name);
  if (!command) return false;
  if (!command.who) return Boolean(await mine("leave", { channel }));
  const wanted = rest.join(" ").replace(/^@/, "").toLowerCase();
  const user = state.users.find((u) => [u.name, u.real_name, u.id].some((x) => x.toLowerCase() === wanted));
  if (!user) return toast(`There is nobody called “${wanted}”.`, "error") || true;
  await mine(command.who, { who: user.id === state.app.bot_user ? "app" : user.id, channel });
  toast(`${user.real_name} ${command.who === "invite" ? "was added to" : "was taken out of"} this channel.`);
  return true;
}

/** Fill `foot` with the composer of a conversation. */
export function renderComposer(foot, conversation) {
  foot.dataset.for = String(conversation?.id);
  if (!conversation) return fill(foot);
  if (conversation.is_archived) return fill(foot, h("p.closed", {}, `#${conversation.name} is archived.`));
  if (conversation.kind === "im" && state.app.messages_tab_read_only) {
    const channel = [...state.conversations.values()].find((c) => c.kind !== "im" && !c.is_archived);
    const command = state.commands[0]?.name;
    return fill(foot, h("p.closed", {}, "Sending messages to this app has been turned off. ",
      channel && command && h("a", { href: `#${state.me}/${channel.id}` }, `Type ${command} in #${channel.name}`)));
  }
  const key = `${state.me} ${conversation.id}`;
  const list = uid("list");
  const label = conversation.kind === "im" ? `Message ${state.app.name}` : `Message #${conversation.name}`;
  const input = h("textarea", {
    rows: 1, placeholder: `${label}, or type / for commands`, "aria-label": label, role: "combobox", "aria-expanded": "false", "aria-controls": list, "aria-autocomplete": "list", value: drafts.get(key) || "",
  });
  const send = h("button.send", { type: "button", "aria-label": "Send", onclick: () => submit() }, icon("send"));
  const shortcuts = state.shortcuts.length > 0 && menuButton(
    h("button.shortcuts", { type: "button", "aria-label": "Shortcuts", title: "Shortcuts" }, icon("bolt")),
    () => state.shortcuts.map((one) => ({ label: one.name, note: one.description, value: one.callback_id })),
    async (one) => { await mine("shortcut", { callback_id: one.value }); emit("acted", conversation.id); },
    { label: "Shortcuts" },
  );
  const hint = h("span.ghost", { "aria-hidden": "true" });
  const box = h("div.suggestions", { id: list, role: "listbox", "aria-label": "Suggestions", hidden: true });
  let rows = [];
  let active = 0;
  let from = 0;

  function shrink() {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, 180)}px`;
    send.disabled = !input.value.trim();
    drafts.set(key, input.value);
    const command = state.commands.find((c) => input.value === `${c.name} `);
    hint.textContent = command ? `${input.value}${command.usage_hint}` : "";
  }
  function suggest() {
    const found = suggestions(input.value, input.selectionStart);
    rows = found?.rows || [];
    from = found?.from ?? 0;
    box.hidden = !rows.length;
    input.setAttribute("aria-expanded", String(!box.hidden));
    fill(box, rows.map((row, index) => h("div.suggestion", { role: "option", id: `${list}-${index}`, onmousedown: (e) => { e.preventDefault(); take(index); } },
      row.avatar, twoLines([h("b", {}, row.label), row.hint && h("span.usage", {}, ` ${row.hint}`)], row.note), row.from && h("small.origin", {}, row.from))));
    mark(0);
  }
  function mark(index) {
    active = rows.length ? (index + rows.length) % rows.length : -1;
    [...box.children].forEach((node, at) => node.setAttribute("aria-selected", String(at === active)));
    box.children[active]?.scrollIntoView({ block: "nearest" });
    if (active < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", `${list}-${active}`);
  }
  function take(index) {
    input.setRangeText(rows[index].insert, from, input.selectionStart, "end");
    shrink();
    suggest();
  }
  async function submit() {
    const line = input.value;
    if (!line.trim()) return;
    input.value = "";
    shrink();
    suggest();
    const well = await busy(send, async () => {
      if (!line.startsWith("/")) await mine("message", { channel: conversation.id, text: line });
      else if (!(await builtIn(line, conversation.id))) await mine("command", { text: line, channel: conversation.id });
      emit("acted", conversation.id);
    });
    if (!well) input.value ||= line;
    shrink();
  }
  input.addEventListener("input", () => { shrink(); suggest(); });
  input.addEventListener("blur", () => (box.hidden = true));
  input.addEventListener("focus", suggest);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const exact = rows[active] && input.value.slice(from).trim() === rows[active].insert.trim();
    if (!box.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp")) mark(active + (event.key === "ArrowDown" ? 1 : -1));
    else if (!box.hidden && (event.key === "Tab" || (event.key === "Enter" && !exact)) && !event.shiftKey) take(active);
    else if (!box.hidden && event.key === "Escape") box.hidden = true;
    else if (event.key === "Enter" && !event.shiftKey) submit();
    else return;
    event.preventDefault();
  });
  fill(foot, h("div.composer", {}, box, shortcuts, h("div.composer-field", {}, hint, input), send));
  shrink();
  if (matchMedia("(min-width: 720px)").matches && !document.getElementById("veils").childElementCount) input.focus({ preventScroll: true });
}
