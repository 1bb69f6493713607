/**
 * Llama 3.2 Vision: a Llama with layers between its own that look at pictures (cross-attention), so that pictures take no
 * places in the text. A picture's one token in the text only says from where on it is seen.
 * https://arxiv.org/abs/2407.21783 (section 7)
 * Weights and names: Hugging Face transformers, `models/mllama/modeling_mllama.py`; the names are those of files on the Hub
 * (`language_model.model.layers.3.cross_attn.q_proj.weight`).
 *
 * Shapes:  B rows of text   T tokens of this pass   I images of a row   L tile slots of an image   C channels
 *          P tokens of a tile   S = I · L · P   D hidden size of the text   V vocabulary
 */
import { linear, type Linear } from "../nn";
import type { Tensor } from "../tensor";
import type { Shapes } from "../weights";
import { decoderState } from "./decoder-state";
import { embedTokens, lastTokens } from "./llama";
import type { MllamaCache } from "./mllama-cache";
import { crossAttentionMask, crossMask, type CrossAttentionMask } from "./mllama-mask";
import {
  mllamaTextModel,
  mllamaTextShapes,
  type CrossState,
  type MllamaTextConfig,
  type MllamaTextWeights,
} from "./mllama-text";
import {
  mllamaVisionModel,
  mllamaVisionShapes,
  tokensPerTile,
  type MllamaVisionConfig,
  type MllamaVisionWeights,
} from "./mllama-vision";
import { under, type Probe } from "./probe";
import { linearShape } from "./shapes";

/** As in config.json. In brackets: what a file that is silent means. */
export type MllamaConfig = {
  visionConfig: MllamaVisionConfig;
  textConfig: MllamaTextConfig;
  /** The token that stands for an image [128256] */
  imageTokenIndex: number;
};

export type MllamaWeights = {
  visionModel: MllamaVisionWeights;
  languageModel: { model: MllamaTextWeights; lmHead: Linear }; // lmHead.weight [V, D]
  multiModalProjector: Linear; // weight [D, visionOutputDim]
};

export type MllamaInputs = {
  /** [B][T] */
  inputIds: readonly (readonly number[])[];
  /** 1 for a token, 0 for padding: [B][T], or [B] × all tokens so far [all 1] */
  attentionMask?: readonly (readonly number[])[];
  /** [B][T] [counted along the attention mask] */
  positionIds?: readonly (readonly number[])[];
  /** New images; rows with fewer than I of them end with images of zeros. [B, I, L, C, imageSize, imageSize] */
  pixelValues?: Tensor;
  /** With pixelValues: 1 + the index of each image's grid, 0 for one that only fills the batch. [B][I] */
  aspectRatioIds?: readonly (readonly number[])[];
  /** With pixelValues: 1 for a tile, 0 for an empty slot. [B][I][L] */
  aspectRatioMask?: readonly (readonly (readonly number[])[])[];
  /**
   * 1 where a token of this pass looks at a tile; I counts all images so far. [B][T][I][L]
   * [with pixelValues: by the places of the image tokens; without: where the last token of the pass before looked]
   */
  crossAttentionMask?: CrossAttentionMask;
  cache?: MllamaCache;
  /** For how many of the last tokens scores are wanted: 0 means all, and a next token needs 1 [0] */
  logitsToKeep?: number;
};

/** A score for each token of the vocabulary to come next. -> [B, T or logitsToKeep, V] */
export function mllamaForConditionalGeneration(
  inputs: MllamaInputs,
  w: MllamaWeights,
  config: MllamaConfig,
  probe?: Probe,
): Tensor {
  const { inputIds, cache } = inputs;
  const text = w.languageModel;
  const { executor } = text.model.embedTokens.weight;
  const state = {
    ...decoderState(config.textConfig, {
      ...inputs,
      batch: inputIds.length,
      tokens: inputIds[0]?.length ?? 0,
      executor,
    }),
    cache,
  };
  const states = inputs.pixelValues && crossAttentionStates(inputs, w, config, probe);
  const cross = crossState(inputs, states, config);
  const x = mllamaTextModel(
    embedTokens(inputIds, text.model), // [B, T, D]
    text.model,
    config.textConfig,
    state,
    cross,
    under("languageModel.model", probe),
  );
  const logits = linear(lastTokens(x, inputs.logitsToKeep ?? 0), text.lmHead);
  probe?.("logits", logits);
  return logits;
}

/** What the pictures say, in numbers of the language model's size: the vision encoder, and one matrix. -> [B, S, D] */
function crossAttentionStates(
  { pixelValues, aspectRatioIds, aspectRatioMask }: MllamaInputs,
  w: MllamaWeights,
  { visionConfig, textConfig }: MllamaConfig,
  probe: Probe | undefined,
): Tensor {
  const [B, I, ...one] = pixelValues!.shape as [number, number, ...number[]];
  if (!aspectRatioIds || !aspectRatioMask || one.length !== 4) {
    throw new TypeError(
      "mllama: expected pixelValues [B, images, tiles, channels, height, width] with aspectRatioIds and " +
        `aspectRatioMask, got [${pixelValues!.shape.join(", ")}]; model.prepare makes all three`,
    );
  }
  const images = {
    pixelValues: pixelValues!.reshape([B * I, ...one]),
    aspectRatioIds: aspectRatioIds.flat(),
    aspectRatioMask: aspectRatioMask.flat(),
  };
  const { lastHiddenState } = mllamaVisionModel(images, w.visionModel, visionConfig, under("visionModel", probe));
  const projected = linear(lastHiddenState, w.multiModalProjector); // [B · I, L, P, D]
  probe?.("multiModalProjector.output", projected);
  return projected.reshape([B, -1, textConfig.hiddenSize]); // all tiles of all images of a row, one after the other
}

/** What this pass can look at, and what hides it; undefined when there never was an image. */
function crossState(inputs: MllamaInputs, states: Tensor | undefined, config: MllamaConfig): CrossState | undefined {
  const { inputIds, pixelValues, cache } = inputs;
  const before = cache?.cross.images ?? 0;
  const images = before + (pixelValues?.shape[1] ?? 0);
  if (images === 0) return undefined;

  const mask = inputs.crossAttentionMask ?? impliedMask(inputs, before, config);
  checkMask(mask, inputIds, images, config.visionConfig.maxNumTiles);
  if (cache) Object.assign(cache.cross, { images, last: mask.map((row) => row.at(-1)!) });
  const executor = (states ?? cache!.layers[0]!.key).executor;
  return { states, ...crossMask(mask, { tokensPerTile: tokensPerTile(config.visionConfig), executor }) };
}

/** Tokens look where those before them did, until an image token comes. */
function impliedMask(inputs: MllamaInputs, before: number, config: MllamaConfig): CrossAttentionMask {
  const { inputIds, aspectRatioIds, aspectRatioMask, cache } = inputs;
  const L = config.visionConfig.maxNumTiles;
  const old = cache?.cross.last ?? []; // [B][before][L]
  if (!aspectRatioIds || !aspectRatioMask) return inputIds.map((row, b) => row.map(() => old[b]!));
  const numTiles = aspectRatioMask.map((row, b) =>
    row.filter((_, i) => aspectRatioIds[b]![i] !== 0).map((tiles) => tiles.filter((tile) => tile !== 0).length),
  );
  const { imageTokenIndex } = config;
  const fresh = crossAttentionMask(inputIds, {
    numTiles,
    imageTokenIndex,
    maxNumTiles: L,
    images: aspectRatioIds[0]!.length,
  });
  if (before === 0) return fresh;
  const nothing = Array.from({ length: before }, () => new Array<number>(L).fill(0));
  return fresh.map((row, b) => {
    const first = inputIds[b]!.indexOf(imageTokenIndex);
    return row.map((images, t) => [...(first < 0 || t < first ? old[b]! : nothing), ...images]);
  });
}

function checkMask(mask: CrossAttentionMask, inputIds: MllamaInputs["inputIds"], images: number, tiles: number): void {
  const fits =
    mask.length === inputIds.length &&
    mask.every(
      (row, b) =>
        row.length === inputIds[b]!.length &&
        row.every((token) => token.length === images && token.every((image) => image.length === tiles)),
    );
  if (!fits) {
    const got = [mask, mask[0], mask[0]?.[0], mask[0]?.[0]?.[0]].map((list) => list?.length ?? 0);
    throw new RangeError(
      `mllama: expected a crossAttentionMask of ${inputIds.length} × ${inputIds[0]?.length ?? 0} × ${images} × ${tiles} ` +
        `(rows × tokens × images so far × tiles), got ${got.join(" × ")}`,
    );
  }
}

/** The shape of every weight, which a checkpoint has to match. */
export function mllamaShapes({ visionConfig, textConfig }: MllamaConfig): Shapes<MllamaWeights> {
  const { hiddenSize: D, vocabSize: V } = textConfig;
  return {
    visionModel: mllamaVisionShapes(visionConfig),
    languageModel: { model: mllamaTextShapes(textConfig), lmHead: { weight: [V, D] } },
    multiModalProjector: linearShape(visionConfig.visionOutputDim, D),
  };
}
