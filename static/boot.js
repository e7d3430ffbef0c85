// Starts the Python of the bundle: everything is fetched and compiled at once, nothing is installed.
// The page's worker and, while the site is built, Node start it by this same file; they differ only in `files`.
//
// Two packs hold the Python files, already compiled: `app` has what the document needs, `later` what only computing
// needs (onnx and its like). Each model but the first has a pack of its own, fetched when it is chosen, and so does what
// opens a file of a person's own. WebAssembly is
// compiled while it streams; shared objects are handed to Python's loader by name. Leans on private parts of Pyodide
// 314.0.3 (createPyodideModule, newDSO, loadWebAssemblyModule); the build starts every bundle once and fails if one of
// them is gone.

const ROOT = "/lib/python3.14/";

/**
 * @param bundle what there is to load; written by build.py as bundle.js
 * @param files how to load it: url(path); module(path) -> promise of a WebAssembly.Module; data(path, came) -> the same of
 *   one without code, of which came(bytes) is told
 * @returns {python, later, model}: Pyodide, a function that adds the second pack, and one that adds a model's
 */
export async function bootPython({ bundle, files }) {
  const core = import(files.url("pyodide/pyodide.js"));
  const machine = import(files.url("pyodide/pyodide.asm.js"));
  const compiled = files.module("pyodide/pyodide.asm.wasm");
  const app = loaded(files.module, bundle.app);
  const later = loaded(files.module, bundle.later);
  later.catch(() => {}); // told by later()
  const failure = new Promise((_, reject) => [core, machine, compiled, app].forEach((part) => part.catch(reject)));

  async function start() {
    const { loadPyodide } = await core;
    globalThis.WasmOffsetConverter = null; // while there is one, Pyodide does not fetch what `compiled` is already
    const python = await loadPyodide({
      indexURL: files.url("pyodide/"),
      stdLibURL: files.url("pyodide/python_stdlib.zip"),
      lockFileContents: bundle.lock,
      env: bundle.env,
      fsInit: async (FS) => mount(FS, (await app).pack),
      createPyodideModule: async (settings) => {
        delete globalThis.WasmOffsetConverter;
        settings.instantiateWasm = instantiating(compiled);
        return (await machine).default(settings);
      },
    });
    place(python, (await app).modules);
    // Panel wants a function made of text as it is imported, which a strict policy forbids and nothing here uses.
    python.pyimport("pyodide.code").run_js = () => {};
    python.pyimport("gc").disable(); // what a start makes stays; app/site/start.py switches it on again
    return python;
  }

  const python = await Promise.race([start(), failure]);
  return {
    python,
    async later() {
      const { pack, modules } = await later;
      mount(python.FS, pack);
      place(python, modules);
    },
    async model(id, tell) {
      const { size, ...parts } = bundle.models[id];
      let done = 0;
      const { pack, modules } = await loaded((file) => files.data(file, (bytes) => tell((done += bytes) / size)), parts);
      mount(python.FS, pack);
      place(python, modules);
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

/** Put the files of a pack into Python's library; build.py's `write_pack` says what it looks like. */
function mount(FS, pack) {
  const [index, content] = ["index", "files"].map((name) => WebAssembly.Module.customSections(pack, name)[0]);
  const made = new Set();
  let at = 0;
  for (const [path, size] of JSON.parse(new TextDecoder().decode(index))) {
    makeFolder(FS, path, made);
    FS.writeFile(ROOT + path, new Uint8Array(content, at, size), { canOwn: true });
    at += size;
  }
}

/** Hand compiled shared objects to Python's loader; the one-byte files are there for its finder. */
function place(python, modules) {
  const machine = python._module;
  const made = new Set();
  for (const [path, module] of modules) {
    makeFolder(python.FS, path, made);
    python.FS.writeFile(ROOT + path, new Uint8Array(1));
    const library = machine.newDSO(ROOT + path, undefined, "loading");
    library.global = false;
    const options = { loadAsync: false, global: false, nodelete: true };
    library.exports = machine.loadWebAssemblyModule(module, options, ROOT + path, {});
  }
}

function makeFolder(FS, path, made) {
  const folder = ROOT + path.slice(0, path.lastIndexOf("/") + 1);
  if (!made.has(folder)) FS.mkdirTree(folder);
  made.add(folder);
}
