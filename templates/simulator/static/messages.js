// The messages of the open room: drawing them, keeping them in order, following the end.

import { $, avatar, call, el, me } from "./page.js";
import { drawCard } from "./cards.js";

const GROUPED_WITHIN = 5 * 60 * 1000;
const place = $("messages");
const scroller = $("scroll");
let onReply = () => {};
let onEdit = () => {};

/** Sets what the buttons of a message do. */
export function setTools(reply, edit) {
  onReply = reply;
  onEdit = edit;
}

export function clear() {
  place.replaceChildren();
}

export const firstOrder = () => place.firstElementChild?.dataset.order;

/** Shows messages that are new or have changed; stays at the end if the reader is there. */
export function show(messages) {
  const wasAtEnd = isAtEnd();
  for (const message of messages) put(message);
  regroup();
  if (wasAtEnd || messages.some((message) => message.author.email === me)) toEnd();
}

/** Shows older messages above, without moving what is on the screen. */
export function showEarlier(messages) {
  const height = scroller.scrollHeight;
  for (const message of messages) put(message);
  regroup();
  scroller.scrollTop += scroller.scrollHeight - height;
}

export function remove(ids) {
  for (const id of ids) find(id)?.remove();
  regroup();
}

export function toEnd() {
  scroller.scrollTop = scroller.scrollHeight;
}

const find = (id) => place.querySelector(`[data-id="${CSS.escape(id)}"]`);
const isAtEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;

function put(message) {
  const drawn = draw(message);
  const known = find(message.id);
  if (known) return known.replaceWith(drawn);
  const later = [...place.children].reverse();
  const previous = later.find((one) => Number(one.dataset.order) < message.order);
  if (previous) previous.after(drawn);
  else place.prepend(drawn);
}

function regroup() {
  let previous = null;
  for (const one of place.children) {
    const isSame = previous && previous.dataset.author === one.dataset.author && !one.dataset.answers;
    const isSoon = previous && Number(one.dataset.time) - Number(previous.dataset.time) < GROUPED_WITHIN;
    one.classList.toggle("continued", Boolean(isSame && isSoon));
    previous = one;
  }
}

function draw(message) {
  const made = new Date(message.created);
  const body = el("div", { className: "body" });
  body.innerHTML = message.html; // The simulator's own rendering: raw html in a message arrives here escaped.
  dress(body);
  const words = el("div", { className: "words" }, meta(message, made));
  if (message.answers) words.append(el("p", { className: "answers" }, `↳ ${message.answers}`));
  body.hidden = Boolean(message.card); // As in Webex, a card stands in the place of the words beside it.
  words.append(body);
  if (message.isEdited) words.append(el("span", { className: "edited" }, "edited"));
  if (message.card) words.append(drawCard(message.card, (inputs) => call("POST", "/chat/actions", { messageId: message.id, inputs })));
  const article = el("article", { className: "message", tabIndex: -1 }, avatar(message.author), words, tools(message));
  Object.assign(article.dataset, { id: message.id, order: message.order, author: message.author.email, time: made.getTime() });
  if (message.answers) article.dataset.answers = "yes";
  return article;
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
  const button = (label, press) => el("button", { type: "button", className: "plain", onclick: press }, label);
  const row = el("div", { className: "tools" }, button("Reply", () => onReply(message)));
  if (message.author.email === me) {
    if (!message.card) row.append(button("Edit", () => onEdit(message)));
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
  for (const mention of body.querySelectorAll("spark-mention")) {
    if (mention.dataset.objectId === document.body.dataset.id || mention.dataset.groupType) mention.classList.add("me");
  }
}
