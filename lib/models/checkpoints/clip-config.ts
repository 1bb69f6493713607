/** Reads the config.json of a CLIP; defaults are those of transformers' `configuration_clip.py`. */
import type { ClipConfig, ClipTextConfig, ClipVisionConfig } from "../clip";
import { ConfigFields } from "./config-fields";
import { checkHeads, checkPatches, MAX, partOf, readEncoder, readSquares } from "./encoder-config";

/**
 * @param name what errors call the file
 * @throws one sentence that lists every value that makes no sense, before anything is allocated.
 */
export function parseClipConfig(json: unknown, name = "config.json"): ClipConfig {
  const fields = new ConfigFields(json, name);
  const projectionDim = fields.count("projection_dim", 512, MAX.width);
  fields.finish();
  return {
    visionConfig: parseClipVisionConfig(clipPart(json, "vision_config"), `${name} vision_config`),
    textConfig: parseClipTextConfig(clipPart(json, "text_config"), `${name} text_config`),
    projectionDim,
  };
}

/** Files of 2022 say a part twice; what counts is then the one whose name ends in `_dict`. */
export function clipPart(json: unknown, part: "vision_config" | "text_config"): unknown {
  const dict = partOf(json, `${part}_dict`) as object;
  return Object.keys(dict).length > 0 ? dict : partOf(json, part);
}

/** The config of the tower for pictures: of CLIP, LLaVA and others, or of a file of its own (`clip_vision_model`). */
export function parseClipVisionConfig(json: unknown, name = "config.json"): ClipVisionConfig {
  const fields = new ConfigFields(json, name);
  const encoder = readEncoder(fields, {
    hiddenSize: 768,
    intermediateSize: 3072,
    numHiddenLayers: 12,
    numAttentionHeads: 12,
    hiddenAct: "quick_gelu",
    layerNormEps: 1e-5,
  });
  const config: ClipVisionConfig = { ...encoder, ...readSquares(fields, { imageSize: 224, patchSize: 32 }) };
  fields.finish();
  checkHeads(fields, config);
  checkPatches(fields, config);
  fields.finish();
  return config;
}

/** The config of the tower for text. */
export function parseClipTextConfig(json: unknown, name = "config.json"): ClipTextConfig {
  const fields = new ConfigFields(json, name);
  const encoder = readEncoder(fields, {
    hiddenSize: 512,
    intermediateSize: 2048,
    numHiddenLayers: 12,
    numAttentionHeads: 8,
    hiddenAct: "quick_gelu",
    layerNormEps: 1e-5,
  });
  const config: ClipTextConfig = {
    ...encoder,
    vocabSize: fields.count("vocab_size", 49_408, MAX.vocabulary),
    maxPositionEmbeddings: fields.count("max_position_embeddings", 77, MAX.tokens),
    eosTokenId: fields.count("eos_token_id", 49_407, MAX.vocabulary),
  };
  fields.finish();
  checkHeads(fields, config);
  fields.finish();
  return config;
}
