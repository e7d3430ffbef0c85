// The page's end of the echo: embeds Panel's document and passes changes on, one by one.

const worker = new Worker(new URL("echo-worker.js", import.meta.url), { type: "module" });
let patching = false;

worker.onmessage = async ({ data }) => {
  if (data.type === "render") await render(data);
  else if (data.type === "patch") apply(data);
};

async function render({ docs, items }) {
  const [item] = JSON.parse(items);
  for (const id of Object.keys(item.roots)) item.roots[id] = document.getElementById("place");
  const [views] = await Bokeh.embed.embed_items(JSON.parse(docs), [item]);
  const doc = (window.echo = [...views.roots.values()][0].model.document);
  doc.on_change((event) => {
    if (!patching) worker.postMessage({ type: "patch", patch: doc.create_json_patch([event]) });
  });
  worker.postMessage({ type: "rendered" });
  performance.mark("echo-live");
}

function apply({ patch, buffers }) {
  patching = true;
  window.echo.apply_json_patch(patch, buffers);
  patching = false;
}
