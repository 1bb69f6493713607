/**
 * The Vision Transformer: cut a picture into patches, let them look at each other, and ask one extra token what it saw.
 * https://arxiv.org/abs/2010.11929   Weights and names: Hugging Face transformers, `models/vit/modeling_vit.py`.
 *
 * A weight has the same path here as in the checkpoint, in camelCase:
 * `vit.encoder.layer.3.layernorm_before.weight` is `vit.encoder.layer[3].layernormBefore.weight`.
 *
 * Shapes:  B images   C channels   N patches   T = N + 1 tokens   D hidden size   H heads   E = D / H   K labels
 *
 * Leaves out: dropout (it is off when a model answers), and masked patches (a way of training).
 */
import {
  activations,
  attention,
  attentionWithLogSumExp,
  layerNorm,
  linear,
  mergeHeads,
  mlp,
  patchEmbedding,
  splitHeads,
  tanh,
  type ActivationName,
  type LayerNorm,
  type Linear,
  type PatchEmbedding,
} from "../nn";
import { concat, type Tensor } from "../tensor";
import type { Shapes } from "../weights";
import { patchGrid, positionsOf, wholePatches } from "./patch-grid";
import { under, wanted, type Probe } from "./probe";
import { linearShape, normShape, patchEmbeddingShape, repeated } from "./shapes";
import type { TowerOptions, TowerOutput } from "./tower";

/** As in config.json. In brackets: what a file that is silent means. */
export type ViTConfig = {
  /** D, numbers per token [768] */
  hiddenSize: number;
  /** [12] */
  numHiddenLayers: number;
  /** H, which divides D [12] */
  numAttentionHeads: number;
  /** Numbers per token inside an MLP [3072] */
  intermediateSize: number;
  /** [gelu, with the exact error function] */
  hiddenAct: ActivationName;
  /** Added to a variance before its root [1e-12] */
  layerNormEps: number;
  /** Pixels: one side of a square, or [height, width] [224] */
  imageSize: number | readonly [number, number];
  /** Pixels along a side of a patch [16] */
  patchSize: number;
  /** C [3] */
  numChannels: number;
  /** Whether query, key and value have a bias [true] */
  qkvBias: boolean;
  /** K, the number of names in id2label [2] */
  numLabels: number;
};

export type ViTSelfAttention = {
  attention: { query: Linear; key: Linear; value: Linear };
  output: { dense: Linear };
};

export type ViTLayer = {
  layernormBefore: LayerNorm;
  attention: ViTSelfAttention;
  layernormAfter: LayerNorm;
  intermediate: { dense: Linear };
  output: { dense: Linear };
};

export type ViTModelWeights = {
  embeddings: {
    clsToken: Tensor; // [1, 1, D]
    distillationToken?: Tensor; // [1, 1, D], of a DeiT
    positionEmbeddings: Tensor; // [1, T, D]
    patchEmbeddings: { projection: PatchEmbedding }; // weight [D, C, P, P]
  };
  encoder: { layer: ViTLayer[] };
  layernorm: LayerNorm;
  /** Of a model without a classifier: weight [D, D] */
  pooler?: { dense: Linear };
};

export type ViTWeights = { vit: ViTModelWeights; classifier: Linear }; // weight [K, D]

/** A score for each label; softmax makes them probabilities. [B, C, height, width] -> [B, K] */
export function vitForImageClassification(
  pixelValues: Tensor,
  w: ViTWeights,
  config: ViTConfig,
  probe?: Probe,
  options?: TowerOptions,
): Tensor {
  const { lastHiddenState } = vitModel(pixelValues, w.vit, config, under("vit", probe), options);
  const classToken = lastHiddenState.slice(null, 0); // [B, D]: only this token answers
  const logits = linear(classToken, w.classifier);
  probe?.("logits", logits);
  return logits;
}

/** The encoder alone. [B, C, height, width] -> lastHiddenState [B, T, D] */
export function vitModel(
  pixelValues: Tensor,
  w: ViTModelWeights,
  config: ViTConfig,
  probe?: Probe,
  { layers, interpolatePosEncoding }: TowerOptions = {},
): TowerOutput {
  let x = embeddings(pixelValues, w.embeddings, config, interpolatePosEncoding, under("embeddings", probe)); // [B, T, D]
  const hiddenStates = [x];
  w.encoder.layer.slice(0, layers).forEach((layer, i) => {
    x = encoderLayer(x, layer, config, under(`encoder.layer.${i}`, probe));
    hiddenStates.push(x);
  });
  if (layers !== undefined) return { lastHiddenState: x, hiddenStates };

  const lastHiddenState = layerNorm(x, w.layernorm, config.layerNormEps);
  probe?.("layernorm.output", lastHiddenState);
  if (!w.pooler) return { lastHiddenState, hiddenStates };

  const poolerOutput = tanh(linear(lastHiddenState.slice(null, 0), w.pooler.dense)); // [B, D]
  probe?.("poolerOutput", poolerOutput);
  return { lastHiddenState, hiddenStates, poolerOutput };
}

/** From pixels to tokens: one per patch, a class token before them, and to each its place. -> [B, T, D] */
function embeddings(
  pixelValues: Tensor,
  w: ViTModelWeights["embeddings"],
  config: ViTConfig,
  anySize: boolean | undefined,
  probe: Probe | undefined,
): Tensor {
  const allowed = anySize ? { ...config, imageSize: undefined } : config;
  const { pixelValues: whole, grid } = wholePatches("vit", pixelValues, allowed);
  const patches = patchEmbedding(whole, w.patchEmbeddings.projection); // [B, N, D]
  probe?.("patchEmbeddings.output", patches);

  const [B, , D] = patches.shape as [number, number, number];
  const first = [w.clsToken, ...(w.distillationToken ? [w.distillationToken] : [])];
  const positions = positionsOf(w.positionEmbeddings, { from: patchGrid(config), to: grid });
  const x = concat([...first.map((token) => token.broadcastTo([B, 1, D])), patches], 1).add(positions);
  probe?.("output", x);
  return x;
}

/** Tokens first look at each other (attention), then each thinks on its own (MLP). [B, T, D] -> [B, T, D] */
function encoderLayer(x: Tensor, w: ViTLayer, config: ViTConfig, probe: Probe | undefined): Tensor {
  const { layerNormEps: eps, numAttentionHeads: H, hiddenAct } = config;
  x = x.add(selfAttention(layerNorm(x, w.layernormBefore, eps), w.attention, H, under("attention", probe)));
  const weights = { fc1: w.intermediate.dense, fc2: w.output.dense };
  x = x.add(mlp(layerNorm(x, w.layernormAfter, eps), weights, activations[hiddenAct]));
  probe?.("output", x);
  return x;
}

/** Each token looks at all, with H heads. [B, T, D] -> [B, T, D] */
export function selfAttention(x: Tensor, w: ViTSelfAttention, H: number, probe: Probe | undefined): Tensor {
  const q = splitHeads(linear(x, w.attention.query), H); // [B, H, T, E]
  const k = splitHeads(linear(x, w.attention.key), H);
  const v = splitHeads(linear(x, w.attention.value), H);
  probe?.("attention.query", q);
  probe?.("attention.key", k);
  probe?.("attention.value", v);

  // softmax(q kᵀ / √E) v, without storing a map: q, k and logSumExp [B, H, T] are enough to make any map later.
  const { output: heads, logSumExp } = attentionWithLogSumExp(q, k, v);
  probe?.("attention.logSumExp", logSumExp);
  const seeProbs = wanted(probe, "attention.probs"); // all maps, [B, H, T, T]: each row sums to 1
  if (seeProbs) attention(q, k, v, { probe: seeProbs });

  const output = linear(mergeHeads(heads), w.output.dense); // [B, H, T, E] -> [B, T, D]
  probe?.("output", output);
  return output;
}

/** The shape of every weight, which a checkpoint has to match. */
export function vitShapes(config: ViTConfig): Shapes<ViTWeights> {
  return { vit: vitModelShapes(config), classifier: linearShape(config.hiddenSize, config.numLabels) };
}

/** The shape of every weight of the encoder alone. */
export function vitModelShapes(
  config: ViTConfig,
  { pooler = false, distillationToken = false }: { pooler?: boolean; distillationToken?: boolean } = {},
): Shapes<ViTModelWeights> {
  const { hiddenSize: D, intermediateSize, numChannels, patchSize, qkvBias } = config;
  const { rows, columns } = patchGrid(config);
  const first = distillationToken ? 2 : 1;
  return {
    embeddings: {
      clsToken: [1, 1, D],
      distillationToken: distillationToken ? [1, 1, D] : undefined,
      positionEmbeddings: [1, rows * columns + first, D],
      patchEmbeddings: { projection: patchEmbeddingShape(D, numChannels, patchSize) },
    },
    encoder: {
      layer: repeated(config.numHiddenLayers, () => ({
        layernormBefore: normShape(D),
        attention: selfAttentionShapes(D, qkvBias),
        layernormAfter: normShape(D),
        intermediate: { dense: linearShape(D, intermediateSize) },
        output: { dense: linearShape(intermediateSize, D) },
      })),
    },
    layernorm: normShape(D),
    pooler: pooler ? { dense: linearShape(D, D) } : undefined,
  };
}

export function selfAttentionShapes(D: number, qkvBias: boolean): Shapes<ViTSelfAttention> {
  const projection = linearShape(D, D, qkvBias);
  return { attention: { query: projection, key: projection, value: projection }, output: { dense: linearShape(D, D) } };
}
