// window.playground: the scripting interface for documentation authors, lessons and tests (README, "Scripting").

import { VERSION } from "./messages.js";

export class Playground extends EventTarget {
  #bridge;
  #state;
  #result = null;
  #ready = deferred();
  #own;
  #onnx; // of the person's own model that was opened last

  #lessons;
  #experiments;

  /** `own` takes the files, and how they are read, of each model of a person's own, by its id. */
  constructor(bridge, state, lessons, experiments, own) {
    super();
    this.#bridge = bridge;
    this.#state = state;
    this.#lessons = lessons;
    this.#experiments = experiments;
    this.#own = own;
    this.#ready.promise.catch(() => {}); // nobody has to wait for it
  }

  /** Version of this interface. */
  get version() {
    return VERSION;
  }

  /** Promise: the first Result computed in this tab is on screen. */
  get ready() {
    return this.#ready.promise;
  }

  /** The State as plain JSON. */
  get state() {
    return structuredClone(this.#state);
  }

  /** The last Result as plain JSON; null before the first. */
  get result() {
    return structuredClone(this.#result);
  }

  /** Merge a partial State; promise of the Result once drawn. Rejects if it is not valid, or cannot be computed. */
  async set(change) {
    return this.#painted((await this.#bridge.call("set", asJSON(change))).value);
  }

  /** Promise of the compressed ONNX file, exactly what Download saves, as a Uint8Array. */
  async modelBytes() {
    const { buffers } = await this.#bridge.call("bytes");
    return new Uint8Array(buffers.get("onnx"));
  }

  /**
   * A person's own ONNX file, null for the one opened last, and samples for it: an .npz, .csv or .zip file of pictures.
   * `files` are further ones by name: pictures, a second file of weights. `label` is the column of a table that holds
   * the labels, `prepare` how it is fed (README), `name` what the model is called. All files are
   * ArrayBuffers.
   */
  async load(model, evaluation, { files = {}, name = "Your model", label = "", prepare = "unit" } = {}) {
    const all = Object.entries({ model, evaluation, ...files }).filter(([, file]) => file !== null && file !== undefined);
    if (!all.length || !all.every(([, file]) => file instanceof ArrayBuffer || ArrayBuffer.isView(file)))
      throw new Error("load takes an ONNX file and, if you like, an .npz file, each as an ArrayBuffer.");
    const options = { files: all.map(([file]) => file), name, label, prepare };
    const bytes = all.map(([, file]) => asBytes(file));
    const { value } = await this.#bridge.callWith(bytes, "load", options);
    this.#remember(value.model, options, bytes);
    return this.#painted(value);
  }

  /** Keep what was opened, with the ONNX file that samples alone were for. */
  #remember(id, options, files) {
    if (!id.startsWith("own-")) return;
    const at = options.files.indexOf("model");
    if (at >= 0) this.#onnx = files[at];
    else [options.files, files] = [["model", ...options.files], [this.#onnx, ...files]];
    this.#own.delete(id); // the one opened last stands last, for samples alone are for it
    this.#own.set(id, { options, files });
  }

  /** Promise of what each strength of a slider does, the rest of the State as it is: [{value, score, bytes, changed}]. */
  async curve(technique, parameter) {
    return (await this.#bridge.call("curve", technique, parameter)).value;
  }

  /** What has been tried with this model, oldest first: `[{link, state, score, bytes, changed, label, name, note, pinned, facts}]`. */
  get history() {
    return this.#experiments.of(this.#state.model);
  }

  /** Give an experiment `{name, note}` or one of these; promise of it. `link` says which, null what is on screen. */
  async annotate(link, change) {
    return (await this.#bridge.call("mark", link, asJSON(change))).value;
  }

  /** Pin an experiment as "A" or "B", or with "" no longer; promise of it. Without a link: what is on screen. */
  async pin(letter, link = null) {
    return (await this.#bridge.call("mark", link, { pinned: letter })).value;
  }

  /** Promise of what B has that A has not: `{a, b, settings, bytes, score, changed, said}`; null unless both are pinned. */
  async differs() {
    return (await this.#bridge.call("differs")).value;
  }

  /** Promise of what each layer loses if it alone is compressed: [{layer, technique, params, score, bytes, changed}]. */
  async sensitivity() {
    return (await this.#bridge.call("sensitivity")).value;
  }

  /** Promise of `{baseline, compressed}`: what both files put out for one sample, given as nested arrays or in a row. */
  async predict(sample) {
    return (await this.#bridge.call("predict", ArrayBuffer.isView(sample) ? [...sample] : asJSON(sample))).value;
  }

  /** Give up what is being computed, and what is computed behind. */
  async cancel() {
    await this.#bridge.call("cancel");
  }

  /** What lessons there are: `[{id, title, minutes, stops}]`, stops by their titles. */
  get lessons() {
    return structuredClone(this.#lessons);
  }

  /** Open a stop of a lesson, counted from 1; promise of its Result once drawn. */
  async lesson(id, stop = 1) {
    return this.#painted((await this.#bridge.call("lesson", id, stop)).value);
  }

  /** Promise of `{done, said}` for the task of the open stop, judged on the Result; `done` is null if there is none. */
  async check() {
    return (await this.#bridge.call("check")).value;
  }

  /** Take over what a frame from Python brought. */
  accept({ state, result, history, error }) {
    if (history) this.#experiments.accept(history);
    if (state) this.#announce("statechange", (this.#state = state));
    if (result) this.#announce("result", (this.#result = result));
    if (error) this.#announce("error", error);
  }

  live() {
    this.#ready.resolve();
  }

  failed(message) {
    this.#ready.reject(new Error(message));
    this.#announce("error", message);
  }

  #announce(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail: structuredClone(detail) }));
  }

  /** Resolve once the browser has painted: BokehJS draws in the next animation frame. A hidden tab paints nothing. */
  #painted(value) {
    if (document.hidden) return value;
    return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0, value)));
  }
}

/** A copy of the bytes of an ArrayBuffer, or of a view of one and nothing around it. */
function asBytes(file) {
  const bytes = ArrayBuffer.isView(file) ? new Uint8Array(file.buffer, file.byteOffset, file.byteLength) : new Uint8Array(file);
  return bytes.slice();
}

/** Plain JSON of what a script passed; functions and cycles are no State. */
function asJSON(change) {
  try {
    return JSON.parse(JSON.stringify(change ?? null));
  } catch {
    throw new Error("A change of State is plain JSON, for example {\"model\": \"digits-mlp\"}.");
  }
}

function deferred() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}
