// The room: a text with links goes to Python, which computes one after the other; rows and plot grow as they come.

/** Wire the dialog. `call(verb, ...args)` gives a promise of what Python answers, or rejects in words. */
export function startRoom(call) {
  const [dialog, form, text, cancel, save, bar, status, rows] = ["room-dialog", "room-form", "room-text", "room-cancel", "room-save",
    "room-progress", "room-status", "room-rows"].map((id) => document.getElementById(id));
  let csv = "";
  let given = {}; // whoever computes; another one has taken its place if it is not `given` any more

  const compute = async (mine) => {
    const { value: links } = await call("collect", text.value);
    rows.hidden = save.hidden = true;
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
      rows.hidden = save.hidden = false;
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
  save.onclick = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
    link.download = "class.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000); // the browser has begun to save it by then
  };
  const open = () => {
    document.getElementById("lessons-list").close();
    dialog.showModal();
  };
  document.getElementById("room").onclick = open;
  if (location.hash === "#room") open();
}
