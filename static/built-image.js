// The memory image that the build has made: one file of the site, `bundle.image`. A visit takes it where that is sooner
// than importing, so on a fast line; on others an image of their own comes with the next visit, see kept-image.js.

import { hashed } from "./kept-image.js";

const SPARED = 3000; // ms that importing takes on a usual machine

/** The image, as boot.js wants it, if its bytes come sooner than importing is done; else null. */
export async function soon({ image, sizes, app, later }, files) {
  if (!image || navigator.connection?.saveData) return null;
  const more = image.size - sizes[app.file] - sizes[later.file];
  if (more / (await files.rate) > SPARED) return null;
  const memory = files.bytes(image.file, image.size).then((bytes) => checked(bytes, image));
  memory.catch(() => {}); // told by whoever waits for it
  return { about: image.about, memory };
}

async function checked(bytes, { hash, start }) {
  // Without a secure context, as in a classroom by http, a browser hashes nothing.
  if (globalThis.crypto?.subtle && (await hashed(bytes)) !== hash) throw new Error("it is damaged");
  return bytes.subarray(start);
}
