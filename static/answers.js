// Answers before Python is up. For the start of the page and for each stop of a lesson the build has stored the frames that
// Python would send: of the State itself and of each strength of the slider in hand (app/site/answers.py). They are put
// on screen as they are, for each is measured. What Python sends meanwhile waits until it speaks of the same State, so
// nothing jumps.

import { isChoice } from "./numbers.js";

const OF_A_STOP = ["v", "lesson", "stop"]; // what a link names that opens a stop as the lesson has it

/** Promise of what is stored for a link; undefined if there is nothing, or it cannot be fetched. */
export async function answersTo(query, { query: start, lessons }) {
  const fields = new URLSearchParams(query);
  const [lesson, stop] = [fields.get("lesson"), Number(fields.get("stop") ?? 1)];
  const isStart = query === "" || query === start;
  const isStop = lessons.some(({ id, stops }) => id === lesson && Number.isInteger(stop) && stops[stop - 1] !== undefined);
  if (!isStart && !isStop) return undefined;
  try {
    const found = await (await fetch(`answers/${isStart ? "start" : `${lesson}-${stop}`}.json`, { priority: "high" })).json();
    const isMeant = isStart || query === found.shown.query || [...fields.keys()].every((name) => OF_A_STOP.includes(name));
    return isMeant ? found : undefined;
  } catch {
    return undefined; // the page starts without
  }
}

export class Answers {
  #show;
  #doc = null;
  #stored = null;
  #changes = []; // by the person, before it had come
  #before = []; // [model, attribute, value] of what is painted, under what was put over it
  #ahead = null; // the frame on screen, which Python does not know of yet
  #held = []; // what Python has sent meanwhile
  #told = ""; // the link of its newest State
  #caughtUp = Promise.resolve();
  #catchUp = () => {};

  /** `show(frame)` puts a frame on screen. */
  constructor(show) {
    this.#show = show;
  }

  /** What is stored has come, to a painted document; whether it answers for what is chosen by now. */
  open(doc, stored) {
    [this.#doc, this.#stored] = [doc, stored];
    if (stored.shown.patch.events.length > 0) this.#put(stored.shown, { transient: false, step: false });
    return this.#changes.every((event) => this.answer(event));
  }

  /** Show what is stored for a change by the person; whether there is something. Another choice than its slider's ends it. */
  answer(event) {
    const { model, attr } = event;
    if (this.#stored === null) {
      if (isChoice(event)) this.#changes.push(event);
      return false;
    }
    if (model?.name !== this.#stored.slider) {
      if (isChoice(event)) this.close();
      return false;
    }
    const frame = this.#strength(Math.round((model.value - model.start) / model.step));
    if (frame === undefined) return false;
    if (this.#ahead === null) this.#show({ ...this.#stored.shown, patch: undefined, transient: false, step: false });
    this.#put(frame, { transient: attr === "value", step: true });
    return true;
  }

  /** Go to the State of a link that the way back leads to; whether it is stored. */
  go(query) {
    const at = Object.keys(this.#stored?.strengths ?? {}).find((each) => this.#strength(each).query === query);
    if (at === undefined) return false;
    const slider = this.#doc.get_model_by_name(this.#stored.slider);
    const value = slider.start + slider.step * at;
    slider.setv({ value, value_throttled: value }, { sync: false });
    this.#put(this.#strength(at), { transient: false, step: true });
    return true;
  }

  /** Nothing more is answered: something is chosen that is not stored, or Python is there. */
  close() {
    this.#stored = null;
    this.release();
  }

  /** Put a frame of Python's on screen, or hold it back while the screen is ahead of it. */
  take(frame) {
    this.#held.push(frame);
    this.#told = frame.query ?? this.#told;
    if (this.#ahead === null || frame.error || (frame.result && this.#told === this.#ahead.query)) this.release();
  }

  /** Put on screen what is held back: Python is not to say anything else. */
  release() {
    this.#ahead = null;
    if (this.#held.length > 0) {
      this.#takeBack();
      const held = this.#held;
      this.#held = [];
      for (const { patch, buffers } of held.slice(0, -1)) this.#show({ patch, buffers });
      const { patch, buffers } = held.at(-1);
      const history = held.flatMap((frame) => frame.history ?? []);
      this.#show({ ...Object.assign({}, ...held), patch, buffers, history });
    }
    this.#catchUp();
  }

  /** Whether the screen shows what Python does not know of yet. */
  get isAhead() {
    return this.#ahead !== null;
  }

  /** Promise: nothing is held back. */
  get caughtUp() {
    return this.#caughtUp;
  }

  #strength(at) {
    const { shown, values, strengths } = this.#stored;
    const found = strengths[at];
    if (found === undefined) return undefined;
    const events = found.patch.map((number) => values[number]);
    return { ...shown, query: found.query, state: { ...shown.state, ...found.state }, patch: { events } };
  }

  #put(frame, how) {
    if (this.#ahead === null) this.#caughtUp = new Promise((resolve) => (this.#catchUp = resolve));
    this.#ahead = frame;
    for (const { model: { id }, attr } of frame.patch.events) {
      const model = this.#doc.get_model_by_id(id);
      if (model === null || model.properties[attr].is_unset) continue; // it comes with the frame
      const isKept = this.#before.some(([other, name]) => other === model && name === attr);
      if (!isKept) this.#before.push([model, attr, model[attr]]);
    }
    this.#show({ ...frame, ...how });
  }

  #takeBack() {
    for (const [model, attr, value] of this.#before.reverse()) model.setv({ [attr]: value }, { sync: false });
    this.#before = [];
  }
}
