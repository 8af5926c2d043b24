// Small things the page is made of: what it knows, elements, requests, the one dialog.

export const $ = (id) => document.getElementById(id);

/** What the page knows; `open` is {id} of a room, or {to} for a 1:1 that does not exist before its first message. */
export const state = { people: [], rooms: [], members: [], open: null };

/** Makes an element: el("button", {type: "button", onclick: f}, "Text", child…). Text never becomes html. */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name in made && !name.startsWith("aria")) made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function avatar(person, size = "") {
  return el("span", { className: `avatar ${size} hue-${person.hue}`, "aria-hidden": "true" }, person.initials);
}

export function personLine(person) {
  const name = el("strong", {}, person.name);
  if (person.isBot) name.append(" ", el("span", { className: "badge" }, "Bot"));
  return [avatar(person), el("span", { className: "who" }, name, el("small", {}, person.email))];
}

export const me = document.body.dataset.me;

/** Calls the simulator as this person; throws an Error with its sentence if it refuses. */
export async function call(method, path, fields = {}) {
  const given = { as: me, ...fields };
  const options = { method };
  if (method === "GET") path += "?" + new URLSearchParams(given);
  else if (given.file) options.body = formOf(given);
  else {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(given);
  }
  const answer = await fetch(path, options);
  if (answer.status === 204) return null;
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.message);
  return content;
}

function formOf(fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value) form.append(name, value);
  return form;
}

/** Opens the dialog; `submit` may throw an Error, which is shown, and closes it otherwise. */
export function ask({ title, ok, body, submit }) {
  const dialog = $("dialog");
  $("dialog-title").textContent = title;
  $("dialog-body").replaceChildren(...body);
  $("dialog-problem").hidden = true;
  $("dialog-ok").hidden = !ok;
  $("dialog-ok").textContent = ok || "";
  $("dialog-cancel").textContent = ok ? "Cancel" : "Close";
  $("dialog-cancel").onclick = () => dialog.close();
  dialog.querySelector("form").onsubmit = async (event) => {
    event.preventDefault();
    const before = state.open;
    try {
      await submit();
      dialog.close();
      if (state.open !== before) $("message").focus();
    } catch (problem) {
      $("dialog-problem").textContent = problem.message;
      $("dialog-problem").hidden = false;
    }
  };
  dialog.showModal();
  dialog.querySelector("input")?.focus();
}

/** An e-mail field with people to choose from below it; a click on one fills the field and submits. */
export function emailChooser(people, label) {
  const input = el("input", { name: "email", type: "email", required: true, autocomplete: "off" });
  const list = el("ul", { className: "picks" });
  const show = () => {
    const wanted = input.value.trim().toLowerCase();
    const fitting = people.filter((one) => one.email.includes(wanted) || one.name.toLowerCase().includes(wanted));
    list.replaceChildren(...fitting.map((one) => {
      const choose = () => { input.value = one.email; input.form.requestSubmit(); };
      return el("li", {}, el("button", { type: "button", className: "person", "data-pick": one.email, onclick: choose }, ...personLine(one)));
    }));
  };
  input.addEventListener("input", show);
  show();
  return { input, body: [el("label", {}, label, input), list] };
}
