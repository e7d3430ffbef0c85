// A picture file as pixels, by the browser's own decoder.

/** Promise of the pixels of a picture in this size: Uint8Array, red, green, blue, row by row; on white where it is clear. */
export async function pixels(bytes, height, width) {
  const picture = await createImageBitmap(new Blob([bytes]));
  const canvas = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  canvas.fillStyle = "white";
  canvas.fillRect(0, 0, width, height);
  canvas.imageSmoothingQuality = "high";
  canvas.drawImage(picture, 0, 0, width, height);
  picture.close();
  const { data } = canvas.getImageData(0, 0, width, height);
  return data.filter((value, at) => at % 4 < 3);
}
