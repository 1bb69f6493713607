/**
 * A picture at another size, as torch.nn.functional.interpolate: each output row is a weighted sum of a few input rows,
 * and each output column of a few columns. Written as two matrices, one for each direction:
 *
 *     y = down · x · acrossᵀ          down [Ho, H], across [Wo, W]
 *
 * "bicubic" takes Keys' kernel (https://doi.org/10.1109/TASSP.1981.1163711) with a = -0.75, or -0.5 with antialias.
 *
 * Shapes:  B pictures   C channels   H, W before   Ho, Wo after
 */
import { tensor, type Tensor } from "../tensor";

export type InterpolateOptions = {
  mode: "bilinear" | "bicubic";
  /** Whether the centres of the corner pixels stay where they are, rather than the picture's outer edges. [false] */
  alignCorners?: boolean;
  /** Whether a smaller picture averages over all pixels that it merges, as Pillow does. [false] */
  antialias?: boolean;
  /** Output pixels per input pixel, down and right, where that is not Ho / H and Wo / W: torch's scale_factor. */
  scale?: readonly [number, number];
};

/** [B, C, H, W] -> [B, C, Ho, Wo] */
export function interpolate(
  x: Tensor,
  { height, width }: { height: number; width: number },
  options: InterpolateOptions,
): Tensor {
  const [, , H, W] = x.shape as [number, number, number, number];
  if (x.shape.length !== 4 || ![height, width].every((length) => Number.isInteger(length) && length > 0)) {
    throw new RangeError(
      `interpolate: expected x [B, C, H, W] and a size of whole pixels, ` +
        `got [${x.shape.join(", ")}] and ${height} × ${width}`,
    );
  }
  const down = tensor(resamplingMatrix(H, height, options, options.scale?.[0]), [height, H], x.executor);
  const across = tensor(resamplingMatrix(W, width, options, options.scale?.[1]), [width, W], x.executor);
  return down.matmul(x.matmul(across.transpose())); // [B, C, H, Wo], then [B, C, Ho, Wo]
}

/** Row i holds what each of `from` pixels contributes to output pixel i; rows sum to 1. -> [to, from] */
export function resamplingMatrix(
  from: number,
  to: number,
  { mode, alignCorners = false, antialias = false }: InterpolateOptions,
  scale?: number,
): Float32Array {
  const matrix = new Float32Array(to * from);
  // Input pixels per output pixel.
  const step = alignCorners ? (to > 1 ? (from - 1) / (to - 1) : 0) : scale ? 1 / scale : from / to;
  const stretch = antialias ? Math.max(step, 1) : 1;
  const kernel = mode === "bilinear" ? triangle : cubic(antialias ? -0.5 : -0.75);
  const reach = (mode === "bilinear" ? 1 : 2) * stretch;
  for (let i = 0; i < to; i++) {
    const centre = alignCorners && !antialias ? i * step : (i + 0.5) * step - 0.5;
    const at = mode === "bilinear" && !antialias ? Math.min(Math.max(centre, 0), from - 1) : centre;
    const row = matrix.subarray(i * from, (i + 1) * from);
    let total = 0;
    for (let j = Math.ceil(at - reach); j <= at + reach; j++) {
      const outside = j < 0 || j >= from;
      if (outside && antialias) continue; // what is left is scaled up below
      const share = kernel(Math.abs(j - at) / stretch);
      row[Math.min(Math.max(j, 0), from - 1)]! += share;
      total += share;
    }
    for (let j = 0; j < from; j++) row[j]! /= total;
  }
  return matrix;
}

/** 1 at 0, falling to 0 at distance 1. */
function triangle(distance: number): number {
  return Math.max(0, 1 - distance);
}

function cubic(a: number): (distance: number) => number {
  return (d) => {
    if (d >= 2) return 0;
    return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  };
}
