// What the browser keeps for the page: in "localStorage" between visits, in "sessionStorage" between the reloads of one
// tab. Where it refuses, as in a sandboxed frame, or is full, things hold until the page is left, and that is all.

/** The text that is kept under a name, or null. */
export function kept(storage, name) {
  try {
    return window[storage].getItem(name);
  } catch {
    return null;
  }
}

/** Likewise of a value that was kept as JSON; null too where somebody else has written there. */
export function keptValue(storage, name) {
  try {
    return JSON.parse(kept(storage, name));
  } catch {
    return null;
  }
}

/** Keep a text, or a value as JSON. */
export function keep(storage, name, value) {
  try {
    window[storage].setItem(name, typeof value === "string" ? value : JSON.stringify(value));
  } catch {
    // As said above.
  }
}
