// onnxruntime-web for Python: load an ONNX file, run it, let it go. Knows no model and no recipe.
// One request at a time, so a session is never released while it runs: onnxruntime-web crashes on that.

const RELU = // y = relu(x), opset 21: makes the browser compile onnxruntime's machine code before the first real model
  "080a3a340a0c0a0178120179220452656c7512005a100a0178120b0a09080112050a0312014e62100a0179120b0a09080112050a0312014e42040a001015";

let runtime; // promise of the onnxruntime module
let last = Promise.resolve();
const sessions = new Map();
let handles = 0;

/** Begin loading from a folder, given as a URL; returns at once, a failure is told by `create`. */
export function load(folder) {
  runtime = begun(folder).catch((error) => {
    throw new Error(`the runtime itself does not start. ${error.message}`);
  });
  runtime.catch(() => {});
}

async function begun(folder) {
  const ort = await import(`${folder}ort.wasm.min.mjs`);
  ort.env.wasm.wasmPaths = folder;
  ort.env.wasm.numThreads = 1; // more would need headers that plain hosts do not send
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(Uint8Array.from(RELU.match(/../g), (hex) => parseInt(hex, 16)));
  await session.run({ x: new ort.Tensor("float32", [1], [1]) });
  await session.release();
  return ort;
}

/**
 * @param bytes Uint8Array, the ONNX file; copied
 * @param weightOnly unpack stored weights once, when the session is made. Exact; without it onnxruntime fuses some
 *   2-bit weights into a kernel with wrong answers (1.30.0), and with it integer kernels are not used.
 * @returns promise of a handle for `run` and `release`
 */
export function create(bytes, { weightOnly = true } = {}) {
  const copy = bytes.slice(); // Python may let go of its memory
  return inTurn(async () => {
    const { InferenceSession } = await runtime;
    const session = await InferenceSession.create(copy, {
      executionProviders: ["wasm"],
      extra: weightOnly ? { session: { disable_quant_qdq: "1" } } : {},
    });
    sessions.set(++handles, session);
    return handles;
  });
}

/** One run: data is a Float32Array, dims its shape; promise of {data, dims, ms} of the first output. */
export function run(handle, data, dims) {
  const copy = data.slice();
  const shape = Array.from(dims);
  return inTurn(async () => {
    const { Tensor } = await runtime;
    const session = sessions.get(handle);
    const feeds = { [session.inputNames[0]]: new Tensor("float32", copy, shape) };
    const start = performance.now();
    const output = (await session.run(feeds))[session.outputNames[0]];
    return { data: output.data, dims: Array.from(output.dims), ms: performance.now() - start };
  });
}

/** Give a session's memory back; onnxruntime never does so by itself. */
export function release(handle) {
  return inTurn(async () => {
    const session = sessions.get(handle);
    sessions.delete(handle);
    await session?.release();
  });
}

function inTurn(job) {
  const answer = last.then(job);
  last = answer.catch(() => {});
  return answer;
}
