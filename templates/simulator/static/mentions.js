// Mentions in the composer: typing @ offers the members of the room.

import { $, el, personLine } from "./page.js";

const EVERYBODY = { name: "All", email: "everybody in this room", initials: "@", hue: 5, isAll: true };
const textarea = $("message");
const list = $("mentions");
let members = [];
let offered = [];
let chosen = 0;
let mentionsAll = false;

/** Sets who can be mentioned; nobody in a 1:1. */
export function setMembers(people) {
  members = people;
  close();
}

export const isOpen = () => !list.hidden;

/** Turns "@Bob Brown" into the markdown of a mention. */
export function withMentions(text) {
  const everybody = mentionsAll ? [EVERYBODY] : [];
  mentionsAll = false;
  const longestFirst = [...members, ...everybody].sort((one, other) => other.name.length - one.name.length);
  for (const person of longestFirst) {
    const mention = person.isAll ? "<@all>" : `<@personEmail:${person.email}|${person.name}>`;
    text = text.replaceAll(`@${person.name}`, mention);
  }
  return text;
}

/** Handles the keys of the open list; says whether it took the key. */
export function takeKey(event) {
  if (!isOpen()) return false;
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in steps) mark((chosen + steps[event.key] + offered.length) % offered.length);
  else if (event.key === "Enter" || event.key === "Tab") choose(offered[chosen]);
  else if (event.key === "Escape") close();
  else return false;
  event.preventDefault();
  return true;
}

function typed() {
  const before = textarea.value.slice(0, textarea.selectionStart);
  return /(?:^|\s)@([^@\n]{0,40})$/.exec(before);
}

function offer() {
  const found = typed();
  const wanted = found?.[1].toLowerCase();
  const fits = (one) => one.name.toLowerCase().startsWith(wanted) || one.name.toLowerCase().split(" ").some((part) => part.startsWith(wanted));
  offered = found && members.length ? [...members, EVERYBODY].filter(fits).slice(0, 7) : [];
  if (!offered.length) return close();
  list.replaceChildren(...offered.map((one, index) => {
    const pick = (event) => { event.preventDefault(); choose(one); };
    return el("li", { id: `mention-${index}`, role: "option", className: "person", "data-mention": one.email, onmousedown: pick }, ...personLine(one));
  }));
  list.hidden = false;
  mark(0);
}

function mark(index) {
  chosen = index;
  [...list.children].forEach((item, position) => item.setAttribute("aria-selected", String(position === index)));
  textarea.setAttribute("aria-activedescendant", `mention-${index}`);
}

function choose(person) {
  const found = typed();
  const end = textarea.selectionStart;
  const start = end - found[1].length - 1;
  textarea.setRangeText(`@${person.name} `, start, end, "end");
  mentionsAll ||= Boolean(person.isAll);
  close();
  textarea.focus();
}

function close() {
  list.hidden = true;
  textarea.removeAttribute("aria-activedescendant");
}

textarea.addEventListener("input", offer);
textarea.addEventListener("blur", close);
