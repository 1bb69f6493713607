export { concat, currentExecutor, full, isTensor, ones, range, tensor, useExecutor, zeros } from "./create";
export type { Executor, Features, Ledger, NumberType, StoredType } from "./executor";
export {
  affine,
  attentionMap,
  convolve,
  fusedAttention,
  MAX_FUSED_HEAD,
  normalize,
  normalizeRms,
  rotatePairs,
  sampleGrid,
  sigmoidGated,
  siluGate,
} from "./fused";
export { allocate, write, writeInto, type AllocateOptions } from "./in-place";
export type { NestedArray } from "./nested";
export { openExecutor, type OpenOptions } from "./open-executor";
export { selfTestKernels, type SelfTestResult } from "./self-test";
export { keep, scope } from "./scope";
export type { Range, ReduceOptions, Tensor } from "./tensor";
