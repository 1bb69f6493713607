/** Functions of a tensor alone: no weights. */
import type { Tensor } from "../tensor";

/** x Φ(x), where Φ is the share of a standard normal below x; with erf, not its tanh approximation. Any shape. */
export function gelu(x: Tensor): Tensor {
  return x.gelu();
}

/** max(x, 0). Any shape. */
export function relu(x: Tensor): Tensor {
  return x.relu();
}

/** exp(x) / Σ exp(x) along the axis: positive, and summing to 1. Any shape. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return x.softmax(axis);
}
