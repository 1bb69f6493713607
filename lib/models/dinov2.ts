/**
 * DINOv2: a Vision Transformer that learnt from pictures alone, without a word. Its patches know what they belong to.
 * https://arxiv.org/abs/2304.07193   With registers, tokens to think in: https://arxiv.org/abs/2309.16588
 * Weights and names: Hugging Face transformers, `models/dinov2/modeling_dinov2.py`, `models/dinov2_with_registers`.
 *
 * A weight has the same path here as in the checkpoint, in camelCase:
 * `encoder.layer.3.layer_scale1.lambda1` is `encoder.layer[3].layerScale1.lambda1`.
 *
 * Shapes:  B images   C channels   N patches   R registers   T = 1 + R + N tokens   D hidden size   K labels
 *
 * Leaves out: masked patches (a way of training; the files' `mask_token` is not loaded).
 */
import {
  activations,
  layerNorm,
  linear,
  mlp,
  patchEmbedding,
  silu,
  type ActivationName,
  type LayerNorm,
  type Linear,
  type Mlp,
  type PatchEmbedding,
} from "../nn";
import { concat, type Tensor } from "../tensor";
import type { Shapes } from "../weights";
import { patchGrid, positionsOf, wholePatches } from "./patch-grid";
import { under, type Probe } from "./probe";
import { linearShape, normShape, patchEmbeddingShape, repeated } from "./shapes";
import type { TowerOptions, TowerOutput } from "./tower";
import { selfAttention, selfAttentionShapes, type ViTSelfAttention } from "./vit";

/** As in config.json. In brackets: what a file that is silent means. */
export type Dinov2Config = {
  /** D, numbers per token [768] */
  hiddenSize: number;
  /** [12] */
  numHiddenLayers: number;
  /** H, which divides D [12] */
  numAttentionHeads: number;
  /** Numbers per token inside an MLP, as a multiple of D [4] */
  mlpRatio: number;
  /** [gelu, with the exact error function] */
  hiddenAct: ActivationName;
  /** Added to a variance before its root [1e-6] */
  layerNormEps: number;
  /** Pixels of the pictures that the positions were learnt on: one side, or [height, width] [224] */
  imageSize: number | readonly [number, number];
  /** Pixels along a side of a patch [14; with registers 16] */
  patchSize: number;
  /** C [3] */
  numChannels: number;
  /** Whether query, key and value have a bias [true] */
  qkvBias: boolean;
  /** Whether an MLP has a gate, as in the giant model [false] */
  useSwigluFfn: boolean;
  /** R [0; with registers 4] */
  numRegisterTokens: number;
  /** How positions are stretched to pictures of fewer patches: with registers every old one counts. Not a field of the file. */
  antialiasPositions: boolean;
};

export type Dinov2Layer = {
  norm1: LayerNorm;
  attention: ViTSelfAttention;
  layerScale1: { lambda1: Tensor }; // [D]
  norm2: LayerNorm;
  mlp: Mlp | Dinov2SwigluMlp;
  layerScale2: { lambda1: Tensor }; // [D]
};

/** weightsIn holds the gate above what it lets through: [2 F, D]; weightsOut [D, F] */
export type Dinov2SwigluMlp = { weightsIn: Linear; weightsOut: Linear };

export type Dinov2Weights = {
  embeddings: {
    clsToken: Tensor; // [1, 1, D]
    registerTokens?: Tensor; // [1, R, D]
    positionEmbeddings: Tensor; // [1, 1 + N, D]
    patchEmbeddings: { projection: PatchEmbedding }; // weight [D, C, P, P]
  };
  encoder: { layer: Dinov2Layer[] };
  layernorm: LayerNorm;
};

/** pixelValues [B, C, height, width], of any size -> lastHiddenState [B, T, D], poolerOutput [B, D] */
export function dinov2Model(
  pixelValues: Tensor,
  w: Dinov2Weights,
  config: Dinov2Config,
  probe?: Probe,
  { layers }: TowerOptions = {},
): TowerOutput {
  let x = embeddings(pixelValues, w.embeddings, config, under("embeddings", probe)); // [B, T, D]
  const hiddenStates = [x];
  w.encoder.layer.slice(0, layers).forEach((layer, i) => {
    x = encoderLayer(x, layer, config, under(`encoder.layer.${i}`, probe));
    hiddenStates.push(x);
  });
  if (layers !== undefined) return { lastHiddenState: x, hiddenStates };

  const lastHiddenState = layerNorm(x, w.layernorm, config.layerNormEps);
  probe?.("layernorm.output", lastHiddenState);
  return { lastHiddenState, hiddenStates, poolerOutput: lastHiddenState.slice(null, 0) }; // the class token
}

/** A score for each label, from the class token and the mean of the patches. -> [B, K] */
export function dinov2Logits(lastHiddenState: Tensor, classifier: Linear, config: Dinov2Config, probe?: Probe): Tensor {
  const T = lastHiddenState.shape[1]!;
  const classToken = lastHiddenState.slice(null, 0); // [B, D]
  const patches = lastHiddenState.slice(null, [1 + config.numRegisterTokens, T]); // [B, N, D]
  const logits = linear(concat([classToken, patches.mean(1)], 1), classifier);
  probe?.("logits", logits);
  return logits;
}

/** From pixels to tokens: a class token, registers, and one token per patch. -> [B, T, D] */
function embeddings(
  pixelValues: Tensor,
  w: Dinov2Weights["embeddings"],
  config: Dinov2Config,
  probe: Probe | undefined,
): Tensor {
  const { pixelValues: whole, grid } = wholePatches("dinov2", pixelValues, { ...config, imageSize: undefined });
  const patches = patchEmbedding(whole, w.patchEmbeddings.projection); // [B, N, D]
  probe?.("patchEmbeddings.output", patches);

  const [B, N, D] = patches.shape as [number, number, number];
  const antialias = config.antialiasPositions;
  const positions = positionsOf(w.positionEmbeddings, { from: patchGrid(config), to: grid, antialias });
  let x = concat([w.clsToken.broadcastTo([B, 1, D]), patches], 1).add(positions); // [B, 1 + N, D]
  if (w.registerTokens) {
    // Registers come after the positions were added: they are nowhere.
    const registers = w.registerTokens.broadcastTo([B, config.numRegisterTokens, D]);
    x = concat([x.slice(null, [0, 1]), registers, x.slice(null, [1, 1 + N])], 1);
  }
  probe?.("output", x);
  return x;
}

/** A layer of a Vision Transformer, with a learnt scale on what each half adds. [B, T, D] -> [B, T, D] */
function encoderLayer(x: Tensor, w: Dinov2Layer, config: Dinov2Config, probe: Probe | undefined): Tensor {
  const { layerNormEps: eps, numAttentionHeads: H, hiddenAct } = config;
  const looked = selfAttention(layerNorm(x, w.norm1, eps), w.attention, H, under("attention", probe));
  x = x.add(looked.mul(w.layerScale1.lambda1));

  const calm = layerNorm(x, w.norm2, eps);
  const thought = "fc1" in w.mlp ? mlp(calm, w.mlp, activations[hiddenAct]) : swigluMlp(calm, w.mlp);
  x = x.add(thought.mul(w.layerScale2.lambda1));
  probe?.("output", x);
  return x;
}

/** silu(gate) · value, and back. [B, T, D] -> [B, T, F] twice -> [B, T, D] */
function swigluMlp(x: Tensor, w: Dinov2SwigluMlp): Tensor {
  const both = linear(x, w.weightsIn); // [B, T, 2 F]
  const F = both.shape[2]! / 2;
  const [gate, value] = [both.slice(null, null, [0, F]), both.slice(null, null, [F, 2 * F])];
  return linear(silu(gate).mul(value), w.weightsOut);
}

/** The shape of every weight of the model without a classifier. */
export function dinov2Shapes(config: Dinov2Config): Shapes<Dinov2Weights> {
  const { hiddenSize: D, numRegisterTokens: R, numChannels, patchSize, qkvBias } = config;
  const { rows, columns } = patchGrid(config);
  return {
    embeddings: {
      clsToken: [1, 1, D],
      registerTokens: R > 0 ? [1, R, D] : undefined,
      positionEmbeddings: [1, rows * columns + 1, D],
      patchEmbeddings: { projection: patchEmbeddingShape(D, numChannels, patchSize) },
    },
    encoder: {
      layer: repeated(config.numHiddenLayers, () => ({
        norm1: normShape(D),
        attention: selfAttentionShapes(D, qkvBias),
        layerScale1: { lambda1: [D] },
        norm2: normShape(D),
        mlp: mlpShapes(config),
        layerScale2: { lambda1: [D] },
      })),
    },
    layernorm: normShape(D),
  };
}

function mlpShapes({ hiddenSize: D, mlpRatio, useSwigluFfn }: Dinov2Config): Shapes<Mlp | Dinov2SwigluMlp> {
  const F = Math.floor(D * mlpRatio);
  if (!useSwigluFfn) return { fc1: linearShape(D, F), fc2: linearShape(F, D) };
  // A gate makes three matrices of two, so each is two thirds as wide, rounded up to a multiple of 8.
  const narrower = Math.ceil(Math.floor((F * 2) / 3) / 8) * 8;
  return { weightsIn: linearShape(D, 2 * narrower), weightsOut: linearShape(narrower, D) };
}
