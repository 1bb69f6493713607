/**
 * Operations that are one launch here and several in a formula. Layers in lib/nn call them by their mathematical names
 * and prove them equal to the plain operations; models and lessons use lib/nn.
 */
import * as attending from "./operations/attention";
import { convolution, type ConvolutionSettings } from "./operations/convolution";
import { unary } from "./operations/elementwise";
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

/** x / sqrt(mean(x²) + eps) · weight over the last axis: [..., D], weight [D] -> [..., D] */
export function normalizeRms(x: Tensor, weight: Tensor, eps: number): Tensor {
  return made(x, operations.normalizeRms(x, weight, eps));
}

/** x · sigmoid(x), x · sigmoid(1.702 x), and ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))). Any shape. */
export function sigmoidGated(name: "silu" | "quickGelu" | "geluTanh", x: Tensor): Tensor {
  return made(x, unary(name, x));
}

/** a · sigmoid(a) · b. Equal shapes. */
export function siluGate(a: Tensor, b: Tensor): Tensor {
  return made(a, operations.gate(a, b));
}

/** Turns the pairs (i, i + E/2) of x. [B, H, T, E], table [B or 1, T, E] of cosines, then sines -> [B, H, T, E] */
export function rotatePairs(x: Tensor, table: Tensor): Tensor {
  return made(x, operations.rotate(x, table));
}

/** A picture read between its pixels. [B, C, H, W], grid [B, Ho, Wo, 2] -> [B, C, Ho, Wo] */
export function sampleGrid(x: Tensor, grid: Tensor): Tensor {
  return made(x, operations.sampleGrid(x, grid));
}

/** A window that moves over a picture. [B, C, H, W], weight [O, C / groups, kh, kw], bias [O] -> [B, O, Ho, Wo] */
export function convolve(x: Tensor, weight: Tensor, bias: Tensor | undefined, settings: ConvolutionSettings): Tensor {
  return made(x, convolution(x, weight, bias, settings));
}

export type AttentionSettings = Omit<attending.AttentionSettings, "mask"> & { mask?: Tensor };

/** softmax(q kᵀ · scale + mask) v: [..., H, T, E], k and v [..., KV, S, E] -> output like q, logSumExp [..., H, T] */
export function fusedAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  settings: AttentionSettings,
): { output: Tensor; logSumExp: Tensor } {
  const { output, logSumExp } = attending.attention(q, k, v, settings);
  return { output: made(q, output), logSumExp: made(q, logSumExp) };
}

/**
 * One attention map of the many that fusedAttention never stored: exp(q kᵀ · scale + mask - logSumExp).
 * `index` picks from the leading axes of q, such as [image, head]. [..., H, T, E], [..., KV, S, E], [..., H, T] -> [T, S]
 */
export function attentionMap(
  q: Tensor,
  k: Tensor,
  logSumExp: Tensor,
  index: readonly number[],
  settings: AttentionSettings,
): Tensor {
  return made(q, attending.attentionMap(q, k, logSumExp, index, settings));
}

/** The longest head (E) that fusedAttention takes. */
export const MAX_FUSED_HEAD = attending.MAX_FUSED_HEAD;

function made(like: Tensor, { storage, shape }: Result): Tensor {
  return new Tensor(like.executor, storage, shape);
}
