import type { ImageProcessorConfig, Picture } from "../images";
import type { Executor, Tensor } from "../tensor";
import type { ComputedDtype } from "../weights";
import type { LlamaForCausalLM } from "./causal-lm";
import type { EagleForConditionalGeneration, LlavaForConditionalGeneration } from "./eagle-model";
import type { EncoderModel } from "./encoder-model";
import type { MllamaForConditionalGeneration } from "./mllama-model";
import type { Probe } from "./probe";
import type { SmolVLMForConditionalGeneration } from "./smolvlm-model";
import type { ViTConfig, ViTWeights } from "./vit";

/** Every model that `loadModel` can give; `modelType` tells them apart. */
export type Model =
  | ViTForImageClassification
  | EncoderModel
  | LlamaForCausalLM
  | EagleForConditionalGeneration
  | LlavaForConditionalGeneration
  | MllamaForConditionalGeneration
  | SmolVLMForConditionalGeneration;

export type ForwardOptions = {
  /** Sees intermediate values. What it is given stays alive as long as someone holds it. */
  probe?: Probe;
  signal?: AbortSignal;
};

export type ViTForImageClassification = {
  /** `model_type` in config.json. */
  modelType: "vit";
  config: ViTConfig;
  /** The name of each class; logit k belongs to labels[k]. */
  labels: string[];
  /** Every weight, at the path that it has in the checkpoint, in camelCase. */
  weights: ViTWeights;
  /** Numbers in all weights. */
  parameterCount: number;
  /** Length of the weights in their files, headers included: what a first visit downloads. */
  bytes: number;
  /** What its matrices are computed in. */
  dtype: ComputedDtype;
  /** Where the weights are; what is given to `forward` must be there too. */
  executor: Executor;
  /** What the checkpoint asks to be done to a picture. */
  processor: ImageProcessorConfig;
  /** Resized and normalised as the checkpoint asks. -> [1, C, height, width] */
  preprocess(picture: Picture): Tensor;
  /** pixelValues [B, C, height, width] -> logits [B, numLabels] */
  forward(
    inputs: {
      pixelValues: Tensor;
      /** Whether pictures may have another size than in training: positions are then stretched over them. [false] */
      interpolatePosEncoding?: boolean;
    },
    options?: ForwardOptions,
  ): Promise<{ logits: Tensor }>;
  /** Frees the weights. */
  dispose(): void;
};
