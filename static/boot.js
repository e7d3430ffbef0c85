// Starts the Python of the bundle: everything is fetched and compiled at once, nothing is installed.
// The page's worker and, while the site is built, Node start it by this same file; they differ only in `files`.
//
// Three packs hold the Python files, already compiled: `app` has what the document needs, `later` what only computing
// needs (onnx and its like), `rest` what is opened after both are imported. Where there is a memory image of such a start
// it is put back, nothing is imported, and `rest` is all that is fetched of them. Each model but the first has a pack of
// its own, fetched when it is chosen, and so does what opens a file of a person's own. WebAssembly is compiled while it
// streams; shared objects are handed to Python's loader by name. Leans on private parts of Pyodide 314.0.3
// (createPyodideModule, newDSO, loadWebAssemblyModule); the build starts every bundle once and fails if one is gone.

import { even, imageOf, placed, restoring } from "./image.js";

const ROOT = "/lib/python3.14/";

/**
 * @param bundle what there is to load; written by build.py as bundle.js
 * @param files how to load it: url(path); module(path) -> promise of a WebAssembly.Module; data(path, came) -> the same of
 *   one without code, of which came(bytes) is told
 * @param images memory images: {of, found}, with words for whose it is, and what gives a promise of it or of null. The
 *   first that fits is put back
 * @returns {python, later, model, image, from}: Pyodide, a function that adds the second pack, one that adds a model's,
 *   one that gives an image of Python as it is then, and which of `images` it comes from itself, if any
 */
export async function bootPython({ bundle, files, images = [] }) {
  let fail;
  const failure = new Promise((_, reject) => (fail = reject));
  /** What comes from here on; that it fails would not be told within Pyodide's start. */
  const coming = (part) => (part.catch(fail), part);
  const core = coming(import(files.url("pyodide/pyodide.js")));
  const machine = coming(import(files.url("pyodide/pyodide.asm.js")));
  const compiled = coming(files.module("pyodide/pyodide.asm.wasm"));
  const objects = [bundle.app, bundle.later].map(({ modules }) => coming(all(files.module, modules)));
  const rest = coming(files.module(bundle.rest.file));
  let later; // promise of the second pack

  const make = async (settings) => {
    delete globalThis.WasmOffsetConverter;
    settings.instantiateWasm = instantiating(compiled);
    settings.preRun.unshift(even);
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
      createPyodideModule: make,
      ...settings,
    });
  }

  async function start() {
    const app = coming(files.module(bundle.app.file));
    later = coming(files.module(bundle.later.file));
    const fsInit = async (FS) => {
      mount(FS, await rest);
      mount(FS, await app, bundle.app.modules);
    };
    const python = await load({ fsInit });
    place(python, await objects[0], libraries);
    // Panel wants a function made of text as it is imported, which a strict policy forbids and nothing here uses.
    python.runPython("import pyodide.code; pyodide.code.run_js = lambda code: None");
    python.pyimport("gc").disable(); // what a start makes stays; app/site/start.py switches it on again
    return python;
  }

  /** Put an image back; null if there is none, or it does not fit. */
  async function restored({ of, found }) {
    try {
      const image = await found();
      if (!image) return null;
      const modules = new Map((await Promise.all(objects)).flat());
      const python = await load(restoring(image, modules, (path) => ROOT + path, make));
      mount(python.FS, await rest);
      return python;
    } catch (error) {
      console.warn(`The memory image of ${of} is not used: ${error.message}.`);
      return null;
    }
  }

  let [python, from] = [null, undefined];
  for (const image of images) {
    python = await Promise.race([restored(image), failure]);
    if (python) {
      from = image;
      break;
    }
  }
  python ??= await Promise.race([start(), failure]);
  return {
    python,
    from,
    image: () => imageOf(python, libraries),
    async later() {
      if (from) return;
      mount(python.FS, await later, bundle.later.modules);
      place(python, await objects[1], libraries);
    },
    async model(id, tell) {
      const { size, file, modules } = bundle.models[id];
      let done = 0;
      const data = (path) => files.data(path, (bytes) => tell((done += bytes) / size));
      const [pack, more] = await Promise.all([data(file), all(data, modules)]);
      mount(python.FS, pack, modules);
      place(python, more, libraries);
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

/** The shared objects of a pack, all loaded at the same time: pairs of path and module, in order. */
function all(load, modules) {
  return Promise.all(Object.entries(modules).map(async ([path, from]) => [path, await load(from)]));
}

/**
 * Put the files of a pack into Python's library; build.py's `write_pack` says what it looks like. A shared object is one
 * byte there, for Python's finder.
 */
function mount(FS, pack, modules = {}) {
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
  for (const path of Object.keys(modules)) write(path, new Uint8Array(1));
}

/** Hand the compiled shared objects of a pack to Python's loader. */
function place({ _module: machine }, objects, libraries) {
  for (const [path, module] of objects) libraries.push(placed(machine, path, module, ROOT + path));
}
