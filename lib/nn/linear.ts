import { affine, type Tensor } from "../tensor";

/** Laid out as in Hugging Face files: weight [out, in], bias [out]. */
export type Linear = { weight: Tensor; bias?: Tensor };

/** y = x Wᵀ + b over the last axis. [..., in] -> [..., out] */
export function linear(x: Tensor, w: Linear): Tensor {
  return affine(x, w.weight, w.bias);
}
