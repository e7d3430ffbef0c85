// Runs kernels.py in the page's Python under Node: node kernels.mjs PYODIDE NUMPY_WHEEL ROOT STORED
// Prints the times as a JSON list.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

globalThis.require ??= createRequire(import.meta.url); // else Pyodide wants the package "ws"
const [, , pyodide, numpy, root, stored] = process.argv;

async function times() {
  const { loadPyodide } = await import(join(pyodide, "pyodide.mjs"));
  const python = await loadPyodide();
  python.unpackArchive(new Uint8Array(await readFile(numpy)), "wheel"); // it knows no Buffer
  for (const folder of [root, dirname(stored)]) {
    python.FS.mkdirTree(folder);
    python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, folder);
  }
  python.globals.set("root", root);
  python.globals.set("stored", stored);
  return python.runPython(`
    import json, sys
    sys.path.insert(0, root)
    from tests.benchmark.kernels import measure
    json.dumps(measure(stored))
  `);
}

times().then(
  (text) => (console.log(text), process.exit(0)), // Pyodide's timers would keep Node awake
  (error) => {
    console.error(error.message.slice(-4000));
    process.exit(1);
  },
);
