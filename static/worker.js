// The module worker: loads Python and onnxruntime-web side by side, starts the application, passes its messages on.
// What a message means is known in app/site/verbs and shell.js; here only "start" is.
import { bootPython } from "./boot.js";
import { soon } from "./built-image.js";
import bundle from "./bundle.js";
import { forget, keep, kept } from "./kept-image.js";
import { FROM_WORKER, TO_WORKER } from "./messages.js";
import * as ort from "./ort-bridge.js";
import { canKeep } from "./private-files.js";
import { webFiles } from "./web-files.js";

const KEEPS = self.name === "page" && canKeep(); // in a frame a second visit is rare
const REST = 2000; // ms from the first live Result to work that nobody waits for
const STEP = { load: "Loading Python", build: "Building the page", compute: "Loading the compressor" };
const EARLIER = { of: "an earlier visit", found: () => (canKeep() ? kept(bundle.build) : null) };
let ofSite = null; // the image that comes with the site, from when it is put back to when it is kept
const SITE = { of: "the site", found: async () => (ofSite = await soon(bundle, files)) };
const IMAGES = self.name === "again" ? [] : [EARLIER, SITE]; // what has gone wrong may have been because of one
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
  const python = bootPython({ bundle, files, images: IMAGES }); // first in the queue, for it takes longest
  ort.load(files, crashed);
  python.then(({ python: { _api } }) => (_api.on_fatal = crashed), () => {}); // what else is wrong start() tells
  return python;
}

/** Resolves to the Python module app.site.start, or to undefined if it cannot start. */
async function start(asked) {
  let from; // the image that it comes from
  try {
    const there = await booted;
    ({ from } = there);
    return await begun(asked, there);
  } catch (error) {
    letGo();
    console.error(error);
    const runs = await ort.loaded().then(() => true, () => false); // else it is not because of an image
    self.postMessage(from && runs ? { type: FROM_WORKER.broken } : { type: FROM_WORKER.failed, message: inWords(error) });
  }
}

/** The application, when its first Result is on screen. */
async function begun({ query, own }, { python, later, model, image, from }) {
  if (from) performance.mark("playground-restored", { detail: from.of });
  tell(STEP.build);
  const page = python.pyimport("app.site.start");
  post(page.document());
  tell(STEP.compute);
  await later();
  page.load();
  if (!query) page.write(); // a link asks for another file
  let next = from === SITE ? ofSite : null; // what the next visit is to put back
  ofSite = null; // of 50 MB nothing is held longer than need be
  if (KEEPS && !from) next = await attempt("playground-image-taken", image);
  await page.start({ query, own, ort, post, model });
  if (KEEPS && next) setTimeout(() => attempt("playground-image-kept", () => keep(next, bundle.build)), REST);
  return page;
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

/** Let go of the image that is kept: what has gone wrong may have been because of it. */
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
