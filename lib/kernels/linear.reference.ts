import type { Reference } from "../gpu";

/** What `linear` computes, in plain loops and double precision. */
export const linearReference: Reference<{ m: number; k: number; n: number }> = function* (
  [x, weight, bias],
  { m, k, n },
) {
  const y = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = bias![j]!;
      for (let l = 0; l < k; l++) sum += x![i * k + l]! * weight![j * k + l]!;
      y[i * n + j] = sum;
      if (j % 64 === 63) yield;
    }
    yield;
  }
  return [y];
};
