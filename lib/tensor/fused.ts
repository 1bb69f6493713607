/**
 * Operations that are one launch here and several in a formula. Layers in lib/nn call them by their mathematical names
 * and prove them equal to the plain operations; models and lessons use lib/nn.
 */
import * as operations from "./operations/fused";
import type { Result } from "./operations/operand";
import { Tensor } from "./tensor";

/** x Wᵀ + b: [..., in], weight [out, in], bias [out] -> [..., out] */
export function affine(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  return made(x, operations.affine(x, weight, bias));
}

/** (x - mean) / sqrt(variance + eps) · weight + bias over the last axis: [..., D], weight [D], bias [D] -> [..., D] */
export function normalize(x: Tensor, weight: Tensor, bias: Tensor, eps: number): Tensor {
  return made(x, operations.normalize(x, weight, bias, eps));
}

/** softmax(q kᵀ · scale) v: [..., T, E], [..., S, E], [..., S, E] -> output [..., T, E], logSumExp [..., T] */
export function fusedAttention(q: Tensor, k: Tensor, v: Tensor, scale: number): { output: Tensor; logSumExp: Tensor } {
  const { output, logSumExp } = operations.attention(q, k, v, scale);
  return { output: made(q, output), logSumExp: made(q, logSumExp) };
}

/**
 * One attention map of the many that fusedAttention never stored: exp(q kᵀ · scale - logSumExp).
 * `index` picks from the leading axes of q, such as [image, head]. [..., T, E], [..., S, E], [..., T] -> [T, S]
 */
export function attentionMap(q: Tensor, k: Tensor, logSumExp: Tensor, index: readonly number[], scale: number): Tensor {
  return made(q, operations.attentionMap(q, k, logSumExp, index, scale));
}

/** The longest head (E) that fusedAttention takes. */
export const MAX_FUSED_HEAD = operations.MAX_FUSED_HEAD;

function made(like: Tensor, { storage, shape }: Result): Tensor {
  return new Tensor(like.executor, storage, shape);
}
