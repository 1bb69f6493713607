/**
 * Scaled dot-product attention: each query looks at the keys and takes the weighted average of their values.
 * https://arxiv.org/abs/1706.03762
 *
 *     output = softmax(q kᵀ · scale + mask) v
 *
 * Shapes:  B batch   H heads   KV heads of keys and values   T queries   S keys   E head size
 *
 * KV divides H: query heads j · H/KV ... (j + 1) · H/KV - 1 share key and value head j (grouped-query attention,
 * https://arxiv.org/abs/2305.13245). With KV = H any number of leading axes will do, equal in all three.
 *
 * One launch that never stores the [..., T, S] weights does it all, unless a probe asks to see them. Its log-sum-exp per
 * query is enough to compute any single map later.
 */
import * as tensor from "../tensor";
import type { Tensor } from "../tensor";

export type AttentionOptions = {
  /** What scores are multiplied by; 1 / sqrt(E) unless given. */
  scale?: number;
  /** Query t sees keys 0 ... offset + t only. `offset` counts the keys before the first query: 0 without a cache. */
  causal?: { offset: number };
  /**
   * Added to the scores; broadcast to [B, H, T, S]. -1e30 or less hides a key. A query from which all keys are hidden
   * takes the plain average of all of them, as in transformers: it is padding, and nobody looks at it.
   */
  mask?: Tensor;
  /** Only the first so many keys: of a cache with room for more. S is this number then. All of them unless given. */
  keys?: number;
};

/** `probe` sees the attention weights, [B, H, T, S]; each row sums to 1. */
export type ProbedAttentionOptions = AttentionOptions & { probe?: (probs: Tensor) => void };

/** q [B, H, T, E], k and v [B, KV, S, E] -> [B, H, T, E] */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: ProbedAttentionOptions = {}): Tensor {
  return options.probe ? unfused(q, k, v, options).output : attentionWithLogSumExp(q, k, v, options).output;
}

/** attention, and log Σ exp(scores) per query, from which attentionMap restores any map. logSumExp: [B, H, T] */
export function attentionWithLogSumExp(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions = {},
): { output: Tensor; logSumExp: Tensor } {
  if (q.shape.at(-1)! > tensor.MAX_FUSED_HEAD) return unfused(q, k, v, options);
  return tensor.fusedAttention(q, k, v, { ...options, scale: options.scale ?? defaultScale(q) });
}

/** One map, computed when asked for: `index` names it, such as [image, head]. -> [T, S] */
export function attentionMap(
  q: Tensor,
  k: Tensor,
  logSumExp: Tensor,
  index: readonly number[],
  options: AttentionOptions = {},
): Tensor {
  return tensor.attentionMap(q, k, logSumExp, index, { ...options, scale: options.scale ?? defaultScale(q) });
}

/** The formula, one operation at a time. */
function unfused(q: Tensor, k: Tensor, v: Tensor, options: ProbedAttentionOptions) {
  const scores = scoresOf(q, k, options); // [B, H, T, S]
  const probs = scores.softmax(); // each row sums to 1: how much query t looks at key s
  options.probe?.(probs);
  const output = perGroup(probs, k).matmul(visible(v, options)).reshape(q.shape); // [B, KV, H / KV · T, E] before
  const highest = scores.max(-1, { keepDims: true });
  const logSumExp = scores
    .sub(highest)
    .exp()
    .sum(-1)
    .log()
    .add(highest.reshape(q.shape.slice(0, -1)));
  return { output, logSumExp };
}

const HIDDEN = -1e30;

/** q kᵀ · scale, and what hides keys: [B, H, T, S] */
function scoresOf(q: Tensor, k: Tensor, options: AttentionOptions): Tensor {
  const { scale = defaultScale(q), causal, mask } = options;
  const keys = visible(k, options);
  const [T, S] = [q.shape.at(-2)!, keys.shape.at(-2)!];
  const scores = perGroup(q, k)
    .matmul(keys.transpose())
    .mul(scale)
    .reshape([...q.shape.slice(0, -1), S]);
  let hiding = mask;
  if (causal) {
    const future = Float32Array.from({ length: T * S }, (_, i) =>
      i % S > causal.offset + Math.floor(i / S) ? HIDDEN : 0,
    );
    const triangle = tensor.tensor(future, [T, S], q.executor);
    hiding = hiding ? hiding.add(triangle) : triangle;
  }
  return hiding ? scores.add(hiding.maximum(HIDDEN)) : scores;
}

/** The heads that share a key head as more rows of one matrix: [B, H, T, E] -> [B, KV, H/KV · T, E] */
function perGroup(x: Tensor, k: Tensor): Tensor {
  if (k.shape.length < 3) return x;
  return x.reshape([...k.shape.slice(0, -2), -1, x.shape.at(-1)!]);
}

function visible(k: Tensor, { keys }: AttentionOptions): Tensor {
  if (keys === undefined) return k;
  return k.slice(...new Array<null>(k.shape.length - 2).fill(null), [0, keys]);
}

function defaultScale(q: Tensor): number {
  return 1 / Math.sqrt(q.shape.at(-1) ?? 1);
}
