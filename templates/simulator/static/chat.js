// The chat page: which room is open, what is typed, and what the simulator tells.

import { $, ask, avatar, call, el, emailChooser, me, personLine } from "./page.js";
import * as mentions from "./mentions.js";
import * as messages from "./messages.js";

const BOT = "armyknife@webex.bot";
let people = [];
let rooms = [];
let members = [];
let open = null; // {id} of a room, or {to} for a 1:1 that does not exist before its first message
let mode = null; // {reply: message} or {edit: message}

const person = (email) => people.find((one) => one.email === email);
const addressOf = (where) => "?" + new URLSearchParams({ as: me, ...(where?.id ? { room: where.id } : where?.to ? { to: where.to } : {}) });

function drawRooms() {
  $("rooms").replaceChildren(...rooms.map((room) => {
    const isOpen = room.id === open?.id;
    const face = room.other ? avatar(room.other) : el("span", { className: "avatar group", "aria-hidden": "true" }, room.title.slice(0, 1).toUpperCase());
    const go = (event) => {
      if (event.metaKey || event.ctrlKey) return;
      event.preventDefault();
      enter({ id: room.id });
    };
    const isUnread = room.isUnread && !(isOpen && document.hasFocus());
    const link = el("a", { href: addressOf(room), className: isUnread ? "unread" : "", "data-room": room.title, "aria-current": isOpen ? "page" : null, onclick: go }, face, el("span", { className: "who" }, el("strong", {}, room.title), el("small", {}, room.snippet)));
    if (isUnread) link.append(el("span", { className: "dot", role: "img", "aria-label": "unread" }));
    return el("li", {}, link);
  }));
  $("first").hidden = rooms.some((room) => room.other?.email === BOT);
}

/** Opens a room or the draft of a 1:1; without an argument, none. */
async function enter(where, remember = true) {
  open = where;
  if (remember) history.pushState(null, "", addressOf(where));
  setMode(null);
  problem(null);
  $("room").hidden = !where;
  $("welcome").hidden = Boolean(where);
  document.body.classList.toggle("in-room", Boolean(where));
  if (where?.id) await enterRoom(where);
  else if (where) enterDraft(where.to);
  drawRooms();
  fit();
  if (where && matchMedia("(hover: hover)").matches) $("message").focus();
}

async function enterRoom(where) {
  let content;
  try {
    content = await call("GET", `/chat/rooms/${where.id}`);
  } catch {
    return enter(null);
  }
  if (open !== where) return;
  messages.clear();
  dressRoom(content.room, content.members);
  $("earlier").hidden = !content.hasEarlier;
  messages.show(content.messages);
  messages.toEnd();
  nothingYet(content.messages.length === 0 ? "Nothing said here yet. Write the first message below." : "");
  const known = rooms.find((room) => room.id === where.id);
  if (known) known.isUnread = false;
}

function enterDraft(email) {
  const other = person(email);
  if (!other) return enter(null);
  messages.clear();
  dressRoom({ title: other.name, kind: "direct" }, []);
  $("earlier").hidden = true;
  nothingYet(`This is the start of your 1:1 with ${other.name}. Say hello.`);
}

function dressRoom(room, inside) {
  const isGroup = room.kind === "group";
  members = inside;
  $("title").textContent = room.title;
  document.title = `${room.title} · Webex simulator`;
  $("message").placeholder = isGroup ? `Message ${room.title}, @ to mention` : `Message ${room.title}`;
  $("members").hidden = $("add-people").hidden = !isGroup;
  $("members").textContent = `${members.length} ${members.length === 1 ? "member" : "members"}`;
  mentions.setMembers(isGroup ? members.filter((one) => one.email !== me) : []);
}

function nothingYet(words) {
  $("nothing").hidden = !words;
  $("nothing").textContent = words;
}

function problem(words) {
  $("problem").hidden = !words;
  $("problem").textContent = words || "";
}

function setMode(wanted) {
  mode = wanted;
  $("mode").hidden = !wanted;
  if (!wanted) return;
  const { reply, edit } = wanted;
  $("mode").firstElementChild.textContent = edit ? "Editing your message" : `Replying to ${reply.author.name}`;
  if (edit) $("message").value = edit.text;
  fit();
  $("message").focus();
}

async function send() {
  const box = $("message");
  const typed = box.value.trim();
  if (!typed || !open) return;
  const markdown = mentions.withMentions(typed);
  const { reply, edit } = mode ?? {};
  box.value = "";
  fit();
  problem(null);
  try {
    if (edit) await call("PUT", `/chat/messages/${edit.id}`, { markdown });
    else await post(markdown, reply);
    setMode(null);
  } catch (refusal) {
    box.value ||= typed;
    fit();
    problem(refusal.message);
  }
}

async function post(markdown, reply) {
  const here = open;
  const where = here.id ? { roomId: here.id } : { to: here.to };
  const posted = await call("POST", "/chat/messages", { ...where, markdown, parentId: reply ? (reply.parentId ?? reply.id) : null });
  if (open !== here) return;
  if (!here.id) {
    open = { id: posted.roomId };
    history.replaceState(null, "", addressOf(open));
  }
  nothingYet("");
  messages.show([posted]);
}

/** Grows the field with its text. */
function fit() {
  const box = $("message");
  box.style.height = "auto";
  if (box.offsetParent) box.style.height = `${box.scrollHeight}px`; // A hidden field has no height to take.
  $("send").disabled = !box.value.trim();
}

async function start() {
  const state = await call("GET", "/chat/state");
  people = state.people;
  rooms = state.rooms;
  document.body.dataset.id = state.me.id;
  const where = new URLSearchParams(location.search);
  await enter(where.get("room") ? { id: where.get("room") } : where.get("to") ? { to: where.get("to") } : null, false);
  return state.next;
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
  rooms = news.rooms;
  if (open?.to) adoptDraft();
  const here = news.messages.filter((message) => message.roomId === open?.id);
  if (here.length) {
    nothingYet("");
    messages.show(here);
    if (document.hasFocus()) await read();
  }
  messages.remove(news.deleted);
  if (open?.id && news.members.includes(open.id)) await refreshMembers();
  drawRooms();
}

/** The 1:1 that was a draft exists now: the other side, or another tab, wrote first. */
function adoptDraft() {
  const made = rooms.find((room) => room.other?.email === open.to);
  if (made) enter({ id: made.id });
}

async function refreshMembers() {
  const room = rooms.find((one) => one.id === open.id);
  if (!room) return enter(null);
  const content = await call("GET", `/chat/rooms/${room.id}`);
  dressRoom(content.room, content.members);
}

async function read() {
  const room = rooms.find((one) => one.id === open?.id);
  if (!room?.isUnread) return;
  room.isUnread = false;
  await call("POST", `/chat/rooms/${room.id}/read`);
}

function newMessage() {
  const chooser = emailChooser(people.filter((one) => one.email !== me), "To whom? (e-mail)");
  ask({ title: "New message", ok: "Open", body: chooser.body, submit: () => openDirect(chooser.input.value) });
}

async function openDirect(given) {
  const email = given.trim().toLowerCase();
  if (email === me) throw new Error("That is you. Choose somebody else.");
  if (!person(email)) people = (await call("GET", "/chat/state")).people;
  if (!person(email)) throw new Error(`Nobody here has the address ${email}.`);
  const known = rooms.find((room) => room.other?.email === email);
  await enter(known ? { id: known.id } : { to: email });
}

function newRoom() {
  const input = el("input", { name: "title", required: true, maxLength: 120, autocomplete: "off" });
  const submit = async () => {
    const room = await call("POST", "/chat/rooms", { title: input.value });
    await enter({ id: room.id });
  };
  ask({ title: "New room", ok: "Create", body: [el("label", {}, "Name of the room", input)], submit });
}

function addPeople() {
  const inside = new Set(members.map((one) => one.email));
  const room = open;
  const chooser = emailChooser(people.filter((one) => !inside.has(one.email)), "Whom? (e-mail)");
  const submit = () => call("POST", `/chat/rooms/${room.id}/members`, { email: chooser.input.value });
  ask({ title: "Add people", ok: "Add", body: chooser.body, submit });
}

function showMembers() {
  const room = open;
  const list = el("ul", { className: "picks" }, ...members.map((one) => {
    const leave = async () => {
      await call("DELETE", `/chat/rooms/${room.id}/members`, { email: one.email });
      $("dialog").close();
    };
    const label = one.email === me ? "Leave" : "Remove";
    return el("li", {}, el("span", { className: "person" }, ...personLine(one)), el("button", { type: "button", className: "quiet", "aria-label": `${label} ${one.name}`, onclick: leave }, label));
  }));
  ask({ title: "Members", body: [list], submit: () => {} });
}

async function showEarlier() {
  const content = await call("GET", `/chat/rooms/${open.id}`, { before: messages.firstOrder() });
  $("earlier").hidden = !content.hasEarlier;
  messages.showEarlier(content.messages);
}

$("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
$("message").addEventListener("input", fit);
$("message").addEventListener("keydown", (event) => {
  if (mentions.takeKey(event)) return;
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
  if (event.key === "Escape" && mode) { $("message").value = ""; setMode(null); fit(); }
});
$("cancel-mode").onclick = () => { if (mode?.edit) $("message").value = ""; setMode(null); fit(); };
$("new-message").onclick = newMessage;
$("new-room").onclick = newRoom;
$("add-people").onclick = addPeople;
$("members").onclick = showMembers;
$("earlier").onclick = showEarlier;
$("back").onclick = () => enter(null);
$("meet-bot").onclick = $("first").querySelector("button").onclick = () => openDirect(BOT);
messages.setTools((message) => setMode({ reply: message }), (message) => setMode({ edit: message }));
addEventListener("popstate", () => {
  const where = new URLSearchParams(location.search);
  enter(where.get("room") ? { id: where.get("room") } : where.get("to") ? { to: where.get("to") } : null, false);
});
addEventListener("focus", () => { read().then(drawRooms); });
fit();
follow();
