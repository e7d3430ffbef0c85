// onnxruntime's WebAssembly, compiled once: ort-bridge.js begins it early, ort-factory.js makes the machine from it.

let compiled;

/** Begin to fetch and compile; `files` as in boot.js. A promise of the module. */
export function compile(files) {
  compiled = files.module("ort/ort-wasm-simd-threaded.wasm");
  return compiled;
}

/** The promise of the module that `compile` has begun. */
export function machine() {
  return compiled;
}
