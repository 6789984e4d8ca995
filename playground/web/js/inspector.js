// The inspector: live traffic between workspace and app, faults to switch on, and the reset.

import { busy, fill, h, icon, toast } from "./dom.js";
import { confirmed } from "./dialogs.js";
import { coalesced, del, get, on, post } from "./state.js";

const LIMIT = 3000;
const KEPT = 300;
const FAULTS = [
  ["rate_limited", "Rate limit", "Every Web API call is answered 429, try again in a second", { retry_after: 1 }],
  ["server_error", "Outage", "Every Web API call is answered with status 500", {}],
  ["lost_reply", "Lost replies", "Calls are carried out, but their answers never arrive", {}],
  ["slow", "Slow", "Every Web API call takes two seconds", { ms: 2000 }],
  ["older_blocks", "Older blocks", "Newer blocks are refused, as in a workspace that does not have them yet", {}],
];
const panel = document.getElementById("inspector");
const list = h("ol.traffic", { role: "log", "aria-label": "Traffic, newest first" });
const switches = h("div.switches");
let last = 0;
let toggle = null;

const plain = (words) => ({ type: "plain_text", text: words });

function verdict(entry) {
  if (entry.error === "operation_timeout") return ["bad", `no answer in ${LIMIT / 1000} s`];
  if (entry.fault) return ["odd", `fault: ${entry.fault.replaceAll("_", " ")}`];
  if (entry.ok === false || entry.error) return ["bad", entry.error || `status ${entry.status}`];
  return ["good", entry.status ? String(entry.status) : "ok"];
}

function meter(entry) {
  if (entry.ms === undefined || entry.ms === null) return null;
  const share = Math.min(1, entry.ms / LIMIT);
  const bar = h(`span.meter${share > 0.66 ? ".high" : ""}`, { "aria-hidden": "true" }, h("span"));
  if (entry.direction === "to_app") bar.firstChild.style.width = `${Math.max(2, share * 100)}%`;
  else bar.hidden = true;
  const shown = entry.ms < 10 ? entry.ms.toFixed(1) : Math.round(entry.ms);
  return h("span.ms", { title: entry.direction === "to_app" ? `acknowledged in ${shown} ms of ${LIMIT} ms` : `answered in ${shown} ms` }, bar, `${shown} ms`);
}

function row(entry) {
  const out = entry.direction === "to_app";
  const [kind, words] = verdict(entry);
  const json = h("div.json");
  const details = h(`details.exchange.${kind}`, {},
    h("summary", {}, h(`span.arrow`, { title: out ? "workspace to app" : "app to workspace" }, out ? "→" : "←"), h("span.kind", {}, entry.kind), h("strong", {}, entry.name),
      h(`span.verdict`, {}, words), meter(entry), (entry.messages || []).map((message) => h("span.reason", {}, message))), json);
  details.addEventListener("toggle", () => {
    if (!details.open || json.childElementCount) return;
    const { request, response, payload, ...rest } = entry;
    for (const [name, part] of [["Request", request ?? payload], ["Answer", response], ["Rest", rest]]) {
      if (part !== undefined && part !== null && part !== "") json.append(h("h4", {}, name), h("pre", { tabIndex: 0 }, typeof part === "string" ? part : JSON.stringify(part, null, 2)));
    }
  });
  return h("li", {}, details);
}

const read = coalesced(async () => {
  const { entries } = await get(`traffic?since=${last}`).catch(() => ({ entries: [] }));
  last = entries.at(-1)?.id ?? last;
  list.prepend(...entries.slice(-KEPT).reverse().map(row));
  while (list.children.length > KEPT) list.lastChild.remove();
});

async function readFaults() {
  const { faults } = await get("faults").catch(() => ({ faults: [] }));
  fill(switches, FAULTS.map(([kind, label, explained, more]) => {
    const active = faults.filter((fault) => fault.kind === kind);
    return h("button.switch", {
      type: "button", role: "switch", "aria-checked": String(active.length > 0), title: explained,
      onclick: () => busy(null, () => (active.length ? Promise.all(active.map((fault) => del(`faults/${fault.id}`))) : post("faults", { kind, ...more }))),
    }, h("span.knob"), label);
  }), h("button.button.small", { type: "button", disabled: !faults.length, onclick: () => busy(null, () => del("faults")) }, "Mend all"));
  toggle?.classList.toggle("alarmed", faults.length > 0);
}

async function reset(button) {
  const sure = await confirmed({ title: plain("Go back to the sample data?"), text: plain("Messages, dialogs, faults and everything done so far are forgotten, in every open tab."), confirm: plain("Reset"), deny: plain("Keep"), style: "danger" });
  if (sure && (await busy(button, () => post("reset"), 0))) toast("Back to the sample data.");
}

function show(open) {
  panel.hidden = !open;
  document.body.classList.toggle("inspecting", open);
  toggle.setAttribute("aria-expanded", String(open));
  localStorage.setItem("inspector", open ? "open" : "");
  if (open) read();
}

/** The button that opens the inspector. */
export function inspectorToggle() {
  toggle = h("button.bar-button", { type: "button", "aria-expanded": "false", "aria-controls": "inspector", onclick: () => show(panel.hidden) }, icon("pulse"), h("span", {}, "Inspector"));
  const resetButton = h("button.button.small", { type: "button", onclick: () => reset(resetButton) }, icon("reset"), "Reset to sample data");
  const close = h("button.icon-button", { type: "button", "aria-label": "Close the inspector", onclick: () => show(false) }, icon("close"));
  fill(panel, h("header", {}, h("h2", {}, "Inspector"), close), h("section", {}, h("h3", {}, "Faults"), switches), h("section", {}, h("h3", {}, "Sample data"), resetButton), h("section.flow", {}, h("h3", {}, "Traffic"), list));
  show(localStorage.getItem("inspector") === "open" && matchMedia("(min-width: 1100px)").matches);
  readFaults();
  return toggle;
}

on("traffic", () => !panel.hidden && read());
on("faults_changed", readFaults);
on("reset", () => {
  list.replaceChildren();
  readFaults();
  if (!panel.hidden) read();
});
