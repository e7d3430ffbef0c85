// Every message between the page and the worker, in one place. A message is a plain object {type, ...fields}.
// Requests carry a number; a reply repeats it.

/** The version of window.playground and of the postMessage interface. */
export const VERSION = "1.4";

/** Page to worker. */
export const TO_WORKER = {
  start: "start", // {query, own}             start Python; restore the State of this link, with {options, files} of one's own models
  patch: "patch", // {patch}                  a Bokeh patch as JSON text: what the person did to widgets
  call: "call",   // {number, verb, args, files}   set, restore, hold, mark, take and so on: answered by a reply
};

/** Worker to page. `spans` lists [id, length] of the buffers that lie end to end in the array sent along. */
export const FROM_WORKER = {
  progress: "progress", // {step, done, total}   start-up goes on; in bytes where they are known
  document: "document", // {roots, models}       Python has built its document: takes over the painted one if equal
  frame: "frame",       // {patch, spans, state, query, transient, step, result, history, pins, pad, notes, error}   all that changed, at once
  drawn: "drawn",       // {}                    the last patch has been answered; the next may come
  working: "working",   // {share, words}        a long computation goes on; share null: it has ended
  reply: "reply",       // {number, value | error, spans}
  live: "live",         // {}                    the first Result computed in this tab is on screen
  failed: "failed",     // {message}             the start cannot go on; in words for the person
  alive: "alive",       // {lock}                the worker holds this lock as long as it lives
  broken: "broken",     // {}                    Python or onnxruntime has crashed: nothing here is to be relied on
};
