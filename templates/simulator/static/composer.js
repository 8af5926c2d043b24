// The field one writes in: new messages, answers, edits, and the file that goes with a message.

import { $, call, state } from "./page.js";
import * as mentions from "./mentions.js";
import { sizeOf } from "./messages.js";

const box = $("message");
const file = $("file");
let mode = null; // {reply: message} or {edit: message}
let onPosted = () => {};

/** Sets what happens with a message that was posted; `here` is where it was written. */
export function setPosted(posted) {
  onPosted = posted;
}

/** Begins anew: no answer, no edit, no file. */
export function reset() {
  setMode(null);
  setFile();
  problem(null);
}

export function setMode(wanted) {
  if (mode?.edit || wanted?.edit) box.value = wanted?.edit ? mentions.withNames(wanted.edit.source) : "";
  mode = wanted;
  $("mode").hidden = !wanted;
  if (wanted) $("mode").firstElementChild.textContent = wanted.edit ? "Editing your message" : `Replying to ${wanted.reply.author.name}: ${wanted.reply.words}`;
  $("attach").hidden = Boolean(wanted?.edit);
  if (wanted?.edit) setFile();
  fit();
  if (wanted) box.focus();
}

/** Grows the field with its text. */
export function fit() {
  box.style.height = "auto";
  if (box.offsetParent) box.style.height = `${box.scrollHeight}px`; // A hidden field has no height to take.
  $("send").disabled = !box.value.trim() && !file.files.length;
}

export function problem(words) {
  $("problem").hidden = !words;
  $("problem").textContent = words || "";
}

/** Sends what is there. The field is free at once; what is refused comes back into it, unless something else stands there. */
async function send() {
  const typed = box.value.trim();
  const given = file.files[0];
  if (!(typed || given) || !state.open) return;
  const before = mode;
  const markdown = mentions.withMentions(typed);
  setMode(null);
  box.value = "";
  setFile();
  problem(null);
  try {
    if (before?.edit) await call("PUT", `/chat/messages/${before.edit.id}`, { markdown });
    else await post({ markdown, file: given, parentId: before ? (before.reply.parentId ?? before.reply.id) : null });
  } catch (refusal) {
    if (!box.value && !file.files.length) takeBack(before, typed, given);
    problem(refusal.message);
  }
}

function takeBack(before, typed, given) {
  const list = new DataTransfer();
  if (given) list.items.add(given);
  setMode(before);
  box.value = typed;
  setFile(list.files);
}

async function post(fields) {
  const here = state.open;
  const where = here.id ? { roomId: here.id } : { to: here.to };
  onPosted(await call("POST", "/chat/messages", { ...where, ...fields }), here);
}

function setFile(files) {
  file.value = "";
  if (files) file.files = files;
  showFile();
}

function showFile() {
  const [given] = file.files;
  $("attached").hidden = !given;
  if (given) $("attached").firstElementChild.textContent = `${given.name} · ${sizeOf(given.size)}`;
  fit();
}

$("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
box.addEventListener("input", fit);
box.addEventListener("keydown", (event) => {
  if (mentions.takeKey(event)) return;
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
  if (event.key === "Escape" && mode) setMode(null);
});
$("cancel-mode").onclick = () => { setMode(null); box.focus(); };
$("attach").onclick = () => file.click();
file.onchange = () => { showFile(); box.focus(); };
$("detach").onclick = () => { setFile(); box.focus(); };
box.addEventListener("paste", (event) => { if (event.clipboardData.files.length && !mode?.edit) setFile(event.clipboardData.files); });
for (const kind of ["dragover", "drop"]) {
  $("room").addEventListener(kind, (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    if (kind === "drop" && event.dataTransfer.files.length === 1) setFile(event.dataTransfer.files);
  });
}
