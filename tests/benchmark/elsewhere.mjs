// elsewhere_native.py in onnxruntime-web: node elsewhere.mjs PACKAGE FOLDER. The same files, and the same JSON.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

const ROUNDS = 5;
const ROUND_MS = 15;
const MOST = 1000;
const [, , pack, folder] = process.argv;
const ort = await import(join(pack, "dist/ort.wasm.min.mjs"));
ort.env.wasm.wasmBinary = await readFile(join(pack, "dist/ort-wasm-simd-threaded.wasm"));
ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

const session = async (name) => ort.InferenceSession.create(await readFile(join(folder, name)), { executionProviders: ["wasm"] });

function spent() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Samples that NumPy has saved, float32, as tensors of the first one and of all. */
async function samples(name) {
  const bytes = await readFile(join(folder, name));
  const start = 10 + bytes.readUInt16LE(8);
  const shape = bytes.toString("latin1", 10, start).match(/'shape': \(([^)]*)\)/)[1].split(",").filter((n) => n.trim()).map(Number);
  const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length));
  const tensor = (n) => new ort.Tensor("float32", data.slice(0, (data.length / shape[0]) * n), [n, ...shape.slice(1)]);
  return [tensor(1), tensor(shape[0])];
}

async function ms(running, batch, n) {
  const feed = { [running.inputNames[0]]: batch };
  const start = spent();
  for (let i = 0; i < n; i += 1) await running.run(feed);
  return (spent() - start) / n;
}

/** How many runs fill a round, told from runs that make ready for the shape, at least one of them. */
async function runs(running, batch) {
  await ms(running, batch, 1);
  let spent = 0;
  let n = 0;
  while (n < MOST && spent < ROUND_MS) {
    spent += await ms(running, batch, 1);
    n += 1;
  }
  return n;
}

async function ratio(plain, other, batch) {
  await runs(other, batch);
  const n = await runs(plain, batch);
  const least = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [i, running] of [plain, other].entries()) least[i] = Math.min(least[i], await ms(running, batch, n));
  }
  return least[0] / least[1];
}

const found = {};
const names = (await readdir(folder)).sort();
for (const saved of names.filter((name) => name.endsWith(".npy"))) {
  const model = saved.slice(0, -4);
  const batches = await samples(saved);
  const plain = await session(`${model}.float.onnx`);
  for (const name of names.filter((each) => each.startsWith(`${model}.`) && each.endsWith(".onnx"))) {
    if (name.endsWith(".float.onnx")) continue;
    const other = await session(name);
    found[name] = [];
    for (const batch of batches) found[name].push(await ratio(plain, other, batch));
    await other.release();
  }
  await plain.release();
}
console.log(JSON.stringify(found));
