// What a session is fed with, as app/runtime/feeding.py has it: samples as numbers of the kind it wants, in pieces where
// it takes only so many at a time; inputs beside the first get what is given for them, or else ones.

const ARRAYS = {
  float32: Float32Array, float64: Float64Array, int64: BigInt64Array, int32: Int32Array, uint8: Uint8Array,
  int8: Int8Array, bool: Uint8Array,
}; // prettier-ignore

/**
 * Give {pack, run}: pack([Float32Array, shape], row) makes samples, the first of which stands at `row` of the whole batch,
 * what the session takes; run(packed) gives a promise of [{name, type, data, dims}, ...], all outputs of the session. They
 * are two, for only the second is timed.
 * @param beside Map(name -> [Float32Array, shape]), what further inputs get along with a batch of `total` samples
 */
export function feeder(session, Tensor, beside = new Map(), total = 0) {
  const [first, ...others] = session.inputMetadata.map(({ name, type, shape }) => ({ name, type, shape: shape ?? [] }));
  const tensor = (type, data, dims) => new Tensor(type, numbers(type, data), dims);
  const given = (name, from, count) => {
    const [values, [rows, ...sample]] = beside.get(name);
    if (rows !== total) return beside.get(name); // the same for all
    const each = values.length / rows;
    const part = new Float32Array(count * each);
    for (let at = 0; at < count; at += 1) part.set(row(values, Math.min(from + at, rows - 1), each), at * each);
    return [part, [count, ...sample]];
  };
  const feeds = ([data, dims], from) => {
    const all = { [first.name]: tensor(first.type, data, dims) };
    for (const { name, type, shape } of others) {
      if (beside.has(name)) {
        all[name] = tensor(type, ...given(name, from, dims[0]));
        continue;
      }
      const sizes = shape.map((size, axis) => (size > 0 ? size : (dims[axis] ?? 1)));
      all[name] = tensor(type, new Float32Array(sizes.reduce((a, b) => a * b, 1)).fill(1), sizes);
    }
    return all;
  };
  const size = first.shape[0];
  const pack = ([data, [n, ...sample]], from = 0) => {
    const isWhole = !(size > 0) || n === size;
    const batches = isWhole ? [data] : pieces(data, n, size);
    const many = isWhole ? n : size;
    return { n, isWhole, batches: batches.map((each, i) => feeds([each, [many, ...sample]], from + i * many)) };
  };
  const run = async ({ n, isWhole, batches }) => {
    const answers = [];
    for (const each of batches) answers.push(await session.run(each));
    return session.outputNames.map((name) => {
      const [output, ...others] = answers.map((answer) => ofTensor(name, answer[name]));
      return isWhole ? output : joined(output, [output, ...others], size, n);
    });
  };
  return { pack, run };
}

const ofTensor = (name, { type, data, dims }) => ({ name, type, data, dims });

/** The numbers of `n` samples in batches of `size`; the last is filled up with its last sample. */
function pieces(data, n, size) {
  const each = data.length / n;
  return Array.from({ length: Math.ceil(n / size) }, (_, i) => {
    const full = new Float32Array(size * each);
    for (let at = 0; at < size; at += 1) full.set(row(data, Math.min(i * size + at, n - 1), each), at * each);
    return full;
  });
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
