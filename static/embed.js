// The compact form, in a frame of someone else's page: what is shown of the playground there, and the wire to that page.
//
// The address asks for it, beside a link: `?embed&controls=prune views&theme=dark&plot=320&font=18&model=spirals`. Nothing of it
// rests on the height of the window, so the page may make the frame as high as it is told to.
// Messages are {playground: WIRE, type, ...}. Only the window around is heard, and it stays of the origin that it said
// hello from; before that it is told nothing but how far the start is.

const WIRE = 1; // as in element.js
const OWN = ["embed", "controls", "theme", "plot", "font"];
const READ = ["version", "state", "result", "history", "lessons"];
const VERBS = ["set", "modelBytes", "load", "curve", "annotate", "pin", "differs", "sensitivity", "predict", "cancel", "lesson", "check"];
const FIRST = ["prune", "palettize", "quantize"];
const ELSEWHERE = ["none", "model", "views", "compare", "sample", "hold"]; // what does not stand in the column of the recipe
const PLOT = { least: 160, most: 1200 }; // px
const FONT = { usual: 16, least: 14, most: 24 }; // px, of the text around

const asked = new URLSearchParams(location.search);

/** Whether the page is in its compact form. */
export const embedded = asked.has("embed");

/** The link, which only Python reads: what the compact form asks for besides is none of its business. */
export const query = embedded ? linkOf(asked) : location.search;

function linkOf(fields) {
  const parts = [...fields].filter(([name]) => !OWN.includes(name));
  return parts.length > 0 ? `?${new URLSearchParams(parts)}` : "";
}

/** Wire the compact form; `restore(query)` shows the State of a link. */
export function startEmbed(playground, restore) {
  const { dataset } = document.documentElement;
  let page = null; // the origin of the page around, as it said hello
  let names = [];
  const widgets = []; // [name, element] of each control, once it is painted
  let isLive = false;

  const tell = (type, fields) =>
    parent.postMessage({ playground: WIRE, type, ...fields }, page === null || page === "null" ? "*" : page);
  const tellPage = (type, fields) => page !== null && tell(type, fields);

  async function look({ controls, theme, plot, font, query }) {
    if (typeof theme === "string") dataset.theme = theme;
    if (plot !== undefined) {
      const height = plot >= PLOT.least && plot <= PLOT.most ? `${Number(plot)}px` : "";
      document.body.style.setProperty("--plot", height);
    }
    if (font >= FONT.least && font <= FONT.most) document.documentElement.style.setProperty("--type", font / FONT.usual);
    if (typeof controls === "string") {
      names = controls.split(/[\s,]+/).filter(Boolean);
      if (names.length === 0) names = usual(query ?? location.search);
      dataset.embed = names.join(" ");
      showNamed();
      document.getElementById("recipe-panel").hidden = names.every((name) => ELSEWHERE.includes(name));
    }
    if (typeof query === "string") await restore(query);
  }

  /** Python, which decides whether a control has anything to show, is not told. */
  function showNamed() {
    for (const [name, element] of widgets) element.hidden = !names.includes(name);
  }

  async function answer({ number, verb, args }) {
    try {
      if (READ.includes(verb)) return tell("reply", { number, value: playground[verb] });
      if (!VERBS.includes(verb)) throw new Error(`${String(verb).slice(0, 40)} is no verb of the playground.`);
      tell("reply", { number, value: await playground[verb](...(Array.isArray(args) ? args : [])) });
    } catch (error) {
      tell("reply", { number, error: error.message });
    }
  }

  addEventListener("message", ({ source, origin, data }) => {
    if (source !== parent || source === window || data?.playground !== WIRE || (page ?? origin) !== origin) return;
    if (data.type === "hello") {
      page = origin;
      dataset.held = ""; // its height is in the hands of the page
      tell("hello", { version: playground.version, live: isLive, state: playground.state, result: playground.result });
    } else if (page !== null && data.type === "look") look(data).then(() => tell("reply", { number: data.number }));
    else if (page !== null && data.type === "call") answer(data);
  });
  for (const type of ["result", "error"]) playground.addEventListener(type, ({ detail }) => tellPage(type, { detail }));
  new ResizeObserver(([{ target }]) => tell("height", { height: Math.ceil(target.getBoundingClientRect().height) })).observe(document.body);

  look({ controls: asked.get("controls") ?? "", plot: asked.get("plot") ?? undefined, font: asked.get("font") ?? undefined });

  return {
    progress: (words, share) => tell("progress", { words, share }),
    failed: (message) => tell("failed", { message }),
    live() {
      isLive = true;
      tell("live");
    },
    state: (detail, query) => tellPage("statechange", { detail, query }),
    /** The document is painted: of its controls those show that the page names, now and whenever it names others. */
    painted(doc) {
      widgets.length = 0;
      for (const model of doc.all_models) {
        const name = controlOf(model);
        if (name === "rest") model.setv({ visible: true }, { sync: false }); // what is named may stand in it
        else if (name) widgets.push([name, Bokeh.index.find_one(model).el]);
      }
      showNamed();
    },
  };
}

/** The controls of a page that names none: what the link does, and what a beginner sees if it does nothing. */
function usual(link) {
  const recipe = new URLSearchParams(link).get("recipe");
  return recipe ? recipe.split(";").map((step) => step.split(",")[0]) : FIRST;
}

/** What a page calls the control that a model of the document is; undefined if it is none by itself. */
function controlOf({ css_classes: classes = [] }) {
  if (classes[0] === "technique") return classes[1];
  if (classes.includes("effort") || classes.includes("ways") || classes.includes("rest")) return classes.at(-1);
  if (["layer", "special", "keep"].includes(classes[0])) return "layers";
  return undefined;
}
