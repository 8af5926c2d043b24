// Adaptive Cards, drawn plainly: texts, columns, facts, inputs and buttons.

import { el } from "./page.js";

/** Draws a card; `submit(inputs)` is called for Action.Submit. */
export function drawCard(card, submit) {
  const form = el("form", { className: "card", noValidate: false });
  const sent = el("p", { className: "sent", role: "status" });
  const press = async (action) => {
    if (!form.reportValidity()) return;
    sent.textContent = "";
    try {
      await submit({ ...valuesOf(form), ...(typeof action.data === "object" ? action.data : {}) });
      sent.textContent = `Sent: ${action.title || "Submit"}`;
    } catch (problem) {
      sent.textContent = problem.message;
    }
  };
  form.onsubmit = (event) => event.preventDefault();
  form.append(...items(card.body, press), actions(card.actions, press), sent);
  return form;
}

const list = (value) => (Array.isArray(value) ? value : []);
const items = (elements, press) => list(elements).filter((one) => one.isVisible !== false).map((one) => draw(one, press));
const word = (value) => (typeof value === "string" ? value.toLowerCase().replace(/[^a-z]/g, "") : "");

function draw(one, press) {
  const make = { TextBlock: text, RichTextBlock: richText, Container: container, ColumnSet: columns, FactSet: facts, ActionSet: (set) => actions(set.actions, press), Image: (image) => el("p", { className: "subtle" }, image.altText || "(image)") }[one.type];
  if (make) return make(one, press);
  if (String(one.type).startsWith("Input.")) return input(one);
  return el("p", { className: "subtle" }, `(${one.type})`);
}

function text(block) {
  const classes = [word(block.size), word(block.weight), block.isSubtle ? "subtle" : ""].join(" ");
  const made = el("div", { className: classes });
  String(block.text ?? "").split("\n").forEach((line, index) => made.append(...(index ? [el("br")] : []), ...inline(line)));
  return made;
}

/** The small markdown of a TextBlock: bold, italic and links. */
function inline(line) {
  const pieces = line.split(/(\*\*[^*]+\*\*|_[^_]+_|\[[^\]]+\]\([^)\s]+\))/);
  return pieces.map((piece) => {
    if (/^\*\*.+\*\*$/.test(piece)) return el("strong", {}, piece.slice(2, -2));
    if (/^_.+_$/.test(piece)) return el("em", {}, piece.slice(1, -1));
    const link = /^\[([^\]]+)\]\(((?:https?|mailto):[^)\s]+)\)$/i.exec(piece);
    return link ? el("a", { href: link[2], target: "_blank", rel: "noopener nofollow" }, link[1]) : piece;
  });
}

const richText = (block) => el("div", {}, ...list(block.inlines).map((run) => (typeof run === "string" ? run : el("span", { className: word(run.weight) }, run.text ?? ""))));
const container = (box, press) => el("div", { className: "column" }, ...items(box.items, press));
const columns = (set, press) => el("div", { className: "columns" }, ...list(set.columns).map((column) => el("div", { className: `column ${column.width === "auto" ? "" : "stretch"}` }, ...items(column.items, press))));
const facts = (set) => el("dl", {}, ...list(set.facts).flatMap((fact) => [el("dt", {}, fact.title), el("dd", {}, fact.value)]));

function actions(given, press) {
  const row = el("div", { className: "actions" });
  const opened = el("div", { className: "column", hidden: true });
  for (const action of list(given)) {
    const button = el("button", { type: "button", className: word(action.style) }, action.title || "Submit");
    if (action.type === "Action.OpenUrl") button.onclick = () => /^https?:/i.test(action.url) && window.open(action.url, "_blank", "noopener");
    else if (action.type === "Action.ShowCard") {
      const inner = el("div", { className: "column", hidden: true }, ...items(action.card?.body, press), actions(action.card?.actions, press));
      button.onclick = () => { inner.hidden = !inner.hidden; };
      opened.hidden = false;
      opened.append(inner);
    } else button.onclick = () => press(action);
    row.append(button);
  }
  return el("div", { className: "column", hidden: !row.children.length }, row, opened);
}

const KINDS = { "Input.Number": "number", "Input.Date": "date", "Input.Time": "time" };

function input(one) {
  const label = one.label || one.title || one.placeholder || one.id;
  if (one.type === "Input.ChoiceSet" && (one.style === "expanded" || one.isMultiSelect)) return choices(one, label);
  if (one.type === "Input.Toggle") {
    const box = el("input", { type: "checkbox", checked: one.value === (one.valueOn ?? "true") });
    Object.assign(box.dataset, { input: one.id, on: one.valueOn ?? "true", off: one.valueOff ?? "false" });
    return el("label", { className: "inline" }, box, one.title || label);
  }
  const field = one.type === "Input.ChoiceSet" ? select(one) : one.isMultiline ? el("textarea", { rows: 3 }) : el("input", { type: KINDS[one.type] ?? "text" });
  field.dataset.input = one.id;
  field.required = Boolean(one.isRequired);
  if (one.placeholder) field.setAttribute("placeholder", one.placeholder);
  if (one.maxLength) field.maxLength = one.maxLength;
  if (one.value !== undefined) field.value = one.value;
  return el("label", {}, label, field);
}

function select(one) {
  const options = list(one.choices).map((choice) => el("option", { value: choice.value }, choice.title));
  if (one.value === undefined) options.unshift(el("option", { value: "" }, one.placeholder || ""));
  return el("select", {}, ...options);
}

function choices(one, label) {
  const chosen = String(one.value ?? "").split(",");
  const boxes = list(one.choices).map((choice) => {
    const box = el("input", { type: one.isMultiSelect ? "checkbox" : "radio", name: one.id, value: choice.value, checked: chosen.includes(choice.value) });
    return el("label", { className: "inline" }, box, choice.title);
  });
  const group = el("fieldset", {}, el("legend", {}, label), ...boxes);
  group.dataset.input = one.id;
  return group;
}

/** What the inputs of a card hold, as Webex clients send it: texts, several choices joined by commas. */
function valuesOf(form) {
  const values = {};
  for (const field of form.querySelectorAll("[data-input]")) {
    const { input: id, on, off } = field.dataset;
    if (field.tagName === "FIELDSET") values[id] = [...field.querySelectorAll("input:checked")].map((box) => box.value).join(",");
    else values[id] = field.type === "checkbox" ? (field.checked ? on : off) : field.value;
  }
  return values;
}
