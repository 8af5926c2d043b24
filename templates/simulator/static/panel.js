// The inspector beside the chat, and the menu of people: what is closed by default and opens at a press.

const panel = document.getElementById("panel");
const opener = document.getElementById("open-panel");
const said = document.getElementById("panel-said");
let timer = null;

function setOpen(isOpen) {
  panel.hidden = !isOpen;
  document.body.classList.toggle("with-panel", isOpen);
  opener.setAttribute("aria-expanded", String(isOpen));
  clearInterval(timer);
  if (!isOpen) return opener.focus();
  timer = setInterval(refresh, 1500);
  refresh();
  readSwitches();
  document.getElementById("panel-title").focus();
}

/** Fetches the lists; one that has not changed stays, with what is selected in it. */
async function refresh() {
  if (document.hidden) return;
  const drawn = document.createElement("template");
  try {
    drawn.innerHTML = await (await fetch("/chat/panel")).text(); // Made by the simulator, which escapes everything in it.
  } catch {
    return; // The chat says that nobody answers.
  }
  for (const list of drawn.content.querySelectorAll("[data-list]")) {
    const { list: name, count } = list.dataset;
    const place = panel.querySelector(`[data-place="${name}"]`);
    if (place.drawn === list.innerHTML) continue;
    place.drawn = list.innerHTML;
    for (const time of list.querySelectorAll("time")) time.textContent = new Date(time.dateTime)["whole" in time.dataset ? "toLocaleString" : "toLocaleTimeString"]();
    place.replaceChildren(...list.childNodes);
    const counter = panel.querySelector(`[data-count-of="${name}"]`);
    if (counter) counter.textContent = count;
  }
}

async function control(where, fields, method = "POST") {
  const options = { method, headers: { "Content-Type": "application/json" } };
  if (method === "POST") options.body = JSON.stringify(fields);
  const answer = await fetch(`/_sim/${where}`, options);
  if (!answer.ok) throw new Error((await answer.json()).message);
  return answer.status === 204 ? null : answer.json();
}

/** Does something and says what came of it. */
async function attempt(work, words) {
  try {
    await work();
    said.className = "";
    said.textContent = words;
  } catch (problem) {
    said.className = "bad";
    said.textContent = problem.message;
  }
  refresh();
}

async function readSwitches() {
  const values = await control("switches", null, "GET");
  for (const input of document.getElementById("switches").elements) {
    if (input.type === "checkbox") input.checked = values[input.name];
    else input.value = values[input.name];
  }
}

function fieldsOf(form) {
  const fields = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
  if (fields.fault) fields.fault = JSON.parse(fields.fault);
  if (fields.times) fields.times = Number(fields.times);
  return fields;
}

opener.onclick = () => setOpen(panel.hidden);
document.getElementById("close-panel").onclick = () => setOpen(false);
panel.onkeydown = (event) => { if (event.key === "Escape") setOpen(false); };
panel.onclick = (event) => {
  const { control: where, fields, method, said: words } = event.target.closest("button[type=button][data-control]")?.dataset ?? {};
  if (where) attempt(() => control(where, JSON.parse(fields ?? "{}"), method), words);
};
panel.onsubmit = (event) => {
  event.preventDefault();
  const form = event.target;
  if (!form.dataset.control) return;
  attempt(() => control(event.submitter.dataset.control ?? form.dataset.control, fieldsOf(form)), form.dataset.said);
};
document.getElementById("switches").onchange = ({ target }) => {
  const value = target.type === "checkbox" ? target.checked : target.type === "number" ? Number(target.value) : target.value;
  attempt(() => control("switches", { [target.name]: value }), `${target.name} is ${value}.`);
};

const menu = document.querySelector("details.menu");
menu?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menu.open = false;
  menu.firstElementChild.focus();
});
addEventListener("click", (event) => { if (menu && !menu.contains(event.target)) menu.open = false; });
