// Keeps the site for when there is no network, once the page is at rest: all of it but the models, and of those the ones
// that were chosen, or all where a person asks. Each file is kept only if it is the one that the build has listed, so
// "ready offline" is never said of half a site, of two builds, or of a hotel's sign-in page.

const SITE = new URL("./", import.meta.url);
const NAME = `playground ${SITE.pathname} `; // of its caches, with the build behind it: a host may have several sites
const LIST = "offline.json";
const REST = 4000; // ms after the start
const $ = (id) => document.getElementById(id);

/** Begin when the page has started; the function returned is told of each model that is chosen. */
export function startOffline(ready) {
  const wanted = new Set();
  let keeper = null;
  ready.then(async () => {
    if (window !== top) return; // whoever embeds the page looks after their own
    await new Promise((resolve) => setTimeout(resolve, REST));
    keeper = await begun();
    for (const id of wanted) keeper?.model(id);
  }, () => {});
  return (id) => {
    wanted.add(id);
    keeper?.model(id);
  };
}

/** What keeps; null, which the help then says with the reason, where nothing can be kept. */
async function begun() {
  if (!isSecureContext || !navigator.serviceWorker)
    return say("Not offline: browsers keep a page only if it came by https, or from this very computer.");
  try {
    await navigator.serviceWorker.register(new URL("offline-worker.js", SITE), { scope: SITE.pathname });
    const list = await (await fetch(new URL(LIST, SITE), { cache: "no-cache" })).json();
    return new Keeper(list);
  } catch (error) {
    return say(`Not offline: ${reason(error)}`);
  }
}

/** Whether a file is of a model that is fetched when it is chosen; models/own is what opens a file of a person's own. */
const isModel = (path) => path.startsWith("models/") && !path.startsWith("models/own");

class Keeper {
  #list; // {build, files: {path: [bytes, hash]}}
  #models; // paths of files of models
  #last; // promise of what was last begun: one after the other

  constructor(list) {
    this.#list = list;
    const paths = Object.keys(list.files);
    this.#models = paths.filter(isModel);
    this.#last = this.#site(paths.filter((path) => !isModel(path)));
    $("keep-all").onclick = () => this.#all();
    this.#tell();
  }

  model(id) {
    this.#next(this.#models.filter((path) => path.startsWith(`models/${id}-`) || path.startsWith(`models/${id}/`)));
  }

  #all() {
    navigator.storage?.persist?.().catch(() => {}); // asked for, so the browser may know that it matters
    $("keep-all").disabled = true;
    this.#next(this.#models);
  }

  #next(paths) {
    this.#last = this.#last.then(() => this.#keep(paths));
    this.#tell();
  }

  /** Say how it stands when what was begun is over. */
  #tell() {
    const begun = this.#last;
    begun.then(
      async () => begun === this.#last && say(...(await this.#found())),
      (error) => say(`Not ready offline: ${reason(error)}`),
    );
  }

  /** The words for what is there, looked up and not remembered; and what the missing models weigh. */
  async #found() {
    const cache = await this.#cache();
    const there = new Set((await cache.keys()).map(({ url }) => url.slice(SITE.href.length)));
    const missing = Object.keys(this.#list.files).filter((path) => !there.has(path));
    if (!missing.every(isModel)) return ["Not ready offline: the browser has let go of what was kept."];
    if (missing.length === 0) return ["Ready offline, with all models."];
    const bytes = missing.reduce((sum, path) => sum + this.#list.files[path][0], 0);
    return ["Ready offline, with the models that you have chosen.", `Keep all models too, ${(bytes / 1e6).toFixed(1)} MB`];
  }

  async #keep(paths) {
    const cache = await this.#cache();
    const total = paths.reduce((sum, path) => sum + this.#list.files[path][0], 0);
    let done = 0;
    for (const path of paths) {
      const url = new URL(path, SITE).href;
      if (!(await cache.match(url))) await cache.put(url, await this.#right(url, ...this.#list.files[path]));
      done += this.#list.files[path][0];
      if (total > 1e6) say(`Getting ready for offline, ${(done / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`);
    }
  }

  /** The listed file, from an older cache, from what the browser has of the start, or else from the network. */
  async #right(url, size, hash) {
    for (const cache of [null, "force-cache", "reload"]) {
      const response = cache ? await fetch(url, { cache }) : await caches.match(url);
      if (!response?.ok) continue;
      const bytes = await response.clone().arrayBuffer();
      if (bytes.byteLength !== size || (await hashed(bytes)) !== hash) continue;
      // A page that has been redirected, as some hosts do with index.html, may not be the answer to a visit.
      return response.redirected ? new Response(bytes, { headers: response.headers }) : response;
    }
    throw new Error("the site is being changed, or something on the way answers for it. Reload the page.");
  }

  /** Keep all that every visit needs, the list among it; older builds go when this one is complete. */
  async #site(paths) {
    await this.#keep(paths);
    await (await this.#cache()).put(new URL(LIST, SITE), new Response(JSON.stringify(this.#list)));
    const old = (await caches.keys()).filter((name) => name.startsWith(NAME) && name !== NAME + this.#list.build);
    await Promise.all(old.map((name) => caches.delete(name)));
  }

  #cache() {
    return caches.open(NAME + this.#list.build);
  }
}

async function hashed(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function reason({ name, message }) {
  if (name === "QuotaExceededError") return "there is not enough room for it on this device.";
  if (name === "SecurityError") return "this browser lets no page keep anything here.";
  return name === "TypeError" ? "a file could not be fetched. Is the network there?" : message;
}

/** The words in the help, and the offer to keep more, if there is one. */
function say(words, offer = "") {
  $("offline").textContent = words;
  $("keep-all").textContent = offer;
  $("keep-all").hidden = !offer;
  $("keep-all").disabled = false;
  return null;
}
