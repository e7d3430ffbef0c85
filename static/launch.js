// Starts the worker. index.html runs this before BokehJS, whose painting would hold it up; bridge.js takes it over.

/**
 * A worker, and a promise that it cannot be had, fetched or parsed. It may be so before anyone listens.
 *
 * @param name what it is for: "page", "frame", or "again", which starts in the plainest way
 */
export function launch(name = window === top ? "page" : "frame") {
  try {
    const worker = new Worker(address(), { type: "module", name });
    const broken = new Promise((resolve) => {
      worker.addEventListener("error", (event) => {
        event.preventDefault();
        resolve();
      });
    });
    return { worker, broken };
  } catch {
    return { worker: null, broken: Promise.resolve() }; // a browser without workers, or one that refuses this
  }
}

/**
 * A sandboxed frame has an origin of its own, which may not start the site's worker, only one that imports it; as `data:`,
 * for Chromium 156 does not start a module of such an origin from a `blob:`.
 */
function address() {
  const { href } = new URL("worker.js", import.meta.url);
  if (self.origin !== "null") return href;
  return `data:text/javascript,${encodeURIComponent(`import ${JSON.stringify(href)};`)}`;
}

export const first = launch();
