// The page: paints the stored document at once, starts Python behind it, and wires what only a browser has.

import { Address } from "./address.js";
import { startAuthoring } from "./authoring.js";
import { Bridge } from "./bridge.js";
import { sorted } from "./brought.js";
import { paint, patch, watch } from "./document.js";
import { showEarly } from "./early.js";
import { embedded, query, startEmbed } from "./embed.js";
import { Experiments } from "./experiments.js";
import { startHistory } from "./history.js";
import { startLessons } from "./lessons.js";
import { FROM_WORKER } from "./messages.js";
import { holdStill, live, startNumbers, wait } from "./numbers.js";
import { startOffline } from "./offline.js";
import { startPad } from "./pad.js";
import { finishWidgets, onFollowed, startPage, typing, wireHold } from "./page.js";
import { Playground } from "./playground.js";
import { startRoom } from "./room.js";
import { save } from "./save.js";
import { startShare } from "./share.js";
import { startSheet } from "./sheet.js";
import { recolour, startTheme } from "./theme.js";

const SILENT = 4000; // ms without a word from what computes, though it was asked and reports long work
const SILENCE = "What computes has not answered for some seconds. It may still do so; Retry starts it anew with these settings.";
const $ = (id) => document.getElementById(id);
const stored = JSON.parse($("stored").textContent);
const bridge = new Bridge();
const experiments = new Experiments();
const playground = (window.playground = new Playground(bridge, stored.state, stored.lessons, experiments));
const restore = (link) => {
  bridge.forget();
  return ask("restore", link);
};
const embed = embedded ? startEmbed(playground, restore) : null;
// A frame adds nothing to the way back of the page around it.
const address = embedded ? null : new Address(restore, ({ back, forward }) => {
  $("undo").disabled = !back;
  $("redo").disabled = !forward;
});

const showLesson = startLessons(ask, (sentence) => say(sentence, true));
startAuthoring((...words) => bridge.call(...words));
startRoom((...words) => bridge.call(...words));
const showPins = startHistory({
  mark: (link, change) => ask("mark", link, change),
  take: (link) => ask("take", link),
  hold: (held, pin) => ask("hold", held, pin),
  save: (kind) => saveHistory(kind).catch(report),
});
const keep = startOffline(playground.ready);
const pad = startPad((change) => ask("attempt", change));
const showState = startPage({ set: (change) => ask("set", change), state: stored.state });

startNumbers();
bridge.on(FROM_WORKER.progress, showProgress);
bridge.on(FROM_WORKER.working, showWork);
bridge.on(FROM_WORKER.failed, ({ message }) => fail(message));
showProgress({ step: "Loading Python" });
if (typeof WebAssembly === "object") bridge.start(query);
else fail("This browser cannot run WebAssembly, which the playground computes with. It may be switched off: allow it "
  + "for this site, or open the page in another browser.");

let takeBack = () => {}; // what is shown of a link that Python has not answered yet
// With its typeface, for a plot that is drawn without it would keep the other one.
const typeface = document.fonts.load("13px Inter").catch(() => {});
const painted = typeface.then(() => paint(stored)).then((doc) => {
  startTheme(doc);
  finishWidgets();
  embed?.painted(doc);
  if (query && query !== stored.query) {
    takeBack = showEarly(doc, query);
    wait();
  }
  watch(doc, (event) => {
    if (isChoice(event)) wait();
    bridge.changed(doc, event);
  });
  return doc;
});
painted.catch((error) => {
  console.error(error);
  fail("The page could not be drawn. Reload it; if that does not help, a file of the site is missing or damaged.");
});

bridge.on(FROM_WORKER.document, async ({ models }) => {
  await painted;
  if (models !== stored.models) fail("The page and its program are of two builds. Reload to fetch both anew.");
});

bridge.on(FROM_WORKER.frame, async (frame) => {
  const doc = await painted;
  if (frame.patch) {
    settleEarly();
    patch(doc, frame.patch, frame.buffers);
    bridge.keep();
    recolour(doc);
    pad.drawn();
  }
  if (frame.state) {
    showState(frame.state);
    keep(frame.state.model);
    showLesson(frame.state, frame.look);
    address?.show(frame.query, frame);
    embed?.state(frame.state, frame.query);
  }
  if (frame.pad !== undefined) pad.show(frame.pad);
  if (frame.pins) showPins(frame.pins);
  if (frame.error !== undefined || frame.notes) {
    say([frame.error, ...(frame.notes ?? [])].filter(Boolean).join(" "), !frame.error);
  }
  playground.accept(frame);
});

bridge.on(FROM_WORKER.live, async () => {
  await painted;
  settleEarly();
  if (!bridge.open()) live();
  showWork({ share: null });
  if (!embedded) await experiments.recall((rows) => ask("recall", rows));
  playground.live();
  embed?.live();
  pad.live(); // before, nothing would answer
  performance.mark("playground-live");
  if (!embedded) sheet.recall(new URLSearchParams(query).get("model") ?? "").catch(report);
});

bridge.on(FROM_WORKER.drawn, async () => {
  await painted;
  live(); // with what was changed during the start
});

const closeMenu = () => $("menu").matches(":popover-open") && $("menu").hidePopover();
$("menu").onclick = closeMenu;
addEventListener("resize", closeMenu); // on a wide window it is no menu
for (const link of document.querySelectorAll("a[data-set]")) {
  onFollowed(link, () => ask("set", JSON.parse(link.dataset.set)));
}
document.querySelector(".notes").onclick = (event) => {
  const change = event.composedPath()[0].dataset.set; // of a button in a shadow tree
  if (change) ask("set", JSON.parse(change));
};
$("cancel").onclick = () => ask("cancel");
$("undo").onclick = () => address?.back();
$("redo").onclick = () => address?.forward();
startShare();
const sheet = startSheet(inspect, (...files) => playground.load(...files), report);
$("download").onclick = () => download().catch(report);
$("open").onclick = () => $("files").click();
$("files").onchange = () => {
  load($("files").files).catch(report);
  $("files").value = ""; // so that the same file may be opened again
};
addEventListener("dragover", (event) => event.preventDefault()); // else the browser leaves for the file
addEventListener("drop", (event) => {
  event.preventDefault();
  // What a frame computes, the page around it hears of: no place for a file of one's own.
  if (!embedded && event.dataTransfer.files.length > 0) load(event.dataTransfer.files).catch(report);
});
wireHold($("hold"), (held) => ask("hold", held));
addEventListener("keydown", shortcuts);
addEventListener("pointerdown", () => press(true), true);
for (const end of ["pointerup", "pointercancel", "blur"]) addEventListener(end, () => press(false), true);

/** What is in a person's own file, `{model, ...}`, as HTML. */
async function inspect(files) {
  const { value } = await bridge.callWith(Object.values(files).map((file) => new Uint8Array(file.slice())), "inspect", Object.keys(files));
  return value;
}

/** Run a verb of Python's whose answer is only what it draws. */
function ask(verb, ...args) {
  return bridge.call(verb, ...args).catch(report);
}

/** A drag may begin: nothing is to be computed that it would wait for. Before Python is there, and without it, it is so. */
function press(pressed) {
  bridge.call("press", pressed).catch(() => {});
}

function showProgress({ step, done, total }) {
  const share = total ? Math.min(1, done / total) : null;
  const size = total ? `, ${(done / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB` : "";
  $("progress-text").textContent = `${step}${size}`;
  if (share === null) $("progress-bar").removeAttribute("value");
  else $("progress-bar").value = share;
  embed?.progress($("progress-text").textContent, share);
}

/** A long computation, of which the person sees how far it is and which they may give up. */
function showWork({ share, words }) {
  $("progress").hidden = share === null;
  if (share === null) return;
  $("progress").classList.add("work");
  $("progress-text").textContent = words;
  $("progress-bar").value = share;
}

/** The start cannot go on: what is painted stays as it is. */
function fail(message) {
  $("progress").hidden = true;
  say(message);
  $("retry").hidden = false;
  $("error-close").hidden = true;
  holdStill();
  bridge.fail(message);
  playground.failed(message);
  embed?.failed(message);
}
$("retry").onclick = () => location.reload();

bridge.watch(SILENT, (silent) => {
  if (silent) say(SILENCE);
  else if ($("error-text").textContent === SILENCE) say("");
  $("retry").hidden = !silent;
});

/** What a link shows early makes room for what Python makes of it, and of which it knows. */
function settleEarly() {
  takeBack();
  takeBack = () => {};
}

/** Whether a change asks for other numbers; a button that only opens something does not. */
function isChoice({ attr, model }) {
  return attr === "value" || (attr === "active" && model.type === "Checkbox");
}

function report(error) {
  say(error.message);
}

/** Say what went wrong, or, as a `note`, what else there is to know. */
function say(sentence, note = false) {
  $("error").className = note ? "note" : "";
  $("error").role = note ? "status" : "alert";
  $("error-text").textContent = sentence;
  $("error").hidden = sentence === "";
}
$("error-close").onclick = () => say("");

async function download() {
  save(await playground.modelBytes(), `${playground.state.model}-compressed.onnx`, "application/octet-stream");
}

/** Save all that was tried in this tab as "csv" or "json". */
async function saveHistory(kind) {
  const { value } = await bridge.call("history_file", kind, experiments.build);
  save(value, `compression-playground-history.${kind}`, kind === "csv" ? "text/csv" : "application/json");
}

/** Open a person's own model, with all that came along; or a saved history. */
async function load(files) {
  const { model, evaluation, history, others, pictures } = sorted(files);
  if (history && !model) return bridge.call("open_history", await history.text(), experiments.build);
  if (!model && !evaluation && !pictures)
    throw new Error("That is no ONNX file. Open a file whose name ends in .onnx, and samples along with it.");
  const bytes = (file) => file?.arrayBuffer() ?? null;
  const more = await Promise.all(others.map(async (file) => [file.name, await bytes(file)]));
  const named = { model: await bytes(model), evaluation: await bytes(evaluation), ...Object.fromEntries(more) };
  const there = Object.fromEntries(Object.entries(named).filter(([, content]) => content !== null));
  await sheet.open(model?.name ?? "", there);
}

function shortcuts(event) {
  if (event.key === "Escape" && $("progress").matches(".work:not([hidden])")) ask("cancel");
  if (!(event.ctrlKey || event.metaKey) || typing(event)) return;
  const key = event.key.toLowerCase();
  if (key === "z" && !event.shiftKey) address?.back();
  else if (key === "y" || (key === "z" && event.shiftKey)) address?.forward();
  else return;
  event.preventDefault();
}
