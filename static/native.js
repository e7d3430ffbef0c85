// What shell.js does for the site, as far as a native server needs it: see app/native.py.
import { finishWidgets, startPage } from "./page.js";
import { startTheme } from "./theme.js";

document.documentElement.dataset.native = "";
const wait = setInterval(() => {
  const doc = globalThis.Bokeh?.documents[0];
  if (!doc?.is_idle) return;
  clearInterval(wait);
  const mailbox = doc.get_model_by_name("mailbox");
  let number = 0;
  const send = (message) => (mailbox.value = JSON.stringify({ ...message, number: ++number }));
  startTheme(doc);
  finishWidgets();
  const show = startPage({ set: (change) => send({ change }), state: mailbox.tags[0] });
  const error = document.getElementById("error");
  document.getElementById("error-close").onclick = () => (error.hidden = true);
  const hear = () => {
    const [state, sentence] = mailbox.tags;
    show(state);
    error.hidden = sentence === "";
    error.firstElementChild.textContent = sentence;
  };
  hear();
  mailbox.properties.tags.change.connect(hear);
  const button = document.getElementById("hold");
  const hold = (held) => {
    if ((button.getAttribute("aria-pressed") === "true") === held) return;
    button.setAttribute("aria-pressed", held);
    send({ held });
  };
  const isKey = (event) => event.key.toLowerCase() === "b" && !event.composedPath()[0].matches("select, [type=text]");
  button.onpointerdown = () => hold(true);
  button.onpointerup = button.onpointercancel = () => hold(false);
  onkeydown = (event) => isKey(event) && !event.ctrlKey && !event.metaKey && hold(true);
  onkeyup = (event) => isKey(event) && hold(false);
}, 50);
