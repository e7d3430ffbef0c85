// Runs everywhere.py in the page's Python under Node, from the sources: node everywhere.mjs ROOT CHANGES
// Prints what becomes of each recipe, a line of JSON each.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

globalThis.require ??= createRequire(import.meta.url); // else Pyodide wants the package "ws"
globalThis.XMLHttpRequest ??= class {}; // Panel imports it, nothing here uses it
const [, , root, changes] = process.argv;

const RUN = `
import json, sys
sys.path.insert(0, root)
from app.runtime.web import WebRuntime
from tests.parity.everywhere import outcomes

async def run(ort):
    async for outcome in outcomes(json.loads(changes), WebRuntime(ort)):
        print(json.dumps(outcome), flush=True)

run
`;

async function main() {
  const at = (path) => join(root, "dist", path);
  const module = async (path) => WebAssembly.compile(await readFile(at(path)));
  const files = { url: at, module, data: module };
  const { default: bundle } = await import(at("bundle.js"));
  const { bootPython } = await import(at("boot.js"));
  const ort = await import(at("ort-bridge.js"));
  ort.load(files);
  const { python, later, model } = await bootPython({ bundle, files });
  await later();
  await model("own", () => {}); // what reads the models' files, which in the page the build has done
  python.FS.mkdirTree(root);
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, root);
  python.globals.set("root", root);
  python.globals.set("changes", changes);
  await python.runPython(RUN)(ort);
}

main().then(
  () => process.exit(0), // Pyodide's timers would keep Node awake
  (error) => {
    console.error(error.message.slice(-4000));
    process.exit(1);
  },
);
