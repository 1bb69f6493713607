import type { Reference } from "../gpu";

/** What `matmul` computes, in plain loops and double precision. */
export const matmulReference: Reference<{
  batch: number;
  m: number;
  k: number;
  n: number;
  aStep: number;
  bStep: number;
}> = function* ([a, b], { batch, m, k, n, aStep, bStep }) {
  const c = new Float64Array(batch * m * n);
  for (let i = 0; i < batch * m; i++) {
    const entry = Math.floor(i / m);
    const rowOfA = entry * aStep + (i % m) * k;
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += a![rowOfA + l]! * b![entry * bStep + l * n + j]!;
      c[i * n + j] = sum;
      if (j % 64 === 63) yield;
    }
    yield;
  }
  return [c];
};

/** What `matmulTransposed` computes. */
export const matmulTransposedReference: Reference<{ m: number; k: number; n: number }> = function* (
  [a, b],
  { m, k, n },
) {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += a![i * k + l]! * b![j * k + l]!;
      c[i * n + j] = sum;
      if (j % 64 === 63) yield;
    }
    yield;
  }
  return [c];
};
