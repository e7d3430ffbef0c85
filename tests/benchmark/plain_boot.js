// The straightforward start, to compare with: Pyodide as it comes, then the wheels as they are published, with their
// sources. Takes the place of static/boot.js in a bundle made by build.py's `plain_bundle`.

export async function bootPython({ bundle, files }) {
  const { loadPyodide } = await import(files.url("pyodide/pyodide.js"));
  const python = await loadPyodide({
    indexURL: files.url("pyodide/"),
    lockFileContents: bundle.lock,
    env: bundle.env,
  });
  const wheels = await Promise.all(bundle.wheels.map(async (name) => (await fetch(files.url(name))).arrayBuffer()));
  for (const wheel of wheels) python.unpackArchive(wheel, "zip", { extractDir: "/lib/python3.14/site-packages" });
  python.runPython("import pyodide.code; pyodide.code.run_js = lambda code: None"); // see boot.js
  return { python, later: async () => {}, image: () => null };
}
