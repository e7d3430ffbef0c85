// onnxruntime-web for Python: load an ONNX file, run it, let it go. Knows no model and no recipe.
// One request at a time, so a session is never released while it runs: onnxruntime-web crashes on that.

import { feeder } from "./ort-feed.js";
import { compile } from "./ort-machine.js";

export { pixels } from "./pixels.js";

const RELU = // y = relu(x), opset 21: makes the browser compile onnxruntime's machine code before the first real model
  "080a3a340a0c0a0178120179220452656c7512005a100a0178120b0a09080112050a0312014e62100a0179120b0a09080112050a0312014e42040a001015";

const PIECE_MS = 3; // as in app/runtime/__init__.py

let runtime; // promise of the onnxruntime module
let crashed; // to be called when its memory is in no state to go on with
let last = Promise.resolve();

/** Begin loading; `files` as in boot.js. Returns at once. `onCrash()` is called if a run takes the runtime down. */
export function load(files, onCrash = () => {}) {
  crashed = onCrash;
  runtime = begun(files, compile(files)).catch((error) => {
    throw new Error(`the runtime itself does not start. ${error.message}`);
  });
  runtime.catch(() => {});
}

/** Promise that it can run; rejects with the reason if it cannot. */
export function loaded() {
  return runtime;
}

async function begun(files, compiled) {
  const [ort] = await Promise.all([import(files.url("ort/ort.wasm.min.js")), import("./ort-factory.js"), compiled]);
  ort.env.wasm.wasmPaths = { mjs: files.url("ort-factory.js") };
  ort.env.wasm.numThreads = 1; // more would need headers that plain hosts do not send
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(Uint8Array.from(RELU.match(/../g), (hex) => parseInt(hex, 16)));
  await session.run({ x: new ort.Tensor("float32", [1], [1]) });
  await session.release();
  return ort;
}

/**
 * Load a file, run it on a batch and on those that follow from its answers, let it go. The session is made with
 * `disable_quant_qdq`, which unpacks stored weights once, exactly; without it onnxruntime 1.30.0 fuses some 2-bit weights
 * into a kernel with wrong answers.
 *
 * @param bytes Uint8Array, the ONNX file
 * @param batch [Float32Array, shape]
 * @param repeats how often it is run
 * @param singles how many samples are then run alone: the first of the batch, and over again
 * @param next gives further batches as it is told the first output for each, at first nothing; undefined where it ends
 * @param level of onnxruntime's optimizations
 * @param beside [[name, [Float32Array, shape]], ...] what further inputs get, a row for each sample or the same for all
 * @returns promise of {outputs: [{name, type, data, dims}, ...], ms, singleMs}; ms is of a run of the batch after the
 *   first, or of the first if there is no other; singleMs of a single sample, after one that does not count
 */
export function evaluate(bytes, batch, repeats, singles = 0, next = undefined, level = "all", beside = []) {
  return inTurn(async () => {
    const { InferenceSession, Tensor } = await runtime;
    const session = await InferenceSession.create(bytes, {
      executionProviders: ["wasm"],
      graphOptimizationLevel: level,
      logSeverityLevel: 4, // what goes wrong is thrown, and told once
      extra: { session: { disable_quant_qdq: "1" } },
    });
    try {
      const { pack, run } = feeder(session, Tensor, new Map(beside), batch[1][0]);
      const all = pack(batch);
      const start = performance.now();
      const outputs = await run(all);
      let ms = performance.now() - start;
      let following = next?.();
      while (following) following = next((await run(pack(following)))[0]);
      if (repeats > 1) {
        ms = await least(run, [all], repeats - 1);
      }
      let singleMs = 0;
      if (singles) {
        const alone = samples(batch, singles).map((sample, row) => pack(sample, row));
        await run(alone[0]); // makes ready for the new shape
        singleMs = await least(run, alone, singles);
      }
      return { outputs, ms, singleMs };
    } finally {
      await session.release(); // onnxruntime never gives a session's memory back by itself
    }
  });
}

/** Milliseconds of one of `count` runs: the least mean of a piece of them. */
async function least(run, batches, count) {
  let [best, runs, start] = [Infinity, 0, performance.now()];
  for (let i = 0; i < count; i += 1) {
    await run(batches[i % batches.length]);
    runs += 1;
    const ms = performance.now() - start;
    if (ms >= PIECE_MS || (best === Infinity && i === count - 1)) {
      best = Math.min(best, ms / runs);
      [runs, start] = [0, performance.now()];
    }
  }
  return best;
}

/** The first `count` samples of a batch, or as many as there are, each a batch of its own. */
function samples([data, [rows, ...sample]], count) {
  const size = data.length / rows;
  const one = (_, row) => [data.subarray(row * size, (row + 1) * size), [1, ...sample]];
  return Array.from({ length: Math.min(count, rows) }, one);
}

function inTurn(job) {
  const answer = last.then(job);
  last = answer.catch((error) => isCrash(error) && crashed());
  return answer;
}

/** Whether an error is not onnxruntime's answer but its end: a trap of its machine, or a stack that overflowed in it. */
function isCrash(error) {
  return error instanceof WebAssembly.RuntimeError || /call stack|recursion/.test(error.message);
}
