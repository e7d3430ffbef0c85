// What has been tried in this tab, as Python tells it, and what of it outlives a reload: the storage of the tab, where
// there is one. An entry of another build is left alone, for its numbers may not be those that this one would measure.
// What a storage holds may be anybody's: Python checks each row, and leaves out what it would not have written.

import bundle from "./bundle.js";
import { keep, keptValue } from "./kept.js";

const KEY = "playground.history";
const VERSION = 1; // of an entry
const MOST = 100; // experiments that are kept, beside those of which something was said

export class Experiments {
  #tried = new Map(); // link -> experiment, with any model, oldest first
  #before = read(); // what is to be recalled; until then nothing is written over it

  /** The build that has measured them. */
  get build() {
    return bundle.build;
  }

  /** The experiments with a model, oldest first. */
  of(model) {
    return structuredClone([...this.#tried.values()].filter(({ state }) => state.model === model));
  }

  /** Take over what Python says has changed. */
  accept(changes) {
    for (const { gone, ...experiment } of changes) {
      if (gone) this.#tried.delete(experiment.link);
      else this.#tried.set(experiment.link, experiment);
    }
    if (this.#before === null) this.#write();
  }

  /** Python is started anew and knows nothing: it is to be handed what is known here. */
  again() {
    this.#before ??= this.#rows();
  }

  /** Hand Python what was kept, once it computes: `recall(rows)` gives a promise. */
  async recall(recall) {
    if (this.#before?.length) await recall(this.#before);
    this.#before = null;
    this.#write();
  }

  #rows() {
    const rows = [...this.#tried.values()];
    const kept = rows.filter(({ name, note, pinned }, at) => at >= rows.length - MOST || name || note || pinned);
    return kept.map(({ state, label, ...rest }) => rest);
  }

  #write() {
    keep("sessionStorage", KEY, { version: VERSION, build: bundle.build, experiments: this.#rows() });
  }
}

function read() {
  const { version, build, experiments } = keptValue("sessionStorage", KEY) ?? {};
  return version === VERSION && build === bundle.build && Array.isArray(experiments) ? experiments : [];
}
