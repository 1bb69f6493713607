/**
 * The stack of layers that CLIP and SigLIP use for pictures and for text, and other models for pictures alone.
 * Weights and names: Hugging Face transformers, `models/clip/modeling_clip.py`, `CLIPEncoder`.
 *
 * Shapes:  B rows of a batch   T tokens   D hidden size   H heads   E = D / H
 */
import {
  activations,
  attention,
  attentionWithLogSumExp,
  layerNorm,
  linear,
  mergeHeads,
  mlp,
  splitHeads,
  type ActivationName,
  type LayerNorm,
  type Linear,
  type Mlp,
} from "../nn";
import type { Tensor } from "../tensor";
import type { Shapes } from "../weights";
import { under, wanted, type Probe } from "./probe";
import { linearShape, normShape, repeated } from "./shapes";

/** As in config.json; the defaults are those of each model. */
export type ClipEncoderConfig = {
  /** D, numbers per token */
  hiddenSize: number;
  /** Numbers per token inside an MLP */
  intermediateSize: number;
  numHiddenLayers: number;
  /** H, which divides D */
  numAttentionHeads: number;
  hiddenAct: ActivationName;
  /** Added to a variance before its root */
  layerNormEps: number;
};

export type ClipEncoderLayer = {
  layerNorm1: LayerNorm;
  selfAttn: { qProj: Linear; kProj: Linear; vProj: Linear; outProj: Linear };
  layerNorm2: LayerNorm;
  mlp: Mlp;
};

export type ClipEncoderOptions = {
  /** Hides keys: numbers added to the scores, [B, 1, 1 or T, T]. */
  mask?: Tensor;
  /** Whether a token sees only itself and those before it. */
  causal?: boolean;
  /** How many layers to compute, from the first; all of them unless given. */
  layers?: number;
  probe?: Probe;
};

/** x, and what each layer made of it, the last one last. [B, T, D] -> [B, T, D] each */
export function clipEncoder(
  x: Tensor,
  layers: readonly ClipEncoderLayer[],
  config: ClipEncoderConfig,
  { mask, causal, probe, layers: count = layers.length }: ClipEncoderOptions = {},
): Tensor[] {
  const states = [x];
  layers.slice(0, count).forEach((layer, i) => {
    x = encoderLayer(x, layer, config, { mask, causal, probe: under(`layers.${i}`, probe) });
    states.push(x);
  });
  return states;
}

/** Tokens first look at each other (attention), then each thinks on its own (MLP). [B, T, D] -> [B, T, D] */
function encoderLayer(x: Tensor, w: ClipEncoderLayer, config: ClipEncoderConfig, options: ClipEncoderOptions): Tensor {
  const { layerNormEps: eps, hiddenAct } = config;
  x = x.add(selfAttention(layerNorm(x, w.layerNorm1, eps), w.selfAttn, config.numAttentionHeads, options));
  x = x.add(mlp(layerNorm(x, w.layerNorm2, eps), w.mlp, activations[hiddenAct]));
  options.probe?.("output", x);
  return x;
}

function selfAttention(
  x: Tensor,
  w: ClipEncoderLayer["selfAttn"],
  H: number,
  { mask, causal, probe }: ClipEncoderOptions,
): Tensor {
  const q = splitHeads(linear(x, w.qProj), H); // [B, H, T, E]
  const k = splitHeads(linear(x, w.kProj), H);
  const v = splitHeads(linear(x, w.vProj), H);
  probe?.("selfAttn.query", q);
  probe?.("selfAttn.key", k);
  probe?.("selfAttn.value", v);

  const visible = { mask, causal: causal ? { offset: 0 } : undefined };
  const { output: heads, logSumExp } = attentionWithLogSumExp(q, k, v, visible);
  probe?.("selfAttn.logSumExp", logSumExp); // [B, H, T]
  const seeProbs = wanted(probe, "selfAttn.probs");
  if (seeProbs) attention(q, k, v, { ...visible, probe: seeProbs }); // [B, H, T, T]

  return linear(mergeHeads(heads), w.outProj); // [B, H, T, E] -> [B, T, D]
}

/** The shapes of the encoder's layers. */
export function clipEncoderShapes(config: ClipEncoderConfig): Shapes<ClipEncoderLayer[]> {
  const { hiddenSize: D, intermediateSize } = config;
  return repeated(config.numHiddenLayers, () => ({
    layerNorm1: normShape(D),
    selfAttn: {
      qProj: linearShape(D, D),
      kProj: linearShape(D, D),
      vProj: linearShape(D, D),
      outProj: linearShape(D, D),
    },
    layerNorm2: normShape(D),
    mlp: { fc1: linearShape(D, intermediateSize), fc2: linearShape(intermediateSize, D) },
  }));
}
