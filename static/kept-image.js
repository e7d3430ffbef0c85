// Keeps the memory image of a start between visits, in the origin-private file system: one file a site, the length of its
// JSON, that, and the memory. It is written aside and put in place when it is complete, so it is whole or the one before.

const FOLDER = "images";
const SITE = encodeURIComponent(new URL("./", import.meta.url).pathname); // a host may have several
const PIECE = 4_000_000; // bytes written at once: messages come in between

const folder = async (create) => (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create });

/** What an image must be of: this build, in this browser. */
const of = (build) => `${build} ${navigator.userAgent}`;

/** The image that is kept, {about, memory}; null if there is none. Throws an Error that says why it cannot be used. */
export async function kept(build) {
  const bytes = await content();
  if (bytes === null) return null;
  const start = 4 + (bytes.length < 4 ? 0 : new DataView(bytes.buffer).getUint32(0, true));
  const memory = bytes.subarray(start);
  let about;
  try {
    about = JSON.parse(new TextDecoder().decode(bytes.subarray(4, start)));
  } catch {
    throw new Error("it is damaged");
  }
  if (about.of !== of(build)) throw new Error("it is of another build or browser");
  if ((await hashed(memory)) !== about.hash) throw new Error("it is damaged");
  return { about, memory };
}

async function content() {
  try {
    const file = await (await (await folder(false)).getFileHandle(SITE)).getFile();
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    return null; // nothing there, or a place that keeps nothing, as a sandbox
  }
}

export async function keep({ about, memory }, build) {
  const json = new TextEncoder().encode(JSON.stringify({ ...about, of: of(build), hash: await hashed(memory) }));
  const stream = await (await (await folder(true)).getFileHandle(SITE, { create: true })).createWritable();
  await stream.write(new Uint32Array([json.length]));
  await stream.write(json);
  for (let at = 0; at < memory.length; at += PIECE) await stream.write(memory.subarray(at, at + PIECE));
  await stream.close();
}

export async function forget() {
  await (await folder(false)).removeEntry(SITE);
}

async function hashed(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
