// The page's end of the wire to Python: requests, replies, and widget changes of which only the newest travel.

import { first, launch } from "./launch.js";
import { FROM_WORKER, TO_WORKER } from "./messages.js";

export class Bridge {
  #worker;
  #listeners = new Map();
  #calls = new Map();
  #number = 0;
  #waiting = null; // the document whose changes wait
  #changes = [];
  #started = false; // Python has taken the document over; nothing is sent before
  #busy = true;
  #failed = null; // why nothing is answered any more
  #silent = false;
  #heard = 0; // when Python last said something, or was first asked after that

  constructor() {
    this.#employ(first);
  }

  /** End what computes and start another, with one's own models; whoever has asked or asks meanwhile is told why. */
  restart(query, own, why) {
    this.#worker?.terminate();
    this.#giveUp(new Error(why));
    [this.#started, this.#busy, this.#changes] = [false, true, []];
    this.#employ(launch("again"));
    this.start(query, own);
  }

  #employ({ worker, broken }) {
    this.#worker = worker;
    let spoken = false;
    worker?.addEventListener("message", ({ data }) => {
      spoken = true;
      if (worker !== this.#worker) return; // it has been ended, and this was on its way
      if (data.type === FROM_WORKER.alive) this.#mourn(worker, data.lock);
      else this.#receive(data);
    });
    // A worker that cannot even be parsed or fetched says nothing more than that.
    broken.then(() => {
      if (spoken || this.#failed) return;
      this.#tell(FROM_WORKER.failed, {
        message: "The part of the playground that computes could not be started. Reload the page; if that does not "
          + "help, a file may be missing on the server or blocked on the way.",
      });
    });
  }

  /** Wait for the end of a worker: its lock is free then, however it has ended. */
  #mourn(worker, lock) {
    navigator.locks.request(lock, () => {
      if (worker === this.#worker && !this.#failed) this.#tell(FROM_WORKER.broken);
    });
  }

  /** Call `tell(silent)` when Python, though asked, has said nothing for `ms`, and when it speaks again. */
  watch(ms, tell) {
    setInterval(() => {
      const asked = this.#calls.size > 0 || this.#busy;
      if (!asked) this.#heard = performance.now();
      const silent = this.#started && !document.hidden && performance.now() - this.#heard > ms;
      if (silent !== this.#silent) tell((this.#silent = silent));
    }, 500);
  }

  on(type, listener) {
    this.#listeners.set(type, listener);
  }

  start(query, own = []) {
    this.#send({ type: TO_WORKER.start, query, own });
  }

  /** Ask Python; the promise gives {value, buffers} or rejects with a readable Error. */
  call(verb, ...args) {
    return this.callWith([], verb, ...args);
  }

  /** The same with files, each a Uint8Array. */
  callWith(files, verb, ...args) {
    const number = ++this.#number;
    return new Promise((resolve, reject) => {
      if (this.#failed) throw this.#failed;
      this.#calls.set(number, { resolve, reject });
      this.#send({ type: TO_WORKER.call, number, verb, args, files });
    });
  }

  /** Open the way for widget changes; true if some have waited. */
  open() {
    this.#started = true;
    this.#busy = false;
    this.#flush();
    return this.#busy;
  }

  /** Whether Python is at something that was changed on screen. */
  get isBusy() {
    return this.#busy;
  }

  /** Nobody answers any more: whoever asks, or has asked, is told why. */
  fail(message) {
    this.#giveUp((this.#failed = new Error(message)));
    this.#worker?.terminate();
  }

  #giveUp(error) {
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }

  /** A widget of `document` changed. While Python is busy, only the newest value of each property is kept. */
  changed(document, event) {
    const same = (other) => event.attr !== undefined && other.model === event.model && other.attr === event.attr;
    this.#changes = [...this.#changes.filter((other) => !same(other)), event];
    this.#waiting = document;
    if (!this.#busy) this.#flush();
  }

  /** Keep the widgets where the changes that still wait have put them: Python, which moves some, will hear of those later. */
  keep() {
    for (const { model, attr, value } of this.#changes) model?.setv({ [attr]: value }, { sync: false });
  }

  /** Let go of the widget changes that still wait: something newer has been decided. */
  forget() {
    this.#changes = [];
  }

  #flush() {
    if (this.#changes.length === 0) return;
    const patch = this.#waiting.create_json_patch(this.#changes);
    this.#changes = [];
    this.#busy = true;
    this.#send({ type: TO_WORKER.patch, patch: JSON.stringify(patch) });
  }

  #send(message) {
    this.#worker?.postMessage(message);
  }

  #receive({ text, data, ...plain }) {
    this.#heard = performance.now();
    const message = text === undefined ? plain : JSON.parse(text);
    if (message.spans) message.buffers = unpacked(message.spans, data);
    if (message.type === FROM_WORKER.reply) this.#reply(message);
    else if (message.type === FROM_WORKER.drawn) this.#draw(message);
    else if (message.type === FROM_WORKER.working) this.#work(message);
    else this.#tell(message.type, message);
  }

  #draw(message) {
    this.open();
    this.#tell(message.type, message);
  }

  /** Python is at something long and looks up from it now and then: what the person does meanwhile goes to it at once. */
  #work(message) {
    if (message.share !== null && this.#started) this.open();
    this.#tell(message.type, message);
  }

  #reply({ number, value, error, buffers }) {
    const { resolve, reject } = this.#calls.get(number);
    this.#calls.delete(number);
    if (error === undefined) resolve({ value, buffers });
    else reject(new Error(error));
  }

  #tell(type, message) {
    this.#listeners.get(type)?.(message);
  }
}

/** Buffers that lie end to end in one array, by their ids. */
function unpacked(spans, data) {
  const buffers = new Map();
  let at = 0;
  for (const [id, length] of spans) {
    buffers.set(id, data.slice(at, at + length).buffer);
    at += length;
  }
  return buffers;
}
