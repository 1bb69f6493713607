/**
 * ConvNeXt: a convolutional network, rebuilt with what Vision Transformers had taught. https://arxiv.org/abs/2201.03545
 * Weights and names: Hugging Face transformers, `models/convnext/modeling_convnext.py`.
 *
 * A weight has the same path here as in the checkpoint, in camelCase: `encoder.stages.1.layers.0.dwconv.weight` is
 * `encoder.stages[1].layers[0].dwconv.weight`.
 *
 * Shapes:  B images   C channels of a stage   H × W its places: the picture's by 4, 8, 16 and 32   K labels
 *          Between operations a map is [B, C, H, W]; norms and matrices read it as [B, H, W, C].
 */
import {
  activations,
  conv2d,
  layerNorm,
  linear,
  patchEmbedding,
  type ActivationName,
  type Conv2d,
  type LayerNorm,
  type Linear,
} from "../nn";
import type { Tensor } from "../tensor";
import type { Shapes } from "../weights";
import { wholePatches } from "./patch-grid";
import { under, type Probe } from "./probe";
import { linearShape, normShape, patchEmbeddingShape, repeated } from "./shapes";

/** As in config.json. In brackets: what a file that is silent means. */
export type ConvNextConfig = {
  /** Channels of the picture [3] */
  numChannels: number;
  /** Pixels along a side of a patch, with which the network starts [4] */
  patchSize: number;
  /** C of each stage [96, 192, 384, 768] */
  hiddenSizes: readonly number[];
  /** Blocks of each stage [3, 3, 9, 3] */
  depths: readonly number[];
  /** [gelu, with the exact error function] */
  hiddenAct: ActivationName;
  /** Of the last norm alone [1e-12]; all others have 1e-6 */
  layerNormEps: number;
  /** Whether a block's answer is scaled before it is added; the file says what the scale started from [1e-6: yes] */
  layerScaleInitValue: number;
  /** Pixels of a picture as in training; any other works [224] */
  imageSize: number | readonly [number, number];
};

export type ConvNextBlock = {
  dwconv: Conv2d; // weight [C, 1, 7, 7]
  layernorm: LayerNorm;
  pwconv1: Linear; // weight [4 C, C]
  pwconv2: Linear; // weight [C, 4 C]
  layerScaleParameter?: Tensor; // [C]
};

export type ConvNextStage = {
  /** A norm, and a convolution of 2 × 2 with stride 2: weight [C, C before, 2, 2]; the first stage has none. */
  downsamplingLayer?: [LayerNorm, Conv2d];
  layers: ConvNextBlock[];
};

export type ConvNextWeights = {
  embeddings: { patchEmbeddings: Conv2d; layernorm: LayerNorm }; // weight [C, channels, P, P]
  encoder: { stages: ConvNextStage[] };
  layernorm: LayerNorm;
};

export type ConvNextOutput = {
  /** The last map: [B, C, H, W] */
  lastHiddenState: Tensor;
  /** After the embeddings, and after each stage: [B, C, H, W] each */
  hiddenStates: Tensor[];
  /** The mean of the last map, normalised: [B, C] */
  poolerOutput: Tensor;
};

/** Of every norm but the last. */
const EPS = 1e-6;

/** pixelValues [B, channels, height, width], of any size from one patch on -> maps, finer first, and their mean */
export function convnextModel(
  pixelValues: Tensor,
  w: ConvNextWeights,
  config: ConvNextConfig,
  probe?: Probe,
): ConvNextOutput {
  let x = embeddings(pixelValues, w.embeddings, config); // [B, C, H, W]
  probe?.("embeddings.output", x);
  const hiddenStates = [x];
  w.encoder.stages.forEach((stage, i) => {
    x = encoderStage(x, stage, config, under(`encoder.stages.${i}`, probe));
    hiddenStates.push(x);
  });
  const [B, C, H, W] = x.shape as [number, number, number, number];
  const poolerOutput = layerNorm(x.reshape([B, C, H * W]).mean(-1), w.layernorm, config.layerNormEps);
  probe?.("layernorm.output", poolerOutput);
  return { lastHiddenState: x, hiddenStates, poolerOutput };
}

/** A score for each label. [B, C] -> [B, K] */
export function convnextLogits(poolerOutput: Tensor, classifier: Linear, probe?: Probe): Tensor {
  const logits = linear(poolerOutput, classifier);
  probe?.("logits", logits);
  return logits;
}

/** Each patch becomes one place. -> [B, C, H, W] */
function embeddings(pixelValues: Tensor, w: ConvNextWeights["embeddings"], config: ConvNextConfig): Tensor {
  const { pixelValues: whole, grid } = wholePatches("convnext", pixelValues, { ...config, imageSize: undefined });
  const patches = layerNorm(patchEmbedding(whole, w.patchEmbeddings), w.layernorm, EPS); // [B, H · W, C]
  return asMap(patches, grid);
}

function encoderStage(x: Tensor, w: ConvNextStage, config: ConvNextConfig, probe: Probe | undefined): Tensor {
  if (w.downsamplingLayer) x = downsample(x, ...w.downsamplingLayer);
  w.layers.forEach((layer, i) => {
    x = block(x, layer, config);
    probe?.(`layers.${i}.output`, x);
  });
  probe?.("output", x);
  return x;
}

/** Half as high and wide: each 2 × 2 places become one. [B, C, H, W] -> [B, C', H / 2, W / 2] */
function downsample(x: Tensor, norm: LayerNorm, conv: Conv2d): Tensor {
  const calm = channelsFirst(layerNorm(channelsLast(x), norm, EPS));
  const { pixelValues: whole, grid } = wholePatches("convnext", calm, { numChannels: x.shape[1]!, patchSize: 2 });
  return asMap(patchEmbedding(whole, conv), grid);
}

/** Looks around, channel by channel (7 × 7), then each place thinks on its own. [B, C, H, W] -> [B, C, H, W] */
function block(x: Tensor, w: ConvNextBlock, { hiddenAct }: ConvNextConfig): Tensor {
  const around = conv2d(x, w.dwconv, { padding: 3, groups: x.shape[1]! });
  const calm = layerNorm(channelsLast(around), w.layernorm, EPS); // [B, H, W, C]
  const thought = linear(activations[hiddenAct](linear(calm, w.pwconv1)), w.pwconv2);
  return x.add(channelsFirst(w.layerScaleParameter ? thought.mul(w.layerScaleParameter) : thought));
}

/** [B, C, H, W] -> [B, H, W, C] */
const channelsLast = (x: Tensor) => x.transpose([0, 2, 3, 1]);

/** [B, H, W, C] -> [B, C, H, W] */
const channelsFirst = (x: Tensor) => x.transpose([0, 3, 1, 2]);

/** [B, H · W, C] -> [B, C, H, W] */
function asMap(x: Tensor, { rows, columns }: { rows: number; columns: number }): Tensor {
  const [B, , C] = x.shape as [number, number, number];
  return channelsFirst(x.reshape([B, rows, columns, C]));
}

/** The shape of every weight of the model without a classifier. */
export function convnextShapes(config: ConvNextConfig): Shapes<ConvNextWeights> {
  const { hiddenSizes, depths, numChannels, patchSize, layerScaleInitValue } = config;
  const block = (C: number): Shapes<ConvNextBlock> => ({
    dwconv: { weight: [C, 1, 7, 7], bias: [C] },
    layernorm: normShape(C),
    pwconv1: linearShape(C, 4 * C),
    pwconv2: linearShape(4 * C, C),
    layerScaleParameter: layerScaleInitValue > 0 ? [C] : undefined,
  });
  return {
    embeddings: {
      patchEmbeddings: patchEmbeddingShape(hiddenSizes[0]!, numChannels, patchSize),
      layernorm: normShape(hiddenSizes[0]!),
    },
    encoder: {
      stages: hiddenSizes.map((C, i) => {
        const before = hiddenSizes[i - 1];
        return {
          downsamplingLayer: before ? [normShape(before), patchEmbeddingShape(C, before, 2)] : undefined,
          layers: repeated(depths[i]!, () => block(C)),
        };
      }),
    },
    layernorm: normShape(hiddenSizes.at(-1)!),
  };
}
