// The page: paints the stored document at once, starts Python behind it, and wires what only a browser has.

import { Address } from "./address.js";
import { Answers, answersTo } from "./answers.js";
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
import { answered, hold, holdStill, isChoice, live, startNumbers, wait } from "./numbers.js";
import { startOffline } from "./offline.js";
import { startPad } from "./pad.js";
import { finishWidgets, onFollowed, startPage, typing, wireHold } from "./page.js";
import { Playground } from "./playground.js";
import { startRoom } from "./room.js";
import { save } from "./save.js";
import { startShare } from "./share.js";
import { startSheet } from "./sheet.js";
import { recolour, startTheme } from "./theme.js";

const PATIENCE = 500; // ms in which what is stored for a link comes, most likely
const SILENT = 4000; // ms without a word from what computes, though it was asked and reports long work
const SILENCE = "What computes has not answered for some seconds. It may still do so. Started anew, it has these settings again.";
const GIVEN_UP = 60_000; // ms of silence after which it is started anew by itself, unless the person waits
const CRASHED = "What computes here has broken down.";
const GIVEN = "What computes here was given up.";
const LATE = 1000; // ms that one waits without a word
const OFTEN = 2; // times that it is started anew by itself
const IN_A_ROW = 60_000; // ms within which it breaks down again
const $ = (id) => document.getElementById(id);
const stored = JSON.parse($("stored").textContent);
const bridge = new Bridge();
const experiments = new Experiments();
const own = new Map(); // what each model of a person's own was opened with, by its id: what is started anew needs it
const playground = (window.playground = new Playground(bridge, stored.state, stored.lessons, experiments, own));
const answers = new Answers(show);
const restore = (link) => {
  bridge.forget();
  if (answers.go(link)) answered();
  else {
    answers.close();
    wait();
  }
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
const without = typeof WebAssembly !== "object" ? "WebAssembly" : typeof Worker !== "function" ? "workers" : "";
if (!without) bridge.start(query);
else fail(`This browser cannot run ${without}, which the playground computes with. That may be switched off: allow it `
  + "for this site, or open the page in another browser.");

let isLive = false;
let doc = null; // on screen, once it is painted
let takeBack = () => {}; // what is shown of a link that Python has not answered yet
const early = answersTo(query, stored);
// A stop of a lesson is painted as what it is, if that is known in time; the starting example would flash.
const isOther = query !== "" && query !== stored.query;
const inTime = isOther ? Promise.race([early, new Promise((resolve) => setTimeout(resolve, PATIENCE))]) : null;
// With its typeface, for a plot that is drawn without it would keep the other one.
const typeface = document.fonts.load("13px Inter").catch(() => {});
let painted = orFail(Promise.all([inTime, typeface]).then(draw).then(async () => {
  if (isOther && !(await inTime)) {
    takeBack = showEarly(doc, query);
    wait();
  }
  early.then((found) => {
    if (found === undefined || isLive) return;
    settleEarly();
    if (answers.open(doc, found)) answered();
    performance.mark("playground-answers");
  });
}));

function orFail(painted) {
  painted.catch((error) => {
    console.error(error);
    fail("The page could not be drawn. Reload it; if that does not help, a file of the site is missing or damaged.");
  });
  return painted;
}

/** Paint the stored document. */
async function draw() {
  doc = await paint(stored);
  startTheme(doc);
  finishWidgets();
  embed?.painted(doc);
  watch(doc, (event) => {
    bridge.changed(doc, event);
    if (answers.answer(event)) answered();
    else if (isChoice(event)) wait();
  });
}

let shown = query; // the link of the State on screen
let repaint = null; // while what computes is started anew: takes its document for the one on screen
let falls = []; // when it has broken down
let patience; // timer of a silence

/** It has broken down by itself, which a State may bring about again and again. */
function fall(why) {
  const now = performance.now();
  falls = [...falls.filter((then) => now - then < IN_A_ROW), now];
  if (falls.length <= OFTEN) startAnew(why);
  else fail(`${why} It was started anew twice, to no avail. Retry reloads the page.`);
}

/** Start what computes anew, with the State, the own models and the history of this page; `why` is said. */
function startAnew(why) {
  const whatNow = `${why} It is started anew with the settings on screen.`;
  say(whatNow);
  hold(true);
  $("progress").classList.remove("work");
  $("progress").hidden = false;
  experiments.again();
  answers.close();
  painted = orFail(new Promise((resolve) => (repaint = resolve)).then(draw));
  bridge.restart(shown, [...own.values()], whatNow);
}
bridge.on(FROM_WORKER.broken, () => fall(CRASHED));

bridge.on(FROM_WORKER.document, ({ models }) => {
  if (models !== stored.models) fail("The page and its program are of two builds. Reload to fetch both anew.");
});

bridge.on(FROM_WORKER.frame, async (frame) => {
  await painted;
  answers.take(frame);
});

/** Put a frame on screen, of Python's or a stored one. */
function show(frame) {
  if (frame.patch) {
    settleEarly();
    patch(doc, frame.patch, frame.buffers);
    bridge.keep();
    recolour(doc);
    pad.drawn();
  }
  if (frame.state) {
    shown = frame.query;
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
}

bridge.on(FROM_WORKER.live, async () => {
  repaint?.();
  await painted;
  if (repaint) settled();
  const isFirst = !isLive;
  isLive = true;
  settleEarly();
  if (!bridge.open()) allDrawn();
  showWork({ share: null });
  await answers.caughtUp;
  if (!embedded) await experiments.recall((rows) => ask("recall", rows));
  playground.live();
  embed?.live();
  pad.live(); // before, nothing would answer
  performance.mark("playground-live");
  if (isFirst && !embedded) sheet.recall(new URLSearchParams(query).get("model") ?? "").catch(report);
});

bridge.on(FROM_WORKER.drawn, async () => {
  await painted;
  if (!bridge.isBusy || !answers.isAhead) allDrawn(); // with what was changed during the start
});

/** What was started anew has come to where it was. */
function settled() {
  repaint = null;
  hold(false);
  pad.show("");
}

/** Python knows of all that was chosen. */
function allDrawn() {
  answers.close();
  live();
}

const closeMenu = () => {
  if ($("menu").matches(":popover-open")) $("menu").hidePopover();
}; // gives nothing: a false would take from a button in the menu what it does
$("menu").onclick = closeMenu;
addEventListener("resize", closeMenu); // on a wide window it is no menu
for (const link of document.querySelectorAll("a[data-set]")) {
  onFollowed(link, () => ask("set", JSON.parse(link.dataset.set)));
}
document.querySelector(".notes").onclick = (event) => {
  const change = event.composedPath()[0].dataset.set; // of a button in a shadow tree
  if (change) ask("set", JSON.parse(change));
};
$("cancel").onclick = cancel;
$("undo").onclick = () => address?.back();
$("redo").onclick = () => address?.forward();
startShare();
const sheet = startSheet(inspect, (...files) => whileOpening(playground.load(...files)), report);
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
  if (share === null && isLate) return showOpening(); // what it waited for has come, and it goes on
  $("progress").hidden = share === null;
  if (share === null) return;
  $("progress").classList.add("work");
  $("progress-text").textContent = words;
  $("progress-bar").value = share;
}

let opening = null; // a file that is being opened
let isLate = false; // and takes so long that this is shown

/** While a file is opened: what for and for how long nobody can say before, so after a second a bar that goes on and Cancel. */
async function whileOpening(opened) {
  opening = opened;
  const late = setTimeout(showOpening, LATE);
  try {
    return await opened;
  } finally {
    opening = null;
    isLate = false;
    clearTimeout(late);
    if (!repaint) showWork({ share: null });
  }
}

function showOpening() {
  isLate = true;
  $("progress").hidden = false;
  $("progress").classList.add("work");
  showProgress({ step: "Opening the file" });
}

/** Python is told; where it is deep in a file that is opened, and does not hear, it is started anew. */
function cancel() {
  const given = opening;
  ask("cancel");
  if (given) setTimeout(() => given === opening && startAnew(GIVEN), LATE);
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
  clearTimeout(patience);
  $("anew").hidden = $("wait").hidden = !silent || opening !== null;
  if (silent) {
    if (!opening) say(SILENCE);
    patience = setTimeout(fall, GIVEN_UP, GIVEN);
  } else if ($("error-text").textContent === SILENCE) say("");
});
$("anew").onclick = () => startAnew(GIVEN);
$("wait").onclick = () => {
  clearTimeout(patience);
  say("");
};

/** What a link shows early makes room for what Python makes of it, and of which it knows. */
function settleEarly() {
  takeBack();
  takeBack = () => {};
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
  if (event.key === "Escape" && $("progress").matches(".work:not([hidden])")) cancel();
  if (!(event.ctrlKey || event.metaKey) || typing(event)) return;
  const key = event.key.toLowerCase();
  if (key === "z" && !event.shiftKey) address?.back();
  else if (key === "y" || (key === "z" && event.shiftKey)) address?.forward();
  else return;
  event.preventDefault();
}
