// The origin-private file system: folders of files that stay in this browser and that no other site sees.

/** Whether this browser can keep files. */
export const canKeep = () =>
  Boolean(navigator.storage?.getDirectory) && "createWritable" in (globalThis.FileSystemFileHandle?.prototype ?? {});

/** A folder by its name; without `create` it rejects where there is none. */
export const folder = async (name, create) => (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create });

/** Write a file, piece by piece: it is in its place when all of it is written, and not before. */
export async function write(into, name, ...pieces) {
  const stream = await (await into.getFileHandle(name, { create: true })).createWritable();
  for (const piece of pieces) await stream.write(piece);
  await stream.close();
}
