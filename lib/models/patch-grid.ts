/**
 * How a picture falls into patches, and where each patch is: a Vision Transformer learns one position embedding per patch
 * of its training size, and other sizes interpolate between them.
 *
 * Shapes:  B images   C channels   P patch size   S special tokens before the patches   N = rows · columns   D hidden size
 */
import { interpolate } from "../nn";
import { concat, type Tensor } from "../tensor";

/** Patches down and across. */
export type PatchGrid = { rows: number; columns: number };

/** How many patches a picture has, down and across: N = rows · columns. What does not fill a patch is not counted. */
export function patchGrid({
  imageSize,
  patchSize,
}: {
  imageSize: number | readonly [number, number];
  patchSize: number;
}) {
  const [height, width] = typeof imageSize === "number" ? [imageSize, imageSize] : imageSize;
  return { rows: Math.floor(height / patchSize), columns: Math.floor(width / patchSize) };
}

/**
 * Cuts off, right and below, what does not fill a patch, as a convolution whose stride is the patch size does.
 * [B, C, height, width] -> [B, C, rows · P, columns · P]
 * @param config with an `imageSize`, pictures of no other size are taken
 */
export function wholePatches(
  what: string,
  pixelValues: Tensor,
  config: { numChannels: number; patchSize: number; imageSize?: number | readonly [number, number] },
): { pixelValues: Tensor; grid: PatchGrid } {
  const { numChannels: C, patchSize: P, imageSize } = config;
  const [, channels, height = 0, width = 0] = pixelValues.shape;
  const grid = patchGrid({ imageSize: [height, width], patchSize: P });
  const size = typeof imageSize === "number" ? [imageSize, imageSize] : imageSize;
  const fits = size ? height === size[0] && width === size[1] : grid.rows > 0 && grid.columns > 0;
  if (pixelValues.shape.length !== 4 || channels !== C || !fits) {
    const wanted = size ? `[B, ${C}, ${size.join(", ")}]` : `[B, ${C}, height, width] of at least ${P} × ${P} pixels`;
    throw new RangeError(
      `${what}: expected pixelValues ${wanted}, got [${pixelValues.shape.join(", ")}]; ` +
        `model.preprocess(picture) makes them${size ? ", interpolatePosEncoding allows other sizes" : ""}`,
    );
  }
  const [rows, columns] = [grid.rows * P, grid.columns * P];
  const whole = rows === height && columns === width;
  return { pixelValues: whole ? pixelValues : pixelValues.slice(null, null, [0, rows], [0, columns]), grid };
}

/**
 * The position embeddings of a picture of another size: those of the patches are stretched like a picture of D channels
 * (bicubic), those of the S special tokens before them stay. [1, S + N, D] -> [1, S + rows · columns, D]
 * @param from the patches that the model was trained on
 * @param to the patches of this picture
 * @param antialias when patches are fewer than in training: whether all old ones count (as in a picture that is made
 *   smaller with care), or only those next to the new place
 */
export function positionsOf(
  positions: Tensor,
  { from, to, antialias = false }: { from: PatchGrid; to: PatchGrid; antialias?: boolean },
): Tensor {
  if (from.rows === to.rows && from.columns === to.columns) return positions;
  const [, T, D] = positions.shape as [number, number, number];
  const S = T - from.rows * from.columns;
  const map = positions.slice(null, [S, T]).reshape([1, from.rows, from.columns, D]).transpose([0, 3, 1, 2]); // [1, D, rows, columns]: as a picture
  const stretched = interpolate(map, { height: to.rows, width: to.columns }, { mode: "bicubic", antialias })
    .transpose([0, 2, 3, 1])
    .reshape([1, to.rows * to.columns, D]);
  return S === 0 ? stretched : concat([positions.slice(null, [0, S]), stretched], 1);
}
