// What shell.js does for the site, as far as a native server needs it: see app/main.py.
import { startHistory } from "./history.js";
import { finishWidgets, startPage, wireHold } from "./page.js";
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
  startHistory({
    mark: (link, mark) => send({ link, mark }),
    take: (link) => send({ link }),
    hold: (held, pin) => send({ held, pin }),
  });
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
  wireHold(document.getElementById("hold"), (held) => send({ held }));
}, 50);
