// What a person opens or drops: which of the files is the model, which are samples, which came along.

const SAMPLES = [".npz", ".csv", ".zip"];

/** Whether a file of this name is a picture, as app/pipeline/own_pictures.py has it. */
export const isPicture = (name) => /\.(png|jpe?g|webp|gif|bmp)$/i.test(name);

/** The model, its samples, a saved history, each a File if there is one; all others, and whether these are pictures. */
export function sorted(files) {
  const named = (...ends) => [...files].find((file) => ends.some((end) => file.name.toLowerCase().endsWith(end)));
  const [model, evaluation, history] = [named(".onnx"), named(...SAMPLES), named(".json")];
  const others = [...files].filter((file) => ![model, evaluation, history].includes(file));
  const pictures = others.some(({ name }) => isPicture(name));
  return { model, evaluation, history, others, pictures };
}
