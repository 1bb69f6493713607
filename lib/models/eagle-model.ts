/** What `loadModel` gives for LLaVA and for Eagle, which are used alike. */
import type { ImageProcessorConfig, Picture } from "../images";
import type { Executor, Tensor } from "../tensor";
import type { Tokenizer } from "../tokenizers";
import type { ComputedDtype } from "../weights";
import type { GenerationConfig } from "./causal-lm";
import type { EagleConfig, EagleWeights } from "./eagle";
import type { CacheOptions, KeyValueCache } from "./key-value-cache";
import type { LlavaConfig, LlavaWeights } from "./llava";
import type { ImageTextInputs } from "./llava-language";
import type { Probe } from "./probe";

export type LlavaForConditionalGeneration = ImageTextModel<"llava", LlavaConfig, LlavaWeights, ImageTextInputs>;

export type EagleForConditionalGeneration = ImageTextModel<"eagle", EagleConfig, EagleWeights, EagleInputs>;

export type EagleInputs = ImageTextInputs & {
  /** Names of the experts that look at pixelValues; the others give zeros, and every shape stays [all] */
  experts?: readonly string[];
};

/** A prompt with its pictures, as `forward` and `generate` take it. */
export type ImageTextPrompt = { inputIds: number[][]; attentionMask: number[][]; pixelValues?: Tensor };

type Options = { probe?: Probe; signal?: AbortSignal };

/** I pictures, N tokens of a picture, B rows of text, T tokens, D hidden size of the language model, V its vocabulary */
export type ImageTextModel<Type extends string, Config, Weights, Inputs extends ImageTextInputs> = {
  /** `model_type` in config.json. */
  modelType: Type;
  config: Config;
  generationConfig: GenerationConfig;
  /** If there is a tokenizer.json beside the weights. */
  tokenizer?: Tokenizer;
  /** What the checkpoint asks to be done to a picture. */
  processor: ImageProcessorConfig;
  /** Every weight, at the path that it has in files on the Hub, in camelCase. */
  weights: Weights;
  /** Numbers in all weights; a tied matrix counts once. */
  parameterCount: number;
  /** Length of the weights in their files, headers included: what a first visit downloads. */
  bytes: number;
  /** What its matrices are computed in. */
  dtype: ComputedDtype;
  /** Where the weights are; what is given to `forward` must be there too. */
  executor: Executor;
  /** N: how many tokens of the text one picture takes. */
  imageTokens: number;
  /** Made a square if the checkpoint asks for it, resized, normalised. -> [1, 3, height, width] */
  preprocess(picture: Picture): Tensor;
  /** A prompt with one image token per picture, as one with N of them for each. */
  expandImageTokens(inputIds: readonly number[]): number[];
  /**
   * One row of text with an image token for each picture, and the pictures.
   * @throws when the numbers of image tokens and of pictures differ, or the text is words and there is no tokenizer.
   */
  prepare(prompt: { text: string | readonly number[]; pictures?: readonly Picture[] }): ImageTextPrompt;
  /** What the language model is told of pictures, to be computed once for many questions. -> [I, N, D] */
  imageFeatures(
    inputs: { pixelValues: Tensor } & Pick<Inputs, Extract<keyof Inputs, "experts">>,
    options?: Options,
  ): Promise<Tensor>;
  /** Room for keys and values. The caller disposes of it. */
  createCache(options: CacheOptions): KeyValueCache;
  /** -> logits [B, T or logitsToKeep, V] */
  forward(inputs: Inputs, options?: Options): Promise<{ logits: Tensor }>;
  /** Frees the weights. */
  dispose(): void;
};
