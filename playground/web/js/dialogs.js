// Overlays: modals with their stack, and confirm dialogs. Also the code that performs a person's actions.

import { avatar, busy, fill, focusable, h, icon, toast, trap, uid, warning } from "./dom.js";
import { check, flush, forgive, renderBlocks } from "./blocks.js";
import { mine, on, readScreen, state } from "./state.js";
import { mrkdwn, text } from "./text.js";

const veils = document.getElementById("veils");
const room = document.getElementById("room");
let shown = null; // the modal on the page: {id, box, …}
let cameFrom = null;

function cover() {
  const layers = [...veils.children];
  room.inert = layers.length > 0;
  layers.forEach((layer, index) => (layer.inert = index < layers.length - 1));
}

/** Ask a question; true if the first button is pressed. The words are a Block Kit `confirm` object. */
export function confirmed({ title, text: body, confirm, deny, style }) {
  const back = document.activeElement;
  return new Promise((resolve) => {
    const [head, words] = [uid("title"), uid("words")];
    const done = (answer) => {
      veil.remove();
      cover();
      back?.focus?.({ preventScroll: true });
      resolve(answer);
    };
    const yes = h(`button.button.${style || "primary"}`, { type: "button", onclick: () => done(true) }, text(confirm));
    const box = h("section.dialog.question", { role: "alertdialog", "aria-modal": "true", "aria-labelledby": head, "aria-describedby": words },
      h("h2", { id: head }, text(title)), h("div.words", { id: words }, text(body)),
      h("footer", {}, h("button.button", { type: "button", onclick: () => done(false) }, text(deny)), yes));
    const veil = h("div.veil", { onkeydown: (event) => event.key === "Escape" && done(false) }, box);
    trap(box);
    veils.append(veil);
    cover();
    yes.focus();
  });
}

/** How elements on a surface act. `refresh` reads the surface again after an action. */
export function context(target, refresh, more = {}) {
  const ctx = { target, pending: new Set(), ...more };
  let queue = Promise.resolve();
  ctx.settled = () => queue;
  ctx.act = async (block, el, choice, { button } = {}) => {
    if (el.confirm && !(await confirmed(el.confirm))) return false;
    const before = queue;
    const job = (async () => {
      await before;
      if (button) await ctx.flush?.();
      return mine("act", { target: { ...target, block_id: block.block_id, action_id: el.action_id }, choice, confirmed: Boolean(el.confirm) });
    })();
    ctx.pending.add(job);
    // A button waits for earlier input to be sent. Nothing waits for a slow answer to a button.
    if (!button) queue = job.catch(() => undefined);
    const well = await busy(button, () => job);
    ctx.pending.delete(job);
    if (!ctx.pending.size) refresh();
    return well;
  };
  return ctx;
}

/** Slack's message when the app failed. */
export const warned = (words) => words && warning(mrkdwn(words.replace(/^:warning:\s*/, "")));

async function close(all) {
  // Typed text is sent before its view closes. Afterwards it would be an error.
  if (shown) { await flush(shown.box); await shown?.ctx.settled(); }
  try { await mine("close", { all }); } catch (error) { if (error.code !== "no_modal") toast(error.message, "error"); }
  await readScreen();
}

async function submit() {
  const { box, button, ctx, id } = shown;
  if (!button || button.disabled || button.getAttribute("aria-busy") || !check(box)) return;
  await busy(button, async () => {
    await flush(box);
    await ctx.settled();
    await mine("submit", { view_id: id });
  }, 0);
  await readScreen();
  shown?.box.querySelector(".wrong input, .wrong textarea")?.focus();
}

function build(view) {
  const box = h("div.modal-body", { tabIndex: -1 });
  const title = h("h2", { id: uid("title") });
  const head = h("header");
  const foot = h("footer");
  const node = h("section.dialog.modal", { role: "dialog", "aria-modal": "true", "aria-labelledby": title.id, tabIndex: -1 }, head, box, foot);
  const veil = h("div.veil", {}, node);
  veil.addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.defaultPrevented) close(false); });
  trap(node);
  const ctx = context({ view_id: view.id }, readScreen, { submit, touched: (block) => forgive(box, block), flush: () => flush(box) });
  return { id: view.id, node, veil, box, title, head, foot, ctx, look: "" };
}

function dress(view) {
  const { head, foot, title } = shown;
  fill(title, text(view.title));
  const back = state.stack.length > 1 && h("button.icon-button", { type: "button", "aria-label": "Back", onclick: () => close(false) }, icon("back"));
  fill(head, back, avatar(state.app.bot_user, state.app.name, { size: "small", bot: true }), title,
    h("button.icon-button", { type: "button", "aria-label": "Close", dataset: { key: "x" }, onclick: () => close(true) }, icon("close")));
  shown.button = view.submit && h("button.button.primary", { type: "button", dataset: { key: "submit" }, disabled: Boolean(view.submit_disabled), onclick: submit }, text(view.submit));
  fill(foot, (view.close || view.submit) && h("button.button", { type: "button", dataset: { key: "close" }, onclick: () => close(false) }, view.close ? text(view.close) : "Cancel"), shown.button);
}

/** Show the top modal of the stack, if there is one. */
export function renderModal() {
  const view = state.stack.at(-1);
  if (!view || shown?.id !== view.id) {
    if (!shown) cameFrom = document.activeElement;
    shown?.veil.remove();
    shown = null;
  }
  if (!view) {
    cover();
    if (cameFrom?.isConnected && document.activeElement === document.body) cameFrom.focus({ preventScroll: true });
    cameFrom = null;
    return;
  }
  const fresh = !shown;
  shown ||= build(view);
  const look = JSON.stringify([view.title, view.submit, view.close, state.stack.length]);
  const turned = look !== shown.look;
  if (turned && !shown.button?.getAttribute("aria-busy")) {
    const focused = shown.foot.contains(document.activeElement) || shown.head.contains(document.activeElement);
    dress(view);
    shown.look = look;
    if (focused) shown.node.focus({ preventScroll: true });
  }
  const had = shown.box.contains(document.activeElement);
  renderBlocks(shown.box, view.blocks, shown.ctx, view.values, view.errors);
  shown.node.querySelector(":scope > .alert")?.remove();
  if (view.warning) shown.head.after(warned(view.warning));
  if (fresh) {
    veils.prepend(shown.veil);
    cover();
    const first = shown.box.children[view.blocks.findIndex((block) => block.element?.focus_on_load)] || shown.box;
    (focusable(first)[0] || shown.node).focus({ preventScroll: true });
  } else if (turned) shown.box.scrollTop = 0;
  if (!shown.node.contains(document.activeElement) && veils.lastChild === shown.veil && (had || turned)) shown.node.focus({ preventScroll: true });
}

on("screen", renderModal);
