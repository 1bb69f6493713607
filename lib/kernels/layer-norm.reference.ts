import type { Reference } from "../gpu";

/** What `layerNorm` computes, in plain loops and double precision. */
export const layerNormReference: Reference<{ rows: number; cols: number; eps: number }> = function* (
  [x, weight, bias],
  { rows, cols, eps },
) {
  const y = new Float64Array(rows * cols);
  for (let r = 0; r < rows; r++) {
    const first = r * cols;
    let mean = 0;
    for (let c = 0; c < cols; c++) mean += x![first + c]! / cols;
    let variance = 0;
    for (let c = 0; c < cols; c++) variance += (x![first + c]! - mean) ** 2 / cols;
    const scale = 1 / Math.sqrt(variance + eps);
    for (let c = 0; c < cols; c++) y[first + c] = (x![first + c]! - mean) * scale * weight![c]! + bias![c]!;
    yield;
  }
  return [y];
};
