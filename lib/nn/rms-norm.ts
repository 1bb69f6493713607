import { normalizeRms, type Tensor } from "../tensor";

/** weight [D] */
export type RmsNorm = { weight: Tensor };

/**
 * y = x / sqrt(mean(x²) + eps) · weight over the last axis: layer norm without the mean and without the bias.
 * [..., D] -> [..., D]. https://arxiv.org/abs/1910.07467
 */
export function rmsNorm(x: Tensor, w: RmsNorm, eps: number): Tensor {
  return normalizeRms(x, w.weight, eps);
}
