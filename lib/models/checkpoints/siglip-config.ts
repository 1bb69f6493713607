/** Reads the config.json of a SigLIP; defaults are those of transformers' `configuration_siglip.py`. */
import type { SiglipConfig, SiglipTextConfig, SiglipVisionConfig } from "../siglip";
import { ConfigFields } from "./config-fields";
import { checkHeads, checkPatches, MAX, partOf, readEncoder, readSquares } from "./encoder-config";

const ENCODER = {
  hiddenSize: 768,
  intermediateSize: 3072,
  numHiddenLayers: 12,
  numAttentionHeads: 12,
  hiddenAct: "gelu_pytorch_tanh",
  layerNormEps: 1e-6,
} as const;

/**
 * @param name what errors call the file
 * @throws one sentence that lists every value that makes no sense, before anything is allocated.
 */
export function parseSiglipConfig(json: unknown, name = "config.json"): SiglipConfig {
  const fields = new ConfigFields(json, name);
  const visionConfig = parseSiglipVisionConfig(partOf(json, "vision_config"), `${name} vision_config`);
  const textConfig = parseSiglipTextConfig(partOf(json, "text_config"), `${name} text_config`);
  if (visionConfig.visionUseHead && visionConfig.hiddenSize !== textConfig.projectionSize) {
    const expected = `a projection_size as large as vision_config's hidden_size (${visionConfig.hiddenSize})`;
    fields.wrong("text_config", expected, null);
  }
  fields.finish();
  return { visionConfig, textConfig };
}

/** The config of the tower for pictures: of SigLIP, SmolVLM and others, or of a file of its own (`siglip_vision_model`). */
export function parseSiglipVisionConfig(json: unknown, name = "config.json"): SiglipVisionConfig {
  const fields = new ConfigFields(json, name);
  const config: SiglipVisionConfig = {
    ...readEncoder(fields, ENCODER),
    ...readSquares(fields, { imageSize: 224, patchSize: 16 }),
    visionUseHead: fields.flag("vision_use_head", true),
  };
  fields.finish();
  checkHeads(fields, config);
  checkPatches(fields, config);
  fields.finish();
  return config;
}

/** The config of the tower for text. */
export function parseSiglipTextConfig(json: unknown, name = "config.json"): SiglipTextConfig {
  const fields = new ConfigFields(json, name);
  const encoder = readEncoder(fields, ENCODER);
  const config: SiglipTextConfig = {
    ...encoder,
    vocabSize: fields.count("vocab_size", 32_000, MAX.vocabulary),
    maxPositionEmbeddings: fields.count("max_position_embeddings", 64, MAX.tokens),
    projectionSize: fields.count("projection_size", encoder.hiddenSize, MAX.width),
  };
  fields.finish();
  checkHeads(fields, config);
  fields.finish();
  return config;
}
