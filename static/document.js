// The Bokeh document on screen: painted from its stored JSON, then kept equal to Python's.

import callbacks from "./callbacks.js";
import { keyOf } from "./callback-key.js";

const CLICKED = ".bk-events:focus:not(:focus-visible) { outline: none; }"; // a box is for who comes by keyboard
const PYTHON = "python"; // marks a change that came from Python, so that it is not sent back
let painted = null; // BokehJS's views of the document

/**
 * Paint the document into the elements with `data-root` and give BokehJS's Document.
 * `stored` is {document, roots, models}, made while the site was built.
 */
export async function paint(stored) {
  if (painted) clear(painted);
  else {
    restStyles();
    useCompiled();
  }
  const roots = {}; // in the order of the document: BokehJS counts, it does not look at the ids
  for (const [name, id] of Object.entries(stored.roots)) roots[id] = document.querySelector(`[data-root="${name}"]`);
  const docid = "playground";
  const item = { docid, roots, root_ids: Object.keys(roots) };
  painted = (await Bokeh.embed.embed_items({ [docid]: stored.document }, [item]))[0];
  return painted.roots[0].model.document;
}

/** Take what was painted off the page, and out of the list that BokehJS has of all documents. */
function clear(views) {
  const { document } = views.roots[0].model;
  views.clear();
  Bokeh.documents.splice(Bokeh.documents.indexOf(document), 1);
}

/**
 * Leave a style sheet alone that would come out as it is. BokehJS 3.9 writes the places of all parts of a plot anew each
 * time it paints, and the browser then works out the styles of the whole page again, several times a picture. What a
 * glyph covers changes with its data and is of no use to anybody here: it is not written at all.
 */
function restStyles() {
  const sheet = Bokeh.require("core/dom").InlineStyleSheet.prototype;
  const write = sheet._update;
  const written = new WeakMap();
  sheet._update = function (css) {
    if (written.get(this) !== css) write.call(this, css);
    written.set(this, css);
  };
  const canvas = Bokeh.require("models/canvas/canvas").CanvasView.prototype;
  const sheets = canvas.stylesheets;
  canvas.stylesheets = function () {
    return [...sheets.call(this), CLICKED];
  };
  Bokeh.require("models/renderers/glyph_renderer").GlyphRendererView.prototype.update_position = () => {};
}

/**
 * BokehJS makes the function of a CustomJS out of its text, which a strict policy forbids: take those that the build has
 * made of the same texts.
 */
function useCompiled() {
  const { keys, values } = Bokeh.require("core/util/object");
  Bokeh.require("models/callbacks/customjs").CustomJS.prototype._compile = async function () {
    const run = callbacks[keyOf(keys(this.args), this.code)];
    if (!run) throw new Error(`The build has not compiled: ${this.code}`);
    return { module: false, func: (...event) => run(...values(this.args), ...event) };
  };
}

/** Tell `changed(event)` of every change that a person, not Python, has made. */
export function watch(doc, changed) {
  doc.on_change((event) => {
    if (!event.sync || patching > 0 || event.setter_id === PYTHON) return;
    changed(event);
  });
}

let patching = 0;

/** Apply a patch of Python's. */
export function patch(doc, content, buffers) {
  const events = content.events.filter((event) => !setText(doc, event) && !setDisabled(doc, event));
  patching += 1;
  try {
    doc.apply_json_patch({ ...content, events }, buffers ?? new Map());
  } finally {
    patching -= 1;
  }
}

/**
 * A Div's new text goes straight to its place; true if that is what the event asks for. BokehJS 3.9 would build the
 * whole widget anew, style sheets and all: 2 ms each for the three that change with every move of a slider.
 */
function setText(doc, { kind, model, attr, new: text }) {
  if (kind !== "ModelChanged" || attr !== "text" || typeof text !== "string") return false;
  const div = doc.get_model_by_id(model.id);
  const place = div?.type === "Div" ? placeOf(div) : undefined;
  if (!place || div.render_as_text) return false;
  div.setv({ text }, { silent: true });
  const fresh = document.createElement("template");
  fresh.innerHTML = text;
  update(place, fresh.content);
  return true;
}

/** Likewise a button that can be pressed or no longer: built anew it would also lose the keyboard's focus. */
function setDisabled(doc, { kind, model, attr, new: disabled }) {
  if (kind !== "ModelChanged" || attr !== "disabled") return false;
  const button = doc.get_model_by_id(model.id);
  const place = button?.type === "Button" ? Bokeh.index.find_one(button)?.button_el : undefined;
  if (!place) return false;
  button.setv({ disabled }, { silent: true });
  place.disabled = disabled;
  return true;
}

const places = new WeakMap(); // Div -> element with its text: BokehJS looks through all views for it

function placeOf(div) {
  if (!places.get(div)?.isConnected) places.set(div, Bokeh.index.find_one(div)?.markup_el);
  return places.get(div);
}

/**
 * Make the children of `place` like those of `fresh`. What is the same already stays: the browser need not work out its
 * style, its place and its picture again.
 */
function update(place, fresh) {
  const before = [...place.childNodes];
  const after = [...fresh.childNodes];
  for (const [at, node] of after.entries()) {
    const old = before[at];
    if (old === undefined) place.append(node);
    else if (old.nodeName !== node.nodeName) old.replaceWith(node);
    else if (!old.isEqualNode(node)) become(old, node);
  }
  for (const old of before.slice(after.length)) old.remove();
}

/** Make one node like another of its kind. */
function become(old, node) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = node.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) if (!node.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of node.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  update(old, node);
}
