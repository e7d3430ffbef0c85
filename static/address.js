// The State in the address bar, and the way back.
//
// A gesture makes one entry: the first value of a drag, or of arrow keys in quick succession, adds it, the others
// replace it. So Back always returns to what was there before the gesture. While a drag goes on the link follows a few
// times a second. What is only looked at, a view or a sample, is in the link but makes no entry.

import { keep, kept } from "./kept.js";

const LAST = "playground.last"; // index of the newest entry of this tab; outlives a reload, as the entries do
const KEYS = /^(Arrow|Page|Home|End)/; // what moves a slider or a menu
const PAUSE = 1000; // ms between two keys of one gesture
const LATE = 3000; // ms after a key in which the State that it chose is here, on a slow machine too
const REST = 200; // ms between two links of a drag: to write one takes a browser milliseconds, and it refuses too many

export class Address {
  #index = history.state?.index ?? 0;
  #shown = null; // the link on screen; null: the next one only spells the present entry anew
  #dragging = false;
  #dragged = ""; // the newest link of a drag, which waits for #timer
  #timer = 0;
  #newest = 0;
  #key = { at: -Infinity, field: null }; // the last one that moves something
  #gesture = { at: -Infinity, field: null }; // the last key that is in the newest entry
  #restoring = 0; // restorations under way; until they end, what comes may be older than they are
  #restore;
  #moved;

  /**
   * `restore(query)` is called for Back and Forward and gives a promise; `moved({back, forward})` is called whenever
   * either becomes possible.
   */
  constructor(restore, moved) {
    this.#restore = restore;
    this.#moved = moved;
    if (history.state?.index === undefined) this.#last = 0;
    history.replaceState({ index: this.#index }, "");
    addEventListener("keydown", (event) => {
      if (KEYS.test(event.key)) this.#key = { at: event.timeStamp, field: event.composedPath()[0] };
    }, true);
    addEventListener("popstate", (event) => this.#went(event));
    this.#tell();
  }

  back() {
    if (this.#index > 0) history.back();
  }

  forward() {
    if (this.#index < this.#last) history.forward();
  }

  /** The State is now `query`; `transient` while a drag goes on; a `step` is more than another look. */
  show(query, { transient, step }) {
    if (this.#dragging && transient) {
      this.#dragged = query;
      this.#timer ||= setTimeout(() => this.#write(this.#dragged), REST);
    } else {
      this.#write(query, !step || this.#isSameGesture());
      this.#dragging = transient;
    }
  }

  /** Whether the key that chose this State follows the one before on the same field. */
  #isSameGesture() {
    const { at, field } = this.#key;
    const keyed = performance.now() - at < LATE;
    const same = keyed && field === this.#gesture.field && at - this.#gesture.at < PAUSE;
    this.#gesture = keyed ? this.#key : { at: -Infinity, field: null };
    return same;
  }

  #write(query, replace = false) {
    this.#timer = clearTimeout(this.#timer);
    if (query === this.#shown) return;
    if (replace || this.#restoring > 0 || this.#shown === null || this.#dragging) {
      history.replaceState({ index: this.#index }, "", query);
    } else {
      this.#last = ++this.#index;
      history.pushState({ index: this.#index }, "", query);
    }
    this.#shown = query;
    this.#tell();
  }

  get #last() {
    return Number(kept("sessionStorage", LAST) ?? this.#newest); // what is not kept is known until the next reload
  }

  set #last(index) {
    this.#newest = index;
    keep("sessionStorage", LAST, index);
  }

  async #went(event) {
    this.#index = event.state?.index ?? 0;
    this.#shown = null;
    this.#dragging = false;
    this.#timer = clearTimeout(this.#timer);
    this.#tell();
    this.#restoring += 1;
    await this.#restore(location.search);
    this.#restoring -= 1;
  }

  #tell() {
    this.#moved({ back: this.#index > 0, forward: this.#index < this.#last });
  }
}
