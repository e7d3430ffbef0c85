// A bare Panel application in a worker, wired with Panel's own functions for Pyodide: what a slider move costs at least.

import { bootPython } from "./boot.js";
import bundle from "./bundle.js";
import { webFiles } from "./web-files.js";

const files = webFiles(new URL(".", import.meta.url), {}, () => {});
bundle.wheels.unshift(...bundle.others); // Panel's, if our own page does without
const { python } = await bootPython({ bundle, files });
self.sendPatch = (patch, buffers) => self.postMessage({ type: "patch", patch, buffers });
const program = await (await fetch(files.url("echo.py"))).text();
const [docs, items] = await python.runPythonAsync(program);

self.onmessage = ({ data }) => {
  if (data.type === "rendered") python.runPython("link()");
  else python.globals.get("receive")(data.patch);
};
self.postMessage({ type: "render", docs, items });
