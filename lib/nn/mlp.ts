/** The part of a transformer block that treats each token on its own. */
import { siluGate, type Tensor } from "../tensor";
import { gelu, silu } from "./activations";
import { linear, type Linear } from "./linear";

/** fc1.weight [intermediateSize, D], fc2.weight [D, intermediateSize] */
export type Mlp = { fc1: Linear; fc2: Linear };

/** Wider, bent by the activation, and back. [..., D] -> [..., D] */
export function mlp(x: Tensor, w: Mlp, activation: (x: Tensor) => Tensor = gelu): Tensor {
  return linear(activation(linear(x, w.fc1)), w.fc2); // [..., D] -> [..., intermediateSize] -> [..., D]
}

/** gateProj.weight and upProj.weight [intermediateSize, D], downProj.weight [D, intermediateSize] */
export type GatedMlp = { gateProj: Linear; upProj: Linear; downProj: Linear };

/**
 * down(activation(gate(x)) · up(x)): one half decides, number by number, how much of the other passes.
 * With silu it is SwiGLU, https://arxiv.org/abs/2002.05202. [..., D] -> [..., D]
 */
export function gatedMlp(x: Tensor, w: GatedMlp, activation: (x: Tensor) => Tensor = silu): Tensor {
  const [gate, up] = [linear(x, w.gateProj), linear(x, w.upProj)]; // [..., intermediateSize]
  return linear(activation === silu ? siluGate(gate, up) : activation(gate).mul(up), w.downProj);
}
