// How the build and the page speak of the same function.

/** A short name of a CustomJS, made of all that its function is made of. */
export function keyOf(names, code) {
  let hash = 0;
  for (const letter of [...names, code].join()) hash = (31 * hash + letter.codePointAt(0)) % 2 ** 40;
  return hash.toString(36);
}
