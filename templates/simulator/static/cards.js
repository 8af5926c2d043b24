// The buttons of Adaptive Cards. The simulator draws the cards (templates/simulator/card.html).

/** Brings a drawn card to life; `submit(inputs)` is called for Action.Submit. */
export function enliven(card, submit) {
  for (const column of card.querySelectorAll("[data-weight]")) column.style.flex = `${column.dataset.weight} 1 0`;
  for (const column of card.querySelectorAll("[data-pixels]")) column.style.flex = `0 0 ${column.dataset.pixels}px`;
  const presses = { submit: (button) => send(card, button, submit), show: unfold, toggle: (button) => toggle(card, button) };
  card.onsubmit = (event) => event.preventDefault();
  card.onclick = (event) => {
    const button = event.target.closest("[data-press]");
    if (button) presses[button.dataset.press](button);
  };
}

async function send(card, button, submit) {
  const inputs = "alone" in button.dataset ? [] : inputsFor(card, button);
  if (!inputs.every(isValid)) return;
  const said = card.querySelector(".sent");
  said.textContent = "";
  try {
    await submit({ ...Object.fromEntries(inputs.map(valueOf)), ...JSON.parse(button.dataset.given) });
    said.textContent = `Sent: ${button.textContent}`;
  } catch (problem) {
    said.textContent = problem.message;
  }
}

/** A button sends the inputs of its own card and of those around it, not of cards folded out elsewhere. */
function inputsFor(card, button) {
  const isNear = (input) => { const fold = input.closest(".showcard"); return !fold || fold.contains(button); };
  return [...card.querySelectorAll("[data-input]")].filter(isNear);
}

function isValid(input) {
  const { error, regex, needed } = input.dataset;
  const field = input.tagName === "FIELDSET" ? input.querySelector("input") : input;
  if (!field) return true;
  field.setCustomValidity("");
  const isEmpty = needed !== undefined && !input.querySelector(":checked");
  const isOdd = Boolean(regex && input.value && !matches(regex, input.value));
  if (isEmpty || isOdd || !field.validity.valid) field.setCustomValidity(error || (isOdd ? "This does not have the wanted form." : field.validationMessage || "Choose something."));
  field.oninput = () => field.setCustomValidity("");
  return field.reportValidity();
}

function matches(regex, value) {
  try {
    return new RegExp(regex).test(value);
  } catch {
    return true; // The author's mistake is not the reader's.
  }
}

/** What an input holds, as Webex clients send it: texts, several choices joined by commas. */
function valueOf(input) {
  const { input: id, on, off } = input.dataset;
  if (input.tagName === "FIELDSET") return [id, [...input.querySelectorAll(":checked")].map((box) => box.value).join(",")];
  return [id, input.type === "checkbox" ? (input.checked ? on : off) : input.value];
}

function unfold(button) {
  const all = [...button.parentElement.querySelectorAll("[data-press=show]")];
  const folds = [...button.closest(".actions").children].filter((one) => one.className === "showcard");
  all.forEach((one, index) => {
    const isShown = one === button && folds[index].hidden;
    folds[index].hidden = !isShown;
    one.setAttribute("aria-expanded", String(isShown));
  });
}

function toggle(card, button) {
  for (const target of JSON.parse(button.dataset.given)) {
    const found = card.querySelector(`[data-element="${CSS.escape(target?.elementId ?? target)}"]`);
    if (found) found.hidden = target.isVisible === undefined ? !found.hidden : !target.isVisible;
  }
}
