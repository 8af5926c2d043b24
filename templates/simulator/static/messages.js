// The messages of the open room: drawing them, keeping threads together, following the end, moving with the keys.

import { $, avatar, call, el, me } from "./page.js";
import { enliven } from "./cards.js";

const GROUPED_WITHIN = 5 * 60 * 1000;
const place = $("messages");
const scroller = $("scroll");
let onReply = () => {};
let onEdit = () => {};
let unseen = []; // Messages that came where the reader does not look.

/** Sets what the buttons of a message do. */
export function setTools(reply, edit) {
  onReply = reply;
  onEdit = edit;
}

/** Shows the messages of a room that was just opened, from the end. */
export function fill(messages) {
  place.replaceChildren();
  messages.forEach(put);
  arrange();
  toEnd();
  setUnseen([]);
}

/** The order of the oldest message shown: earlier ones come before it. */
export const firstOrder = () => Math.min(...[...place.children].map((one) => one.dataset.order));

/** Shows messages that are new or have changed; stays at the end if the reader is there. */
export function show(messages) {
  const wasAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
  const fresh = messages.filter((message) => !find(message.id));
  messages.forEach(put);
  arrange();
  if (wasAtEnd) toEnd();
  const mine = fresh.findLast((message) => message.author.email === me);
  if (mine) find(mine.id).scrollIntoView({ block: "nearest" });
  setUnseen([...unseen, ...fresh.map((message) => find(message.id))]);
}

/** Shows older messages above, without moving what is on the screen. */
export function showEarlier(messages) {
  const height = scroller.scrollHeight;
  messages.forEach(put);
  arrange();
  scroller.scrollTop += scroller.scrollHeight - height;
}

export function remove(ids) {
  const gone = ids.map(find).filter(Boolean);
  const hadFocus = gone.some((one) => one.contains(document.activeElement));
  for (const one of gone) {
    one.remove();
    for (const quote of place.querySelectorAll(`[data-parent="${CSS.escape(one.dataset.id)}"] .answers`)) quote.lastChild.textContent = "a deleted message";
  }
  arrange();
  if (hadFocus) $("message").focus();
}

function toEnd() {
  scroller.scrollTop = scroller.scrollHeight;
}

const find = (id) => place.querySelector(`[data-id="${CSS.escape(id)}"]`);

function put(message) {
  const drawn = draw(message);
  const known = find(message.id);
  if (known) known.replaceWith(drawn);
  else place.append(drawn);
}

/** Brings the messages into their order: by time, and answers below the message they answer. */
function arrange() {
  const rootOf = (one) => find(one.dataset.parent ?? "") ?? one;
  const sorted = [...place.children].map((one) => [Number(rootOf(one).dataset.order), Number(one.dataset.order), one]);
  sorted.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  let previous = null;
  sorted.forEach(([, , one], index) => {
    if (place.children[index] !== one) place.insertBefore(one, place.children[index] ?? null);
    one.classList.toggle("reply", rootOf(one) !== one);
    one.classList.toggle("continued", Boolean(previous && continues(one, previous)));
    one.tabIndex = index === sorted.length - 1 ? 0 : -1;
    previous = one;
  });
}

function continues(one, previous) {
  const isSameThread = one.classList.contains("reply") === previous.classList.contains("reply") && (one.dataset.parent ?? "") === (previous.dataset.parent ?? "");
  return isSameThread && previous.dataset.author === one.dataset.author && one.dataset.time - previous.dataset.time < GROUPED_WITHIN;
}

function draw(message) {
  const made = new Date(message.created);
  const body = el("div", { className: "body" });
  body.innerHTML = message.html; // The simulator's own rendering: raw html in a message arrives here escaped.
  dress(body);
  const words = el("div", { className: "words" }, meta(message, made));
  if (message.answers) words.append(el("p", { className: "answers" }, el("span", { className: "hidden" }, "In reply to "), `${message.answers}`));
  body.hidden = Boolean(message.card) || !message.html; // As in Webex, a card stands in the place of the words beside it.
  words.append(body, ...message.files.map(file));
  if (message.isEdited) words.append(el("span", { className: "edited" }, "edited"));
  if (message.card) words.append(card(message));
  const article = el("article", { className: "message", tabIndex: -1 }, avatar(message.author), words, tools(message));
  Object.assign(article.dataset, { id: message.id, order: message.order, author: message.author.email, time: made.getTime() });
  if (message.parentId) article.dataset.parent = message.parentId;
  return article;
}

function card(message) {
  const holder = el("div");
  holder.innerHTML = message.card; // Drawn by the simulator, which escapes everything in it.
  const drawn = holder.firstElementChild;
  enliven(drawn, (inputs) => call("POST", "/chat/actions", { messageId: message.id, inputs }));
  return drawn;
}

function file(one) {
  const address = `/chat/contents/${encodeURIComponent(one.id)}?as=${encodeURIComponent(me)}`;
  const link = el("a", { className: "file", href: address, download: one.name, title: one.name }, el("strong", {}, one.name), el("small", {}, sizeOf(one.size)));
  if (/^image\/(png|jpeg|gif|webp)$/.test(one.type)) link.prepend(el("img", { src: address, alt: "", onerror: (event) => event.target.remove() }));
  link.onclick = (event) => { event.preventDefault(); save(link, address, one); };
  return link;
}

/** Saves a file, or says beside it why there is none: the scan for malware is part of Webex. */
async function save(link, address, one) {
  link.parentElement.querySelector(".refused")?.remove();
  const answer = await fetch(address);
  if (answer.ok) {
    const local = URL.createObjectURL(await answer.blob());
    el("a", { href: local, download: one.name }).click();
    setTimeout(() => URL.revokeObjectURL(local), 60_000);
  } else link.after(el("p", { className: "refused", role: "alert" }, (await answer.json()).message));
}

export function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function meta(message, made) {
  const today = new Date().toDateString() === made.toDateString();
  const clock = made.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const shown = today ? clock : `${made.toLocaleDateString([], { day: "numeric", month: "short" })}, ${clock}`;
  const line = el("div", { className: "meta" }, el("strong", {}, message.author.name));
  if (message.author.isBot) line.append(el("span", { className: "badge" }, "Bot"));
  line.append(el("time", { dateTime: message.created, title: made.toLocaleString() }, shown));
  return line;
}

function tools(message) {
  const button = (label, press) => el("button", { type: "button", className: "plain", tabIndex: -1, onclick: press }, label);
  const row = el("div", { className: "tools" }, button("Reply", () => onReply(message)));
  if (message.author.email === me) {
    if (!message.card && !message.files.length) row.append(button("Edit", () => onEdit(message)));
    row.append(button("Delete", () => call("DELETE", `/chat/messages/${message.id}`)));
  }
  return row;
}

/** Makes bare addresses links, lets links open beside the chat, and marks mentions of the reader. */
function dress(body) {
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest("a, code")) texts.push(walker.currentNode);
  for (const node of texts) {
    const pieces = node.data.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?')\]])/);
    if (pieces.length > 1) node.replaceWith(...pieces.map((piece, index) => (index % 2 ? el("a", { href: piece }, piece) : piece)));
  }
  for (const link of body.querySelectorAll("a")) Object.assign(link, { target: "_blank", rel: "noopener nofollow" });
  for (const wide of body.querySelectorAll("pre")) wide.tabIndex = 0; // Long lines are read by scrolling, also with the keys.
  for (const mention of body.querySelectorAll("spark-mention")) {
    if (mention.dataset.objectId === document.body.dataset.id || mention.dataset.groupType) mention.classList.add("me");
  }
}

/** Remembers what the reader has not seen, and offers the way to the first of it. */
function setUnseen(messages) {
  const view = scroller.getBoundingClientRect();
  const isOutside = (one) => { const { top, bottom } = one.getBoundingClientRect(); return bottom > view.bottom + 8 || top + 8 < view.top; };
  unseen = messages.filter((one) => one?.isConnected && one.dataset.author !== me && isOutside(one));
  $("unseen").hidden = !unseen.length;
  $("unseen").textContent = unseen[0]?.classList.contains("reply") ? "New reply" : "New message";
}

scroller.addEventListener("scroll", () => unseen.length && setUnseen(unseen), { passive: true });
$("unseen").onclick = () => {
  const [first] = unseen;
  first?.scrollIntoView({ block: "center" });
  first?.focus();
  setUnseen([]);
};

// One message is a stop of the Tab key, the arrow keys go to its neighbours, and its buttons come after it.
place.addEventListener("focusin", (event) => {
  const here = event.target.closest(".message");
  for (const one of place.children) {
    one.tabIndex = one === here ? 0 : -1;
    for (const button of one.querySelectorAll(".tools button")) button.tabIndex = one === here ? 0 : -1;
  }
});
place.addEventListener("keydown", (event) => {
  const here = event.target.closest(".message");
  const goal = { ArrowUp: here?.previousElementSibling, ArrowDown: here?.nextElementSibling, Home: place.firstElementChild, End: place.lastElementChild }[event.key];
  if (event.target !== here || !goal) return;
  event.preventDefault();
  goal.focus();
});
