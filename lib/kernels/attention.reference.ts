import type { Reference } from "../gpu";

export type AttentionShape = { heads: number; queries: number; keys: number; size: number; scale: number };

/** What `attention` computes, in plain loops and double precision: here the weights of one query are stored. */
export const attentionReference: Reference<AttentionShape> = function* (
  [q, k, v],
  { heads, queries, keys, size, scale },
) {
  const output = new Float64Array(heads * queries * size);
  const logSumExp = new Float64Array(heads * queries);
  const weights = new Float64Array(keys);
  for (let row = 0; row < heads * queries; row++) {
    const keyOrigin = Math.floor(row / queries) * keys * size;

    let highest = -Infinity;
    for (let s = 0; s < keys; s++) {
      let score = 0;
      for (let e = 0; e < size; e++) score += q![row * size + e]! * k![keyOrigin + s * size + e]!;
      weights[s] = score * scale;
      highest = Math.max(highest, weights[s]!);
      if (s % 64 === 63) yield;
    }

    let total = 0;
    for (let s = 0; s < keys; s++) total += weights[s] = Math.exp(weights[s]! - highest);
    logSumExp[row] = highest + Math.log(total);

    for (let s = 0; s < keys; s++) {
      for (let e = 0; e < size; e++) {
        output[row * size + e]! += (weights[s]! / total) * v![keyOrigin + s * size + e]!;
      }
      if (s % 64 === 63) yield;
    }
    yield;
  }
  return [output, logSumExp];
};
