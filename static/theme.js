// Light and dark: follows the system until a person chooses, and gives the Bokeh models the same colours.
// On a large screen it gives them larger type.
//
// Python draws in light colours (app/screen/theme.py). In the dark each one is swapped for its partner, in this tab only:
// Python is never told. The pairs are read from style.css, so they are written once.

import { keep } from "./kept.js";

const KEY = "playground.theme";
const system = matchMedia("(prefers-color-scheme: dark)");
// The sizes of theme.py, and what takes their place: all of them different, so that each says which it is.
const SIZES = [
  ["11px", "12px", "14px"],
  ["13px", "15px", "17px"],
  ["15.5px", "17.5px", "20px"],
];
const SCREENS = ["(min-width: 1600px) and (min-height: 900px)", "(min-width: 2400px) and (min-height: 1200px)"].map(
  (query) => matchMedia(query), // as in style.css
);
let shown = null; // the Bokeh document on screen
const attributes = new Map(); // model type -> names of its properties that may hold a colour or a size of type
let swap = null;

/** Colour a Bokeh document, now and with each change of theme; a newer one takes its place. */
export function startTheme(doc) {
  if (shown === null) wire();
  shown = doc;
  show();
}

function show() {
  document.getElementById("theme").setAttribute("aria-pressed", isDark());
  colour(shown);
}

/** Wire the switch. */
function wire() {
  const button = document.getElementById("theme");
  button.onclick = () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    keep("localStorage", KEY, theme);
  };
  new MutationObserver(show).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  for (const query of [system, ...SCREENS]) query.addEventListener("change", show);
}

/** Colour what a patch of Python's has brought. */
export function recolour(doc) {
  if (isDark() || large() > 0) colour(doc);
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "dark" || (chosen !== "light" && system.matches);
}

/** Which row of SIZES the screen has room for. */
function large() {
  return SCREENS.filter(({ matches }) => matches).length;
}

function colour(doc) {
  swap ??= pairs();
  const to = new Map(isDark() ? swap.dark : swap.light);
  for (const row of SIZES) for (const [at, size] of row.entries()) to.set(size, SIZES[large()][at]);
  for (const model of doc.all_models) {
    const changes = {};
    for (const name of coloured(model)) {
      const value = model.properties[name].is_unset ? undefined : model[name];
      const swapped = swappedIn(value, to);
      if (swapped !== value) changes[name] = swapped;
    }
    if (Object.keys(changes).length > 0) model.setv(changes, { sync: false });
  }
}

function coloured(model) {
  if (!attributes.has(model.type)) {
    const names = Object.keys(model.properties).filter((name) => /color$|^palette$|font_size$/.test(name));
    attributes.set(model.type, names);
  }
  return attributes.get(model.type);
}

/** The same value in the other theme: a colour or a size, `{value: colour}`, or a palette. The very same object if it has none. */
function swappedIn(value, to) {
  if (typeof value === "string") return to.get(value.toLowerCase()) ?? value;
  if (Array.isArray(value)) return value.some((each) => to.has(each)) ? value.map((each) => to.get(each) ?? each) : value;
  if (to.has(value?.value)) return { ...value, value: to.get(value.value) };
  return value;
}

/** Light -> dark and dark -> light, from the variables of style.css: `--name: light-dark(one, other)`. */
function pairs() {
  const both = { light: new Map(), dark: new Map() };
  for (const rule of [...document.styleSheets].flatMap(readable)) {
    if (rule.selectorText !== ":root") continue;
    for (const name of rule.style) {
      const [, light, dark] = rule.style.getPropertyValue(name).match(/^light-dark\((\S+), (\S+)\)$/) ?? [];
      if (!light) continue;
      both.dark.set(light, dark);
      both.light.set(dark, light);
    }
  }
  return both;
}

function readable(sheet) {
  try {
    return [...sheet.cssRules];
  } catch {
    return []; // an extension's, from another origin
  }
}
