/**
 * CLIP: a Vision Transformer and a text transformer, trained so that a picture and its caption point the same way.
 * https://arxiv.org/abs/2103.00020   Weights and names: Hugging Face transformers, `models/clip/modeling_clip.py`.
 *
 * A weight has the same path here as in the checkpoint, in camelCase:
 * `vision_model.encoder.layers.3.layer_norm1.weight` is `visionModel.encoder.layers[3].layerNorm1.weight`.
 *
 * Shapes:  B rows of a batch   C channels   N patches   T tokens (N + 1 for a picture)   D hidden size
 *          P size of the space that pictures and texts share
 */
import { layerNorm, patchEmbedding, type LayerNorm, type Linear, type PatchEmbedding } from "../nn";
import { concat, type Tensor } from "../tensor";
import type { Shapes } from "../weights";
import { clipEncoder, clipEncoderShapes, type ClipEncoderConfig, type ClipEncoderLayer } from "./clip-encoder";
import { paddingMask } from "./padding-mask";
import { patchGrid, positionsOf, wholePatches } from "./patch-grid";
import { under, type Probe } from "./probe";
import { linearShape, normShape, patchEmbeddingShape } from "./shapes";
import { embedText, type TextTowerInputs } from "./text-embedding";
import type { TowerOptions, TowerOutput } from "./tower";

/** As in config.json's vision_config. In brackets: what a file that is silent means; hiddenSize [768], 12 layers, 12 heads. */
export type ClipVisionConfig = ClipEncoderConfig & {
  /** Pixels along a side [224] */
  imageSize: number;
  /** Pixels along a side of a patch [32] */
  patchSize: number;
  /** C [3] */
  numChannels: number;
};

/** As in config.json's text_config; hiddenSize [512], 12 layers, 8 heads. */
export type ClipTextConfig = ClipEncoderConfig & {
  /** [49408] */
  vocabSize: number;
  /** Tokens at most [77] */
  maxPositionEmbeddings: number;
  /** The token whose state stands for the text [49407]; 2 is an old mistake in files and means: the largest token id */
  eosTokenId: number;
};

export type ClipConfig = {
  visionConfig: ClipVisionConfig;
  textConfig: ClipTextConfig;
  /** P [512] */
  projectionDim: number;
};

export type ClipVisionWeights = {
  embeddings: {
    classEmbedding: Tensor; // [D]
    patchEmbedding: PatchEmbedding; // weight [D, C, P, P], no bias
    positionEmbedding: { weight: Tensor }; // [N + 1, D]
  };
  preLayrnorm: LayerNorm; // spelt so in every file
  encoder: { layers: ClipEncoderLayer[] };
  postLayernorm: LayerNorm;
};

export type ClipTextWeights = {
  embeddings: {
    tokenEmbedding: { weight: Tensor }; // [vocabSize, D]
    positionEmbedding: { weight: Tensor }; // [maxPositionEmbeddings, D]
  };
  encoder: { layers: ClipEncoderLayer[] };
  finalLayerNorm: LayerNorm;
};

export type ClipWeights = {
  visionModel: ClipVisionWeights;
  textModel: ClipTextWeights;
  visualProjection: Linear; // weight [P, D]
  textProjection: Linear; // weight [P, D]
  logitScale: Tensor; // []
};

/** The tower for pictures. pixelValues [B, C, height, width] -> [B, N + 1, D]. */
export function clipVisionModel(
  pixelValues: Tensor,
  w: ClipVisionWeights,
  config: ClipVisionConfig,
  probe?: Probe,
  { layers, interpolatePosEncoding }: TowerOptions = {},
): TowerOutput {
  const { layerNormEps: eps } = config;
  const embedded = visionEmbeddings(
    pixelValues,
    w.embeddings,
    config,
    interpolatePosEncoding,
    under("embeddings", probe),
  );
  const x = layerNorm(embedded, w.preLayrnorm, eps); // [B, N + 1, D]
  probe?.("preLayrnorm.output", x);

  const hiddenStates = clipEncoder(x, w.encoder.layers, config, { layers, probe: under("encoder", probe) });
  const lastHiddenState = hiddenStates.at(-1)!;
  if (layers !== undefined) return { lastHiddenState, hiddenStates };

  const poolerOutput = layerNorm(lastHiddenState.slice(null, 0), w.postLayernorm, eps); // the class token alone
  probe?.("poolerOutput", poolerOutput);
  return { lastHiddenState, hiddenStates, poolerOutput };
}

/** From pixels to tokens: a class token, then one per patch, and to each its place. -> [B, N + 1, D] */
function visionEmbeddings(
  pixelValues: Tensor,
  w: ClipVisionWeights["embeddings"],
  config: ClipVisionConfig,
  anySize: boolean | undefined,
  probe: Probe | undefined,
): Tensor {
  const allowed = anySize ? { ...config, imageSize: undefined } : config;
  const { pixelValues: whole, grid } = wholePatches("clip", pixelValues, allowed);
  const patches = patchEmbedding(whole, w.patchEmbedding); // [B, N, D]
  probe?.("patchEmbedding.output", patches);

  const [B, , D] = patches.shape as [number, number, number];
  const classToken = w.classEmbedding.broadcastTo([B, 1, D]);
  const learnt = w.positionEmbedding.weight; // [T, D]
  const positions = positionsOf(learnt.reshape([1, learnt.shape[0]!, D]), { from: patchGrid(config), to: grid });
  const x = concat([classToken, patches], 1).add(positions);
  probe?.("output", x);
  return x;
}

/**
 * The tower for text: each token sees those before it, and the end token, which has seen all, stands for the text.
 * inputIds: B rows of T tokens, attentionMask likewise (0: padding) -> [B, T, D]
 */
export function clipTextModel(
  { inputIds, attentionMask, positionIds }: TextTowerInputs,
  w: ClipTextWeights,
  config: ClipTextConfig,
  probe?: Probe,
  { layers }: TowerOptions = {},
): TowerOutput {
  const x = embedText("clip", inputIds, positionIds, w.embeddings); // [B, T, D]
  probe?.("embeddings.output", x);

  const mask = paddingMask(attentionMask, x.executor);
  const hiddenStates = clipEncoder(x, w.encoder.layers, config, {
    layers,
    mask,
    causal: true,
    probe: under("encoder", probe),
  });
  if (layers !== undefined) return { lastHiddenState: hiddenStates.at(-1)!, hiddenStates };

  const lastHiddenState = layerNorm(hiddenStates.at(-1)!, w.finalLayerNorm, config.layerNormEps);
  probe?.("finalLayerNorm.output", lastHiddenState);
  const [B, T, D] = lastHiddenState.shape as [number, number, number];
  const ends = inputIds.map((row, b) => b * T + endOfText(row, config));
  const poolerOutput = lastHiddenState.reshape([B * T, D]).gather(ends); // [B, D]
  probe?.("poolerOutput", poolerOutput);
  return { lastHiddenState, hiddenStates, poolerOutput };
}

/**
 * Where a text ends. Padding may use the same token, so the first one counts. Files written before 2023 call the token 2,
 * which it never was; in their vocabulary the end token is the largest number. A row without the token: its first place.
 */
function endOfText(row: readonly number[], { eosTokenId }: ClipTextConfig): number {
  const end = eosTokenId === 2 ? Math.max(...row) : eosTokenId;
  return Math.max(0, row.indexOf(end));
}

/** The shape of every weight of the tower for pictures. */
export function clipVisionShapes(config: ClipVisionConfig): Shapes<ClipVisionWeights> {
  const { hiddenSize: D, numChannels, patchSize } = config;
  const { rows, columns } = patchGrid(config);
  return {
    embeddings: {
      classEmbedding: [D],
      patchEmbedding: patchEmbeddingShape(D, numChannels, patchSize, false),
      positionEmbedding: { weight: [rows * columns + 1, D] },
    },
    preLayrnorm: normShape(D),
    encoder: { layers: clipEncoderShapes(config) },
    postLayernorm: normShape(D),
  };
}

/** The shape of every weight of the tower for text. */
export function clipTextShapes(config: ClipTextConfig): Shapes<ClipTextWeights> {
  const { hiddenSize: D, vocabSize, maxPositionEmbeddings } = config;
  return {
    embeddings: {
      tokenEmbedding: { weight: [vocabSize, D] },
      positionEmbedding: { weight: [maxPositionEmbeddings, D] },
    },
    encoder: { layers: clipEncoderShapes(config) },
    finalLayerNorm: normShape(D),
  };
}

/** The shape of every weight, which a checkpoint has to match. */
export function clipShapes({ visionConfig, textConfig, projectionDim }: ClipConfig): Shapes<ClipWeights> {
  return {
    visionModel: clipVisionShapes(visionConfig),
    textModel: clipTextShapes(textConfig),
    visualProjection: linearShape(visionConfig.hiddenSize, projectionDim, false),
    textProjection: linearShape(textConfig.hiddenSize, projectionDim, false),
    logitScale: [],
  };
}
