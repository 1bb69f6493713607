/** Models: loading a checkpoint by its model_type, and asking it questions. */
export { loadModel, type LoadOptions } from "./load-model";
export type { ForwardOptions, Model, ViTForImageClassification } from "./model";
export {
  attentionMap,
  classify,
  rememberAttention,
  type Answer,
  type AttentionMap,
  type AttentionMemory,
} from "./classify";
export { seeOnly, type Probe } from "./probe";
export { patchGrid } from "./patch-grid";
export { vitForImageClassification, vitShapes, type ViTConfig, type ViTLayer, type ViTWeights } from "./vit";
export { parseViTConfig } from "./checkpoints/vit-config";
export type { GenerationConfig, LlamaForCausalLM, TextInputs } from "./causal-lm";
export type { CacheOptions, KeyValueCache } from "./key-value-cache";
export { llamaForCausalLM, llamaShapes, type LlamaConfig, type LlamaLayer, type LlamaWeights } from "./llama";
export { parseLlamaConfig } from "./checkpoints/llama-config";
export type {
  EagleForConditionalGeneration,
  EagleInputs,
  ImageTextPrompt,
  LlavaForConditionalGeneration,
} from "./eagle-model";
export { eagleImageFeatures, eagleShapes, type EagleConfig, type EagleWeights } from "./eagle";
export type { ExpertConfig } from "./eagle-experts";
export type { FusionConfig } from "./eagle-fusion";
export { parseEagleConfig } from "./checkpoints/eagle-config";
export { llavaImageFeatures, llavaShapes, type LlavaConfig, type LlavaWeights } from "./llava";
export { parseLlavaConfig } from "./checkpoints/llava-config";
