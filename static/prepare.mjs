// What the build needs Python for, done by the page's own Python under Node. Started by build.py; never in a browser.
//   compile PYODIDE SOURCE TARGET WHOSE   every .py under SOURCE to bytecode under TARGET; WHOSE is "ours" or "libraries"
//   record SITE OUT                 start the application from SITE: which files does it use, what does it paint?
//   image SITE OUT                  the memory image of a start of the site
//   check SITE DOCUMENT             start the finished site both ways and use it; is its document the one that is painted?
//   picture SITE OUT LINK           the picture of a link, as SVG and words
//   sizes FILE...                   bytes of each file: as it is, gzip, brotli
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { keyOf } from "./callback-key.js";
import { lessened } from "./image.js";

const COMMANDS = { compile, record, image, check, picture, sizes };
const FIRST_OF_OWN = "inspect"; // of the verbs of a visit: from it on it is of a file of one's own
const LIBRARY = "/lib/python3.14/";
const STORED = `${LIBRARY}site-packages/app/pipeline/prebuilt`; // as in app/pipeline/prebuilt.py

/** Files of the modules that are there already. */
const IMPORTED = `
import sys
[path for module in list(sys.modules.values()) if isinstance(path := getattr(module, "__file__", None), str)]
`;

/**
 * What a visitor can do, as calls of the page: every technique with every choice, every model, every view for each kind
 * of sample, every way to look, every lesson, every verb; and last what is done with a file of their own.
 */
const VISIT = `
from pathlib import Path

from app.lessons import LESSONS
from app.state.views import BY, VIEWS
from app.tasks.inputs import inputs_of
from kernels import TECHNIQUES
from models import MODELS
from models import model as models

def visit():
    for technique in TECHNIQUES.values():
        for parameter in technique.parameters:
            for value in parameter.choices or (parameter.low, parameter.high):
                yield "set", {"model": "cancer", "recipe": [{"technique": technique.id, parameter.name: value}]}
    yield "attempt", {"input": "measured"}
    yield "attempt", None
    for model in MODELS:
        yield "set", {"model": model, "recipe": [{"technique": "prune"}, {"technique": "quantize"}]}
    for model in {models.info(id).picture: id for id in reversed(MODELS)}.values():
        yield "set", {"model": model, "recipe": [{"technique": id} for id in TECHNIQUES]}
        for kind in inputs_of(models.info(model)):
            yield "attempt", {"input": kind.id}
        yield "attempt", None
        for view in VIEWS:
            yield "set", {"view": view}
    yield "predict", {"input": "perturbed", "noise": 0.1}
    yield "set", {"model": "no such model"}  # the only one that is refused
    for by in BY:
        yield "set", {"view": "predictions", "by": by}
    yield "sensitivity",
    yield "cancel",
    for lesson in LESSONS:
        yield "lesson", lesson
    yield "lesson", "pruning", 2
    yield "guess", 0
    yield "check",
    yield "authoring",
    yield "assign", {"title": "a title", "bytes": "20", "class_seed": "1"}
    yield "hand_in", "a name"
    yield "collect", "?lesson=pruning&stop=5"
    yield "recompute", "?lesson=pruning&stop=5"
    yield "restore", "?recipe=prune,sparsity:0.5&seed=oops"
    for pin, query in zip("AB", ("?recipe=prune,sparsity:0.5", "?v=1")):
        yield "restore", query
        yield "mark", query, {"name": "a name", "pinned": pin}
    yield "differs",
    yield "recall", [{}]
    yield "hold", True
    yield "hold", False
    yield "bytes",
    import app.pipeline.own_samples, app.pipeline.reopen  # a file of the playground's own needs nothing of what follows
    network, samples = (Path(models.__file__).with_name("digits_mlp") / name for name in ("model.onnx", "evaluation.npz"))
    yield "inspect", ["model"], network.read_bytes()
    yield "load", {"files": ["model"]}, network.read_bytes()
    cells = [[f"a{i}" for i in range(65)], [1] * 64 + [0], [2] * 64 + [1]]
    table = "\\n".join(",".join(map(str, row)) for row in cells).encode()
    yield "load", {"files": ["model", "evaluation"]}, network.read_bytes(), table
    yield "load", {"files": ["model", "evaluation"]}, network.read_bytes(), samples.read_bytes()
    for view in VIEWS:
        yield "set", {"view": view}

list(visit())
`;

async function compile(pyodide, source, target, whose) {
  const { loadPyodide } = await import(join(pyodide, "pyodide.mjs"));
  const python = await loadPyodide({ env: { PYTHONNODEBUGRANGES: "1" } });
  await mkdir(target, { recursive: true });
  for (const folder of [source, target]) {
    python.FS.mkdirTree(folder);
    python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, folder);
  }
  python.runPython(await readFile(new URL("lean.py", import.meta.url), "utf8"));
  python.globals.get("compile_all")(source, target, whose === "libraries");
}

async function record(site, out) {
  const first = await boot(site);
  await first.later();
  const { document, answers } = JSON.parse(await first.python.pyimport("app.site.prerender").prerender(first.port));
  const painted = JSON.stringify(document);
  const stored = filesIn(first.python.FS, STORED);
  const teachers = JSON.parse(await first.python.pyimport("app.site.teachers").written(first.port));
  const layout = first.python.pyimport("app.screen.layout").layout();
  await writePictures(first, join(out, "pictures"));

  const second = await boot(site); // anew, as in a visitor's tab
  second.python.FS.mkdir(STORED);
  for (const [name, content] of stored) second.python.FS.writeFile(`${STORED}/${name}`, content);
  const soFar = watched(second.python, IMPORTED);
  const used = {};
  let after; // what is opened after the place of an image
  await use(second, {
    document: () => (used.app = soFar()),
    loaded: () => ((used.later = soFar()), (after = watched(second.python))),
    own: () => (used.rest = after()),
  });
  used.all = soFar();
  used.styles = [...new Set([painted, ...second.texts].join().match(/panel\/[\w./-]+\.css/g))];
  await mkdir(join(out, "stored"), { recursive: true });
  for (const [name, content] of stored) await writeFile(join(out, "stored", name), content);
  await mkdir(join(out, "teachers"));
  for (const [name, page] of Object.entries(teachers)) await writeFile(join(out, "teachers", name), page);
  await writeFile(join(out, "document.json"), painted);
  await mkdir(join(out, "answers"));
  for (const [name, answer] of Object.entries(answers)) await writeFile(join(out, "answers", name), JSON.stringify(answer));
  await writeFile(join(out, "layout.html"), layout);
  const shown = [painted, ...second.texts].map((text) => JSON.parse(text));
  used.models = [...new Set(objects([...shown, ...Object.values(answers)]).map(({ name }) => name))].sort();
  await writeFile(join(out, "callbacks.js"), compiled(shown));
  await writeFile(join(out, "used.json"), JSON.stringify(used));
}

async function check(site, painted) {
  const plain = await boot(site);
  await begun(plain);
  const { file, start, about } = (await import(resolve(site, "bundle.js"))).default.image;
  const memory = new Uint8Array(await readFile(join(site, file))).subarray(start);
  const session = await boot(site, { about, memory }); // which has fewer files at hand
  await use(session);
  const said = session.texts.map((text) => JSON.parse(text));
  const refused = said.filter(({ type, error }) => type === "reply" && error !== undefined);
  if (refused.length !== 1) throw new Error(`A visit is refused: ${refused.map(({ error }) => error).join(" ")}`);
  const { models } = said.find(({ type }) => type === "document");
  if (models !== JSON.parse(await readFile(painted)).models)
    throw new Error("Python builds another document than the one that the page paints first.");
  if (plain.texts[0] !== session.texts[0]) throw new Error("The memory image brings back another document.");
}

async function image(site, out) {
  const session = await boot(site);
  await begun(session);
  const whole = session.image();
  let fresh;
  await boot(site, { ...whole, seen: (memory) => (fresh = memory.slice()) });
  const { about, memory } = lessened(whole, fresh);
  await mkdir(out);
  await writeFile(join(out, "about.json"), JSON.stringify(about));
  await writeFile(join(out, "memory"), memory);
}

async function picture(site, out, link) {
  const session = await boot(site);
  await session.later();
  await writePictures(session, out, link);
}

/** The pictures that come with the site, or that of a link, each in three files: see app/site/picture.py. */
async function writePictures({ python, port }, folder, link) {
  const files = JSON.parse(await python.pyimport("app.site.picture").pictures(port, link));
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
}

/**
 * Start the application and do once what a visitor can do; `before` has what is called when the first document is built,
 * when all that an image has is imported, and before a file is opened.
 */
async function use(session, before = {}) {
  const { port, python, replies } = session;
  const page = await begun(session, before);
  await page.start(port);
  for (const [number, [verb, ...args]] of python.runPython(VISIT).toJs({ dict_converter: Object.fromEntries }).entries()) {
    if (verb === FIRST_OF_OWN) before.own?.();
    const reply = new Promise((resolve) => (replies[number] = resolve));
    const isFile = (arg) => arg instanceof Uint8Array;
    const plain = args.filter((arg) => !isFile(arg));
    page.receive(JSON.stringify({ type: "call", number, verb, args: plain }), args.filter(isFile));
    await reply;
  }
}

/** The application up to where an image of memory is taken. */
async function begun({ port, page: found, later }, before = {}) {
  const page = found();
  port.post(page.document());
  before.document?.();
  await later();
  page.load();
  page.write();
  before.loaded?.();
  return page;
}

/** What Bokeh's documents and patches have of its models. */
function objects(part) {
  if (part === null || typeof part !== "object") return [];
  const inside = Object.values(part).flatMap(objects);
  return part.type === "object" && part.name ? [part, ...inside] : inside;
}

/** The CustomJS of documents and patches as a script that holds their functions: see useCompiled in document.js. */
function compiled(documents) {
  const functions = {};
  for (const { name, attributes } of objects(documents)) {
    if (name !== "CustomJS") continue;
    const { args, code } = attributes;
    const names = (args?.entries ?? []).map(([name]) => name);
    functions[keyOf(names, code)] = `function (${[...names, "cb_obj", "cb_data", "cb_context"]}) {\n${code}\n}`;
  }
  const rows = Object.entries(functions).map(([key, text]) => `  ${JSON.stringify(key)}: ${text},\n`);
  return `// Written by build.py.\nexport default {\n${rows.join("")}};\n`;
}

/** Name and content of each file in a folder. */
function filesIn(FS, folder) {
  const names = FS.readdir(folder).filter((name) => !name.startsWith("."));
  return names.map((name) => [name, FS.readFile(`${folder}/${name}`)]);
}

/** Notes every file of Python's library that is opened, or only asked after; gives a function that lists them. */
function watched(python, before = "[]") {
  const { FS } = python;
  const { lookupPath } = FS;
  const seen = new Set(python.runPython(before).toJs());
  FS.lookupPath = (...words) => {
    const found = lookupPath(...words);
    if (found.node && FS.isFile(found.node.mode)) seen.add(found.path);
    return found;
  };
  return () => [...seen].filter((path) => path.startsWith(LIBRARY)).map((path) => path.slice(LIBRARY.length));
}

/** Boot a site as the worker does, from an image if one is given; `port` is what app/site/start.py talks to. */
async function boot(site, image) {
  const at = (path) => resolve(site, path) + (path.endsWith("/") ? "/" : "");
  const module = async (path) => WebAssembly.compile(await readFile(at(path)));
  const files = { url: at, module, data: module };
  const { default: bundle } = await import(at("bundle.js"));
  const { bootPython } = await import(at("boot.js"));
  const ort = await import(at("ort-bridge.js"));
  ort.load(files);
  const images = image ? [{ of: "the build", found: async () => image }] : [];
  const { python, later, model, from, image: taken } = await bootPython({ bundle, files, images });
  if (image && !from) throw new Error("A memory image cannot be put back: see above.");
  const texts = [];
  const replies = {};
  function post(text) {
    texts.push(text);
    const { type, number } = JSON.parse(text);
    if (type === "reply") replies[number]();
  }
  const port = { query: "", own: [], ort, post, model };
  return { python, later, texts, replies, page: () => python.pyimport("app.site.start"), port, image: taken };
}

async function sizes(...paths) {
  for (const path of paths) {
    const bytes = await readFile(path);
    const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
    console.log(bytes.length, gzipSync(bytes).length, brotli.length);
  }
}

globalThis.require ??= createRequire(import.meta.url); // else Pyodide wants the package "ws"
globalThis.XMLHttpRequest ??= class {}; // Panel imports it, nothing here uses it
const [, , command, ...words] = process.argv;
COMMANDS[command](...words).then(
  () => process.exit(0), // Pyodide's timers would keep Node awake
  (error) => {
    console.error(error.message.slice(-4000)); // a Python error brings its traceback
    process.exit(1);
  },
);
