// The straightforward start, to compare with: Pyodide as it comes, then all wheels with their sources, one after the
// other. Takes the place of static/boot.js in a bundle made by build.py's `plain_bundle`.

export async function bootPython({ bundle, files }) {
  const { loadPyodide } = await import(files.url("pyodide/pyodide.mjs"));
  const python = await loadPyodide({
    indexURL: files.url("pyodide/"),
    lockFileContents: bundle.lock,
    env: bundle.env,
  });
  const packages = await (await fetch(files.url(bundle.packages))).arrayBuffer();
  python.unpackArchive(packages, "zip", { extractDir: "/lib/python3.14/site-packages" });
  return { python, later: async () => {} };
}
