/** Trading a picture's size for channels, and back. Shapes: B pictures, C channels, s the factor */
import type { Tensor } from "../tensor";

/** Every s × s square of pixels becomes s² channels: c, row, column. [B, C, H, W] -> [B, C · s², H / s, W / s] */
export function pixelUnshuffle(x: Tensor, s: number): Tensor {
  const [B, C, H, W] = x.shape as [number, number, number, number];
  if (x.shape.length !== 4 || !Number.isInteger(s) || s < 1 || H % s !== 0 || W % s !== 0) {
    throw new RangeError(
      `pixelUnshuffle: expected x [B, C, H, W] with H and W divisible by the factor, ` +
        `got [${x.shape.join(", ")}] and ${s}`,
    );
  }
  return x
    .reshape([B, C, H / s, s, W / s, s])
    .transpose([0, 1, 3, 5, 2, 4]) // [B, C, s, s, H / s, W / s]
    .reshape([B, C * s * s, H / s, W / s]);
}

/** The inverse of pixelUnshuffle. [B, C · s², H, W] -> [B, C, H · s, W · s] */
export function pixelShuffle(x: Tensor, s: number): Tensor {
  const [B, channels, H, W] = x.shape as [number, number, number, number];
  const C = channels / (s * s);
  if (x.shape.length !== 4 || !Number.isInteger(s) || s < 1 || !Number.isInteger(C)) {
    throw new RangeError(
      `pixelShuffle: expected x [B, C, H, W] with C divisible by the factor's square, ` +
        `got [${x.shape.join(", ")}] and ${s}`,
    );
  }
  return x
    .reshape([B, C, s, s, H, W])
    .transpose([0, 1, 4, 2, 5, 3]) // [B, C, H, s, W, s]
    .reshape([B, C, H * s, W * s]);
}
