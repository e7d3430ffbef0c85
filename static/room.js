// The room: a text with links goes to Python, which computes one after the other; rows and plot grow as they come.

import { save } from "./save.js";

/** Wire the dialog. `call(verb, ...args)` gives a promise of what Python answers, or rejects in words. */
export function startRoom(call) {
  const [dialog, form, text, cancel, button, bar, status, rows] = ["room-dialog", "room-form", "room-text", "room-cancel", "room-save",
    "room-progress", "room-status", "room-rows"].map((id) => document.getElementById(id));
  let csv = "";
  let given = {}; // whoever computes; another one has taken its place if it is not `given` any more

  const compute = async (mine) => {
    const { value: links } = await call("collect", text.value);
    rows.hidden = button.hidden = true;
    if (links.length === 0) {
      status.textContent = "There is no link of the playground in this text.";
      return;
    }
    [bar.max, bar.value] = [links.length, 0];
    cancel.hidden = bar.hidden = false;
    for (const [at, link] of links.entries()) {
      status.textContent = `${at + 1} of ${links.length}`;
      const { value } = await call("recompute", link);
      if (mine !== given) return;
      csv = value.csv;
      rows.innerHTML = value.html; // Python has escaped all that comes from a link
      rows.hidden = button.hidden = false;
      bar.value = at + 1;
    }
    status.textContent = links.length === 1 ? "1 link computed" : `${links.length} links computed`;
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    const mine = (given = {});
    await compute(mine).catch((error) => mine === given && (status.textContent = error.message));
    if (mine === given) cancel.hidden = bar.hidden = true;
  };
  cancel.onclick = () => {
    given = {};
    cancel.hidden = bar.hidden = true;
    status.textContent = "Cancelled; what was computed stays.";
    call("cancel").catch(() => {}); // what is under way
  };
  button.onclick = () => save(csv, "class.csv", "text/csv");
  const open = () => {
    document.getElementById("lessons-list").close();
    dialog.showModal();
  };
  document.getElementById("room").onclick = open;
  if (location.hash === "#room") open();
}
