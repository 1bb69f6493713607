import type { Reference } from "../gpu";

/**
 * `heads` counts key heads over the whole batch; `group` query heads share one. Of the `room` keys that lie in memory
 * for a head the first `keys` count, and query t sees the first `sees + t` of them.
 */
export type AttentionShape = {
  heads: number;
  group: number;
  queries: number;
  keys: number;
  room: number;
  size: number;
  scale: number;
  sees: number;
};

/** Where the mask's number for a query and a key lies: these times the entry of the batch, the query head, t and s. */
export type MaskedAttentionShape = AttentionShape & {
  /** Key heads of one entry of the batch. */
  keyHeads: number;
  maskBatch: number;
  maskHead: number;
  maskQuery: number;
  maskKey: number;
};

/** The score of a key that a query does not see. Beside it, any score is too small to count in f32 and in f64. */
export const HIDDEN = -1e30;

/** What `attention` computes, in plain loops and double precision: here the weights of one query are stored. */
export const attentionReference: Reference<AttentionShape> = function* ([q, k, v], shape) {
  return yield* attentionLoops([q!, k!, v!], shape, () => 0);
};

/** What `maskedAttention` computes. */
export const maskedAttentionReference: Reference<MaskedAttentionShape> = function* ([q, k, v, mask], shape) {
  const { group, queries, keyHeads, maskBatch, maskHead, maskQuery, maskKey } = shape;
  return yield* attentionLoops([q!, k!, v!], shape, (head, r, s) => {
    const queryHead = (head % keyHeads) * group + Math.floor(r / queries);
    const first = Math.floor(head / keyHeads) * maskBatch + queryHead * maskHead;
    return mask![first + (r % queries) * maskQuery + s * maskKey]!;
  });
};

/** Row r of a key head is query r mod `queries` of the query head r / `queries` in its group. */
function* attentionLoops(
  [q, k, v]: ArrayLike<number>[],
  { heads, group, queries, keys, room, size, scale, sees }: AttentionShape,
  maskAt: (head: number, r: number, s: number) => number,
): Generator<undefined, Float64Array[], undefined> {
  const rows = group * queries;
  const output = new Float64Array(heads * rows * size);
  const logSumExp = new Float64Array(heads * rows);
  const weights = new Float64Array(keys);
  for (let row = 0; row < heads * rows; row++) {
    const head = Math.floor(row / rows);
    const r = row % rows;
    const first = head * room * size;
    let end = Math.min(keys, sees + (r % queries));

    let highest = HIDDEN;
    for (let s = 0; s < end; s++) {
      let score = 0;
      for (let e = 0; e < size; e++) score += q![row * size + e]! * k![first + s * size + e]!;
      weights[s] = score * scale + Math.max(maskAt(head, r, s), HIDDEN);
      highest = Math.max(highest, weights[s]!);
      if (s % 64 === 63) yield;
    }
    if (highest <= HIDDEN) weights.fill(HIDDEN, 0, (end = keys)); // it sees nothing: all keys alike

    let total = 0;
    for (let s = 0; s < end; s++) total += weights[s] = Math.exp(weights[s]! - highest);
    logSumExp[row] = highest + Math.log(total);

    for (let s = 0; s < end; s++) {
      const weight = weights[s]! / total;
      if (weight === 0) continue;
      for (let e = 0; e < size; e++) output[row * size + e]! += weight * v![first + s * size + e]!;
      if (s % 64 === 63) yield;
    }
    yield;
  }
  return [output, logSumExp];
}
