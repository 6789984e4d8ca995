// Building the page. Elements are made by name. Data becomes text nodes and attributes, never markup.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  hash: "M5 9h14M5 15h14M10 4 8 20M16 4l-2 16",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M6 11h12v9H6z",
  home: "M4 11l8-7 8 7v9h-5v-6H9v6H4z",
  chat: "M4 5h16v11H9l-5 4z",
  dots: "M12 5.2v.1M12 12v.1M12 18.8v.1",
  down: "M6 9l6 6 6-6",
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  send: "M4 12l16-8-6 16-3-7z",
  bolt: "M13 3L5 14h6l-1 7 8-11h-6z",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3 2",
  pulse: "M3 12h4l3-8 4 16 3-8h4",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5L19 19M19 5l-1.5 1.5M6.5 17.5L5 19",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  menu: "M4 7h16M4 12h16M4 17h16",
  globe: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c-5 5-5 13 0 18M12 3c5 5 5 13 0 18",
  reset: "M4 12a8 8 0 1 0 2.5-5.8M4 4v4h4",
  warn: "M12 4l9 16H3zM12 10v4M12 17v.01",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  calendar: "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4",
  mail: "M3 6h18v13H3zM3 7l9 7 9-7",
  link: "M14 5h5v5M19 5l-8 8M10 6H5v13h13v-5",
};
let count = 0;

/** Make an element: `h("p.note", {title}, "text", child)`; false and null children are left out. */
export function h(tag, props, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "dataset") Object.assign(node.dataset, value);
    else if (key in node && !key.startsWith("aria") && key !== "list" && key !== "popover") node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  put(node, children);
  return node;
}

export function put(node, children) {
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}

export function fill(node, ...children) { node.replaceChildren(); return put(node, children); }

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export const uid = (word = "n") => `${word}-${++count}`;

const HUES = [188, 18, 262, 150, 330, 42, 210, 96, 288, 4];

/** Initials on a color that is always the same for an id. */
export function avatar(id, name, { size = "", bot = false } = {}) {
  let sum = 7;
  for (const letter of String(id)) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  const words = (String(name || "").trim() || "?").split(/\s+/);
  const initials = [...words[0]][0] + (words.length > 1 && !bot ? [...words.at(-1)][0] : "");
  const node = h(`span.avatar${size ? `.${size}` : ""}${bot ? ".bot" : ""}`, { "aria-hidden": "true" }, initials.toUpperCase());
  node.style.setProperty("--hue", HUES[sum % HUES.length]);
  return node;
}

export const FOCUSABLE =
  'button:not([disabled]), [href], input:not([disabled]), select:not([disabled]), textarea:not([disabled]), summary, [tabindex]:not([tabindex="-1"])';

/** Whether another button of a radio group is chosen: browsers let the Tab key stop at that one only. */
const passed = (n) => n.type === "radio" && !n.checked && [...document.getElementsByName(n.name)].some((one) => one.checked);

export const focusable = (node) => [...node.querySelectorAll(FOCUSABLE)].filter((n) => n.getClientRects().length && !n.closest("[inert]") && !passed(n));

/** Keep the Tab key inside `node`. */
export function trap(node) {
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") return;
    const all = focusable(node);
    if (!all.length) return event.preventDefault();
    const at = all.indexOf(document.activeElement);
    if (event.shiftKey ? at <= 0 : at === all.length - 1) { event.preventDefault(); all.at(event.shiftKey ? -1 : 0).focus(); }
  });
}

/** Make `nodes` the children of `box`, in this order, moving as few as possible. */
export function arrange(box, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...box.childNodes]) if (!wanted.has(child)) child.remove();
  let next = box.firstChild;
  for (const node of nodes) { if (node === next) next = next.nextSibling; else box.insertBefore(node, next); }
}

/** Run `job` while `node` looks busy, and show an error if it fails. Return whether it succeeded. */
export async function busy(node, job, after = 120) {
  const spin = setTimeout(() => node?.setAttribute("aria-busy", "true"), after);
  try {
    await job();
    return true;
  } catch (error) { toast(error.message, "error"); return false; } finally { clearTimeout(spin); node?.removeAttribute("aria-busy"); }
}

/** A label with a smaller note under it, as menus show them. */
export const twoLines = (label, note) => h("span.menu-words", {}, h("span", {}, label), note && h("small", {}, note));

export const warning = (...words) => h("div.alert.warning", { role: "alert" }, icon("warn"), h("span", {}, words));

/** Show a message for a moment; `kind` is info or error. */
export function toast(words, kind = "info") {
  const node = h(`div.toast.${kind}`, { role: kind === "error" ? "alert" : null }, icon(kind === "error" ? "warn" : "chat"), h("span", {}, words));
  document.getElementById("toasts").append(node);
  setTimeout(() => node.remove(), 7000);
}
