import type { Reference } from "../gpu";

/** What `softmax` computes, in plain loops and double precision: read this one first. */
export const softmaxReference: Reference<{ rows: number; cols: number }> = function* ([x], { rows, cols }) {
  const y = new Float64Array(rows * cols);
  for (let r = 0; r < rows; r++) {
    const first = r * cols;
    let m = -Infinity;
    for (let c = 0; c < cols; c++) m = Math.max(m, x![first + c]!);
    let total = 0;
    for (let c = 0; c < cols; c++) total += Math.exp(x![first + c]! - m);
    for (let c = 0; c < cols; c++) y[first + c] = Math.exp(x![first + c]! - m) / total;
    yield;
  }
  return [y];
};
