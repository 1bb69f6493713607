import { normalize, type Tensor } from "../tensor";

/** weight [D], bias [D] */
export type LayerNorm = { weight: Tensor; bias: Tensor };

/**
 * y = (x - mean(x)) / sqrt(var(x) + eps) · weight + bias over the last axis; var is the mean squared deviation.
 * [..., D] -> [..., D]. https://arxiv.org/abs/1607.06450
 */
export function layerNorm(x: Tensor, w: LayerNorm, eps: number): Tensor {
  return normalize(x, w.weight, w.bias, eps);
}
