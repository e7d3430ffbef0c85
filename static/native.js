// What shell.js does for the site, as far as a native server needs it: see app/native.py.
import { finishWidgets, startPage } from "./page.js";
import { startTheme } from "./theme.js";

document.documentElement.dataset.native = "";
const wait = setInterval(() => {
  const doc = globalThis.Bokeh?.documents[0];
  if (!doc?.is_idle) return;
  clearInterval(wait);
  const wire = doc.get_model_by_name("wire");
  let number = 0;
  const send = (message) => (wire.value = JSON.stringify({ ...message, number: ++number }));
  startTheme(doc);
  finishWidgets();
  const show = startPage({ set: (change) => send({ change }), state: wire.tags[0] });
  wire.properties.tags.change.connect(() => show(wire.tags[0]));
  const button = document.getElementById("hold");
  const hold = (held) => (button.setAttribute("aria-pressed", held), send({ held }));
  button.onpointerdown = () => hold(true);
  button.onpointerup = button.onpointercancel = () => hold(false);
}, 50);
