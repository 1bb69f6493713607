import type { Tensor } from "../tensor";
import { gelu } from "./activations";
import { linear, type Linear } from "./linear";

/** fc1.weight [intermediateSize, D], fc2.weight [D, intermediateSize] */
export type Mlp = { fc1: Linear; fc2: Linear };

/** Each token on its own: wider, bent by GELU, and back. [..., D] -> [..., D] */
export function mlp(x: Tensor, w: Mlp): Tensor {
  return linear(gelu(linear(x, w.fc1)), w.fc2); // [..., D] -> [..., intermediateSize] -> [..., D]
}
