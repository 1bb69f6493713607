import { gelu } from "./gelu";
import { sigmoidGates, type SigmoidGateName } from "./sigmoid-gates";
import { simpleUnary, type SimpleUnaryName } from "./unary";

export { attention, maskedAttention, MAX_FUSED_HEAD } from "./attention";
export { attentionProbs, maskedAttentionProbs } from "./attention-probs";
export { binary, type BinaryName } from "./binary";
export { concat } from "./concat";
export { depthwiseConv2d, placesOf, unfold, type WindowShape } from "./convolution";
export { copyInto } from "./copy-into";
export { gatherPart } from "./gather-part";
export { gatherRows } from "./gather-rows";
export { gridSample } from "./grid-sample";
export { halfBits, halfValues, LARGEST_HALF, roundToHalf } from "./half";
export { layerNorm } from "./layer-norm";
export { linear } from "./linear";
export { linearRows, type LinearRowsShape } from "./linear-rows";
export { matmul, matmulTransposed } from "./matmul";
export { reductions, type ReductionName } from "./reduce";
export { rmsNorm } from "./rms-norm";
export { rotate } from "./rotate";
export { selfTests, type SelfTest, type SelfTestNumbers } from "./self-test";
export { siluGate } from "./sigmoid-gates";
export { softmax } from "./softmax";
export { storedTypes, storeFloats, storeHalves } from "./store";
export { stridedCopy } from "./strided-copy";
export { widenHalves } from "./widen-halves";

/** Functions of one number. */
export const unary = { ...simpleUnary, ...sigmoidGates, gelu };
export type UnaryName = SimpleUnaryName | SigmoidGateName | "gelu";
