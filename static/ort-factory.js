// onnxruntime's machine, made from the module that ort-machine.js has fetched and compiled while Python was loading;
// onnxruntime by itself begins with that only later. It imports this in the place of ort-wasm-simd-threaded.js.

import factory from "./ort/ort-wasm-simd-threaded.js";
import { machine } from "./ort-machine.js";

export default (settings) => factory({ ...settings, instantiateWasm });

/** Emscripten's hook. */
function instantiateWasm(imports, done) {
  machine().then(async (module) => done(await WebAssembly.instantiate(module, imports), module));
  return {};
}
