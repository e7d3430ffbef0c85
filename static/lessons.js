// Lessons: the list of them, what is pressed in the panel of a stop, what the stop points at, how far one has come.

import { onFollowed } from "./page.js";

const SEEN = "playground.lessons"; // of this tab: lesson -> the furthest stop that was open
const OFFERED = "playground.offered"; // of this browser: the first steps are offered once

/**
 * Wire the list, the panel and the offer. `ask(verb, ...args)` calls Python.
 * The function returned takes each new State, with the names of what to look at if they are others than before.
 */
export function startLessons(ask) {
  const [panel, list, offer] = ["lesson-panel", "lessons-list", "offer"].map((id) => document.getElementById(id));
  const open = (id, stop) => {
    list.close();
    ask("lesson", id, stop);
  };
  document.getElementById("lessons").onclick = () => {
    tick(list);
    list.showModal();
  };
  for (const link of document.querySelectorAll("a[data-lesson]")) {
    onFollowed(link, () => {
      const { lesson, stops } = link.dataset;
      const seen = stored("sessionStorage", SEEN)[lesson] ?? 1;
      open(lesson, seen < Number(stops ?? 0) ? seen : 1);
    });
  }
  panel.addEventListener("click", (event) => {
    const button = event.composedPath()[0].closest?.("[data-act]");
    if (!button) return;
    const { act, lesson, stop, value } = button.dataset;
    if (act === "stop") ask("lesson", lesson, Number(stop));
    else if (act === "guess") ask("guess", Number(value ?? button.parentNode.querySelector("input").value));
    else ask("set", { lesson: "", stop: 1, guess: null });
  });
  panel.addEventListener("input", (event) => {
    const slider = event.composedPath()[0];
    slider.parentNode.querySelector("output").textContent = `${slider.value} ${slider.dataset.unit}`.trim();
  });
  offer.hidden = location.search !== "" || stored("localStorage", OFFERED).done === true;
  const hint = document.getElementById("hint");
  hint.hidden = offer.hidden;
  const offered = () => {
    offer.hidden = true;
    store("localStorage", OFFERED, { done: true });
  };
  offer.querySelector("button").onclick = offered;

  const root = document.documentElement;
  let place = "";
  let first = "";
  return ({ lesson, stop, recipe, model }, look = []) => {
    const shown = JSON.stringify([model, recipe]);
    first ||= shown;
    if (shown !== first) hint.hidden = true; // it has been found
    const now = lesson && `${lesson} ${stop}`;
    if (now === place) return;
    place = now;
    root.dataset.lesson = lesson;
    panel.scrollTop = 0;
    root.style.cssText = look.map((name) => `--lit-${name}: 2px solid var(--muted);`).join("");
    const drawer = document.querySelector("[data-drawer=lesson-panel]");
    if (lesson && drawer.getAttribute("aria-expanded") === "false") drawer.click();
    if (!lesson) return;
    offered();
    const seen = stored("sessionStorage", SEEN);
    store("sessionStorage", SEEN, { ...seen, [lesson]: Math.max(stop, seen[lesson] ?? 0) });
  };
}

/** Say in the list how far one has come. */
function tick(list) {
  const seen = stored("sessionStorage", SEEN);
  for (const { dataset, nextElementSibling: time } of list.querySelectorAll("a[data-lesson]")) {
    time.dataset.minutes ??= time.textContent;
    const [stop, stops] = [seen[dataset.lesson] ?? 0, Number(dataset.stops)];
    time.textContent = stop === 0 ? time.dataset.minutes : stop < stops ? `stop ${stop} of ${stops}` : "✓ seen";
  }
}

/** What is kept under a key of the storage of that name, whose very name may be refused. */
function stored(storage, key) {
  try {
    return JSON.parse(window[storage].getItem(key)) ?? {};
  } catch {
    return {}; // storage is refused, as in a sandboxed frame, or what is in it is not ours
  }
}

function store(storage, key, value) {
  try {
    window[storage].setItem(key, JSON.stringify(value));
  } catch {
    // As above.
  }
}
