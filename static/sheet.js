// The sheet of a person's own model: what is in its file, how its samples are read, whether it is kept.

import { isPicture } from "./brought.js";
import { canKeep, forget, keep, kept } from "./own-files.js";

const $ = (id) => document.getElementById(id);

/**
 * Wire the sheet.
 * @param inspect ({name: bytes}) -> promise of the sheet as HTML, in which nothing of a file is markup
 * @param load (model, evaluation, options) as `playground.load`
 * @param report tells the person of an error
 */
export function startSheet(inspect, load, report) {
  const form = $("sheet-samples");
  let [files, options, id] = [{}, {}, ""];

  const read = async () => {
    const { model = null, evaluation = null, ...others } = files;
    ({ model: id } = await load(model, evaluation, { files: others, ...options }));
    $("sheet-keep").hidden = !id.startsWith("own-") || !canKeep();
    $("sheet-keep").firstElementChild.checked = Boolean(await kept(id));
    $("inside").hidden = !id.startsWith("own-");
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    options = { ...options, ...Object.fromEntries(new FormData(form)) };
    read().catch(report);
  };
  $("sheet-keep").firstElementChild.onchange = ({ target }) => (target.checked ? keep(id, files, options) : forget(id)).catch(report);

  /** Open files, `{model, evaluation, ...}` as bytes; what is in the model is shown meanwhile. */
  const open = async (name, brought, how = {}, quietly = false) => {
    files = brought.model ? brought : { model: files.model, ...brought };
    options = { name: name || options.name, ...how };
    const pictures = Object.keys(files).some(isPicture) || isZip(files.evaluation);
    const table = Boolean(files.evaluation) && !isZip(files.evaluation);
    [form.hidden, $("sheet-prepare").hidden, $("sheet-label").hidden] = [!pictures && !table, !pictures, !table];
    const { evaluation, ...inside } = files;
    if (brought.model) {
      inspect(inside).then(
        (html) => {
          $("sheet-title").textContent = name;
          $("sheet-body").innerHTML = html;
          if (!quietly) $("sheet").showPopover();
        },
        () => {}, // what is wrong with it is said by who opens it
      );
    }
    await read();
  };
  return {
    open,
    /** Open what is kept of the model that a link names, if it is. */
    recall: async (named) => {
      const found = named.startsWith("own-") && (await kept(named));
      if (found) await open("Your model", found.files, found.options, true);
    },
  };
}

/** Whether an evaluation set is an archive, which may hold pictures. */
const isZip = (bytes) => Boolean(bytes) && new Uint8Array(bytes)[0] === 0x50;
