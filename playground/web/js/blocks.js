// Blocks on a surface: a message, a modal or the App Home. A block that cannot be shown is named, not hidden.

import { arrange, h, icon, uid } from "./dom.js";
import { element, image, isEmpty, valueOf } from "./elements.js";
import { complaint } from "./inputs.js";
import { mrkdwn, richText, text, words } from "./text.js";

const about = (block) => ({ label: words(block.text).replace(/\s+/g, " ").slice(0, 80) });

function section(block, ctx, values) {
  const side = block.accessory && element(block.accessory, block, ctx, values, about(block));
  const wide = block.accessory && ["checkboxes", "radio_buttons"].includes(block.accessory.type);
  return h(`div.section${wide ? ".wide" : ""}`, {},
    h("div.section-words", {}, block.text && h("div.words", {}, text(block.text)),
      block.fields && h("div.fields", {}, block.fields.map((field) => h("div.words", {}, text(field))))),
    side && h("div.accessory", {}, side));
}

function inputBlock(block, ctx, values) {
  const el = block.element;
  const [id, label, hint] = [uid("in"), uid("label"), uid("hint")];
  const grouped = ["checkboxes", "radio_buttons"].includes(el.type);
  const node = element(el, block, ctx, values, { ...(grouped ? { labelledBy: label } : { id }), describe: block.hint ? hint : null });
  return h("div.input", {},
    h(grouped ? "span.label" : "label.label", { id: label, htmlFor: grouped ? null : id }, text(block.label), block.optional && h("span.optional", {}, " (optional)")),
    node, block.hint && h("div.hint", { id: hint }, text(block.hint)));
}

const card = (block, ctx, values) => h("div.card", {},
  block.hero_image && image(block.hero_image, "picture"),
  h("div.card-body", {}, block.icon && image(block.icon), block.title && h("strong", {}, text(block.title)), block.subtitle && h("div.hint", {}, text(block.subtitle)),
    block.body && h("div.words", {}, text(block.body)), block.actions && h("div.row", {}, block.actions.map((el) => element(el, block, ctx, values)))));

const cell = (item) => (item.type === "rich_text" ? richText(item) : item.text ?? String(item.value ?? ""));
const table = (block) => h("div.table", { tabIndex: 0, role: "region", "aria-label": block.caption || "Table" }, h("table", {}, block.caption && h("caption", {}, block.caption),
  block.rows.map((row, index) => h("tr", {}, row.map((item) => h(index || block.type === "table" ? "td" : "th", {}, cell(item)))))));

const named = (kind, title, more) => h("div.named", {}, h("span.kind", {}, kind), h("span", {}, title), more && h("small", {}, more));

const BLOCKS = {
  section,
  input: inputBlock,
  actions: (b, ctx, values) => h("div.row.actions", {}, b.elements.map((el) => element(el, b, ctx, values))),
  context_actions: (b, ctx, values) => h("div.row.actions", {}, b.elements.map((el) => element(el, b, ctx, values))),
  alert: (b) => h(`div.alert.${b.level || "default"}`, {}, icon(b.level === "success" || b.level === "info" ? "chat" : "warn"), h("div.words", {}, text(b.text))),
  header: (b) => h("h3.header", {}, text(b.text)),
  divider: () => h("hr"),
  context: (b) => h("div.context", {}, b.elements.map((item) => (item.type === "image" ? image(item, "tiny") : h("span", {}, text(item))))),
  image: (b) => h("figure.image", {}, b.title && h("figcaption", {}, text(b.title)), image(b, "picture")),
  rich_text: richText,
  markdown: (b) => h("div.words", {}, mrkdwn(b.text.replace(/\*\*(.+?)\*\*/g, "*$1*").replace(/^#+ +(.*)$/gm, "*$1*").replace(/\[([^\]]+)\]\((https?:[^)\s]+)\)/g, "<$2|$1>"))),
  video: (b) => named("Video", text(b.title), [b.author_name, b.provider_name].filter(Boolean).join(" · ") || b.alt_text),
  file: (b) => named("File", b.external_id),
  call: (b) => named("Call", b.call_id),
  card,
  carousel: (b, ctx, values) => h("div.carousel", { tabIndex: 0, role: "region", "aria-label": "Cards" }, b.elements.map((child) => card(child, ctx, values))),
  container: (b, ctx, values) => h("div.card", {}, h("div.card-body", {}, h("strong", {}, b.title ? text(b.title) : richText(b.rich_text_title)), b.subtitle && h("div.hint", {}, text(b.subtitle)),
    b.child_blocks.map((child) => one(child, ctx, values)))),
  table,
  data_table: table,
  data_visualization: (b) => named("Chart", b.title, b.chart?.type),
  plan: (b) => h("div.card", {}, h("div.card-body", {}, h("strong", {}, b.title), (b.tasks || []).map(task))),
  task_card: (b) => h("div.card", {}, h("div.card-body", {}, task(b))),
};

function task(b) {
  return h("div.task", {}, named(b.status || "pending", b.title), b.details && richText(b.details), b.output && richText(b.output));
}

function one(block, ctx, values) {
  const render = BLOCKS[block.type];
  try {
    return render ? render(block, ctx, values) : h("div.unsupported", {}, `[unsupported block: ${block.type}]`);
  } catch (error) { return h("div.unsupported", {}, `[unsupported block: ${block.type}, ${error.message}]`); }
}

const live = (node) => [...node.querySelectorAll("*")].filter((n) => n.element);

/** Show blocks in `box`. Unchanged blocks keep their node, so that focus, caret and open menus stay. */
export function renderBlocks(box, blocks, ctx, values, errors = {}) {
  const before = new Map((box.shown || []).map((item) => [item.sign, item]));
  const focused = box.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  box.shown = blocks.map((block) => {
    const sign = `${block.block_id} ${JSON.stringify(block)}`;
    const filled = ctx.pending?.size ? null : JSON.stringify(values?.[block.block_id]);
    const kept = before.get(sign);
    if (kept) {
      before.delete(sign);
      // Input that is being sent is newer than the state that was read.
      if (kept.filled !== filled && !ctx.pending?.size) for (const node of live(kept.node)) node.update?.(valueOf(node.element, kept.block, values));
      return Object.assign(kept, { filled });
    }
    const node = h(`div.block.block-${block.type}`, {}, one(block, ctx, values));
    return { sign, block, node, filled };
  });
  arrange(box, box.shown.map((item) => item.node));
  for (const item of box.shown) complain(item, item.own === undefined ? errors[item.block.block_id] : item.own);
  if (focused && !box.contains(document.activeElement)) box.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function complain(item, message) {
  item.node.querySelector(":scope > .error")?.remove();
  item.node.classList.toggle("wrong", Boolean(message));
  if (message) item.node.append(h("div.error", { role: "alert" }, icon("warn"), message));
}

/** Remove an input's error once the input is being corrected. */
export function forgive(box, block) {
  const item = box.shown.find((shown) => shown.block.block_id === block.block_id);
  if (item) complain(item, (item.own = null));
}

/** Send typed text that is not sent yet. */
export async function flush(box) { for (const node of live(box)) await node.flush?.(); }

/** Show errors at inputs that Slack's client would not submit. Return whether there are none. */
export function check(box) {
  let first = null;
  for (const item of box.shown || []) {
    if (item.block.type !== "input") continue;
    const node = live(item.node)[0];
    const typed = node?.typed?.();
    const message = isEmpty(typed ?? node?.current?.()) ? (item.block.optional ? null : "Please complete this required field.") : typed ? complaint(item.block.element, typed) : null;
    complain(item, (item.own = message || undefined));
    if (message && !first) first = item.node;
  }
  first?.querySelector("input, textarea, button")?.focus();
  return !first;
}
