// <compression-playground model recipe view controls theme height lesson task>: one live figure in anybody's page.
//
// Until a reader starts it there is what stands between its tags, a picture say, or the picture of its lesson; so it is
// without this script, in print, and where the start fails. A page has one runtime: a second figure takes it over, with
// the State of its own, and the first shows its picture again. All that runs is in a frame (embed.js), so that nothing of
// the page reaches it but what is written on the element, nor the other way round.

{
  const WIRE = 1; // version of the messages, as in embed.js
  const SITE = new URL(".", document.currentScript.src);
  const MEGABYTES = "15"; // of a first visit, as gzip; written by build.py
  const SILENT = 60_000; // ms without a word during the start
  const DEAF = 4000; // ms after the frame has loaded in which it must have said something
  const MOST = 4000; // px, of the height of a frame
  // The parts of a link, as in app/state/fields.py: nothing else of an element or an address reaches the frame's link.
  const LINK = ("model recipe keep own size score threshold prepare effort view layer sample by device rate weight seed compare "
    + "x y lesson stop guess title text task hide lock who variation").split(" ");
  const LOOK = ["controls", "theme", "height"];
  const VERBS = "set modelBytes load curve annotate pin differs sensitivity predict cancel lesson check".split(" ");
  const TITLE = "Compression Playground";
  const MARKS = ["data-theme", "data-md-color-scheme", "data-bs-theme", "data-jp-theme-light", "class"]; // where pages keep their theme
  const system = matchMedia("(prefers-color-scheme: dark)");

  const STYLE = `
  :host { display: block; container-type: inline-size; margin: 1em 0; font-size: clamp(14px, 1em, 24px); color: light-dark(#1c2027, #eceef2); }
  :host([hidden]) { display: none; }
  .card { position: relative; border: 1px solid light-dark(#dcdfe5, #343a45); border-radius: 8px; overflow: hidden; background: light-dark(#fff, #14171c); }
  iframe { display: block; width: 100%; border: 0; }
  .card:not([data-is=live]) iframe { position: absolute; inset: 0 0 auto; opacity: 0; pointer-events: none; }
  [data-is=live] :is(.picture, .start, .task) { display: none; }
  [aria-disabled=true] { opacity: 0.45; cursor: default; }
  .picture { padding: 12px 14px; font: 0.94em/1.5 system-ui, sans-serif; }
  .picture:has(img) { padding: 0; }
  ::slotted(img), .picture img { display: block; max-width: 100%; height: auto; }
  .bar { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 12px; padding: 8px 14px; font: 0.82em/1.45 system-ui, sans-serif; border-top: 1px solid light-dark(#dcdfe5, #343a45); }
  .task { margin: 0; padding: 10px 14px; font: 0.94em/1.5 system-ui, sans-serif; border-bottom: 1px solid light-dark(#dcdfe5, #343a45); }
  .said { flex: 1; min-width: 8em; color: light-dark(#636b78, #9aa3b2); font-variant-numeric: tabular-nums; }
  [data-is=failed] .said { color: light-dark(#b3204d, #ff7f9c); }
  button { min-height: 34px; padding: 0 14px; font: inherit; font-weight: 600; color: inherit; background: none; border: 1px solid currentColor; border-radius: 6px; cursor: pointer; }
  a { padding: 5px 0; color: inherit; text-underline-offset: 3px; }
  :focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
  @media (pointer: coarse) { button { min-height: 44px; } a { padding: 12px 0; } }
  @media print { iframe, .bar { display: none; } [data-is=live] .picture { display: block !important; } }`;

  const sheet = new CSSStyleSheet(); // a strict policy of the page lets it pass, unlike a <style>
  sheet.replaceSync(STYLE);
  let running = null; // the element that has the runtime

  class CompressionPlayground extends HTMLElement {
    static observedAttributes = [...LINK, ...LOOK];

    /** What an address may say of an element: see frame.js. */
    static fields = [...this.observedAttributes, "start"];

    #parts = {};
    #frame = null;
    #loaded = null; // promise: it hears
    #site = "*"; // the origin of the frame, "null" where it is sandboxed
    #left = null; // the link of what was on screen when the runtime went elsewhere
    #state = null;
    #result = null;
    #calls = new Map();
    #number = 0;
    #heard = 0;
    #watch = 0;
    #theme = "";
    #marks = new MutationObserver(() => this.#recolour());
    #sight = null;
    #isReady;
    #ready = this.#awaited();

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      const make = (name, fields, ...inside) => {
        const node = Object.assign(document.createElement(name), fields);
        node.append(...inside);
        return node;
      };
      const p = this.#parts;
      p.instead = make("slot"); // what is in it shows where nothing stands between the tags
      p.picture = make("div", { className: "picture" }, p.instead);
      p.task = make("p", { className: "task", hidden: true });
      p.start = make("button", { className: "start", type: "button", onclick: () => this.start() });
      p.said = make("span", { className: "said", role: "status" });
      p.link = make("a", { target: "_blank", rel: "noopener" });
      p.card = make("div", { className: "card" }, p.task, p.picture, make("div", { className: "bar" }, p.start, p.said, p.link));
      root.adoptedStyleSheets = [sheet];
      root.append(p.card);
    }

    connectedCallback() {
      this.#is("idle");
      this.#recolour();
      this.#describe();
      for (const node of [document.documentElement, document.body]) this.#marks.observe(node, { attributeFilter: MARKS });
      system.addEventListener("change", this.#recolour);
      addEventListener("message", this.#hear);
      if (this.getAttribute("start") !== "view") return;
      this.#sight = new IntersectionObserver(([{ isIntersecting }]) => {
        if (isIntersecting && this.#frame === null && running === null) this.start();
      });
      this.#sight.observe(this);
    }

    /** Moved without leaving the page, where the browser can do that: all goes on. */
    connectedMoveCallback() {}

    disconnectedCallback() {
      this.#sight?.disconnect();
      this.#marks.disconnect();
      system.removeEventListener("change", this.#recolour);
      removeEventListener("message", this.#hear);
      if (this.#frame) this.#stop();
    }

    attributeChangedCallback(name, before, after) {
      if (before === after || !this.isConnected) return;
      if (this.#parts.card.dataset.is === "failed") this.#is("idle"); // it is to show something else, which may do
      this.#describe();
      if (name === "theme") this.#recolour();
      else if (LINK.includes(name)) {
        this.#left = null;
        this.#look({ query: this.#query() });
      } else this.#look(this.#asked());
    }

    /** The State on screen as plain JSON, and the last Result; null before there is one. */
    get state() {
      return this.#state;
    }

    get result() {
      return this.#result;
    }

    /** Promise: the first Result computed in this element is on screen. It starts nothing. */
    get ready() {
      return this.#ready;
    }

    /** Promise of what a verb of window.playground answers, or one of its values; the same as `element.set(...)` and so on. */
    call(verb, ...args) {
      if (!this.#frame) return Promise.reject(new Error("The playground is not started here; call start() first."));
      return this.#ask({ type: "call", verb, args });
    }

    /** Start the playground here, or bring it here from another element of the page. */
    start() {
      if (this.#frame) return;
      const giver = running;
      running = this;
      this.#is("starting");
      this.#say("Starting");
      if (giver?.#canGive(this)) this.#take(giver);
      else {
        giver?.#stop();
        this.#open();
      }
      for (const other of document.querySelectorAll("compression-playground")) {
        if (other.#parts.card.dataset.is === "idle") other.#describe();
      }
    }

    #open() {
      const frame = document.createElement("iframe");
      const address = new URL("index.html", SITE);
      const fields = new URLSearchParams(this.#query());
      address.search = new URLSearchParams([["embed", ""], ...Object.entries(this.#asked()), ...fields]);
      frame.title = this.#title();
      if (this.hasAttribute("sandbox")) frame.sandbox = "allow-scripts";
      this.#site = this.hasAttribute("sandbox") ? "null" : SITE.origin;
      frame.src = address.href;
      frame.style.height = `${Math.max(200, this.#parts.picture.offsetHeight)}px`;
      this.#dress(frame);
      this.#loaded = new Promise((resolve) => {
        frame.onload = () => {
          this.#send({ type: "hello" });
          this.#await(DEAF);
          resolve();
        };
      });
      frame.inert = true;
      this.#frame = frame;
      this.#heard = 0;
      this.#parts.card.insertBefore(frame, this.#parts.card.lastChild);
      this.#await(SILENT);
    }

    /** Whether the runtime can move to another element as it is: same rights, and a browser that moves a frame without loading it anew. */
    #canGive(other) {
      const isLive = this.#parts.card.dataset.is === "live";
      return isLive && "moveBefore" in Element.prototype && this.hasAttribute("sandbox") === other.hasAttribute("sandbox");
    }

    #take(giver) {
      this.#frame = giver.#frame;
      this.#site = giver.#site;
      this.#loaded = giver.#loaded;
      giver.#frame = null;
      this.#parts.card.moveBefore(this.#frame, this.#parts.card.lastChild);
      giver.#rest();
      this.#frame.title = this.#title();
      this.#dress(this.#frame);
      this.#look({ ...this.#asked(), query: this.#query() }).then(() => this.#live());
    }

    /** End what runs here; the picture comes back. */
    #stop() {
      this.#frame?.remove(); // and with it its worker
      this.#frame = null;
      if (running === this) running = null;
      this.#rest();
    }

    #rest() {
      clearTimeout(this.#watch);
      for (const { reject } of this.#calls.values()) reject(new Error("The playground has left this element."));
      this.#calls.clear();
      if (this.#parts.card.dataset.is === "live") this.#ready = this.#awaited();
      this.#is("idle");
      this.#describe();
    }

    #awaited() {
      return new Promise((resolve) => (this.#isReady = resolve));
    }

    #live() {
      clearTimeout(this.#watch);
      const isAwaited = this.shadowRoot.activeElement === this.#parts.start;
      this.#is("live");
      if (isAwaited) this.#frame.focus(); // else the keyboard would be nowhere
      this.#say("");
      this.#isReady();
      this.dispatchEvent(new CustomEvent("ready"));
    }

    #fail(words) {
      this.#stop();
      this.#is("failed");
      this.#say(`${words} The picture stays as it was.`);
      this.#name(this.#parts.start, "Retry");
      this.dispatchEvent(new CustomEvent("error", { detail: words }));
    }

    /** Wait for a word of the frame, but not for ever. */
    #await(ms) {
      clearTimeout(this.#watch);
      if (this.#parts.card.dataset.is !== "starting" || (ms === DEAF && this.#heard > 0)) return;
      this.#watch = setTimeout(() => this.#fail("The playground does not answer."), ms);
    }

    #hear = ({ source, origin, data }) => {
      if (!this.#frame || source !== this.#frame.contentWindow || origin !== this.#site || data?.playground !== WIRE) return;
      this.#heard += 1;
      if (this.#parts.card.dataset.is === "starting") this.#await(SILENT);
      if (data.type === "height") this.#grow(data.height);
      else if (data.type === "progress") this.#say(data.words);
      else if (data.type === "failed") this.#fail(String(data.message));
      else if (data.type === "live") this.#live();
      else if (data.type === "reply") this.#settle(data);
      else if (data.type === "hello") [this.#state, this.#result] = [data.state, data.result];
      else if (["statechange", "result", "error"].includes(data.type)) this.#announce(data);
    };

    #announce({ type, detail, query }) {
      if (type === "statechange") {
        this.#state = detail;
        if (this.#parts.card.dataset.is === "live") this.#left = query;
        this.#parts.link.href = new URL(query, SITE).href;
      }
      if (type === "result") this.#result = detail;
      this.dispatchEvent(new CustomEvent(type, { detail }));
    }

    #settle({ number, value, error }) {
      const call = this.#calls.get(number);
      this.#calls.delete(number);
      if (error === undefined) call?.resolve(value);
      else call?.reject(new Error(error));
    }

    /** As high as what it shows; less than two pixels are no news, or two frames could rock each other for ever. */
    #grow(height) {
      if (!(height > 0) || Math.abs(height - parseFloat(this.#frame.style.height)) < 2) return;
      this.#frame.style.height = `${Math.min(height, MOST)}px`;
    }

    #send(message) {
      this.#frame?.contentWindow?.postMessage({ playground: WIRE, ...message }, this.#site === "null" ? "*" : this.#site);
    }

    #ask(message) {
      const number = ++this.#number;
      return new Promise((resolve, reject) => {
        this.#calls.set(number, { resolve, reject });
        this.#loaded.then(() => this.#send({ ...message, number }));
      });
    }

    /** What the frame shows besides; promise: it does. */
    async #look(fields) {
      if (this.#frame) await this.#ask({ type: "look", ...fields }).catch(() => {}); // it has left meanwhile
    }

    #query() {
      if (this.#left !== null) return this.#left;
      const parts = LINK.filter((name) => this.hasAttribute(name)).map((name) => [name, this.getAttribute(name)]);
      return `?${new URLSearchParams([["v", "1"], ...parts])}`;
    }

    #asked() {
      const font = parseFloat(getComputedStyle(this).fontSize);
      return { theme: this.#theme, controls: this.getAttribute("controls") ?? "", plot: parseFloat(this.getAttribute("height")) || 0, font };
    }

    #title() {
      const what = this.getAttribute("lesson") ?? this.getAttribute("model");
      return what ? `${TITLE}: ${what}` : TITLE;
    }

    /** Words that are seen, and heard with what they are about: a page may have many. */
    #name(node, words) {
      node.textContent = words;
      node.ariaLabel = `${words}: ${this.#title()}`;
    }

    /** What can be said without a runtime. */
    #describe() {
      const { task, start, link, instead } = this.#parts;
      task.textContent = ["title", "text"].map((name) => this.getAttribute(name)).filter(Boolean).join(": ");
      task.hidden = !task.textContent;
      link.href = new URL(this.#query(), SITE).href;
      this.#name(link, "open in a tab");
      if (this.#frame) return;
      this.#name(start, this.#left === null ? "Start" : "Continue here");
      this.#say(running ? "moves the playground here" : `downloads ${MEGABYTES} MB, once`);
      const lesson = this.getAttribute("lesson");
      const image = instead.querySelector("img") ?? document.createElement("img");
      if (!/^[\w-]+$/.test(lesson ?? "") || this.childElementCount > 0) return instead.replaceChildren(this.#title());
      image.alt = this.#title();
      image.loading = "lazy";
      image.onerror = () => instead.replaceChildren(this.#title());
      image.src = new URL(`pictures/${lesson}${this.#theme === "dark" ? "-dark" : ""}.svg`, SITE).href;
      instead.replaceChildren(image);
    }

    /** The author's theme, else the page's, else the system's. */
    #recolour = () => {
      const author = this.getAttribute("theme");
      const theme = ["light", "dark"].includes(author) ? author : marked() ?? (system.matches ? "dark" : "light");
      if (theme === this.#theme) return;
      this.#theme = theme;
      this.#parts.card.style.colorScheme = this.style.colorScheme = theme;
      if (this.#frame) {
        this.#dress(this.#frame);
        this.#look({ theme });
      }
      this.#describe();
    };

    /** Outside as inside, for between two colour schemes a browser paints a frame opaque. */
    #dress(frame) {
      frame.style.colorScheme = this.#theme;
    }

    #is(what) {
      this.#parts.card.dataset.is = what;
      this.#parts.start.ariaDisabled = what === "starting";
      this.#frame?.toggleAttribute("inert", what !== "live");
    }

    #say(words) {
      this.#parts.said.textContent = words;
    }
  }

  for (const verb of VERBS) {
    CompressionPlayground.prototype[verb] = function (...args) {
      return this.call(verb, ...args);
    };
  }

  /** The theme that the page has marked on itself; undefined if it has not. */
  function marked() {
    for (const node of [document.body, document.documentElement]) {
      for (const mark of MARKS) {
        const words = node.getAttribute(mark)?.toLowerCase() ?? "";
        if (mark === "data-jp-theme-light" && words) return words === "true" ? "light" : "dark";
        if (/(^|[\s-])(dark|slate)($|[\s-])/.test(words)) return "dark";
        if (/(^|[\s-])light($|[\s-])/.test(words) || (mark === "data-md-color-scheme" && words === "default")) return "light";
      }
    }
    return undefined;
  }

  // A second copy of this script, of another version say, leaves the page to the first.
  if (!customElements.get("compression-playground")) customElements.define("compression-playground", CompressionPlayground);
}
