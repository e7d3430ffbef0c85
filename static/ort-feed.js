// What a session is fed with, as app/runtime/feeding.py has it: samples as numbers of the kind it wants, in pieces where
// it takes only so many at a time; inputs beside the first get ones.

const ARRAYS = {
  float32: Float32Array, float64: Float64Array, int64: BigInt64Array, int32: Int32Array, uint8: Uint8Array,
  int8: Int8Array, bool: Uint8Array,
}; // prettier-ignore

/** Give a function: [Float32Array, shape] -> promise of [{name, type, data, dims}, ...], all outputs of the session. */
export function feeder(session, Tensor) {
  const [first, ...others] = session.inputMetadata.map(({ name, type, shape }) => ({ name, type, shape: shape ?? [] }));
  const tensor = (type, data, dims) => new Tensor(type, numbers(type, data), dims);
  const run = async ([data, dims]) => {
    const feeds = { [first.name]: tensor(first.type, data, dims) };
    for (const { name, type, shape } of others) {
      const sizes = shape.map((size, axis) => (size > 0 ? size : (dims[axis] ?? 1)));
      feeds[name] = tensor(type, new Float32Array(sizes.reduce((a, b) => a * b, 1)).fill(1), sizes);
    }
    const answer = await session.run(feeds);
    return session.outputNames.map((name) => {
      const { type, data, dims: shape } = answer[name];
      return { name, type, data, dims: shape };
    });
  };
  const size = first.shape[0];
  if (!(size > 0)) return run;
  return async ([data, [n, ...sample]]) => {
    if (n === size) return run([data, [n, ...sample]]);
    const each = data.length / n;
    const pieces = [];
    for (let start = 0; start < n; start += size) {
      const piece = data.subarray(start * each, Math.min(start + size, n) * each);
      const full = new Float32Array(size * each);
      for (let at = 0; at < size; at += 1) full.set(row(piece, Math.min(at, piece.length / each - 1), each), at * each);
      pieces.push(await run([full, [size, ...sample]]));
    }
    return pieces[0].map((output, i) => joined(output, pieces.map((piece) => piece[i]), size, n));
  };
}

const row = (data, at, each) => data.subarray(at * each, (at + 1) * each);

/** Numbers as a tensor of this type takes them. */
function numbers(type, data) {
  const kind = ARRAYS[type];
  if (!kind) throw new Error(`numbers of the type ${type} cannot go in.`);
  if (kind === Float32Array) return data;
  return kind === BigInt64Array ? kind.from(data, (value) => BigInt(Math.round(value))) : kind.from(data);
}

/** One output of all pieces: that of `n` samples, if it has a row for each; else that of the first piece. */
function joined(output, pieces, size, n) {
  const [rows, ...sample] = output.dims;
  if (rows !== size) return output;
  const each = output.data.length / rows;
  const data = new output.data.constructor(n * each);
  pieces.forEach((piece, i) => data.set(piece.data.subarray(0, Math.min(size, n - i * size) * each), i * size * each));
  return { ...output, data, dims: [n, ...sample] };
}
