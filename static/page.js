// What the page does by itself: tabs, drawers, help, and the names that BokehJS leaves off its widgets.

import { keep, kept } from "./kept.js";
import { startSpeaking } from "./spoken.js";

const SINGLE_KEYS = "playground.keys";

/**
 * Wire tabs, drawers and help; nothing need be painted yet.
 * `set(change)` merges a change into the State; `state` is the first State; the function returned takes each new one.
 */
export function startPage({ set, state }) {
  const tabs = [...document.querySelectorAll("#views [role=tab]")];
  for (const [at, tab] of tabs.entries()) {
    tab.onclick = () => set({ view: tab.dataset.view });
    tab.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(at + step + tabs.length) % tabs.length];
      next.focus();
      next.click();
    };
  }
  const show = ({ view }) => {
    for (const tab of tabs) {
      const on = tab.dataset.view === view;
      tab.setAttribute("aria-selected", on);
      tab.tabIndex = on ? 0 : -1;
      if (on) document.getElementById("stage").setAttribute("aria-labelledby", tab.id);
    }
  };
  show(state);
  wireDrawers();
  wireKeys();
  document.getElementById("help").onclick = () => document.getElementById("help-text").showModal();
  return show;
}

/** Make what BokehJS has painted usable without sight: call when it has. */
export function finishWidgets() {
  nameWidgets(document);
  startSpeaking();
}

/** Do something in the page where a link is followed; with a key held it stays a link, which opens elsewhere. */
export function onFollowed(link, act) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    act();
  });
}

/** Something else everywhere while the button, or one of its keys, is held down: `tell(held)` at each change. */
export function wireHold(button, tell, keys = ["b", "B"]) {
  const hold = (held) => {
    if ((button.getAttribute("aria-pressed") === "true") === held) return;
    button.setAttribute("aria-pressed", held);
    tell(held);
  };
  button.onpointerdown = (event) => {
    button.setPointerCapture(event.pointerId);
    hold(true);
  };
  button.onpointerup = button.onpointercancel = button.onlostpointercapture = () => hold(false);
  const isKey = ({ key, code, target }) =>
    (keysWork() && (keys.includes(key) || keys.includes(code))) || (target === button && key === " ");
  addEventListener("keydown", (event) => {
    if (isKey(event) && !typing(event) && !event.repeat && !event.ctrlKey && !event.metaKey) hold(true);
  });
  addEventListener("keyup", (event) => isKey(event) && hold(false));
  addEventListener("blur", () => hold(false));
}

/** True if a key belongs to a text field; widgets live in shadow trees, so the path tells. */
export function typing(event) {
  const field = event.composedPath()[0];
  return field.matches?.("input:not([type=checkbox]):not([type=range]), textarea, select") ?? false;
}

/** Whether a single key does something from anywhere on the page. Who speaks to a computer, or reads by keys, may not want that. */
function keysWork() {
  return document.getElementById("keys").checked;
}

/** The switch for it, in the help; it is remembered. */
function wireKeys() {
  const box = document.getElementById("keys");
  box.checked = kept("localStorage", SINGLE_KEYS) !== "off";
  box.onchange = () => keep("localStorage", SINGLE_KEYS, box.checked ? "on" : "off");
}

/** On a narrow screen the side panels are drawers of which one is open at a time; elsewhere their buttons are not shown. */
function wireDrawers() {
  if ("embed" in document.documentElement.dataset) return; // there all that is named stands one under the other
  const buttons = [...document.querySelectorAll("[data-drawer]")];
  const open = (which) => {
    for (const button of buttons) button.setAttribute("aria-expanded", button === which);
    document.documentElement.dataset.drawer = which?.dataset.drawer ?? "";
  };
  for (const button of buttons) button.onclick = () => open(button.getAttribute("aria-expanded") === "true" ? null : button);
  addEventListener("keydown", (event) => event.key === "Escape" && open(null));
}

/** Tie sliders, check boxes and arrows to the words that stand beside them; what is named already stays so. */
export function nameWidgets(root) {
  for (const element of root.querySelectorAll("*")) if (element.shadowRoot) nameWidgets(element.shadowRoot);
  if (!(root instanceof ShadowRoot)) return;
  const [box, label] = [root.querySelector("input[type=checkbox]"), root.querySelector(".bk-label")];
  if (box && label) nameBox(box, label);
  const [handle, title] = [root.querySelector(".noUi-handle"), root.querySelector(".bk-slider-title")];
  if (handle && title && !handle.ariaLabel) nameSlider(handle, title);
  const [entry, said] = [root.querySelector("input[type=text]"), root.querySelector("label")];
  if (entry && said) entry.ariaLabel ??= said.textContent;
  const field = handle ?? root.querySelector("select");
  if (field && root.host.title) field.setAttribute("aria-description", root.host.title);
  const button = root.querySelector("button");
  const name = { "‹": "previous sample", "›": "next sample" }[button?.textContent];
  if (name) button.setAttribute("aria-label", name);
  if (button && root.host.matches(".more")) nameDisclosure(button);
}

/** The technique whose section an element stands in. */
function technique(element) {
  const section = element.getRootNode().host.getRootNode().querySelector(".switch");
  return section?.shadowRoot.querySelector(".bk-label").textContent ?? "";
}

/** A box is called what stands beside it, which may change: "Keep this layer in float". */
function nameBox(box, label) {
  const tell = () => box.setAttribute("aria-label", label.textContent);
  tell();
  new MutationObserver(tell).observe(label, { childList: true, characterData: true, subtree: true });
}

function nameSlider(handle, title) {
  const tell = () => {
    handle.setAttribute("aria-label", `${technique(title)} ${title.firstChild.textContent.replace(/: $/, "")}`.trim());
    handle.setAttribute("aria-valuetext", title.querySelector(".bk-slider-value")?.textContent ?? "");
  };
  tell();
  new MutationObserver(tell).observe(title, { childList: true });
}

function nameDisclosure(button) {
  button.setAttribute("aria-label", `${technique(button)} ${button.textContent}`.trim());
  const tell = () => button.setAttribute("aria-expanded", button.classList.contains("bk-active"));
  tell();
  new MutationObserver(tell).observe(button, { attributeFilter: ["class"] });
}
