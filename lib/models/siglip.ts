/**
 * SigLIP and SigLIP 2 (of a fixed picture size): CLIP with another question. Each pair of a picture and a text is judged
 * on its own, by a sigmoid, instead of against all others; and a learnt probe looks at all patches to sum a picture up.
 * https://arxiv.org/abs/2303.15343, https://arxiv.org/abs/2502.14786
 * Weights and names: Hugging Face transformers, `models/siglip/modeling_siglip.py`.
 *
 * A weight has the same path here as in the checkpoint, in camelCase:
 * `vision_model.encoder.layers.3.layer_norm1.weight` is `visionModel.encoder.layers[3].layerNorm1.weight`.
 *
 * Shapes:  B rows of a batch   C channels   T tokens (one per patch for a picture)   D hidden size   H heads   E = D / H
 *
 * Leaves out: SigLIP 2 with pictures of any shape (NaFlex), which is another architecture in the files too.
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
  type LayerNorm,
  type Linear,
  type Mlp,
  type PatchEmbedding,
} from "../nn";
import type { Tensor } from "../tensor";
import type { Shapes } from "../weights";
import { clipEncoder, clipEncoderShapes, type ClipEncoderConfig, type ClipEncoderLayer } from "./clip-encoder";
import { paddingMask } from "./padding-mask";
import { patchGrid, positionsOf, wholePatches } from "./patch-grid";
import { under, wanted, type Probe } from "./probe";
import { linearShape, normShape, patchEmbeddingShape } from "./shapes";
import { embedText, type TextTowerInputs } from "./text-embedding";
import type { TowerOptions, TowerOutput } from "./tower";

/** As in config.json's vision_config. In brackets: what a file that is silent means; hiddenSize [768], 12 layers, 12 heads. */
export type SiglipVisionConfig = ClipEncoderConfig & {
  /** Pixels along a side [224] */
  imageSize: number;
  /** Pixels along a side of a patch [16] */
  patchSize: number;
  /** C [3] */
  numChannels: number;
  /** Whether a probe sums the picture up; without it the tower gives patches only [true] */
  visionUseHead: boolean;
};

/** As in config.json's text_config; hiddenSize [768], 12 layers, 12 heads. */
export type SiglipTextConfig = ClipEncoderConfig & {
  /** [32000] */
  vocabSize: number;
  /** Tokens at most, and the length that every prompt has to be padded to [64] */
  maxPositionEmbeddings: number;
  /** Size of the space that pictures and texts share [hiddenSize] */
  projectionSize: number;
};

export type SiglipConfig = { visionConfig: SiglipVisionConfig; textConfig: SiglipTextConfig };

export type SiglipPoolingHead = {
  probe: Tensor; // [1, 1, D]
  /** Query, key and value projections, one below the other: [3 D, D] and [3 D] */
  attention: { inProjWeight: Tensor; inProjBias: Tensor; outProj: Linear };
  layernorm: LayerNorm;
  mlp: Mlp;
};

export type SiglipVisionWeights = {
  embeddings: {
    patchEmbedding: PatchEmbedding; // weight [D, C, P, P]
    positionEmbedding: { weight: Tensor }; // [T, D]
  };
  encoder: { layers: ClipEncoderLayer[] };
  postLayernorm: LayerNorm;
  head?: SiglipPoolingHead;
};

export type SiglipTextWeights = {
  embeddings: {
    tokenEmbedding: { weight: Tensor }; // [vocabSize, D]
    positionEmbedding: { weight: Tensor }; // [maxPositionEmbeddings, D]
  };
  encoder: { layers: ClipEncoderLayer[] };
  finalLayerNorm: LayerNorm;
  head: Linear; // weight [projectionSize, D]
};

export type SiglipWeights = {
  visionModel: SiglipVisionWeights;
  textModel: SiglipTextWeights;
  logitScale: Tensor; // [1]
  logitBias: Tensor; // [1]
};

/** The tower for pictures. pixelValues [B, C, height, width] -> [B, T, D]. */
export function siglipVisionModel(
  pixelValues: Tensor,
  w: SiglipVisionWeights,
  config: SiglipVisionConfig,
  probe?: Probe,
  { layers, interpolatePosEncoding }: TowerOptions = {},
): TowerOutput {
  const x = visionEmbeddings(pixelValues, w.embeddings, config, interpolatePosEncoding, under("embeddings", probe)); // [B, T, D]
  const hiddenStates = clipEncoder(x, w.encoder.layers, config, { layers, probe: under("encoder", probe) });
  if (layers !== undefined) return { lastHiddenState: hiddenStates.at(-1)!, hiddenStates };

  const lastHiddenState = layerNorm(hiddenStates.at(-1)!, w.postLayernorm, config.layerNormEps);
  probe?.("postLayernorm.output", lastHiddenState);
  if (!w.head) return { lastHiddenState, hiddenStates };

  const poolerOutput = poolingHead(lastHiddenState, w.head, config, under("head", probe)); // [B, D]
  probe?.("poolerOutput", poolerOutput);
  return { lastHiddenState, hiddenStates, poolerOutput };
}

/** From pixels to tokens, one per patch, and to each its place. There is no class token. -> [B, T, D] */
function visionEmbeddings(
  pixelValues: Tensor,
  w: SiglipVisionWeights["embeddings"],
  config: SiglipVisionConfig,
  anySize: boolean | undefined,
  probe: Probe | undefined,
): Tensor {
  const allowed = anySize ? { ...config, imageSize: undefined } : config;
  const { pixelValues: whole, grid } = wholePatches("siglip", pixelValues, allowed);
  const patches = patchEmbedding(whole, w.patchEmbedding); // [B, T, D]
  probe?.("patchEmbedding.output", patches);

  const learnt = w.positionEmbedding.weight; // [T, D]
  const x = patches.add(positionsOf(learnt.reshape([1, ...learnt.shape]), { from: patchGrid(config), to: grid }));
  probe?.("output", x);
  return x;
}

/** One learnt query looks at all patches, and then thinks once more. [B, T, D] -> [B, D] */
function poolingHead(
  x: Tensor,
  w: SiglipPoolingHead,
  { numAttentionHeads: H, layerNormEps, hiddenAct }: SiglipVisionConfig,
  probe: Probe | undefined,
): Tensor {
  const [B, , D] = x.shape as [number, number, number];
  const { inProjWeight, inProjBias, outProj } = w.attention;
  const part = (i: number): Linear => ({
    weight: inProjWeight.slice([i * D, (i + 1) * D]), // [D, D]
    bias: inProjBias.slice([i * D, (i + 1) * D]),
  });
  const q = splitHeads(linear(w.probe, part(0)).broadcastTo([B, 1, D]), H); // [B, H, 1, E]
  const k = splitHeads(linear(x, part(1)), H); // [B, H, T, E]
  const v = splitHeads(linear(x, part(2)), H);
  probe?.("attention.query", q);
  probe?.("attention.key", k);
  probe?.("attention.value", v);

  const { output: heads, logSumExp } = attentionWithLogSumExp(q, k, v);
  probe?.("attention.logSumExp", logSumExp); // [B, H, 1]
  const seeProbs = wanted(probe, "attention.probs");
  if (seeProbs) attention(q, k, v, { probe: seeProbs }); // [B, H, 1, T]

  const looked = linear(mergeHeads(heads), outProj); // [B, 1, D]
  return looked.add(mlp(layerNorm(looked, w.layernorm, layerNormEps), w.mlp, activations[hiddenAct])).reshape([B, D]);
}

/**
 * The tower for text: every token sees every other, and the last place stands for the text. It was trained on prompts
 * padded to `maxPositionEmbeddings` tokens without a mask, so the padding counts: pad, and give no attentionMask.
 * inputIds: B rows of T tokens -> lastHiddenState [B, T, D], poolerOutput [B, projectionSize]
 */
export function siglipTextModel(
  { inputIds, attentionMask, positionIds }: TextTowerInputs,
  w: SiglipTextWeights,
  config: SiglipTextConfig,
  probe?: Probe,
  { layers }: TowerOptions = {},
): TowerOutput {
  const x = embedText("siglip", inputIds, positionIds, w.embeddings); // [B, T, D]
  probe?.("embeddings.output", x);

  const mask = paddingMask(attentionMask, x.executor);
  const hiddenStates = clipEncoder(x, w.encoder.layers, config, { layers, mask, probe: under("encoder", probe) });
  if (layers !== undefined) return { lastHiddenState: hiddenStates.at(-1)!, hiddenStates };

  const lastHiddenState = layerNorm(hiddenStates.at(-1)!, w.finalLayerNorm, config.layerNormEps);
  probe?.("finalLayerNorm.output", lastHiddenState);
  const poolerOutput = linear(lastHiddenState.slice(null, -1), w.head); // [B, projectionSize]
  probe?.("poolerOutput", poolerOutput);
  return { lastHiddenState, hiddenStates, poolerOutput };
}

/** The shape of every weight of the tower for pictures. */
export function siglipVisionShapes(config: SiglipVisionConfig): Shapes<SiglipVisionWeights> {
  const { hiddenSize: D, intermediateSize, numChannels, patchSize, visionUseHead } = config;
  const { rows, columns } = patchGrid(config);
  return {
    embeddings: {
      patchEmbedding: patchEmbeddingShape(D, numChannels, patchSize),
      positionEmbedding: { weight: [rows * columns, D] },
    },
    encoder: { layers: clipEncoderShapes(config) },
    postLayernorm: normShape(D),
    head: visionUseHead
      ? {
          probe: [1, 1, D],
          attention: { inProjWeight: [3 * D, D], inProjBias: [3 * D], outProj: linearShape(D, D) },
          layernorm: normShape(D),
          mlp: { fc1: linearShape(D, intermediateSize), fc2: linearShape(intermediateSize, D) },
        }
      : undefined,
  };
}

/** The shape of every weight of the tower for text. */
export function siglipTextShapes(config: SiglipTextConfig): Shapes<SiglipTextWeights> {
  const { hiddenSize: D, vocabSize, maxPositionEmbeddings, projectionSize } = config;
  return {
    embeddings: {
      tokenEmbedding: { weight: [vocabSize, D] },
      positionEmbedding: { weight: [maxPositionEmbeddings, D] },
    },
    encoder: { layers: clipEncoderShapes(config) },
    finalLayerNorm: normShape(D),
    head: linearShape(D, projectionSize),
  };
}

/** The shape of every weight, which a checkpoint has to match. */
export function siglipShapes({ visionConfig, textConfig }: SiglipConfig): Shapes<SiglipWeights> {
  return {
    visionModel: siglipVisionShapes(visionConfig),
    textModel: siglipTextShapes(textConfig),
    logitScale: [1],
    logitBias: [1],
  };
}
