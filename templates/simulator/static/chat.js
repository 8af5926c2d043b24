// The chat page: which room is open, and what the simulator tells.

import { $, avatar, call, el, me, state } from "./page.js";
import * as composer from "./composer.js";
import * as mentions from "./mentions.js";
import * as messages from "./messages.js";
import * as rooms from "./rooms.js";

const BOT = new URLSearchParams($("meet-bot").search).get("to");
const isPane = document.body.classList.contains("pane");

const addressOf = (where, more) => "?" + new URLSearchParams({ as: me, ...(where?.id ? { room: where.id } : where?.to ? { to: where.to } : {}), ...more });
const ownAddress = (where) => addressOf(where, isPane ? { pane: 1 } : {});
const whereNow = () => {
  const given = new URLSearchParams(location.search);
  return given.get("room") ? { id: given.get("room") } : given.get("to") ? { to: given.get("to") } : null;
};

function drawRooms() {
  const focused = document.activeElement?.closest("#rooms a")?.getAttribute("href");
  $("rooms").replaceChildren(...state.rooms.map((room) => el("li", {}, drawRoom(room))));
  if (focused) $("rooms").querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  $("first").hidden = state.rooms.some((room) => room.other?.email === BOT);
}

function drawRoom(room) {
  const isOpen = room.id === state.open?.id;
  const face = room.other ? avatar(room.other) : el("span", { className: "avatar group", "aria-hidden": "true" }, [...room.title][0].toUpperCase());
  const go = (event) => {
    if (event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    enter({ id: room.id });
  };
  const isUnread = room.isUnread && !(isOpen && document.hasFocus());
  const link = el("a", { href: addressOf(room), className: isUnread ? "unread" : "", "data-room": room.title, "aria-current": isOpen ? "page" : null, onclick: go }, face, el("span", { className: "who" }, el("strong", {}, room.title), el("small", {}, room.snippet)));
  if (isUnread) link.append(el("span", { className: "dot", role: "img", "aria-label": "unread" }));
  return link;
}

/** Opens a room or the draft of a 1:1; without an argument, none. */
async function enter(where, remember = true) {
  const focused = document.activeElement;
  state.open = where;
  if (remember) history.pushState(null, "", ownAddress(where));
  composer.reset();
  $("room").hidden = !where;
  $("welcome").hidden = Boolean(where);
  document.body.classList.toggle("in-room", Boolean(where));
  for (const link of document.querySelectorAll("a[data-beside]")) {
    link.search = new URLSearchParams({ as: me, beside: link.dataset.beside, ...(where?.id ? { room: where.id } : {}) });
  }
  if (where?.id) await enterRoom(where);
  else if (where) await enterDraft(where);
  drawRooms();
  composer.fit();
  const isElsewhere = ![focused, document.body].includes(document.activeElement) && !document.activeElement.closest("#rooms");
  if (where && !isElsewhere && matchMedia("(hover: hover)").matches) $("message").focus({ preventScroll: true });
}

async function enterRoom(where) {
  let content;
  try {
    content = await call("GET", `/chat/rooms/${encodeURIComponent(where.id)}`);
  } catch {
    return enter(null);
  }
  if (state.open !== where) return;
  dressRoom(content.room, content.members);
  $("earlier").hidden = !content.hasEarlier;
  messages.fill(content.messages);
  nothingYet(content.messages.length === 0 ? "Nothing said here yet. Write the first message below." : "");
  const known = state.rooms.find((room) => room.id === where.id);
  if (known) known.isUnread = false;
}

async function enterDraft(where) {
  const other = await rooms.personWith(where.to);
  if (!other) return enter(null);
  messages.fill([]);
  dressRoom({ title: other.name, kind: "direct" }, []);
  $("earlier").hidden = true;
  nothingYet(`This is the start of your 1:1 with ${other.name}. Say hello.`);
}

function dressRoom(room, inside) {
  const isGroup = room.kind === "group";
  state.members = inside;
  $("title").textContent = $("title").title = room.title;
  document.title = `${room.title} · ${me} · Webex simulator`;
  $("message").placeholder = isGroup && innerWidth > 700 ? `Message ${room.title}, @ to mention` : `Message ${room.title}`;
  $("members").hidden = $("add-people").hidden = !isGroup;
  $("members").textContent = `${inside.length} ${inside.length === 1 ? "member" : "members"}`;
  mentions.setMembers(isGroup ? inside.filter((one) => one.email !== me) : [], room.mentionsAll);
}

function nothingYet(words) {
  $("nothing").hidden = !words;
  $("nothing").textContent = words;
}

/** Shows what was just posted, if its author is still there. */
function posted(message, here) {
  if (state.open !== here) return;
  if (!here.id) {
    state.open = { id: message.roomId };
    history.replaceState(null, "", ownAddress(state.open));
  }
  nothingYet("");
  messages.show([message]);
}

/** A Webex client follows its own links itself: one to a room opens it here. */
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="webexteams://im?space="]');
  if (!link) return;
  event.preventDefault();
  const uuid = link.getAttribute("href").split("=")[1];
  const room = state.rooms.find((one) => atob(one.id).endsWith(`/ROOM/${uuid}`));
  if (room) enter({ id: room.id });
});

async function start() {
  const known = await call("GET", "/chat/state");
  Object.assign(state, { people: known.people, rooms: known.rooms });
  document.body.dataset.id = known.me.id;
  await enter(whereNow(), false);
  return known.next;
}

/** Follows what happens, for as long as the page is open. */
async function follow() {
  let since = null;
  let hold = 1; // 0 after a failure, to learn at once when the simulator is back
  for (;;) {
    try {
      since ??= await start();
      const news = await call("GET", "/chat/changes", { since, hold });
      hold = 1;
      $("offline").hidden = true;
      since = news.reset ? null : news.next;
      if (!news.reset) await hear(news);
      if (!news.held) await pause(document.hidden ? 2000 : 350);
    } catch {
      hold = 0;
      $("offline").hidden = false;
      await pause(1000);
    }
  }
}

const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

async function hear(news) {
  if (!news.rooms) return;
  state.rooms = news.rooms;
  if (state.open?.to) adoptDraft();
  const here = news.messages.filter((message) => message.roomId === state.open?.id);
  announce(news.messages);
  if (here.length) {
    nothingYet("");
    messages.show(here);
    if (document.hasFocus()) await read();
  }
  messages.remove(news.deleted);
  if (state.open?.id && news.members.includes(state.open.id)) await refreshRoom();
  drawRooms();
}

/** Tells people who listen to the page what others wrote; the messages themselves are not read out again. */
function announce(heard) {
  const others = heard.filter((message) => message.author.email !== me && !message.isEdited);
  const titleOf = (id) => (id === state.open?.id ? "" : ` in ${state.rooms.find((room) => room.id === id)?.title}`);
  if (others.length) $("heard").textContent = others.map((one) => `${one.author.name}${titleOf(one.roomId)}: ${one.words}`).join("; ");
}

/** The 1:1 that was a draft exists now: the other side, or another tab, wrote first. */
function adoptDraft() {
  const made = state.rooms.find((room) => room.other?.email === state.open.to);
  if (made) enter({ id: made.id });
}

async function refreshRoom() {
  const room = state.rooms.find((one) => one.id === state.open.id);
  if (!room) return enter(null);
  const content = await call("GET", `/chat/rooms/${encodeURIComponent(room.id)}`);
  dressRoom(content.room, content.members);
}

async function read() {
  const room = state.rooms.find((one) => one.id === state.open?.id);
  if (!room?.isUnread) return;
  room.isUnread = false;
  await call("POST", `/chat/rooms/${encodeURIComponent(room.id)}/read`);
}

async function openDirect(email) {
  if (email === me) throw new Error("That is you. Choose somebody else.");
  if (!(await rooms.personWith(email))) throw new Error(`Nobody here has the address ${email}.`);
  const known = state.rooms.find((room) => room.other?.email === email);
  await enter(known ? { id: known.id } : { to: email });
}

async function showEarlier() {
  const content = await call("GET", `/chat/rooms/${encodeURIComponent(state.open.id)}`, { before: messages.firstOrder() });
  $("earlier").hidden = !content.hasEarlier;
  messages.showEarlier(content.messages);
}

$("new-message").onclick = () => rooms.newMessage(openDirect);
$("new-room").onclick = () => rooms.newRoom(enter);
$("add-people").onclick = rooms.addPeople;
$("members").onclick = rooms.showMembers;
$("earlier").onclick = showEarlier;
$("back").onclick = () => enter(null);
// Links, so that they lead there also before this script is loaded.
$("meet-bot").onclick = $("first").querySelector("a").onclick = (event) => {
  event.preventDefault();
  openDirect(BOT);
};
messages.setTools((reply) => composer.setMode({ reply }), (edit) => composer.setMode({ edit }));
composer.setPosted(posted);
addEventListener("popstate", () => enter(whereNow(), false));
addEventListener("focus", () => { read().then(drawRooms); });
composer.fit();
follow();
