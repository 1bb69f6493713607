/** Models: loading a checkpoint by its model_type, and asking it questions. */
export { loadModel, type LoadedModel, type LoadOptions } from "./load-model";
export { modelStages, type Stage } from "./stages";
export { modelAddress, type AddressOptions } from "./model-address";
export type { ForwardOptions, Model, ViTForImageClassification } from "./model";
export { classify, type Answer } from "./classify";
export { attentionMap, rememberAttention, type AttentionMap, type AttentionMemory } from "./attention-maps";
export { featureMap, imageEmbedding, specialTokens } from "./feature-map";
export { zeroShot, type ZeroShotOptions } from "./zero-shot";
export { seeOnly, type Probe } from "./probe";
export { patchGrid } from "./patch-grid";
export { vitForImageClassification, vitShapes, type ViTConfig, type ViTLayer, type ViTWeights } from "./vit";
export { parseViTConfig } from "./checkpoints/vit-config";
export type {
  ClipModel,
  ClipTextModel,
  ClipVisionModel,
  ConvNextModel,
  DeiTForImageClassification,
  Dinov2Model,
  EncoderModel,
  EncoderOutput,
  PairOutput,
  PictureInputs,
  SiglipModel,
  SiglipTextModel,
  SiglipVisionModel,
  TextEncoderInputs,
  ViTModel,
} from "./encoder-model";
export { clipShapes, clipTextModel, clipVisionModel, type ClipConfig, type ClipWeights } from "./clip";
export { parseClipConfig } from "./checkpoints/clip-config";
export { siglipShapes, siglipTextModel, siglipVisionModel, type SiglipConfig, type SiglipWeights } from "./siglip";
export { parseSiglipConfig } from "./checkpoints/siglip-config";
export { dinov2Model, dinov2Shapes, type Dinov2Config, type Dinov2Weights } from "./dinov2";
export { parseDinov2Config } from "./checkpoints/dinov2-config";
export { convnextModel, convnextShapes, type ConvNextConfig, type ConvNextWeights } from "./convnext";
export { parseConvNextConfig } from "./checkpoints/convnext-config";
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
export { fuseExperts, type Fused, type FuseOptions } from "./try-fusion";
export { parseEagleConfig } from "./checkpoints/eagle-config";
export { llavaImageFeatures, llavaShapes, type LlavaConfig, type LlavaWeights } from "./llava";
export { parseLlavaConfig } from "./checkpoints/llava-config";
export type { MllamaForConditionalGeneration, MllamaPrompt } from "./mllama-model";
export { mllamaForConditionalGeneration, mllamaShapes } from "./mllama";
export type { MllamaConfig, MllamaInputs, MllamaWeights } from "./mllama";
export type { MllamaCache } from "./mllama-cache";
export { crossAttentionMask, type CrossAttentionMask } from "./mllama-mask";
export { parseMllamaConfig } from "./checkpoints/mllama-config";
export type { SmolVLMForConditionalGeneration, SmolVLMPrompt } from "./smolvlm-model";
export { smolvlmForConditionalGeneration, smolvlmShapes } from "./smolvlm";
export type { SmolVLMConfig, SmolVLMInputs, SmolVLMWeights } from "./smolvlm";
export { parseSmolVLMConfig } from "./checkpoints/smolvlm-config";
