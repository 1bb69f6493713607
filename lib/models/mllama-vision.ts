/**
 * The eyes of Llama 3.2 Vision: a picture is cut into up to four tiles, all tiles are one sequence, and the model sees what
 * the encoder thinks at several depths, not only at its end.
 * https://arxiv.org/abs/2407.21783 (section 7)   https://github.com/meta-llama/llama-models `models/llama3/multimodal/model.py`
 * Weights and names: Hugging Face transformers, `models/mllama/modeling_mllama.py`.
 *
 * Shapes:  N images   L tile slots of an image (an image that needs fewer leaves the rest empty)   C channels
 *          P = 1 + patches, tokens of a tile   P8 = P, filled up to a multiple of 8   D hidden size   H heads   E = D / H
 *          R kinds of grids that tiles can form   K layers that are looked into   O = D · (1 + K), numbers per token that leave
 *
 * Leaves out: dropout.
 */
import {
  activations,
  attentionWithLogSumExp,
  attention,
  layerNorm,
  linear,
  mergeHeads,
  patchEmbedding,
  splitHeads,
  type LayerNorm,
  type Linear,
} from "../nn";
import { concat, tensor, zeros, type Tensor } from "../tensor";
import type { Shapes } from "../weights";
import { under, wanted, type Probe } from "./probe";
import { linearShape, normShape, repeated } from "./shapes";

/** As in vision_config of config.json. In brackets: what a file that is silent means. */
export type MllamaVisionConfig = {
  /** D [1280] */
  hiddenSize: number;
  /** [gelu] */
  hiddenAct: keyof typeof activations;
  /** Layers before the post norm; some of them are looked into [32] */
  numHiddenLayers: number;
  /** Gated layers after it [8] */
  numGlobalLayers: number;
  /** H [16] */
  attentionHeads: number;
  /** C [3] */
  numChannels: number;
  /** [5120] */
  intermediateSize: number;
  /** O [7680] */
  visionOutputDim: number;
  /** Pixels along a side of a tile [448] */
  imageSize: number;
  /** Pixels along a side of a patch [14] */
  patchSize: number;
  /** [1e-5]; the norms before and after the layers always have 1e-5 */
  normEps: number;
  /** L [4] */
  maxNumTiles: number;
  /** The state that enters each of these layers leaves with the result [3, 7, 15, 23, 30] */
  intermediateLayersIndices: readonly number[];
  /** The grids, [rows, columns] of tiles; aspect ratio id i means entry i - 1 [those of up to 4 tiles] */
  supportedAspectRatios: readonly (readonly [rows: number, columns: number])[];
};

export type MllamaVisionLayer = {
  selfAttn: { qProj: Linear; kProj: Linear; vProj: Linear; oProj: Linear };
  mlp: { fc1: Linear; fc2: Linear };
  inputLayernorm: LayerNorm;
  postAttentionLayernorm: LayerNorm;
};

export type MllamaGlobalLayer = MllamaVisionLayer & { gateAttn: Tensor; gateFfn: Tensor }; // [1] each

/** One row per kind of grid (row 0: no image) with an embedding for each tile slot: weight [1 + R, L · D], gate [1] */
type TileEmbedding = { gate: Tensor; embedding: { weight: Tensor } };

export type MllamaVisionWeights = {
  patchEmbedding: { weight: Tensor }; // [D, C, patchSize, patchSize]
  classEmbedding: Tensor; // [D]
  gatedPositionalEmbedding: {
    gate: Tensor; // [1]
    embedding: Tensor; // [P, D]
    tileEmbedding: { weight: Tensor }; // [1 + R, L · P · D]
  };
  preTilePositionalEmbedding: TileEmbedding;
  postTilePositionalEmbedding: TileEmbedding;
  layernormPre: LayerNorm;
  layernormPost: LayerNorm;
  transformer: { layers: MllamaVisionLayer[] };
  globalTransformer: { layers: MllamaGlobalLayer[] };
};

export type MllamaImages = {
  /** [N, L, C, imageSize, imageSize] */
  pixelValues: Tensor;
  /** Per image: 1 + the index of its grid in supportedAspectRatios; 0 for an image that only fills a batch. */
  aspectRatioIds: readonly number[];
  /** Per image and tile slot: 1 for a tile, 0 for an empty slot. */
  aspectRatioMask: readonly (readonly number[])[];
};

const PRE_POST_EPS = 1e-5; // transformers passes no eps here, and torch's default is this

/** What each token of each tile says: its last state, and beside it what it was at K depths. -> [N, L, P, O] */
export function mllamaVisionModel(
  images: MllamaImages,
  w: MllamaVisionWeights,
  config: MllamaVisionConfig,
  probe?: Probe,
): { lastHiddenState: Tensor } {
  checkImages(images, config);
  const { aspectRatioIds: ids } = images;
  const [N, L] = images.pixelValues.shape as [number, number];
  const D = config.hiddenSize;

  const tokens = layerNorm(embeddings(images, w, config, probe), w.layernormPre, PRE_POST_EPS); // [N, L, P, D]
  probe?.("layernormPre.output", tokens);
  const P = tokens.shape[2]!;
  const P8 = Math.ceil(P / 8) * 8; // above P always: P - 1 is a square, and no square is 7 above a multiple of 8
  const padded = concat([tokens, zeros([N, L, P8 - P, D], tokens.executor)], 2); // [N, L, P8, D]

  let x = padded.reshape([N, L * P8, D]); // all tiles of an image look at each other
  const empty = emptyTokens(images, P, P8); // [N, 1, L · P8, 1]
  // Before the layer, as in Meta's code, with which the checkpoints were trained, and in transformers at first. Version 5.23
  // of that takes the state after it instead.
  const taps: Tensor[] = [];
  w.transformer.layers.forEach((layer, i) => {
    if (config.intermediateLayersIndices.includes(i)) taps.push(x);
    x = encoderLayer(x, layer, config, empty, under(`transformer.layers.${i}`, probe));
  });

  x = layerNorm(x, w.layernormPost, PRE_POST_EPS);
  probe?.("layernormPost.output", x);
  const post = tileEmbedding(ids, w.postTilePositionalEmbedding, [N, L, 1, D]);
  x = x
    .reshape([N, L, P8, D])
    .add(post)
    .reshape([N, L * P8, D]);
  w.globalTransformer.layers.forEach((layer, i) => {
    x = globalLayer(x, layer, config, empty, under(`globalTransformer.layers.${i}`, probe));
  });

  const last = x.reshape([N, L, P8, D]).slice(null, null, [0, P]); // the padding has done its work
  const lastHiddenState = concat([last, interleaved(taps, [N, L, P8, D]).slice(null, null, [0, P])], 3);
  probe?.("output", lastHiddenState);
  return { lastHiddenState };
}

/** From pixels to tokens: a token per patch and one more per tile, and to each where it is. -> [N, L, P, D] */
function embeddings(
  { pixelValues, aspectRatioIds: ids }: MllamaImages,
  w: MllamaVisionWeights,
  config: MllamaVisionConfig,
  probe: Probe | undefined,
): Tensor {
  const [N, L, C, height, width] = pixelValues.shape as [number, number, number, number, number];
  const D = config.hiddenSize;
  const patches = patchEmbedding(pixelValues.reshape([N * L, C, height, width]), w.patchEmbedding)
    .reshape([N, L, -1, D]) // [N, L, P - 1, D]
    .add(tileEmbedding(ids, w.preTilePositionalEmbedding, [N, L, 1, D])); // which tile of which grid
  probe?.("preTilePositionalEmbedding.output", patches);

  const classToken = w.classEmbedding.reshape([1, 1, 1, D]).broadcastTo([N, L, 1, D]);
  const tokens = concat([classToken, patches], 2); // [N, L, P, D]
  const P = tokens.shape[2]!;

  // Where in its tile, and where in the picture: the gate blends from the one to the other.
  const { gate, embedding, tileEmbedding: table } = w.gatedPositionalEmbedding;
  const open = gate.tanh(); // [1]
  const inTile = embedding.mul(open.neg().add(1)); // (1 - tanh g) · [P, D]
  const inPicture = table.weight.gather(ids).reshape([N, L, P, D]).mul(open);
  const x = tokens.add(inTile).add(inPicture);
  probe?.("gatedPositionalEmbedding.output", x);
  return x;
}

/** tanh(gate) · the row of each image's grid */
function tileEmbedding(ids: readonly number[], w: TileEmbedding, shape: readonly number[]): Tensor {
  return w.embedding.weight.gather(ids).reshape(shape).mul(w.gate.tanh());
}

/** K states of D numbers as one of D · K: first the K values of number 0, then those of number 1. -> [N, L, P8, D · K] */
function interleaved(taps: readonly Tensor[], [N, L, P8, D]: readonly [number, number, number, number]): Tensor {
  const columns = taps.map((tap) => tap.reshape([N, L, P8, D, 1]));
  return concat(columns, 4).reshape([N, L, P8, D * taps.length]);
}

/** As in ViT. [N, L · P8, D] -> [N, L · P8, D] */
function encoderLayer(
  x: Tensor,
  w: MllamaVisionLayer,
  config: MllamaVisionConfig,
  empty: Tensor,
  probe: Probe | undefined,
): Tensor {
  x = x.add(selfAttention(layerNorm(x, w.inputLayernorm, config.normEps), w, config, empty, probe));
  x = x.add(feedForward(layerNorm(x, w.postAttentionLayernorm, config.normEps), w, config));
  probe?.("output", x);
  return x;
}

/** The same, with a gate on what each half adds: at 0 the layer changes nothing. */
function globalLayer(
  x: Tensor,
  w: MllamaGlobalLayer,
  config: MllamaVisionConfig,
  empty: Tensor,
  probe: Probe | undefined,
): Tensor {
  const attended = selfAttention(layerNorm(x, w.inputLayernorm, config.normEps), w, config, empty, probe);
  x = x.add(attended.mul(w.gateAttn.tanh()));
  const thought = feedForward(layerNorm(x, w.postAttentionLayernorm, config.normEps), w, config);
  x = x.add(thought.mul(w.gateFfn.tanh()));
  probe?.("output", x);
  return x;
}

/** @param empty 1 where a token is padding or of an empty tile slot, else 0: [N, 1, L · P8, 1] */
function selfAttention(
  x: Tensor,
  { selfAttn: w }: MllamaVisionLayer,
  config: MllamaVisionConfig,
  empty: Tensor,
  probe: Probe | undefined,
): Tensor {
  const H = config.attentionHeads;
  const q = splitHeads(linear(x, w.qProj), H); // [N, H, L · P8, E]
  const k = splitHeads(linear(x, w.kProj), H);
  const v = splitHeads(linear(x, w.vProj), H);
  probe?.("selfAttn.query", q);
  probe?.("selfAttn.key", k);
  probe?.("selfAttn.value", v);

  const hidden = hideEmptyFromEmpty(q, k, v, empty);
  const options = { scale: 1 / Math.sqrt(q.shape[3]!) };
  const { output, logSumExp } = attentionWithLogSumExp(hidden.q, hidden.k, hidden.v, options);
  probe?.("selfAttn.logSumExp", logSumExp);
  const seeProbs = wanted(probe, "selfAttn.probs");
  if (seeProbs) attention(hidden.q, hidden.k, hidden.v, { ...options, probe: seeProbs });

  const heads = output.slice(null, null, null, [0, q.shape[3]!]);
  const result = linear(mergeHeads(heads), w.oProj); // [N, H, L · P8, E] -> [N, L · P8, D]
  probe?.("selfAttn.output", result);
  return result;
}

const HIDDEN = -1e30; // finite: WGSL lets a GPU assume that there are no infinities

/**
 * What was trained is odd, and has to be kept: a token looks at everything, empty tokens and empty tiles included, and only
 * empty tokens do not look at empty tokens. Such a mask is e eᵀ times a large negative number, so instead of a matrix of
 * (L · P8)² numbers each query and each key gets one more: q · k + e_q · (HIDDEN · e_k). Each value gets a 0.
 */
function hideEmptyFromEmpty(q: Tensor, k: Tensor, v: Tensor, empty: Tensor) {
  const [N, H, T] = q.shape as [number, number, number];
  const shape = [N, H, T, 1];
  return {
    q: concat([q, empty.broadcastTo(shape)], 3),
    k: concat([k, empty.mul(HIDDEN).broadcastTo(shape)], 3),
    v: concat([v, zeros(shape, v.executor)], 3),
  };
}

/** -> [N, 1, L · P8, 1] of 1 and 0 */
function emptyTokens({ pixelValues, aspectRatioMask }: MllamaImages, P: number, P8: number): Tensor {
  const tile = (exists: number) => Array.from({ length: P8 }, (_, token) => (exists && token < P ? 0 : 1));
  const values = aspectRatioMask.flat().flatMap(tile);
  return tensor(values, [aspectRatioMask.length, 1, values.length / aspectRatioMask.length, 1], pixelValues.executor);
}

function feedForward(x: Tensor, { mlp: w }: MllamaVisionLayer, config: MllamaVisionConfig): Tensor {
  return linear(activations[config.hiddenAct](linear(x, w.fc1)), w.fc2);
}

/** The shape of every weight, which a checkpoint has to match. */
export function mllamaVisionShapes(config: MllamaVisionConfig): Shapes<MllamaVisionWeights> {
  const { hiddenSize: D, intermediateSize, maxNumTiles: L, patchSize, numChannels } = config;
  const R = config.supportedAspectRatios.length;
  const P = tokensPerTile(config);
  const tiles = { gate: [1], embedding: { weight: [1 + R, L * D] } };
  const layer = (): Shapes<MllamaVisionLayer> => ({
    selfAttn: {
      qProj: linearShape(D, D, false),
      kProj: linearShape(D, D, false),
      vProj: linearShape(D, D, false),
      oProj: linearShape(D, D, false),
    },
    mlp: { fc1: linearShape(D, intermediateSize), fc2: linearShape(intermediateSize, D) },
    inputLayernorm: normShape(D),
    postAttentionLayernorm: normShape(D),
  });
  return {
    patchEmbedding: { weight: [D, numChannels, patchSize, patchSize] },
    classEmbedding: [D],
    gatedPositionalEmbedding: { gate: [1], embedding: [P, D], tileEmbedding: { weight: [1 + R, L * P * D] } },
    preTilePositionalEmbedding: tiles,
    postTilePositionalEmbedding: tiles,
    layernormPre: normShape(D),
    layernormPost: normShape(D),
    transformer: { layers: repeated(config.numHiddenLayers, layer) },
    globalTransformer: {
      layers: repeated(config.numGlobalLayers, () => ({ ...layer(), gateAttn: [1], gateFfn: [1] })),
    },
  };
}

/** P: a token for each patch, and one for the tile. */
export function tokensPerTile({ imageSize, patchSize }: Pick<MllamaVisionConfig, "imageSize" | "patchSize">): number {
  return Math.floor(imageSize / patchSize) ** 2 + 1;
}

function checkImages({ pixelValues, aspectRatioIds, aspectRatioMask }: MllamaImages, config: MllamaVisionConfig): void {
  const { maxNumTiles: L, numChannels, imageSize, supportedAspectRatios } = config;
  const one = [L, numChannels, imageSize, imageSize];
  const [N] = pixelValues.shape;
  if (pixelValues.shape.length !== 5 || pixelValues.shape.slice(1).join() !== one.join()) {
    throw new RangeError(
      `mllama: expected pixelValues of images [N, ${one.join(", ")}] (images, tiles, channels, height, width), ` +
        `got [${pixelValues.shape.join(", ")}]; model.prepare makes them`,
    );
  }
  const wrong = aspectRatioIds.find((id) => !Number.isInteger(id) || id < 0 || id > supportedAspectRatios.length);
  if (aspectRatioIds.length !== N || wrong !== undefined) {
    throw new RangeError(
      `mllama: expected aspectRatioIds of ${N} images from 0 to ${supportedAspectRatios.length}, got ${aspectRatioIds.join(", ")}`,
    );
  }
  if (aspectRatioMask.length !== N || aspectRatioMask.some((tiles) => tiles.length !== L)) {
    const got = aspectRatioMask.map((tiles) => tiles.length).join(", ");
    throw new RangeError(
      `mllama: expected aspectRatioMask of ${N} images × ${L} tiles, got rows of ${got || "nothing"}`,
    );
  }
}
