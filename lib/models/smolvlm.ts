/**
 * SmolVLM, and Idefics3, from which it comes: tiles of a picture through SigLIP, every square of patches folded into one
 * token, one matrix, and then the tokens stand in the text between its words, which a Llama reads.
 * https://arxiv.org/abs/2504.05299, https://arxiv.org/abs/2408.12637
 * Weights and names: Hugging Face transformers, `models/smolvlm/modeling_smolvlm.py`.
 *
 * A weight has the same path here as in the checkpoint, in camelCase: `model.connector.modality_projection.proj.weight` is
 * `model.connector.modalityProjection.proj.weight`.
 *
 * Shapes:  B rows of text   T tokens of this pass   I tiles of a row, filled up to the same number   C channels
 *          s scaleFactor   N tokens of a tile = patches / s²   D hidden size of the text   V vocabulary
 *
 * Leaves out: video, which is many pictures to this model.
 */
import { linear, type Linear } from "../nn";
import type { Tensor } from "../tensor";
import type { Shapes } from "../weights";
import type { TextInputs } from "./causal-lm";
import { decoderState } from "./decoder-state";
import {
  embedTokens,
  lastTokens,
  llamaModel,
  llamaModelShapes,
  lmHead,
  type LlamaConfig,
  type LlamaModelWeights,
} from "./llama";
import { splice } from "./llava-splice";
import { patchGrid } from "./patch-grid";
import { under, type Probe } from "./probe";
import { linearShape } from "./shapes";
import { siglipVisionShapes, type SiglipVisionConfig, type SiglipVisionWeights } from "./siglip";
import { smolvlmVisionModel, type PatchMask } from "./smolvlm-vision";

/** As in config.json. In brackets: what a file that is silent means. */
export type SmolVLMConfig = {
  visionConfig: SiglipVisionConfig;
  textConfig: LlamaConfig;
  /** s: a square of s × s patches becomes one token [2] */
  scaleFactor: number;
  /** The token that keeps a place in the text for one token of a tile [128257] */
  imageTokenId: number;
  /** Whether the embeddings are also the last matrix, and the file has no `lm_head.weight` [false] */
  tieWordEmbeddings: boolean;
};

export type SmolVLMWeights = {
  model: {
    visionModel: SiglipVisionWeights;
    connector: { modalityProjection: { proj: Linear } }; // weight [D, s² · vision hidden size]
    textModel: LlamaModelWeights;
  };
  lmHead?: Linear; // weight [V, D]; absent when it is tied
};

export type SmolVLMInputs = Omit<TextInputs, "inputsEmbeds" | "inputIds"> & {
  /** [B][T], with N image tokens for each tile */
  inputIds: readonly (readonly number[])[];
  /** The tiles of each row, in the order of its image tokens; a row of fewer ends with zeros. [B, I, C, height, width] */
  pixelValues?: Tensor;
  /** 1 for a pixel of the picture, 0 for padding, row by row: [B, I, height, width] [all 1] */
  pixelAttentionMask?: ArrayLike<number>;
};

/** A score for each token of the vocabulary to come next. -> [B, T or logitsToKeep, V] */
export function smolvlmForConditionalGeneration(
  inputs: SmolVLMInputs,
  w: SmolVLMWeights,
  config: SmolVLMConfig,
  probe?: Probe,
): Tensor {
  const { inputIds, pixelValues, logitsToKeep = 0 } = inputs;
  const { textModel } = w.model;
  const embeds = pixelValues
    ? splice("smolvlm", inputIds, imageFeatures(inputs, w, config, probe), config.imageTokenId, textModel)
    : embedTokens(inputIds, textModel); // [B, T, D]

  const [batch, tokens] = embeds.shape as [number, number, number];
  const state = decoderState(config.textConfig, { ...inputs, batch, tokens, executor: embeds.executor });
  const x = llamaModel(embeds, textModel, config.textConfig, state, under("model.textModel", probe));
  const logits = lmHead(lastTokens(x, logitsToKeep), { model: textModel, lmHead: w.lmHead });
  probe?.("logits", logits);
  return logits;
}

/** What the language model is told of the tiles of all rows, in the order of the image tokens. -> [tiles, N, D] */
function imageFeatures(
  inputs: SmolVLMInputs,
  { model: w }: SmolVLMWeights,
  config: SmolVLMConfig,
  probe: Probe | undefined,
): Tensor {
  const { pixelValues, patchMask } = realTiles(inputs, config);
  const seen = under("model.visionModel", probe);
  const { lastHiddenState } = smolvlmVisionModel(pixelValues, patchMask, w.visionModel, config.visionConfig, seen);
  const features = linear(foldSquares(lastHiddenState, config.scaleFactor), w.connector.modalityProjection.proj);
  probe?.("model.connector.output", features);
  return features;
}

/**
 * Every square of s × s patches as one token: its patches one after the other, row by row. The file calls this a pixel
 * shuffle. A tile has to be a square. [tiles, patches, C] -> [tiles, patches / s², s² · C]
 */
export function foldSquares(x: Tensor, s: number): Tensor {
  const [tiles, patches, C] = x.shape as [number, number, number];
  const side = Math.sqrt(patches);
  if (!Number.isInteger(side / s)) {
    throw new RangeError(
      `smolvlm: expected tiles of (${s} · n)² patches, got ${patches}; see scale_factor and image_size`,
    );
  }
  return x
    .reshape([tiles, side / s, s, side / s, s, C])
    .transpose([0, 1, 3, 2, 4, 5]) // [tiles, rows, columns, s, s, C]
    .reshape([tiles, (side / s) ** 2, s * s * C]);
}

/** The tiles for which the text has places, and what in them is picture. A row's other tiles only fill the batch. */
function realTiles(
  { inputIds, pixelValues, pixelAttentionMask }: SmolVLMInputs,
  config: SmolVLMConfig,
): { pixelValues: Tensor; patchMask?: PatchMask } {
  const { shape } = pixelValues!;
  const [B, I, C, height, width] = shape as [number, number, number, number, number];
  if (shape.length !== 5 || B !== inputIds.length) {
    throw new RangeError(
      `smolvlm: expected pixelValues [${inputIds.length}, tiles, channels, height, width], got [${shape.join(", ")}]`,
    );
  }
  const N = imageTokens(config);
  const real = inputIds.flatMap((row, b) => {
    const places = row.filter((id) => id === config.imageTokenId).length;
    if (places % N !== 0 || places > I * N) {
      throw new RangeError(
        `smolvlm: expected ${N} image tokens (id ${config.imageTokenId}) for each of at most ${I} tiles in row ${b}, ` +
          `got ${places}; model.prepare writes them`,
      );
    }
    return Array.from({ length: places / N }, (_, i) => b * I + i);
  });
  if (real.length === 0) {
    throw new RangeError("smolvlm: expected image tokens in inputIds for these pixelValues, got none; leave them out");
  }
  const all = pixelValues!.reshape([B * I, C * height * width]);
  const tiles = real.length === B * I ? all : all.gather(real);
  return {
    pixelValues: tiles.reshape([real.length, C, height, width]),
    patchMask: pixelAttentionMask && patchMaskOf(pixelAttentionMask, real, { I: B * I, height, width }, config),
  };
}

/** A patch is of the picture when any of its pixels is. -> [tiles][patches] */
function patchMaskOf(
  mask: ArrayLike<number>,
  tiles: readonly number[],
  { I, height, width }: { I: number; height: number; width: number },
  { visionConfig: { patchSize: P } }: SmolVLMConfig,
): number[][] {
  if (mask.length !== I * height * width) {
    throw new RangeError(
      `smolvlm: expected a pixelAttentionMask of ${I} × ${height} × ${width} numbers, got ${mask.length}`,
    );
  }
  const { rows, columns } = patchGrid({ imageSize: [height, width], patchSize: P });
  const hasPixel = (tile: number, row: number, column: number) => {
    for (let y = row * P; y < (row + 1) * P; y++) {
      for (let x = column * P; x < (column + 1) * P; x++) if (mask[(tile * height + y) * width + x]) return 1;
    }
    return 0;
  };
  return tiles.map((tile) =>
    Array.from({ length: rows * columns }, (_, i) => hasPixel(tile, Math.floor(i / columns), i % columns)),
  );
}

/** N: how many tokens of the text one tile takes. */
export function imageTokens({
  visionConfig,
  scaleFactor,
}: Pick<SmolVLMConfig, "visionConfig" | "scaleFactor">): number {
  const { rows, columns } = patchGrid(visionConfig);
  return (rows * columns) / scaleFactor ** 2;
}

/** The shape of every weight, which a checkpoint has to match. */
export function smolvlmShapes(config: SmolVLMConfig): Shapes<SmolVLMWeights> {
  const { visionConfig, textConfig, scaleFactor, tieWordEmbeddings } = config;
  const { hiddenSize: D, vocabSize: V } = textConfig;
  return {
    model: {
      visionModel: siglipVisionShapes(visionConfig),
      connector: { modalityProjection: { proj: linearShape(visionConfig.hiddenSize * scaleFactor ** 2, D, false) } },
      textModel: llamaModelShapes(textConfig),
    },
    ...(tieWordEmbeddings ? {} : { lmHead: { weight: [V, D] } }),
  };
}
