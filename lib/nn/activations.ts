/** Functions of a tensor alone: no weights. */
import { sigmoidGated, type Tensor } from "../tensor";

/** x Φ(x), where Φ is the share of a standard normal below x; with erf, not its tanh approximation. Any shape. */
export function gelu(x: Tensor): Tensor {
  return x.gelu();
}

/** ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))): the approximation of GELU that SigLIP and GPT-2 were trained with. Any shape. */
export function geluTanh(x: Tensor): Tensor {
  return sigmoidGated("geluTanh", x);
}

/** x · sigmoid(1.702 x): the approximation of GELU that CLIP was trained with. Any shape. */
export function quickGelu(x: Tensor): Tensor {
  return sigmoidGated("quickGelu", x);
}

/** x · sigmoid(x), also called swish. https://arxiv.org/abs/1702.03118 Any shape. */
export function silu(x: Tensor): Tensor {
  return sigmoidGated("silu", x);
}

/** max(x, 0). Any shape. */
export function relu(x: Tensor): Tensor {
  return x.relu();
}

/** (exp(x) - exp(-x)) / (exp(x) + exp(-x)). Any shape. */
export function tanh(x: Tensor): Tensor {
  return x.tanh();
}

/** exp(x) / Σ exp(x) along the axis: positive, and summing to 1. Any shape. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return x.softmax(axis);
}

/** By the names that config.json gives them in `hidden_act`. */
export const activations = {
  gelu,
  gelu_pytorch_tanh: geluTanh,
  gelu_new: geluTanh,
  quick_gelu: quickGelu,
  silu,
  relu,
  tanh,
} satisfies Record<string, (x: Tensor) => Tensor>;

export type ActivationName = keyof typeof activations;
