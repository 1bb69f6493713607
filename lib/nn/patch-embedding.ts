/**
 * Pictures as tokens: cut into patches, and each patch multiplied by one matrix. This equals a convolution whose stride
 * is its kernel size, which is how checkpoints store it. https://arxiv.org/abs/2010.11929
 *
 * Shapes:  B images   C channels   P patch size   N = (H / P) · (W / P) patches   D hidden size
 */
import type { Tensor } from "../tensor";
import { linear } from "./linear";

/** The weights of a convolution: weight [D, C, P, P], bias [D] */
export type PatchEmbedding = { weight: Tensor; bias?: Tensor };

/** [B, C, H, W] -> [B, N, D] */
export function patchEmbedding(pixelValues: Tensor, w: PatchEmbedding): Tensor {
  const [D, C, P, Q] = w.weight.shape;
  if (w.weight.shape.length !== 4 || P !== Q || C !== pixelValues.shape[1]) {
    throw new RangeError(
      `patchEmbedding: expected pixel values [B, C, H, W] and a weight [D, C, P, P] with equal C, ` +
        `got [${pixelValues.shape.join(", ")}] and [${w.weight.shape.join(", ")}]`,
    );
  }
  const weight = w.weight.reshape([D!, C! * P! * P!]); // one row per hidden unit, in the order of a patch's numbers
  return linear(patchify(pixelValues, P!), { weight, bias: w.bias });
}

/**
 * One row of numbers per patch. Patches run left to right, then down; a row holds channel by channel, line by line.
 * [B, C, H, W] -> [B, N, C · P · P]
 */
export function patchify(pixelValues: Tensor, patchSize: number): Tensor {
  const P = patchSize;
  const [B, C, H, W] = pixelValues.shape as [number, number, number, number];
  if (pixelValues.shape.length !== 4 || !Number.isInteger(P) || P < 1 || H % P !== 0 || W % P !== 0) {
    throw new RangeError(
      `patchify: expected pixel values [B, C, H, W] with H and W divisible by the patch size, ` +
        `got [${pixelValues.shape.join(", ")}] and ${P}`,
    );
  }
  const [rows, columns] = [H / P, W / P];
  return pixelValues
    .reshape([B, C, rows, P, columns, P])
    .transpose([0, 2, 4, 1, 3, 5]) // [B, rows, columns, C, P, P]
    .reshape([B, rows * columns, C * P * P]);
}

/** The inverse of patchify, for a picture of C channels and the given height. [B, N, C · P · P] -> [B, C, H, W] */
export function unpatchify(patches: Tensor, { channels, patchSize, height }: UnpatchifyOptions): Tensor {
  const [C, P] = [channels, patchSize];
  const [B, N, size] = patches.shape as [number, number, number];
  const rows = height / P;
  const columns = N / rows;
  if (patches.shape.length !== 3 || size !== C * P * P || !Number.isInteger(rows) || !Number.isInteger(columns)) {
    throw new RangeError(
      `unpatchify: expected patches [B, N, C · P · P] that fill a picture of height ${height}, ` +
        `got [${patches.shape.join(", ")}] with C = ${C} and P = ${P}`,
    );
  }
  return patches
    .reshape([B, rows, columns, C, P, P])
    .transpose([0, 3, 1, 4, 2, 5]) // [B, C, rows, P, columns, P]
    .reshape([B, C, height, columns * P]);
}

type UnpatchifyOptions = { channels: number; patchSize: number; height: number };
