import type { Picture } from "./picture";

/**
 * The picture in the middle of a square of one colour: the shorter sides get bars, the lower or right one a line more
 * where they cannot be equal. As LLaVA's `expand2square`.
 * @param colour 0..255
 */
export function padToSquare(picture: Picture, colour: readonly [number, number, number]): Picture {
  const { width, height } = picture;
  if (width === height) return picture;
  const side = Math.max(width, height);
  const left = Math.floor((side - width) / 2);
  const top = Math.floor((side - height) / 2);
  const data = new Uint8ClampedArray(side * side * 4);
  for (let i = 0; i < data.length; i += 4) data.set([...colour, 255], i);
  for (let row = 0; row < height; row++) {
    const line = picture.data.subarray(row * width * 4, (row + 1) * width * 4);
    data.set(line, ((row + top) * side + left) * 4);
  }
  return { width: side, height: side, data };
}
