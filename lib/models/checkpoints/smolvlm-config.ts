/** Reads the config.json of SmolVLM or Idefics3; defaults are those of transformers' `configuration_smolvlm.py`. */
import { imageTokens, type SmolVLMConfig } from "../smolvlm";
import { ConfigFields } from "./config-fields";
import { parseLlamaConfig } from "./llama-config";
import { parseSiglipVisionConfig } from "./siglip-config";

const MAX = { scale: 64, tokens: 1_048_575 };

/**
 * @param name what errors call the file
 * @throws one sentence that lists every value of a part that makes no sense, before anything is allocated.
 */
export function parseSmolVLMConfig(json: unknown, name = "config.json"): SmolVLMConfig {
  const fields = new ConfigFields(json, name);
  const { vision_config: vision, text_config: text } = json as Record<string, unknown>;
  const own = {
    scaleFactor: fields.count("scale_factor", 2, MAX.scale),
    imageTokenId: fields.count("image_token_id", 128_257, MAX.tokens),
    // That of text_config says nothing here: transformers looks at this one.
    tieWordEmbeddings: fields.flag("tie_word_embeddings", false),
  };
  fields.finish();
  const config: SmolVLMConfig = {
    ...own,
    visionConfig: parseSiglipVisionConfig(
      { ...visionDefaults, ...written(vision, `${name}: vision_config`), vision_use_head: false },
      `${name}: vision_config`,
    ),
    textConfig: parseLlamaConfig(
      { ...textDefaults, ...written(text, `${name}: text_config`), tie_word_embeddings: own.tieWordEmbeddings },
      `${name}: text_config`,
    ),
  };
  const { imageSize, patchSize, numChannels } = config.visionConfig;
  if (typeof imageSize !== "number" || Math.floor(imageSize / patchSize) % own.scaleFactor !== 0) {
    fields.wrong(
      "scale_factor",
      `a divisor of the patches along a side of a tile (${String(imageSize)} / ${patchSize})`,
      null,
    );
  }
  if (numChannels !== 3) fields.wrong("vision_config", "3 channels, because it sees pictures in colour", null);
  if (imageTokens(config) < 1) fields.wrong("vision_config", "tiles of at least one patch", null);
  if (own.imageTokenId >= config.textConfig.vocabSize) {
    fields.wrong("image_token_id", `a token of the vocabulary (below ${config.textConfig.vocabSize})`, null);
  }
  fields.finish();
  return config;
}

const visionDefaults = {
  hidden_size: 1152,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 16,
  image_size: 224,
  patch_size: 32,
};

const textDefaults = { rms_norm_eps: 1e-5 };

/** What a part of the file says, without what it leaves to the defaults. */
function written(part: unknown, name: string): Record<string, unknown> {
  new ConfigFields(part ?? {}, name); // refuses what is no object
  return Object.fromEntries(Object.entries(part ?? {}).filter(([, value]) => value != null));
}
