// What must be there before the first paint: the chosen theme, so that it does not flash, and a word for a script that
// the host or a sandbox withholds. Not a module, for it must run where no module can, as in a page opened from a folder.

try {
  document.documentElement.dataset.theme = localStorage.getItem("playground.theme") ?? "system";
} catch {
  // No storage: the system's theme.
}

addEventListener("error", ({ target }) => {
  if (target.localName !== "script") return;
  const say = () => {
    document.getElementById("error-text").textContent = location.protocol === "file:"
      ? "A browser lets no page opened from a folder start what computes here. Serve the folder: in a terminal there, "
        + "python3 serve.py, then open the address that it says."
      : `${target.getAttribute("src")} could not be loaded as a script. A file of the site is missing, its host gives it a `
        + "wrong type, or this frame may not read it: open the page in a tab of its own.";
    document.getElementById("error").hidden = false;
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", say);
  else say();
}, true);
