// The state of this tab: the person, the open place, and everything that person sees. The feed keeps it fresh.

export const state = {
  me: null, user: null, names: {}, team: {}, app: {}, commands: [], shortcuts: [], users: [], outsiders: [], channels: [], mails: 0,
  conversations: new Map(), stack: [], home: null, place: { kind: "none" }, newSince: null, news: new Map(), online: true, run: "", ahead: 0,
};
/** The workspace's time (ms). A demo can move its clock, so it is not the computer's. */
export const now = () => Date.now() + state.ahead;
export const setNow = (ms) => (state.ahead = ms - Date.now());
export const tab = sessionStorage.getItem("tab") || `tab-${crypto.randomUUID()}`;
sessionStorage.setItem("tab", tab);

const listeners = new Map();
export const on = (name, listener) => listeners.set(name, [...(listeners.get(name) || []), listener]);
export const emit = (name, detail) => (listeners.get(name) || []).forEach((listener) => listener(detail));

/** A refusal by the playground, with its message. */
export class Refusal extends Error { constructor(code, words) { super(words); this.code = code; } }

async function ask(method, path, body) {
  const init = { method, headers: body ? { "Content-Type": "application/json" } : {}, body: body ? JSON.stringify(body) : undefined };
  const response = await fetch(`/control/${path}`, init).catch(() => {
    throw new Refusal("offline", "The playground does not answer. Is it still running?");
  });
  const answer = await response.json();
  if (!answer.ok) throw new Refusal(answer.error, answer.message);
  return answer;
}
export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);
export const patch = (path, body) => ask("PATCH", path, body);
export const del = (path) => ask("DELETE", path);
export const mine = (action, body) => post(`people/${state.me}/${action}`, { tab, ...body });

/** Everybody one can be: the members, and those who are not in Slack and have only mail and a calendar. */
export const people = () => [...state.users.filter((user) => !user.is_bot && user.id !== "USLACKBOT" && !user.deleted), ...state.outsiders];
export const outside = (id = state.me) => state.outsiders.some((user) => user.id === id);
export const dm = () => [...state.conversations.values()].find((c) => c.kind === "im");
export const openConversation = () => (state.place.kind === "app" ? dm() : state.conversations.get(state.place.id));

// The messages already read, per person and channel, on this machine.
const readKey = (user) => `read:${state.run}:${user}`;
const readMarks = (user) => JSON.parse(localStorage.getItem(readKey(user)) || "{}");
export const lastRead = (channel) => readMarks(state.me)[channel] || "0";
export function markRead(conversation) {
  const last = conversation?.messages.at(-1)?.ts;
  if (!last || !document.hasFocus() || last <= lastRead(conversation.id)) return;
  localStorage.setItem(readKey(state.me), JSON.stringify({ ...readMarks(state.me), [conversation.id]: last }));
}
export function markMails() {
  localStorage.setItem(readKey(state.me), JSON.stringify({ ...readMarks(state.me), mail: String(state.mails) }));
  emit("read");
}
export const unreadMails = () => state.mails - Number(lastRead("mail"));
export function unread(conversation) {
  const since = lastRead(conversation.id);
  return conversation.messages.filter((message) => message.ts > since && message.user !== state.me).length;
}

/** Run `job` now, or once more after the current run. It never runs twice at a time. */
export function coalesced(job) {
  let running = null;
  let again = false;
  return () => {
    if (running) { again = true; return running; }
    running = (async () => { do { again = false; await job(); } while (again); })().finally(() => (running = null));
    return running;
  };
}

/** Read the workspace: people, channels, commands. */
export const readWorkspace = coalesced(async () => {
  const seen = await get("workspace");
  for (const key of Object.keys(localStorage)) if (key.startsWith("read:") && !key.startsWith(`read:${seen.run}:`)) localStorage.removeItem(key);
  Object.assign(state, { run: seen.run, team: seen.team, app: seen.app, commands: seen.commands, shortcuts: seen.shortcuts, users: seen.users, outsiders: seen.outsiders, channels: seen.channels });
  emit("workspace");
});

/** Read everything this person sees. */
export const readScreen = coalesced(async () => {
  const who = state.me;
  const seen = await get(`people/${who}/screen?tab=${tab}`);
  if (who !== state.me) return;
  Object.assign(state, { user: seen.user, names: seen.names, stack: seen.stack, home: seen.home, mails: seen.mails });
  setNow(seen.now * 1000);
  state.conversations = new Map(seen.conversations.map((c) => [c.id, c]));
  emit("screen");
});

const channelReaders = new Map();
function readChannel(id) {
  if (!channelReaders.has(id)) {
    channelReaders.set(id, coalesced(async () => {
      const who = state.me;
      if (!state.conversations.has(id)) return readScreen();
      const seen = await get(`people/${who}/channels/${id}`);
      if (who !== state.me) return;
      Object.assign(state, { names: seen.names });
      state.conversations.set(id, seen.conversation);
      emit("channel", id);
    }));
  }
  return channelReaders.get(id)();
}

async function heed(event) {
  const forMe = !event.user || event.user === state.me;
  if (event.type.startsWith("message") || event.type === "ephemeral") {
    const members = state.channels.find((c) => c.id === event.channel)?.members || [];
    if (event.type === "message") {
      for (const id of members) if (id !== state.me) state.news.set(id, (state.news.get(id) || 0) + 1);
      emit("news");
    }
    if (forMe && (members.includes(state.me) || state.conversations.has(event.channel))) await readChannel(event.channel);
  } else if (event.type.startsWith("view_")) {
    if (event.user === state.me && (event.tab === tab || event.view_id === state.home?.id)) await readScreen();
  } else if (event.type === "home_published") {
    if (event.user === state.me) await readScreen();
  } else if (event.type.startsWith("channel_") || event.type.startsWith("user_")) {
    await readWorkspace();
    if (forMe) await readScreen();
  } else if (event.type === "reset" || event.type === "missed") {
    state.news.clear();
    await readWorkspace();
    await readScreen();
    emit("reset");
  } else {
    if (event.type === "mail" && event.user === state.me) state.mails = event.mail;
    else if (event.type === "mail") state.news.set(event.user, (state.news.get(event.user) || 0) + 1);
    emit(event.type, event);
  }
}

/** Follow the feed for as long as the page is open. */
export function follow(since) {
  const address = new URL(`/control/feed?since=${since}`, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address);
  socket.onmessage = ({ data }) => heed(JSON.parse(data)).catch(() => undefined);
  socket.onclose = async () => {
    state.online = false;
    emit("online");
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      try {
        const { seq } = await get("workspace");
        await readWorkspace();
        await readScreen();
        state.online = true;
        emit("online");
        return follow(seq);
      } catch {
        // Not back yet.
      }
    }
  };
}
