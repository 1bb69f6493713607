/** Reads the config.json of a LLaVA; defaults are those of transformers' `configuration_llava.py`. */
import { activations, type ActivationName } from "../../nn";
import type { LlavaConfig } from "../llava";
import { llavaImageTokens } from "../llava";
import type { FeatureLayers } from "../llava-features";
import { parseClipVisionConfig } from "./clip-config";
import { ConfigFields } from "./config-fields";
import { parseLlamaConfig } from "./llama-config";
import { parseSiglipVisionConfig } from "./siglip-config";

const MAX = { tokens: 1_048_575, layers: 64 };

/** The encoder of a file without a `vision_config`: CLIP-L of 336 pixels. */
const CLIP_LARGE = {
  model_type: "clip_vision_model",
  hidden_size: 1024,
  intermediate_size: 4096,
  num_hidden_layers: 24,
  num_attention_heads: 16,
  image_size: 336,
  patch_size: 14,
};

/**
 * @param name what errors call the file
 * @throws one sentence that lists every value that makes no sense, before anything is allocated.
 */
export function parseLlavaConfig(json: unknown, name = "config.json"): LlavaConfig {
  const fields = new ConfigFields(json, name);
  const given = json as Record<string, unknown>;
  // transformers 5 calls it image_token_id.
  const tokenField =
    given.image_token_index == null && given.image_token_id != null ? "image_token_id" : "image_token_index";
  const imageTokenId = fields.count(tokenField, 32_000, MAX.tokens);
  const strategy = fields.oneOf("vision_feature_select_strategy", ["default", "full"], "default");
  const projectorHiddenAct = fields.oneOf("projector_hidden_act", Object.keys(activations) as ActivationName[], "gelu");
  const multimodalProjectorBias = fields.flag("multimodal_projector_bias", true);
  const tied = fields.flag("tie_word_embeddings", false);
  fields.finish();

  const visionConfig = parseVisionConfig(given.vision_config ?? CLIP_LARGE, `${name}: vision_config`);
  const textJson = (given.text_config ?? {}) as Record<string, unknown>;
  const { model_type: textType = "llama" } = textJson;
  if (textType !== "llama") fields.wrong("text_config", "a llama (other language models are not implemented)", null);
  const textConfig = parseLlamaConfig(textJson, `${name}: text_config`);
  const config: LlavaConfig = {
    visionConfig,
    textConfig: { ...textConfig, tieWordEmbeddings: textConfig.tieWordEmbeddings || tied }, // either may say it
    imageTokenId,
    visionFeatureLayer: parseLayers(given.vision_feature_layer ?? -2, visionConfig.numHiddenLayers, fields),
    visionFeatureSelectStrategy: strategy,
    projectorHiddenAct,
    multimodalProjectorBias,
  };
  if (visionConfig.numChannels !== 3) {
    fields.wrong("vision_config", "3 channels, because it sees pictures in colour", null);
  }
  if (llavaImageTokens(config) < 1) fields.wrong("vision_config", "a picture of at least one patch", null);
  fields.finish();
  return config;
}

function parseVisionConfig(json: unknown, name: string): LlavaConfig["visionConfig"] {
  const fields = new ConfigFields(json, name);
  const modelType = fields.oneOf("model_type", ["clip_vision_model", "siglip_vision_model"], "clip_vision_model");
  fields.finish();
  return modelType === "clip_vision_model"
    ? { modelType, ...parseClipVisionConfig(json, name) }
    : { modelType, ...parseSiglipVisionConfig(json, name) };
}

function parseLayers(value: unknown, L: number, fields: ConfigFields): FeatureLayers {
  const isLayer = (layer: unknown): layer is number =>
    typeof layer === "number" && Number.isInteger(layer) && layer >= -L - 1 && layer <= L;
  if (isLayer(value)) return value;
  if (Array.isArray(value) && value.length >= 1 && value.length <= MAX.layers && value.every(isLayer)) return value;
  return fields.wrong("vision_feature_layer", `a layer from ${-L - 1} to ${L}, or a list of them`, -1);
}
