/** What `loadModel` gives for Llama 3.2 Vision. */
import type { MllamaProcessorConfig, Picture } from "../images";
import type { Executor, Tensor } from "../tensor";
import type { Tokenizer } from "../tokenizers";
import type { ComputedDtype } from "../weights";
import type { GenerationConfig } from "./causal-lm";
import type { CacheOptions } from "./key-value-cache";
import type { MllamaConfig, MllamaInputs, MllamaWeights } from "./mllama";
import type { MllamaCache } from "./mllama-cache";
import type { Probe } from "./probe";

/** A prompt with its pictures, as `forward` and `generate` take it. */
export type MllamaPrompt = Pick<
  MllamaInputs,
  "inputIds" | "attentionMask" | "pixelValues" | "aspectRatioIds" | "aspectRatioMask" | "crossAttentionMask"
>;

export type MllamaForConditionalGeneration = {
  /** `model_type` in config.json. */
  modelType: "mllama";
  config: MllamaConfig;
  generationConfig: GenerationConfig;
  /** If there is a tokenizer.json beside the weights. */
  tokenizer?: Tokenizer;
  /** What the checkpoint asks to be done to a picture. */
  processor: MllamaProcessorConfig;
  /** Every weight, at the path that it has in files on the Hub, in camelCase. */
  weights: MllamaWeights;
  /** Numbers in all weights. */
  parameterCount: number;
  /** Length of the weights in their files, headers included: what a first visit downloads. */
  bytes: number;
  /** What its matrices are computed in. */
  dtype: ComputedDtype;
  /** Where the weights are; what is given to `forward` must be there too. */
  executor: Executor;
  /**
   * Text with a token `<|image|>` for each picture, as numbers: one row. A text without a first token
   * (`<|begin_of_text|>`) gets one, after the pictures that it starts with.
   * @throws when the numbers of image tokens and of pictures differ, or there is no tokenizer.
   */
  prepare(prompt: { text: string | readonly number[]; pictures?: readonly Picture[] }): MllamaPrompt;
  /** Room for keys and values of the text; those of images are added as they come. The caller disposes of it. */
  createCache(options: CacheOptions): MllamaCache;
  /** -> logits [B, T or logitsToKeep, V] */
  forward(inputs: MllamaInputs, options?: { probe?: Probe; signal?: AbortSignal }): Promise<{ logits: Tensor }>;
  /** Frees the weights. */
  dispose(): void;
};
