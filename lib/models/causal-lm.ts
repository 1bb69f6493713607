/** What models that continue a text have in common: `generate` in lib/generation works with any of them. */
import type { Executor, Tensor } from "../tensor";
import type { Tokenizer } from "../tokenizers";
import type { ComputedDtype } from "../weights";
import type { CacheOptions, KeyValueCache } from "./key-value-cache";
import type { LlamaConfig, LlamaWeights } from "./llama";
import type { AttentionMask } from "./padding-mask";
import type { Probe } from "./probe";

/** From generation_config.json, or from config.json where that is silent. */
export type GenerationConfig = {
  bosTokenId?: number;
  /** Each of these ends a text. */
  eosTokenIds: readonly number[];
  padTokenId?: number;
};

export type TextInputs = {
  /** Token numbers, in rows of one length: [B][T] */
  inputIds?: readonly (readonly number[])[];
  /** Instead of inputIds: [B, T, D] */
  inputsEmbeds?: Tensor;
  /** 1 for a token, 0 for padding: of all positions, those in the cache first, or of this pass alone [all 1] */
  attentionMask?: AttentionMask;
  /** [B][T] [counted along the attention mask] */
  positionIds?: readonly (readonly number[])[];
  /** What earlier passes left. This pass adds its tokens. */
  cache?: KeyValueCache;
  /** For how many of the last tokens scores are wanted: 0 means all, and a next token needs 1 [0] */
  logitsToKeep?: number;
};

export type LlamaForCausalLM = {
  /** `model_type` in config.json. */
  modelType: "llama";
  config: LlamaConfig;
  generationConfig: GenerationConfig;
  /** If there is a tokenizer.json beside the weights. */
  tokenizer?: Tokenizer;
  /** Every weight, at the path that it has in the checkpoint, in camelCase. */
  weights: LlamaWeights;
  /** Numbers in all weights; a tied matrix counts once. */
  parameterCount: number;
  /** Length of the weights in their files, headers included: what a first visit downloads. */
  bytes: number;
  /** What its matrices are computed in. */
  dtype: ComputedDtype;
  /** Where the weights are; what is given to `forward` must be there too. */
  executor: Executor;
  /** Room for keys and values. The caller disposes of it. */
  createCache(options: CacheOptions): KeyValueCache;
  /** -> logits [B, T or logitsToKeep, V] */
  forward(inputs: TextInputs, options?: { probe?: Probe; signal?: AbortSignal }): Promise<{ logits: Tensor }>;
  /** Frees the weights. */
  dispose(): void;
};
