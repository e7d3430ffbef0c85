// Lessons, and what a teacher sets: the list, what is pressed in the panel, what is pointed at, hidden or held, how far one
// has come.

import { keep, keptValue } from "./kept.js";
import { onFollowed } from "./page.js";

const SEEN = "playground.lessons"; // of this tab: lesson -> the furthest stop that was open
const OFFERED = "playground.offered"; // of this browser: the first steps are offered once

const NOTHING = { lesson: "", stop: 1, guess: null, title: "", text: "", task: null, hidden: [], locked: [], who: "", class_seed: null };
const HELD = { model: "#model-select", budget: "[data-root=budget]", views: "#views", sample: "#sample-panel" }; // see style.css

/**
 * Wire the list, the panel and the offer. `ask(verb, ...args)` calls Python, `say(sentence)` tells the person something.
 * The function returned takes each new State, with the names of what to look at if they are others than before.
 */
export function startLessons(ask, say) {
  const [panel, list, offer] = ["lesson-panel", "lessons-list", "offer"].map((id) => document.getElementById(id));
  const open = async (id, stop) => {
    list.close();
    await ask("lesson", id, stop);
    panel.focus();
  };
  document.getElementById("lessons").onclick = () => {
    tick(list);
    list.showModal();
  };
  for (const link of document.querySelectorAll("a[data-lesson]")) {
    onFollowed(link, () => {
      const { lesson, stops } = link.dataset;
      const seen = seenSoFar()[lesson] ?? 1;
      open(lesson, seen < Number(stops ?? 0) ? seen : 1);
    });
  }
  panel.addEventListener("click", (event) => {
    const button = event.composedPath()[0].closest?.("[data-act]");
    if (!button) return;
    act(button).then(() => requestAnimationFrame(() => refocus(button.dataset.act)));
  });
  const act = async ({ dataset: { act, lesson, stop, value }, parentNode }) => {
    const field = parentNode.querySelector("input");
    if (act === "stop") await ask("lesson", lesson, Number(stop));
    else if (act === "guess") await ask("guess", Number(value ?? field.value));
    else if (act === "name") await ask("hand_in", field.value);
    else if (act === "close") await ask("set", NOTHING);
    else {
      const answer = await ask("hand_in", field.value);
      if (answer) say(await copy(new URL(answer.value, location.href).href));
    }
  };
  /** What was pressed is drawn anew, and its focus gone: it goes to what came in its place, or where one reads on. */
  const refocus = (act) => {
    if (document.activeElement !== document.body && !panel.contains(document.activeElement)) return; // the person is elsewhere
    const again = act === "hand" || act === "name" ? inside(panel, "[data-act=hand]") : null;
    (act === "close" ? document.getElementById("lessons") : again ?? panel).focus();
  };
  panel.addEventListener("keydown", (event) => {
    const field = event.composedPath()[0];
    if (event.key === "Enter" && field.type === "text") field.parentNode.querySelector("button").click();
  });
  panel.addEventListener("input", (event) => {
    const slider = event.composedPath()[0];
    if (slider.type === "range") slider.parentNode.querySelector("output").textContent = `${slider.value} ${slider.dataset.unit}`.trim();
  });
  offer.hidden = location.search !== "" || keptValue("localStorage", OFFERED)?.done === true;
  const hint = document.getElementById("hint");
  hint.hidden = offer.hidden;
  const offered = () => {
    offer.hidden = true;
    keep("localStorage", OFFERED, { done: true });
  };
  offer.querySelector("button").onclick = offered;

  const all = document.getElementById("show-all");
  all.onclick = () => ask("set", { hidden: [], locked: [] });

  const root = document.documentElement;
  let place = "";
  let first = "";
  return ({ lesson, stop, recipe, model, title, text, task, hidden, locked }, look = []) => {
    const shown = JSON.stringify([model, recipe]);
    first ||= shown;
    if (shown !== first) hint.hidden = true; // it has been found
    root.dataset.hidden = hidden.join(" ");
    all.hidden = hidden.length + locked.length === 0;
    root.toggleAttribute("data-guarded", !all.hidden);
    for (const [name, place] of Object.entries(HELD)) document.querySelector(place).inert = locked.includes(name);
    const set = title || text || task ? "task" : "";
    const now = lesson ? `${lesson} ${stop}` : set && `${set} ${title} ${text}`;
    if (now === place) return;
    place = now;
    root.dataset.lesson = lesson || set;
    panel.scrollTop = 0;
    const lit = look.map((name) => `--lit-${name}: 2px solid var(--muted); --near-${name}: none; --ground-${name}: var(--surface);`);
    root.style.cssText = lit.join("");
    root.toggleAttribute("data-looking", look.length > 0);
    const drawer = document.querySelector("[data-drawer=lesson-panel]");
    if (now && drawer.getAttribute("aria-expanded") === "false") drawer.click();
    if (!now) return;
    offered();
    if (!lesson) return;
    const seen = seenSoFar();
    keep("sessionStorage", SEEN, { ...seen, [lesson]: Math.max(stop, seen[lesson] ?? 0) });
  };
}

/** Put a link where it can be pasted from; what to say of it. */
async function copy(link) {
  try {
    await navigator.clipboard.writeText(link);
    return "Link copied. Whoever opens it sees it computed anew.";
  } catch {
    return `Copy this link: ${link}`; // no clipboard on an insecure page
  }
}

/** The first element of that kind in what BokehJS has drawn in a panel, which is in shadow trees. */
function inside(panel, selector) {
  const trees = [...panel.querySelectorAll("[data-root] > *")].map(({ shadowRoot }) => shadowRoot);
  return trees.map((tree) => tree?.querySelector(selector)).find(Boolean);
}

/** Say in the list how far one has come. */
function tick(list) {
  const seen = seenSoFar();
  for (const { dataset, nextElementSibling: time } of list.querySelectorAll("a[data-lesson]")) {
    time.dataset.minutes ??= time.textContent;
    const [stop, stops] = [seen[dataset.lesson] ?? 0, Number(dataset.stops)];
    time.textContent = stop === 0 ? time.dataset.minutes : stop < stops ? `stop ${stop} of ${stops}` : "✓ seen";
  }
}

/** The farthest stop of each lesson that was opened in this tab. */
function seenSoFar() {
  return keptValue("sessionStorage", SEEN) ?? {};
}
