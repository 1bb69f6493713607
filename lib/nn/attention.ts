/**
 * Scaled dot-product attention: each query looks at every key and takes the weighted average of their values.
 * https://arxiv.org/abs/1706.03762
 *
 *     output = softmax(q kᵀ · scale) v
 *
 * Shapes:  T queries   S keys   E head size   ... leading axes, equal in all three (images, heads)
 *
 * One launch that never stores the [..., T, S] weights does it all, unless a probe asks to see them. Its log-sum-exp per
 * query is enough to compute any single map later. There is no mask yet: the first model that needs one brings it.
 */
import * as tensor from "../tensor";
import type { Tensor } from "../tensor";

export type AttentionOptions = {
  /** What scores are multiplied by; 1 / sqrt(E) unless given. */
  scale?: number;
  /** Sees the attention weights, [..., T, S]; each row sums to 1. */
  probe?: (probs: Tensor) => void;
};

/** q [..., T, E], k [..., S, E], v [..., S, E] -> [..., T, E] */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const { scale = defaultScale(q), probe } = options;
  if (probe || q.shape.at(-1)! > tensor.MAX_FUSED_HEAD) return unfused(q, k, v, scale, probe);
  return tensor.fusedAttention(q, k, v, scale).output;
}

/** The formula, one operation at a time. */
function unfused(q: Tensor, k: Tensor, v: Tensor, scale: number, probe?: (probs: Tensor) => void): Tensor {
  const scores = q.matmul(k.transpose()).mul(scale); // [..., T, S]
  const probs = scores.softmax(); // each row sums to 1: how much query t looks at key s
  probe?.(probs);
  return probs.matmul(v); // [..., T, E]
}

/** attention, and log Σ exp(scores) per query, from which attentionMap restores any map. logSumExp: [..., T] */
export function attentionWithLogSumExp(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  scale = defaultScale(q),
): { output: Tensor; logSumExp: Tensor } {
  return tensor.fusedAttention(q, k, v, scale);
}

/** One map, computed when asked for: `index` names it, such as [image, head] for q [B, H, T, E]. -> [T, S] */
export function attentionMap(
  q: Tensor,
  k: Tensor,
  logSumExp: Tensor,
  index: readonly number[],
  scale = defaultScale(q),
): Tensor {
  return tensor.attentionMap(q, k, logSumExp, index, scale);
}

function defaultScale(q: Tensor): number {
  return 1 / Math.sqrt(q.shape.at(-1) ?? 1);
}
