export { activations, gelu, geluTanh, quickGelu, relu, silu, softmax, tanh, type ActivationName } from "./activations";
export {
  attention,
  attentionMap,
  attentionWithLogSumExp,
  type AttentionOptions,
  type ProbedAttentionOptions,
} from "./attention";
export { conv2d, type Conv2d, type Conv2dOptions } from "./conv2d";
export { gridSample } from "./grid-sample";
export { mergeHeads, splitHeads } from "./heads";
export { interpolate, type InterpolateOptions } from "./interpolate";
export { layerNorm, type LayerNorm } from "./layer-norm";
export { linear, type Linear } from "./linear";
export { gatedMlp, mlp, type GatedMlp, type Mlp } from "./mlp";
export { patchEmbedding, patchify, unpatchify, type PatchEmbedding } from "./patch-embedding";
export { pixelShuffle, pixelUnshuffle } from "./pixel-shuffle";
export { rmsNorm, type RmsNorm } from "./rms-norm";
export {
  inverseFrequencies,
  rope,
  ropeTable,
  rotate,
  type Positions,
  type RopeOptions,
  type RopeScaling,
  type RopeTable,
} from "./rope";
