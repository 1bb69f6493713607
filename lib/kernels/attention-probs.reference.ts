import type { Reference } from "../gpu";

export type AttentionProbsShape = { head: number; queries: number; keys: number; size: number; scale: number };

/** What `attentionProbs` computes, in plain loops and double precision. */
export const attentionProbsReference: Reference<AttentionProbsShape> = function* (
  [q, k, logSumExp],
  { head, queries, keys, size, scale },
) {
  const p = new Float64Array(queries * keys);
  for (let t = 0; t < queries; t++) {
    const row = head * queries + t;
    for (let s = 0; s < keys; s++) {
      const key = head * keys + s;
      let score = 0;
      for (let e = 0; e < size; e++) score += q![row * size + e]! * k![key * size + e]!;
      p[t * keys + s] = Math.exp(score * scale - logSumExp![row]!);
    }
    yield;
  }
  return [p];
};
