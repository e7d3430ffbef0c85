// "For a class" in the Share dialog: what is on screen with a title, a text and a task, some controls hidden or locked.
// Python reads what is written and spells the link; nothing on screen changes.

import { copied } from "./share.js";

/** Wire the section. `call(verb, ...args)` gives a promise of what Python answers, or rejects in words. */
export function startAuthoring(call) {
  const place = document.getElementById("authoring");
  const form = place.querySelector("form");
  const link = document.getElementById("authored");
  const [button, status] = [place.querySelector(".copied button"), place.querySelector("[role=status]")];
  place.ontoggle = async () => {
    if (!place.open) return;
    const { value } = await call("authoring");
    for (const [name, words] of Object.entries(value)) place.querySelector(`[data-says=${name}]`).textContent = words;
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    const written = new FormData(form);
    const lists = Object.fromEntries(["hidden", "locked"].map((name) => [name, written.getAll(name)]));
    try {
      const { value } = await call("assign", { ...Object.fromEntries(written), ...lists });
      link.value = new URL(value, location.href).href;
      await copy();
    } catch (error) {
      link.value = "";
      status.textContent = error.message;
    }
  };
  const copy = async () => (status.textContent = await copied(link, "Link"));
  button.onclick = copy;
}
