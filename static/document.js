// The Bokeh document on screen: painted from its stored JSON, then kept equal to Python's.

const PYTHON = "python"; // marks a change that came from Python, so that it is not sent back

/**
 * Paint the document into the elements with `data-root` and give BokehJS's Document.
 * `stored` is {document, roots, models}, made while the site was built.
 */
export async function paint(stored) {
  const roots = {}; // in the order of the document: BokehJS counts, it does not look at the ids
  for (const [name, id] of Object.entries(stored.roots)) roots[id] = document.querySelector(`[data-root="${name}"]`);
  restStyles();
  const docid = "playground";
  const item = { docid, roots, root_ids: Object.keys(roots) };
  const [views] = await Bokeh.embed.embed_items({ [docid]: stored.document }, [item]);
  return [...views.roots.values()][0].model.document;
}

/**
 * Leave a style sheet alone that would come out as it is. BokehJS 3.9 writes the places of all parts of a plot anew each
 * time it paints, and the browser then works out the styles of the whole page again, several times a picture.
 */
function restStyles() {
  const sheet = Bokeh.require("core/dom").InlineStyleSheet.prototype;
  const write = sheet._update;
  const written = new WeakMap();
  sheet._update = function (css) {
    if (written.get(this) !== css) write.call(this, css);
    written.set(this, css);
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
  const events = content.events.filter((event) => !setText(doc, event));
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
  const place = div?.type === "Div" ? Bokeh.index.find_one(div)?.markup_el : undefined;
  if (!place || div.render_as_text) return false;
  div.setv({ text }, { silent: true });
  place.innerHTML = text;
  return true;
}
