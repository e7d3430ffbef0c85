// What leaves the page as text: the link, and what puts the State on screen into other people's pages.

const $ = (id) => document.getElementById(id);

/** Wire the button, one press of which copies the link, and its dialog, which has the rest. */
export function startShare() {
  const dialog = $("share-dialog");
  const status = $("share-status");
  const copy = async (field, name) => (status.textContent = await copied(field, name));
  const rows = Object.entries(SNIPPETS).map(([name, snippet]) => {
    const row = $("share-row").content.firstElementChild.cloneNode(true);
    const [label, field, button] = ["label", "textarea", "button"].map((each) => row.querySelector(each));
    field.id = `share-${name.toLowerCase()}`;
    [label.htmlFor, label.textContent] = [field.id, name];
    button.setAttribute("aria-label", `Copy ${name}`);
    button.onclick = () => copy(field, name);
    $("share-snippets").append(row);
    return [field, snippet];
  });
  const link = $("share-link");
  $("share-copy").onclick = () => copy(link, "Link");
  $("share").onclick = () => {
    link.value = location.href;
    for (const [field, snippet] of rows) {
      field.value = snippet(new URL(location.href));
      field.rows = field.value.split("\n").length;
    }
    status.textContent = "";
    dialog.showModal();
    copy(link, "Link");
  };
}

/** Copy what a field holds, or at least select it; what to say of it. */
export async function copied(field, name) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return `${name} copied`;
  } catch {
    return `${name} selected: this page may not copy, your keyboard may`; // on an insecure page
  }
}

/** For each kind of page, how it shows a link. */
const SNIPPETS = {
  Element: (link) =>
    `<script async src="${quoted(folder(link))}element.js"></script>\n`
    + `<compression-playground${attributes(link)}>\n  <a href="${quoted(link.href)}">${TITLE}</a>\n</compression-playground>`,
  Frame: (link) =>
    `<iframe src="${quoted(folder(link))}embed.html${quoted(link.search)}" title="${TITLE}"\n`
    + `  width="100%" height="640" loading="lazy" style="border: 0"></iframe>`,
  Markdown: (link) => `[${TITLE}](${link.href})`,
  Sphinx: (link) => `.. compression-playground:: ${link.href}`,
  Notebook: (link) =>
    `from compression_playground.widget import Playground\n\nPlayground(${JSON.stringify(link.href)})`,
};
const TITLE = "Compression Playground";

/** The folder of the site, with a slash at its end. */
function folder(link) {
  return new URL(".", link).href;
}

/** The parts of a link as attributes of an element. */
function attributes(link) {
  const parts = [...link.searchParams].filter(([name]) => name !== "v");
  return parts.map(([name, value]) => ` ${name}="${quoted(value)}"`).join("");
}

/** Text as part of HTML, within an attribute too. */
function quoted(text) {
  return text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
}
