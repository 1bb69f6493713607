export { attention, attentionMap, attentionWithLogSumExp, type AttentionOptions } from "./attention";
export { gelu, relu, softmax } from "./activations";
export { layerNorm, type LayerNorm } from "./layer-norm";
export { linear, type Linear } from "./linear";
export { mergeHeads, splitHeads } from "./heads";
export { mlp, type Mlp } from "./mlp";
export { patchEmbedding, patchify, unpatchify, type PatchEmbedding } from "./patch-embedding";
