// Starts the Python of the bundle: everything is fetched and compiled at once, nothing is installed.
// The page's worker and, while the site is built, Node start it by this same file; they differ only in `files`.
//
// Two packs hold the Python files, already compiled: `app` has what the document needs, `later` what only computing
// needs (onnx and its like). Each model but the first has a pack of its own, fetched when it is chosen, and so does what
// opens a file of a person's own. WebAssembly is compiled while it streams; shared objects are handed to Python's loader
// by name. Leans on private parts of Pyodide 314.0.3 (createPyodideModule, newDSO, loadWebAssemblyModule); the build
// starts every bundle once and fails if one of them is gone. Where there is a memory image of an earlier start, that is put back and nothing is imported.

import { imageOf, placed, restoring } from "./image.js";

const ROOT = "/lib/python3.14/";

/**
 * @param bundle what there is to load; written by build.py as bundle.js
 * @param files how to load it: url(path); module(path) -> promise of a WebAssembly.Module; data(path, came) -> the same of
 *   one without code, of which came(bytes) is told
 * @param image promise of a memory image, or of null
 * @returns {python, later, model, image, restored}: Pyodide, a function that adds the second pack, one that adds a
 *   model's, one that gives an image of Python as it is then, and whether it comes from one itself
 */
export async function bootPython({ bundle, files, image = null }) {
  const core = import(files.url("pyodide/pyodide.js"));
  const machine = import(files.url("pyodide/pyodide.asm.js"));
  const compiled = files.module("pyodide/pyodide.asm.wasm");
  const app = loaded(files.module, bundle.app);
  const later = loaded(files.module, bundle.later);
  later.catch(() => {}); // told by later()
  const failure = new Promise((_, reject) => [core, machine, compiled, app].forEach((part) => part.catch(reject)));

  const make = async (settings) => {
    delete globalThis.WasmOffsetConverter;
    settings.instantiateWasm = instantiating(compiled);
    return (await machine).default(settings);
  };
  const libraries = []; // where shared objects have been placed

  async function load(settings) {
    const { loadPyodide } = await core;
    globalThis.WasmOffsetConverter = null; // while there is one, Pyodide does not fetch what `compiled` is already
    return loadPyodide({
      indexURL: files.url("pyodide/"),
      stdLibURL: files.url("pyodide/python_stdlib.zip"),
      lockFileContents: bundle.lock,
      env: bundle.env,
      fsInit: async (FS) => mount(FS, await app),
      createPyodideModule: make,
      ...settings,
    });
  }

  async function start() {
    const python = await load();
    place(python, await app, libraries);
    // Panel wants a function made of text as it is imported, which a strict policy forbids and nothing here uses.
    python.runPython("import pyodide.code; pyodide.code.run_js = lambda code: None");
    python.pyimport("gc").disable(); // what a start makes stays; app/site/start.py switches it on again
    return python;
  }

  /** Put an image back; null if there is none, or none that fits. */
  async function restored() {
    try {
      const found = await image;
      image = null; // of 50 MB nothing is held longer than need be
      if (!found) return null;
      const modules = new Map([...(await app).modules, ...(await later).modules]);
      const python = await load(restoring(found, modules, (path) => ROOT + path, make));
      mount(python.FS, await later);
      return python;
    } catch (error) {
      console.warn(`The memory image of an earlier visit is not used: ${error.message}.`);
      return null;
    }
  }

  const again = await Promise.race([restored(), failure]);
  const python = again ?? (await Promise.race([start(), failure]));
  return {
    python,
    restored: again !== null,
    image: () => imageOf(python, libraries),
    async later() {
      if (again) return;
      mount(python.FS, await later);
      place(python, await later, libraries);
    },
    async model(id, tell) {
      const { size, ...parts } = bundle.models[id];
      let done = 0;
      const there = await loaded((file) => files.data(file, (bytes) => tell((done += bytes) / size)), parts);
      mount(python.FS, there);
      place(python, there, libraries);
    },
  };
}

/** Emscripten's hook; the two imports are Pyodide's own stand-ins for engines without the newer reference types. */
function instantiating(compiled) {
  const marker = Symbol("error marker");
  return (imports, done) => {
    imports.env.Jsv_GetError_import = () => marker;
    imports.env.JsvError_Check = (value) => value === marker;
    compiled
      .then(async (module) => done(await WebAssembly.instantiate(module, imports), module))
      .catch(() => {}); // told by bootPython
    return {};
  };
}

/** A pack and the shared objects that belong to it, all loaded at the same time. */
async function loaded(load, { file, modules }) {
  const pairs = Object.entries(modules).map(async ([path, from]) => [path, await load(from)]);
  const [pack, ...placed] = await Promise.all([load(file), ...pairs]);
  return { pack, modules: placed };
}

/**
 * Put the files of a pack into Python's library; build.py's `write_pack` says what it looks like. A shared object is one
 * byte there, for Python's finder.
 */
function mount(FS, { pack, modules = [] }) {
  const [index, content] = ["index", "files"].map((name) => WebAssembly.Module.customSections(pack, name)[0]);
  const made = new Set();
  const write = (path, bytes) => {
    const folder = ROOT + path.slice(0, path.lastIndexOf("/") + 1);
    if (!made.has(folder)) FS.mkdirTree(folder);
    made.add(folder);
    FS.writeFile(ROOT + path, bytes, { canOwn: true });
  };
  let at = 0;
  for (const [path, size] of JSON.parse(new TextDecoder().decode(index))) {
    write(path, new Uint8Array(content, at, size));
    at += size;
  }
  for (const [path] of modules) write(path, new Uint8Array(1));
}

/** Hand the compiled shared objects of a pack to Python's loader. */
function place({ _module: machine }, { modules }, libraries) {
  for (const [path, module] of modules) libraries.push(placed(machine, path, module, ROOT + path));
}
