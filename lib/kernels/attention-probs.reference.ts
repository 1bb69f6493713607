import type { Reference } from "../gpu";
import { HIDDEN } from "./attention.reference";

/** `head` counts query heads over the whole batch; the rest is as in `attention`. */
export type AttentionProbsShape = {
  head: number;
  group: number;
  queries: number;
  keys: number;
  room: number;
  size: number;
  scale: number;
  sees: number;
};

/** The mask's number for query t and key s lies at maskFirst + t · maskQuery + s · maskKey. */
export type MaskedAttentionProbsShape = AttentionProbsShape & {
  maskFirst: number;
  maskQuery: number;
  maskKey: number;
};

/** What `attentionProbs` computes, in plain loops and double precision. */
export const attentionProbsReference: Reference<AttentionProbsShape> = function* ([q, k, logSumExp], shape) {
  return yield* probsLoops([q!, k!, logSumExp!], shape, () => 0);
};

/** What `maskedAttentionProbs` computes. */
export const maskedAttentionProbsReference: Reference<MaskedAttentionProbsShape> = function* (
  [q, k, logSumExp, mask],
  shape,
) {
  const { maskFirst, maskQuery, maskKey } = shape;
  return yield* probsLoops([q!, k!, logSumExp!], shape, (t, s) => mask![maskFirst + t * maskQuery + s * maskKey]!);
};

function* probsLoops(
  [q, k, logSumExp]: ArrayLike<number>[],
  { head, group, queries, keys, room, size, scale, sees }: AttentionProbsShape,
  maskAt: (t: number, s: number) => number,
): Generator<undefined, Float64Array[], undefined> {
  const p = new Float64Array(queries * keys);
  for (let t = 0; t < queries; t++) {
    const row = head * queries + t;
    const total = logSumExp![row]!;
    for (let s = 0; s < keys; s++) {
      const key = Math.floor(head / group) * room + s;
      let score = 0;
      for (let e = 0; e < size; e++) score += q![row * size + e]! * k![key * size + e]!;
      const seen = s < sees + t;
      const weight = seen ? Math.exp(score * scale + Math.max(maskAt(t, s), HIDDEN) - total) : 0;
      p[t * keys + s] = total <= HIDDEN / 2 ? 1 / keys : weight;
    }
    yield;
  }
  return [p];
}
