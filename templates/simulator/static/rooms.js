// What one does with rooms and people, each in a dialog: write to somebody, make a room, add and remove people.

import { $, ask, call, el, emailChooser, me, personLine, state } from "./page.js";

/** Returns the person with an address, also one who came after the page was opened. */
export async function personWith(email) {
  const known = () => state.people.find((one) => one.email === email);
  if (!known()) state.people = (await call("GET", "/chat/state")).people;
  return known();
}

export function newMessage(openDirect) {
  const chooser = emailChooser(state.people.filter((one) => one.email !== me), "To whom? (e-mail)");
  ask({ title: "New message", ok: "Open", body: chooser.body, submit: () => openDirect(chooser.input.value.trim().toLowerCase()) });
}

export function newRoom(enter) {
  const input = el("input", { name: "title", required: true, maxLength: 120, autocomplete: "off" });
  const submit = async () => enter({ id: (await call("POST", "/chat/rooms", { title: input.value })).id });
  ask({ title: "New room", ok: "Create", body: [el("label", {}, "Name of the room", input)], submit });
}

export function addPeople() {
  const inside = new Set(state.members.map((one) => one.email));
  const { id } = state.open;
  const chooser = emailChooser(state.people.filter((one) => !inside.has(one.email)), "Whom? (e-mail)");
  const submit = () => call("POST", `/chat/rooms/${id}/members`, { email: chooser.input.value });
  ask({ title: "Add people", ok: "Add", body: chooser.body, submit });
}

export function showMembers() {
  const { id } = state.open;
  const list = el("ul", { className: "picks" }, ...state.members.map((one) => {
    const label = one.email === me ? "Leave" : "Remove";
    const remove = () => { leave(id, one); };
    return el("li", {}, el("span", { className: "person" }, ...personLine(one)), el("button", { type: "button", className: "quiet", "aria-label": `${label} ${one.name}`, onclick: remove }, label));
  }));
  ask({ title: "Members", body: [list], submit: () => {} });
}

async function leave(roomId, person) {
  try {
    await call("DELETE", `/chat/rooms/${roomId}/members`, { email: person.email });
    $("dialog").close();
  } catch (refusal) {
    $("dialog-problem").textContent = refusal.message;
    $("dialog-problem").hidden = false;
  }
}
