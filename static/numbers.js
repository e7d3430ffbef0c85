// Whether the numbers on screen are those of what the controls show, and what is said while they are not.
//   stored    the build has computed them, for the State that the page opens with; the controls show it too
//             or one that the build has computed as well: answers.js
//   waiting   they are still those, but the controls show another State, which is computed as soon as Python is there
//   live      they have been computed in this tab
// What is not true of the controls is grey: style.css.

const WAITING = "Starting. What you chose is computed next; what is grey here is still the starting example.";
const FAILED = "What you chose was not computed; what is grey here is the starting example.";
const NEEDS_PYTHON = "[data-root=model], [data-root=recipe], [data-root=budget], [data-root=compare], [data-root=table-toggle], "
  + "[data-root=turns], #views, #hold";

const { dataset } = document.documentElement;
const words = document.getElementById("waiting");

export function startNumbers() {
  dataset.numbers = "stored";
}

/** The controls now show what has not been computed yet; once the numbers are live, a moment at most. */
export function wait() {
  if (dataset.numbers !== "stored") return;
  dataset.numbers = "waiting";
  words.textContent = WAITING;
}

/** They are of what the controls show after all. */
export function answered() {
  if (dataset.numbers !== "waiting") return;
  dataset.numbers = "stored";
  words.textContent = "";
}

export function live() {
  dataset.numbers = "live";
  words.textContent = "";
}

/** Nothing more will be computed. */
export function holdStill() {
  if (dataset.numbers === "waiting") words.textContent = FAILED;
  hold(true);
}

/** What would move beside numbers that do not is held, or let go again. */
export function hold(held) {
  for (const element of document.querySelectorAll(NEEDS_PYTHON)) element.inert = held;
}

/** Whether a change asks for other numbers; a button that only opens something does not. */
export function isChoice({ attr, model }) {
  return attr === "value" || (attr === "active" && model.type === "Checkbox");
}
