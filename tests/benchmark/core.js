// Pyodide's core alone, with the whole of its library: a worker of the straightforward start's site.

import bundle from "./bundle.js";
import { loadPyodide } from "./pyodide/pyodide.js";

await loadPyodide({ indexURL: new URL("pyodide/", import.meta.url).href, lockFileContents: bundle.lock });
postMessage("ready");
