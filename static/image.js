// A memory image: Python's memory when the application is imported and its document built, put back by a visit instead
// of importing. boot.js takes and uses it, kept-image.js keeps it between visits, built-image.js has that of the build.
//
// Memory is all that is in it. What else a running Python has is made anew in the same way before: shared objects at the
// same places of memory and of the function table, and the few JavaScript objects that Python holds, found by name.
// Leans on private parts of Pyodide 314.0.3 (_loadSnapshot, hiwire) and of Emscripten's loader; the build puts back one
// image and fails if one of them is gone.

const PAGE = 4096; // bytes; one of zeros is left out
const OWN = 7; // of the objects that Python holds, and of those it never lets go: every start makes these itself
const MAGIC = 1_886_286_592; // of the header that Pyodide reads
const HEADER = 48; // bytes of it before its JSON

/**
 * What puts this Python back: `about` as plain JSON, and the bytes of its memory.
 *
 * @param libraries where its shared objects are, in the order in which they came: see `placed`
 * @throws Error if it holds what cannot be found again by name
 */
export function imageOf({ _module: machine, _api: api }, libraries) {
  const { HEAPU8: heap, LDSO, wasmTable, freeTableIndexes } = machine;
  const objects = listed((at) => machine.__hiwire_get(at)).map((object) => named(object, api));
  const texts = listed((at) => machine.__hiwire_immortal_get(at));
  const runs = runsOf(heap);
  const memory = new Uint8Array(runs.reduce((sum, [, size]) => sum + size, 0));
  let at = 0;
  for (const [start, size] of runs) {
    memory.set(heap.subarray(start, start + size), at);
    at += size;
  }
  const handles = Object.entries(LDSO.loadedLibsByHandle).map(([handle, { name }]) => [handle, name]);
  const table = { length: wasmTable.length, free: [...freeTableIndexes] };
  const { BUILD_ID: pyodide } = api.config;
  return { about: { pyodide, size: heap.length, runs, libraries, handles, table, objects, texts }, memory };
}

/**
 * The same image without what a machine has in its memory anyway before one is put back: each such run is
 * [start, bytes, sum], and has no bytes in `memory`.
 *
 * @param fresh that machine's memory
 */
export function lessened({ about, memory }, fresh) {
  const runs = [];
  const parts = [];
  let from = 0;
  for (const [begin, size] of about.runs) {
    for (let start = begin; start < begin + size; start += PAGE, from += PAGE) {
      const bytes = memory.subarray(from, from + PAGE);
      const there = bytes.every((byte, i) => byte === fresh[start + i]);
      append(runs, start, there);
      if (!there) parts.push(bytes);
    }
  }
  const less = new Uint8Array(parts.length * PAGE);
  parts.forEach((bytes, i) => less.set(bytes, i * PAGE));
  const rows = runs.map(([start, size, there]) => (there ? [start, size, sum(fresh, start, size)] : [start, size]));
  return { about: { ...about, runs: rows }, memory: less };
}

/**
 * Let the table of functions begin alike in every engine: Python calls some functions through one that newer engines
 * alone can make, neither Node 20 nor what runs on iOS. Where there is none its place is taken all the same.
 */
export function even(machine) {
  if (machine.HEAP32[trampoline(machine)] === 0) machine.wasmTable.grow(1);
}

/** Load a shared object, and say where it is now: `{path, memory, table, free}`, the last two of the function table. */
export function placed(machine, path, module, name) {
  const free = [...machine.freeTableIndexes];
  const noted = machine._malloc(32); // here the loader writes down where it puts it
  load(machine, module, name, noted);
  const [, , , memory, , table] = machine.HEAPU32.subarray(noted / 4);
  machine._free(noted);
  return { path, memory, table, free };
}

/**
 * Settings for loadPyodide that put an image back.
 *
 * @param memory the bytes, or a promise of them: they are needed last
 * @param seen is shown the machine's memory before anything is put into it
 * @param modules compiled shared objects by path
 * @param name the name of a shared object in Python, from its path
 * @param make (settings) -> promise of Emscripten's machine
 */
export function restoring({ about, memory, seen = () => {} }, modules, name, make) {
  return {
    _loadSnapshot: header(about),
    async createPyodideModule(settings) {
      settings.preRun.push((machine) => placeAgain(machine, about, modules, name));
      const machine = await make(settings);
      for (const [handle, of] of about.handles) machine.LDSO.loadedLibsByHandle[handle] = machine.LDSO.loadedLibsByName[of];
      takeUp(machine, about.table.length, about.table.free);
      const own = machine.HEAP32[trampoline(machine)];
      seen(machine.HEAPU8);
      fill(machine.HEAPU8, about.runs, await memory);
      machine.HEAP32[trampoline(machine)] = own;
      memory = null; // Pyodide keeps its settings, and with them this function
      return machine;
    },
  };
}

/** Before Python's memory is in use one may say where the next shared object goes. */
function placeAgain(machine, { size, libraries }, modules, name) {
  machine.growMemory(size);
  if (machine.HEAPU8.length !== size) throw new Error("there is not enough memory for it");
  for (const { path, memory, table, free } of libraries) {
    const gap = memory - machine.getMemory(0);
    if (gap < 0) throw new Error(`no room where ${path} has been`);
    machine.getMemory(gap);
    takeUp(machine, table, free);
    load(machine, modules.get(path), name(path));
  }
}

/** Make the function table as long as it was; what is in between must have been free. */
function takeUp({ wasmTable, freeTableIndexes }, length, free) {
  const missing = length - wasmTable.length;
  const between = Array.from({ length: Math.max(0, missing) }, (_, i) => wasmTable.length + i);
  if (missing < 0 || !between.every((at) => free.includes(at))) throw new Error("its functions are at other places");
  wasmTable.grow(missing);
  freeTableIndexes.splice(0, Infinity, ...free);
}

function load(machine, module, name, noted) {
  const library = machine.newDSO(name, undefined, "loading");
  library.global = false;
  const options = { loadAsync: false, global: false, nodelete: true };
  library.exports = machine.loadWebAssemblyModule(module, options, name, {}, noted);
}

/** What Pyodide takes for an image of its own: it fills in the objects, and finds no memory behind them to put back. */
function header({ pyodide, objects, texts }) {
  const json = new TextEncoder().encode(JSON.stringify({ hiwireKeys: objects, immortalKeys: texts }));
  const bytes = new Uint8Array(Math.ceil((HEADER + json.length) / 16) * 16);
  const build = pyodide.match(/.{8}/g).map((digits) => parseInt(digits, 16));
  new Uint32Array(bytes.buffer).set([MAGIC, bytes.length, json.length, 0, ...build]);
  bytes.set(json, HEADER);
  return bytes;
}

/** Everything in one of Pyodide's tables that a start does not put there itself. */
function listed(get) {
  const found = [];
  try {
    for (let at = OWN; ; at += 1) found.push(get(at));
  } catch {
    return found; // the end, which nothing else tells
  }
}

/** How Pyodide finds a JavaScript object again; null for a place that is free. */
function named(object, api) {
  if (object === undefined || object === null) return null;
  if (object === globalThis) return { path: [] };
  if (object === api) return { API: true };
  const key = Object.getOwnPropertyNames(globalThis).find((each) => globalThis[each] === object);
  if (key === undefined) throw new Error(`Python holds a JavaScript ${typeof object} without a name`);
  return { path: [key] };
}

/** Where Python has the function it calls others through, of the words of memory; it is 0 where there is none. */
function trampoline({ HEAP32, __PyRuntime: python, __PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET: offset }) {
  return (python + HEAP32[offset / 4]) / 4;
}

/** Where memory is not zero: [start, bytes] of each run of pages. */
function runsOf(heap) {
  const words = new Uint32Array(heap.buffer);
  const runs = [];
  for (let start = 0; start < heap.length; start += PAGE) {
    if (words.subarray(start / 4, (start + PAGE) / 4).every((word) => word === 0)) continue;
    append(runs, start);
  }
  return runs;
}

/** Another page behind these runs: it makes the last longer, if that is of its kind, or begins one. */
function append(runs, start, ...kind) {
  const last = runs.at(-1);
  if (last && last[0] + last[1] === start && last[2] === kind[0]) last[1] += PAGE;
  else runs.push([start, PAGE, ...kind]);
}

function fill(heap, runs, memory) {
  let [from, to] = [0, 0];
  for (const [start, size, there] of runs) {
    heap.fill(0, to, start);
    to = start + size;
    if (there !== undefined) {
      if (sum(heap, start, size) !== there) throw new Error("its machine begins with other bytes");
      continue;
    }
    heap.set(memory.subarray(from, from + size), start);
    from += size;
  }
  heap.fill(0, to);
}

/** What tells bytes from others, well enough to find out whether two machines begin with the same. */
function sum(heap, start, size) {
  return new Uint32Array(heap.buffer, start, size / 4).reduce((sum, word) => (Math.imul(sum, 31) + word) | 0, 0);
}
