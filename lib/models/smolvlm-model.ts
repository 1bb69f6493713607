/** What `loadModel` gives for SmolVLM and Idefics3. */
import type { Picture, SmolVLMProcessorConfig } from "../images";
import type { Executor, Tensor } from "../tensor";
import type { Tokenizer } from "../tokenizers";
import type { ComputedDtype } from "../weights";
import type { GenerationConfig } from "./causal-lm";
import type { CacheOptions, KeyValueCache } from "./key-value-cache";
import type { Probe } from "./probe";
import type { SmolVLMConfig, SmolVLMInputs, SmolVLMWeights } from "./smolvlm";

/** A prompt with its pictures, as `forward` and `generate` take it. */
export type SmolVLMPrompt = Pick<SmolVLMInputs, "inputIds" | "attentionMask" | "pixelValues">;

/** One architecture under two names. */
export type SmolVLMForConditionalGeneration = SmolVLM<"smolvlm"> | SmolVLM<"idefics3">;

type SmolVLM<Type> = {
  /** `model_type` in config.json. */
  modelType: Type;
  config: SmolVLMConfig;
  generationConfig: GenerationConfig;
  /** If there is a tokenizer.json beside the weights. */
  tokenizer?: Tokenizer;
  /** What the checkpoint asks to be done to a picture. */
  processor: SmolVLMProcessorConfig;
  /** Every weight, at the path that it has in the checkpoint, in camelCase. */
  weights: SmolVLMWeights;
  /** Numbers in all weights; a tied matrix counts once. */
  parameterCount: number;
  /** Length of the weights in their files, headers included: what a first visit downloads. */
  bytes: number;
  /** What its matrices are computed in. */
  dtype: ComputedDtype;
  /** Where the weights are; what is given to `forward` must be there too. */
  executor: Executor;
  /**
   * A text with `<image>` for each picture, as numbers with a place for each token of each tile, and the tiles: one row.
   * @throws when the text has not as many `<image>` as there are pictures, or there is no tokenizer.
   */
  prepare(prompt: { text: string; pictures?: readonly Picture[] }): SmolVLMPrompt;
  /** Room for keys and values. The caller disposes of it. */
  createCache(options: CacheOptions): KeyValueCache;
  /** -> logits [B, T or logitsToKeep, V] */
  forward(inputs: SmolVLMInputs, options?: { probe?: Probe; signal?: AbortSignal }): Promise<{ logits: Tensor }>;
  /** Frees the weights. */
  dispose(): void;
};
