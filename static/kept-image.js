// Keeps the memory image of a start between visits, in the origin-private file system: one file a site, the length of its
// JSON, that, and the memory. It is written aside and put in place when it is complete, so it is whole or the one before.

import { folder, write } from "./private-files.js";

const FOLDER = "images";
const SITE = encodeURIComponent(new URL("./", import.meta.url).pathname); // a host may have several
const DAMAGED = "it is damaged";
const PIECE = 4_000_000; // bytes written at once: messages come in between

/** What an image must be of: this build, in this browser. */
const of = (build) => `${build} ${navigator.userAgent}`;

/**
 * The image that is kept: what is said of it, and a promise of its memory; null if there is none.
 *
 * Either promise rejects with an Error that says why it cannot be used.
 */
export async function kept(build) {
  const file = await found();
  if (!file?.size) return null; // it is empty where a visit has ended before it was written
  const start = 4 + new DataView(await file.slice(0, 4).arrayBuffer()).getUint32(0, true);
  const about = parsed(await file.slice(4, start).text());
  if (about.of !== of(build)) throw new Error("it is of another build or browser");
  const memory = checked(file.slice(start), about.hash);
  memory.catch(() => {}); // told by whoever waits for it
  return { about, memory };
}

async function found() {
  try {
    return await (await (await folder(FOLDER, false)).getFileHandle(SITE)).getFile();
  } catch {
    return null; // there is none, or a place that keeps nothing, as a sandbox
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(DAMAGED);
  }
}

async function checked(part, hash) {
  const memory = new Uint8Array(await part.arrayBuffer());
  if ((await hashed(memory)) !== hash) throw new Error(DAMAGED);
  return memory;
}

/** Keep an image for the next visit; its memory may be a promise. */
export async function keep({ about, memory: coming }, build) {
  const memory = await coming;
  const json = new TextEncoder().encode(JSON.stringify({ ...about, of: of(build), hash: await hashed(memory) }));
  const pieces = Array.from({ length: Math.ceil(memory.length / PIECE) }, (_, i) => memory.subarray(i * PIECE, (i + 1) * PIECE));
  await write(await folder(FOLDER, true), SITE, new Uint32Array([json.length]), json, ...pieces);
}

export async function forget() {
  await (await folder(FOLDER, false)).removeEntry(SITE);
}

/** SHA-256 in hexadecimal digits. */
export async function hashed(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
