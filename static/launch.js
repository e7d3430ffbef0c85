// Starts the worker. index.html runs this before BokehJS, whose painting would hold it up; bridge.js takes it over.

export const worker = new Worker(address(), { type: "module" });

/** A sandboxed frame has an origin of its own, which may not start the site's worker, only one that imports it. */
function address() {
  const { href } = new URL("worker.js", import.meta.url);
  if (self.origin !== "null") return href;
  return URL.createObjectURL(new Blob([`import ${JSON.stringify(href)};`], { type: "text/javascript" }));
}

/** Promise: the worker cannot be fetched or parsed. It may be so before anyone listens. */
export const broken = new Promise((resolve) => {
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    resolve();
  });
});
