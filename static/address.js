// The State in the address bar, and the way back.
//
// A drag makes one entry: its first value adds it, the others replace it, letting go leaves it. So Back always returns
// to what was there before the drag, and the link is right at every moment.

const LAST = "playground.last"; // index of the newest entry of this tab; outlives a reload, as the entries do

export class Address {
  #index = history.state?.index ?? 0;
  #shown = null; // the link on screen; null: the next one only spells the present entry anew
  #dragging = false;
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
    addEventListener("popstate", (event) => this.#went(event));
    this.#tell();
  }

  back() {
    if (this.#index > 0) history.back();
  }

  forward() {
    if (this.#index < this.#last) history.forward();
  }

  /** The State is now `query`; `transient` while a drag goes on. */
  show(query, transient) {
    if (query !== this.#shown) {
      if (this.#restoring > 0 || this.#shown === null || this.#dragging) {
        history.replaceState({ index: this.#index }, "", query);
      } else {
        this.#last = ++this.#index;
        history.pushState({ index: this.#index }, "", query);
      }
      this.#shown = query;
      this.#tell();
    }
    this.#dragging = transient;
  }

  get #last() {
    return Number(sessionStorage.getItem(LAST) ?? 0);
  }

  set #last(index) {
    sessionStorage.setItem(LAST, index);
  }

  async #went(event) {
    this.#index = event.state?.index ?? 0;
    this.#shown = null;
    this.#dragging = false;
    this.#tell();
    this.#restoring += 1;
    await this.#restore(location.search);
    this.#restoring -= 1;
  }

  #tell() {
    this.#moved({ back: this.#index > 0, forward: this.#index < this.#last });
  }
}
