// A person's own files, kept in this browser if they ask for it: in the origin-private file system, a folder a model.

import { folder, write } from "./private-files.js";

const FOLDER = "own";

/** Keep files, `{name: bytes}`, and how they were read under the id of a model. */
export async function keep(id, files, options) {
  const into = await (await folder(FOLDER, true)).getDirectoryHandle(id, { create: true });
  const names = Object.keys(files); // a file may be called anything, so it stands under its number
  for (const [at, name] of names.entries()) await write(into, String(at), files[name]);
  await write(into, "options.json", JSON.stringify({ options, names })); // the last one: without it nothing counts as kept
}

/** Let go what is kept of a model. */
export const forget = async (id) => (await folder(FOLDER, true)).removeEntry(id, { recursive: true });

/** What is kept of a model, {files, options}; null if nothing is, or this browser keeps nothing. */
export async function kept(id) {
  try {
    const from = await (await folder(FOLDER, false)).getDirectoryHandle(id);
    const read = async (name) => (await from.getFileHandle(name)).getFile();
    const { options, names } = JSON.parse(await (await read("options.json")).text());
    const content = await Promise.all(names.map(async (name, at) => [name, await (await read(String(at))).arrayBuffer()]));
    return { files: Object.fromEntries(content), options };
  } catch {
    return null;
  }
}
