// Starts the worker. index.html runs this before BokehJS, whose painting would hold it up; bridge.js takes it over.

export const worker = new Worker(address(), { type: "module" });

/**
 * A sandboxed frame has an origin of its own, which may not start the site's worker, only one that imports it; as `data:`,
 * for Chromium 156 does not start a module of such an origin from a `blob:`.
 */
function address() {
  const { href } = new URL("worker.js", import.meta.url);
  if (self.origin !== "null") return href;
  return `data:text/javascript,${encodeURIComponent(`import ${JSON.stringify(href)};`)}`;
}

/** Promise: the worker cannot be fetched or parsed. It may be so before anyone listens. */
export const broken = new Promise((resolve) => {
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    resolve();
  });
});
