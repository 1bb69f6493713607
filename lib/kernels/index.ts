import { gelu } from "./gelu";
import { simpleUnary, type SimpleUnaryName } from "./unary";

export { attention, MAX_FUSED_HEAD } from "./attention";
export { attentionProbs } from "./attention-probs";
export { binary, type BinaryName } from "./binary";
export { concat } from "./concat";
export { gatherRows } from "./gather-rows";
export { layerNorm } from "./layer-norm";
export { linear } from "./linear";
export { matmul, matmulTransposed } from "./matmul";
export { reductions, type ReductionName } from "./reduce";
export { softmax } from "./softmax";
export { stridedCopy } from "./strided-copy";

/** Functions of one number. */
export const unary = { ...simpleUnary, gelu };
export type UnaryName = SimpleUnaryName | "gelu";
