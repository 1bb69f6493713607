/**
 * From what an encoder says to what a language model reads: a perceptron of two layers, the same for every token
 * (`mlp2x_gelu` in LLaVA-1.5 and Eagle). https://arxiv.org/abs/2310.03744
 *
 *     y = linear2(act(linear1(x)))
 *
 * Shapes:  B pictures   N tokens of a picture   C numbers per token of the encoder   D hidden size of the language model
 */
import { activations, linear, type ActivationName, type Linear } from "../nn";
import type { Tensor } from "../tensor";
import type { Shapes } from "../weights";
import type { Probe } from "./probe";
import { linearShape } from "./shapes";

export type Projector = {
  linear1: Linear; // weight [D, C]
  linear2: Linear; // weight [D, D]
};

/** [B, N, C] -> [B, N, D] */
export function projector(x: Tensor, w: Projector, activation: ActivationName, probe?: Probe): Tensor {
  const hidden = linear(x, w.linear1);
  probe?.("linear1.output", hidden);
  const y = linear(activations[activation](hidden), w.linear2);
  probe?.("output", y);
  return y;
}

export function projectorShapes(C: number, D: number, bias = true): Shapes<Projector> {
  return { linear1: linearShape(C, D, bias), linear2: linearShape(D, D, bias) };
}
