// Mentions in the composer: typing @ offers the members of the room.

import { $, el, personLine } from "./page.js";

const EVERYBODY = { name: "All", email: "everybody in this room", initials: "@", hue: 5, isAll: true };
const textarea = $("message");
const list = $("mentions");
let members = [];
let everybody = [];
let offered = [];
let chosen = 0;
const picked = new Map(); // By name: what stands for it in markdown. Two people may have the same name.

/** Sets who can be mentioned; nobody in a 1:1. */
export function setMembers(people, mayMentionAll) {
  members = people;
  everybody = mayMentionAll ? [EVERYBODY] : [];
  if (document.activeElement === textarea) offer(); // Somebody may type faster than the room is opened.
  else close();
}

/** Turns "@Bob Brown" into the markdown of a mention. */
export function withMentions(text) {
  const marks = new Map([...members.map((one) => [one.name, markOf(one)]), ...picked]);
  picked.clear();
  const longestFirst = [...marks.keys()].sort((one, other) => other.length - one.length);
  for (const name of longestFirst) text = text.replaceAll(`@${name}`, marks.get(name));
  return text;
}

/** Turns the mentions in the markdown of a message to be edited into "@Bob Brown" again. */
export function withNames(markdown) {
  return markdown.replace(/<@(all|person\w+:[^|>]+)\|([^>]+)>/g, (mark, who, name) => {
    picked.set(name, mark);
    return `@${name}`;
  });
}

const markOf = (one) => (one.isAll ? "<@all|All>" : `<@personId:${one.id}|${one.name}>`);

/** Handles the keys of the open list; says whether it took the key. */
export function takeKey(event) {
  if (list.hidden) return false;
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
  offered = found && members.length ? [...members, ...everybody].filter(fits).slice(0, 7) : [];
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
  picked.set(person.name, markOf(person));
  close();
  textarea.focus();
}

function close() {
  list.hidden = true;
  textarea.removeAttribute("aria-activedescendant");
}

textarea.addEventListener("input", offer);
textarea.addEventListener("blur", close);
