export { concat, currentExecutor, full, isTensor, ones, range, tensor, useExecutor, zeros } from "./create";
export type { Executor, Ledger } from "./executor";
export { affine, attentionMap, fusedAttention, MAX_FUSED_HEAD, normalize } from "./fused";
export type { NestedArray } from "./nested";
export { openExecutor, type OpenOptions } from "./open-executor";
export { keep, scope } from "./scope";
export type { Range, ReduceOptions, Tensor } from "./tensor";
