// Starts the worker. index.html runs this before BokehJS, whose painting would hold it up; bridge.js takes it over.

export const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });

/** Promise: the worker cannot be fetched or parsed. It may be so before anyone listens. */
export const broken = new Promise((resolve) => {
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    resolve();
  });
});
