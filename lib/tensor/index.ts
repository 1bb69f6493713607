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
export { inspectAdapter, type AdapterReport } from "../gpu";
export { allocate, write, writeInto, type AllocateOptions } from "./in-place";
export type { NestedArray } from "./nested";
export { openExecutor, type OpenOptions } from "./open-executor";
export { keep, scope } from "./scope";
export {
  selfTestCases,
  selfTestKernels,
  type SelfTestCase,
  type SelfTestOptions,
  type SelfTestResult,
} from "./self-test";
export type { Range, ReduceOptions, Tensor } from "./tensor";
