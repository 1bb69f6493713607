import type { Reference } from "../gpu";

/** What `rmsNorm` computes, in plain loops and double precision. */
export const rmsNormReference: Reference<{ rows: number; cols: number; eps: number }> = function* (
  [x, weight],
  { rows, cols, eps },
) {
  const y = new Float64Array(rows * cols);
  for (let r = 0; r < rows; r++) {
    const first = r * cols;
    let square = 0;
    for (let c = 0; c < cols; c++) square += x![first + c]! ** 2 / cols;
    const scale = 1 / Math.sqrt(square + eps);
    for (let c = 0; c < cols; c++) y[first + c] = x![first + c]! * scale * weight![c]!;
    yield;
  }
  return [y];
};
