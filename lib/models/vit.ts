/**
 * The Vision Transformer: cut a picture into patches, let them look at each other, and ask one extra token what it saw.
 * https://arxiv.org/abs/2010.11929   Weights and names: Hugging Face transformers, `models/vit/modeling_vit.py`.
 *
 * A weight has the same path here as in the checkpoint, in camelCase:
 * `vit.encoder.layer.3.layernorm_before.weight` is `vit.encoder.layer[3].layernormBefore.weight`.
 *
 * Shapes:  B images   C channels   N patches   T = N + 1 tokens   D hidden size   H heads   E = D / H   K labels
 *
 * Leaves out: dropout (it is off when a model answers), the pooler of `ViTModel`, and pictures of another size than the
 * position embeddings were trained for.
 */
import {
  attentionWithLogSumExp,
  gelu,
  layerNorm,
  linear,
  mergeHeads,
  patchEmbedding,
  relu,
  softmax,
  splitHeads,
  type LayerNorm,
  type Linear,
  type PatchEmbedding,
} from "../nn";
import { concat, type Tensor } from "../tensor";
import type { Shapes } from "../weights";
import { under, wanted, type Probe } from "./probe";

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
  hiddenAct: "gelu" | "relu";
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

export type ViTLayer = {
  layernormBefore: LayerNorm;
  attention: { attention: { query: Linear; key: Linear; value: Linear }; output: { dense: Linear } };
  layernormAfter: LayerNorm;
  intermediate: { dense: Linear };
  output: { dense: Linear };
};

export type ViTWeights = {
  vit: {
    embeddings: {
      clsToken: Tensor; // [1, 1, D]
      positionEmbeddings: Tensor; // [1, T, D]
      patchEmbeddings: { projection: PatchEmbedding }; // weight [D, C, P, P]
    };
    encoder: { layer: ViTLayer[] };
    layernorm: LayerNorm;
  };
  classifier: Linear; // weight [K, D]
};

/** A score for each label; softmax makes them probabilities. [B, C, height, width] -> [B, K] */
export function vitForImageClassification(
  pixelValues: Tensor,
  w: ViTWeights,
  config: ViTConfig,
  probe?: Probe,
): Tensor {
  let x = embeddings(pixelValues, w.vit.embeddings, config, under("vit.embeddings", probe)); // [B, T, D]
  w.vit.encoder.layer.forEach((layer, i) => {
    x = encoderLayer(x, layer, config, under(`vit.encoder.layer.${i}`, probe));
  });
  x = layerNorm(x, w.vit.layernorm, config.layerNormEps);
  probe?.("vit.layernorm.output", x);

  const classToken = x.slice(null, 0); // [B, D]: only this token answers
  const logits = linear(classToken, w.classifier);
  probe?.("logits", logits);
  return logits;
}

/** From pixels to tokens: one per patch, a class token before them, and to each its place. -> [B, T, D] */
function embeddings(
  pixelValues: Tensor,
  w: ViTWeights["vit"]["embeddings"],
  config: ViTConfig,
  probe: Probe | undefined,
): Tensor {
  checkPixelValues(pixelValues, config);
  const patches = patchEmbedding(pixelValues, w.patchEmbeddings.projection); // [B, N, D]
  probe?.("patchEmbeddings.output", patches);

  const [B, , D] = patches.shape as [number, number, number];
  const classToken = w.clsToken.broadcastTo([B, 1, D]);
  const x = concat([classToken, patches], 1).add(w.positionEmbeddings);
  probe?.("output", x);
  return x;
}

/** Tokens first look at each other (attention), then each thinks on its own (MLP). [B, T, D] -> [B, T, D] */
function encoderLayer(x: Tensor, w: ViTLayer, config: ViTConfig, probe: Probe | undefined): Tensor {
  const { layerNormEps: eps } = config;
  x = x.add(selfAttention(layerNorm(x, w.layernormBefore, eps), w.attention, config, under("attention", probe)));
  x = x.add(mlp(layerNorm(x, w.layernormAfter, eps), w, config));
  probe?.("output", x);
  return x;
}

function selfAttention(x: Tensor, w: ViTLayer["attention"], config: ViTConfig, probe: Probe | undefined): Tensor {
  const H = config.numAttentionHeads;
  const q = splitHeads(linear(x, w.attention.query), H); // [B, H, T, E]
  const k = splitHeads(linear(x, w.attention.key), H);
  const v = splitHeads(linear(x, w.attention.value), H);
  probe?.("attention.query", q);
  probe?.("attention.key", k);
  probe?.("attention.value", v);

  // softmax(q kᵀ / √E) v, without storing a map: q, k and logSumExp [B, H, T] are enough to make any map later.
  const { output: heads, logSumExp } = attentionWithLogSumExp(q, k, v);
  probe?.("attention.logSumExp", logSumExp);
  wanted(probe, "attention.probs")?.(attentionProbs(q, k));

  const output = linear(mergeHeads(heads), w.output.dense); // [B, H, T, E] -> [B, T, D]
  probe?.("output", output);
  return output;
}

/** All maps: how much each token looks at each token; every row sums to 1. [B, H, T, E] -> [B, H, T, T] */
function attentionProbs(q: Tensor, k: Tensor): Tensor {
  const E = q.shape[3]!;
  return softmax(q.matmul(k.transpose()).mul(1 / Math.sqrt(E)));
}

function mlp(x: Tensor, w: ViTLayer, config: ViTConfig): Tensor {
  const activation = config.hiddenAct === "relu" ? relu : gelu;
  return linear(activation(linear(x, w.intermediate.dense)), w.output.dense); // [B, T, D] -> [B, T, intermediateSize] -> [B, T, D]
}

/** The shape of every weight, which a checkpoint has to match. */
export function vitShapes(config: ViTConfig): Shapes<ViTWeights> {
  const { hiddenSize: D, intermediateSize, numChannels, patchSize, numLabels } = config;
  const { rows, columns } = patchGrid(config);
  const linear = (inputs: number, outputs: number, bias = true) =>
    bias ? { weight: [outputs, inputs], bias: [outputs] } : { weight: [outputs, inputs] };
  const norm = { weight: [D], bias: [D] };

  const layer = (): Shapes<ViTLayer> => ({
    layernormBefore: norm,
    attention: {
      attention: {
        query: linear(D, D, config.qkvBias),
        key: linear(D, D, config.qkvBias),
        value: linear(D, D, config.qkvBias),
      },
      output: { dense: linear(D, D) },
    },
    layernormAfter: norm,
    intermediate: { dense: linear(D, intermediateSize) },
    output: { dense: linear(intermediateSize, D) },
  });

  return {
    vit: {
      embeddings: {
        clsToken: [1, 1, D],
        positionEmbeddings: [1, rows * columns + 1, D],
        patchEmbeddings: { projection: { weight: [D, numChannels, patchSize, patchSize], bias: [D] } },
      },
      encoder: { layer: Array.from({ length: config.numHiddenLayers }, layer) },
      layernorm: norm,
    },
    classifier: linear(D, numLabels),
  };
}

/** How many patches a picture has, down and across: N = rows · columns. */
export function patchGrid({ imageSize, patchSize }: Pick<ViTConfig, "imageSize" | "patchSize">) {
  const [height, width] = typeof imageSize === "number" ? [imageSize, imageSize] : imageSize;
  return { rows: height / patchSize, columns: width / patchSize };
}

function checkPixelValues(pixelValues: Tensor, config: ViTConfig): void {
  const { rows, columns } = patchGrid(config);
  const one = [config.numChannels, rows * config.patchSize, columns * config.patchSize];
  if (pixelValues.shape.length !== 4 || pixelValues.shape.slice(1).join() !== one.join()) {
    throw new RangeError(
      `vit: expected pixelValues [B, ${one.join(", ")}], got [${pixelValues.shape.join(", ")}]; ` +
        "model.preprocess(picture) makes them",
    );
  }
}
