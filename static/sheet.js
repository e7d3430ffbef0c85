// The sheet of a person's own model: what is in its file, how it is fed, whether it is kept.

import { isPicture } from "./brought.js";
import { forget, keep, kept } from "./own-files.js";
import { canKeep } from "./private-files.js";

const $ = (id) => document.getElementById(id);
const NUMBERS = ["scale", "mean", "deviation", "order"]; // that a preset fills in

/**
 * Wire the sheet.
 * @param inspect ({name: bytes}) -> promise of the sheet as HTML, in which nothing of a file is markup
 * @param load (model, evaluation, options) as `playground.load`
 * @param report tells the person of an error
 */
export function startSheet(inspect, load, report) {
  const form = $("sheet-samples");
  const { elements } = form;
  let [files, options, id] = [{}, {}, ""];

  const read = async () => {
    const { model = null, evaluation = null, ...others } = files;
    const result = await load(model, evaluation, { files: others, ...options });
    id = result.model;
    show(result.prepared);
    $("sheet-keep").hidden = !id.startsWith("own-") || !canKeep();
    $("sheet-keep").firstElementChild.checked = Boolean(await kept(id));
    $("inside").hidden = !id.startsWith("own-");
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    const { label = "", ...prepare } = Object.fromEntries(new FormData(form));
    options = { ...options, label, prepare };
    read().catch(report);
  };
  $("sheet-keep").firstElementChild.onchange = ({ target }) => (target.checked ? keep(id, files, options) : forget(id)).catch(report);

  /** Show how the model was fed. */
  const show = (prepared) => {
    for (const [name, value] of Object.entries(prepared)) {
      if (elements[name]) elements[name].value = [value].flat().join(", ");
    }
    nameNumbers();
  };
  const isOf = ({ dataset }) => NUMBERS.every((name) => dataset[name] === elements[name].value);
  const nameNumbers = () => (elements.pixels.value = [...elements.pixels.options].find(isOf)?.value ?? "");
  elements.pixels.onchange = () => {
    const { dataset } = elements.pixels.selectedOptions[0];
    for (const name of NUMBERS) elements[name].value = dataset[name] ?? elements[name].value;
  };
  for (const name of NUMBERS) elements[name].oninput = nameNumbers;

  /** Show what there is to choose. */
  const arrange = () => {
    const pictures = Object.keys(files).some(isPicture) || isZip(files.evaluation);
    const table = Boolean(files.evaluation) && !isZip(files.evaluation);
    const ports = Boolean($("sheet-body").querySelector("select"));
    $("sheet-prepare").hidden = $("sheet-prepare").disabled = !pictures;
    $("sheet-label").hidden = !table;
    form.hidden = !pictures && !table && !ports;
  };

  /** Open files, `{model, evaluation, ...}` as bytes; what is in the model is shown meanwhile. */
  const open = async (name, brought, how = {}, quietly = false) => {
    files = brought.model ? brought : { model: files.model, ...brought };
    options = { ...(brought.model ? { name } : options), ...how };
    const { evaluation, ...inside } = files;
    if (brought.model) {
      $("sheet-body").replaceChildren();
      inspect(inside).then(
        (html) => {
          $("sheet-title").textContent = name;
          $("sheet-body").innerHTML = html;
          arrange();
          if (!quietly) $("sheet").showPopover();
        },
        () => {}, // what is wrong with it is said by who opens it
      );
    }
    arrange();
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
