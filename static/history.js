// What has been tried: an experiment of the table opened, and the two that are pinned, seen while their keys are held.

import { wireHold } from "./page.js";

const KEYS = { A: ["1", "Digit1"], B: ["2", "Digit2"] }; // a keyboard may have other signs on its digits

/**
 * Wire the table and the pins. `mark(link, change)` gives an experiment a name, a note or a pin, `take(link)` goes back to
 * it, `hold(held, pin)` shows it, `save(kind)` saves all as a file. The function returned takes what is pinned: titles by letter, and what differs.
 */
export function startHistory({ mark, take, hold, save }) {
  const dialog = document.getElementById("experiment");
  const { elements } = dialog.querySelector("form");
  let opened;
  document.querySelector("[data-root=view-table]").addEventListener("click", (event) => {
    const button = event.composedPath()[0].closest?.("button[data-link], button[data-history]");
    if (!button) return;
    if (button.dataset.history) return save(button.dataset.history);
    opened = { ...button.dataset };
    document.getElementById("experiment-title").textContent = opened.label;
    for (const field of ["name", "note"]) elements[field].value = opened[field];
    for (const choice of elements.pinned) choice.checked = choice.value === opened.pinned;
    dialog.returnValue = "";
    dialog.showModal();
  });
  dialog.onclose = () => {
    if (dialog.returnValue === "") return;
    const now = ["name", "note", "pinned"].map((field) => [field, elements[field].value]);
    const change = Object.fromEntries(now.filter(([field, value]) => value !== opened[field]));
    if (Object.keys(change).length > 0) mark(opened.link, change);
    if (dialog.returnValue === "take") take(opened.link);
  };

  const place = document.getElementById("pins");
  const buttons = [...place.querySelectorAll("[data-pin]")];
  for (const button of buttons) {
    const { pin } = button.dataset;
    wireHold(button, (held) => hold(held, pin), KEYS[pin]);
  }
  return ({ said, ...titles }) => {
    for (const button of buttons) {
      const title = titles[button.dataset.pin];
      button.hidden = title === "";
      button.title = title;
      button.setAttribute("aria-label", `Hold to see ${button.dataset.pin}: ${title}`);
    }
    place.hidden = buttons.every(({ hidden }) => hidden);
    document.getElementById("differs").textContent = said;
  };
}
