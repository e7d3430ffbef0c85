// The module worker: loads Python and onnxruntime-web side by side, starts the application, passes its messages on.
// What a message means is known in app/site/verbs and shell.js; here only "start" is.
import { bootPython } from "./boot.js";
import bundle from "./bundle.js";
import { forget, keep, kept } from "./kept-image.js";
import { FROM_WORKER, TO_WORKER } from "./messages.js";
import * as ort from "./ort-bridge.js";
import { canKeep } from "./private-files.js";
import { webFiles } from "./web-files.js";

const KEEPS = self.name === "page"; // else it is in a frame, where a second visit is rare
const REST = 2000; // ms from the first live Result to work that nobody waits for
const STEP = { load: "Loading Python", build: "Building the page", compute: "Loading the compressor" };
const files = webFiles(new URL("./", import.meta.url), bundle.sizes, (done, total) => tell(STEP.load, done, total));
const booted = boot();
booted.catch(() => {}); // told by start()

let started;
self.onmessage = ({ data }) => {
  if (data.type === TO_WORKER.start) {
    holdLock(); // not before: what is told to a page that does not listen yet is lost
    started = start(data);
  } else started.then((page) => receive(page, data));
};

async function boot() {
  const image = canKeep() ? kept(bundle.build) : null;
  const python = bootPython({ bundle, files, image }); // first in the queue, for it takes longest
  ort.load(files, crashed);
  python.then(({ python: { _api } }) => (_api.on_fatal = crashed), () => {}); // what else is wrong start() tells
  return python;
}

/** Resolves to the Python module app.site.start, or to undefined if it cannot start. */
async function start({ query, own }) {
  try {
    const { python, later, model, image, restored } = await booted;
    if (restored) performance.mark("playground-restored");
    tell(STEP.build);
    const page = python.pyimport("app.site.start");
    post(page.document());
    tell(STEP.compute);
    await later();
    page.load();
    const taken = KEEPS && canKeep() && !restored ? await attempt("playground-image-taken", image) : null;
    await page.start({ query, own, ort, post, model });
    if (taken) setTimeout(() => attempt("playground-image-kept", () => keep(taken, bundle.build)), REST);
    return page;
  } catch (error) {
    letGo();
    console.error(error);
    self.postMessage({ type: FROM_WORKER.failed, message: inWords(error) });
  }
}

/** Do what only makes the next visit faster, and note the time it takes; where it cannot be done, the console is told. */
async function attempt(name, work) {
  const start = performance.now();
  try {
    const done = await work();
    performance.measure(name, { start });
    return done;
  } catch (error) {
    console.warn(`The next visit starts as this one did: ${error.message}`);
  }
}

/** The next start is by bytecode: this one may have gone wrong because of the image it came from. */
function letGo() {
  forget().catch(() => {}); // there was none
}

/** A message for Python, as JSON text, and the files that came with it. */
function receive(page, { files: own = [], ...message }) {
  page?.receive(JSON.stringify(message), own);
}

/** A message of Python: JSON text, and the bytes that belong to it, if any. */
function post(text, data) {
  self.postMessage({ text, data }, data ? [data.buffer] : []);
}

function tell(step, done = 0, total = 0) {
  self.postMessage({ type: FROM_WORKER.progress, step, done, total });
}

/** Python or onnxruntime has left its memory in no state to go on with. */
function crashed() {
  letGo();
  self.postMessage({ type: FROM_WORKER.broken });
}

/** Held until the worker ends, in whatever way: by it the page, which no event tells, learns of that. */
function holdLock() {
  const lock = `playground ${Math.random()}`;
  const forever = new Promise(() => {});
  navigator.locks?.request(lock, () => {
    self.postMessage({ type: FROM_WORKER.alive, lock });
    return forever;
  }).catch(() => {}); // an origin without locks, as that of a sandbox: what is silent for long is given up
}

/** Why the start failed, for a person: of a Python traceback the last line says what is wrong, after its class. */
function inWords(error) {
  const text = String(error.message ?? error).trim();
  if (error instanceof RangeError || /memory/i.test(text))
    return "There is not enough memory to start Python in this tab. Close other tabs and reload.";
  return text.split("\n").at(-1).replace(/^([\w.]+: (?=[\w"']))?(Error: )?/, "");
}
