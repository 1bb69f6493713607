/** Reads the config.json of Llama 3.2 Vision; defaults are those of transformers' `configuration_mllama.py`. */
import { tileGrids } from "../../images";
import { activations, type ActivationName } from "../../nn";
import type { MllamaConfig } from "../mllama";
import type { MllamaTextConfig } from "../mllama-text";
import type { MllamaVisionConfig } from "../mllama-vision";
import { ConfigFields } from "./config-fields";
import { parseLlamaConfig } from "./llama-config";

/** Far above the published models (tiles of 560 pixels, 40 layers), and far below what a browser could not even list. */
const MAX = { width: 65_536, layers: 512, pixels: 8192, tiles: 16, tokens: 1_048_576 };

/**
 * @param name what errors call the file
 * @throws one sentence that lists every value of a part that makes no sense, before anything is allocated.
 */
export function parseMllamaConfig(json: unknown, name = "config.json"): MllamaConfig {
  const fields = new ConfigFields(json, name);
  const imageTokenIndex = fields.count("image_token_index", 128_256, MAX.tokens);
  fields.finish();
  const { vision_config = {}, text_config = {} } = json as Record<string, unknown>;
  const visionConfig = parseVisionConfig(vision_config ?? {}, `${name}: vision_config`);
  const textConfig = parseTextConfig(text_config ?? {}, `${name}: text_config`);
  if (imageTokenIndex >= textConfig.vocabSize + 8) {
    fields.wrong("image_token_index", `a token below ${textConfig.vocabSize + 8} (vocab_size and 8 more)`, null);
  }
  fields.finish();
  return { visionConfig, textConfig, imageTokenIndex };
}

function parseVisionConfig(json: unknown, name: string): MllamaVisionConfig {
  const fields = new ConfigFields(json, name);
  const given = json as Record<string, unknown>;
  const side = (field: string, fallback: number) => {
    const value = fields.sides(field, fallback, MAX.pixels);
    return typeof value === "number" ? value : fields.wrong(field, "the same height and width", fallback);
  };
  const maxNumTiles = fields.count("max_num_tiles", 4, MAX.tiles);
  const config: MllamaVisionConfig = {
    hiddenSize: fields.count("hidden_size", 1280, MAX.width),
    hiddenAct: fields.oneOf("hidden_act", Object.keys(activations) as ActivationName[], "gelu"),
    numHiddenLayers: fields.count("num_hidden_layers", 32, MAX.layers),
    numGlobalLayers: fields.count("num_global_layers", 8, MAX.layers),
    attentionHeads: fields.count(
      given.attention_heads == null ? "num_attention_heads" : "attention_heads",
      16,
      MAX.width,
    ),
    numChannels: fields.count("num_channels", 3, 16),
    intermediateSize: fields.count("intermediate_size", 5120, MAX.width),
    visionOutputDim: fields.count("vision_output_dim", 7680, MAX.width * 16),
    imageSize: side("image_size", 448),
    patchSize: side("patch_size", 14),
    normEps: fields.positive("norm_eps", 1e-5, 1),
    maxNumTiles,
    intermediateLayersIndices: layerNumbers(fields, given, "intermediate_layers_indices", [3, 7, 15, 23, 30]),
    supportedAspectRatios: aspectRatios(fields, given, maxNumTiles),
  };
  fields.finish(); // what follows compares values that make sense each on their own

  const { hiddenSize: D, attentionHeads, intermediateLayersIndices: taps } = config;
  if (D % attentionHeads !== 0) fields.wrong("attention_heads", `a number that divides hidden_size (${D})`, null);
  if (taps.some((i) => i >= config.numHiddenLayers)) {
    fields.wrong("intermediate_layers_indices", `layers below num_hidden_layers (${config.numHiddenLayers})`, null);
  }
  if (config.visionOutputDim !== D * (1 + taps.length)) {
    const expected = `hidden_size · (1 + ${taps.length} layers of intermediate_layers_indices) = ${D * (1 + taps.length)}`;
    fields.wrong("vision_output_dim", expected, null);
  }
  if (config.patchSize > config.imageSize) fields.wrong("patch_size", `at most image_size (${config.imageSize})`, null);
  fields.finish();
  return config;
}

function parseTextConfig(json: unknown, name: string): MllamaTextConfig {
  const fields = new ConfigFields(json, name);
  const given = json as Record<string, unknown>;
  const written = Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));
  const crossAttentionLayers = layerNumbers(fields, given, "cross_attention_layers", [3, 8, 13, 18, 23, 28, 33, 38]);
  const config = parseLlamaConfig({ ...textDefaults, ...written }, name);
  if (crossAttentionLayers.some((i) => i >= config.numHiddenLayers)) {
    fields.wrong("cross_attention_layers", `layers below num_hidden_layers (${config.numHiddenLayers})`, null);
  }
  if (config.tieWordEmbeddings) fields.wrong("tie_word_embeddings", "false: the embeddings have rows for images", null);
  fields.finish();
  return { ...config, crossAttentionLayers };
}

const textDefaults = {
  vocab_size: 128_256,
  hidden_size: 4096,
  num_hidden_layers: 40,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  intermediate_size: 14_336,
  rms_norm_eps: 1e-5,
  max_position_embeddings: 131_072,
  rope_theta: 500_000,
};

/** Numbers of layers from 0, each once and in order. */
function layerNumbers(
  fields: ConfigFields,
  given: Record<string, unknown>,
  field: string,
  fallback: number[],
): number[] {
  const value = given[field] ?? fallback;
  const good =
    Array.isArray(value) &&
    value.length <= MAX.layers &&
    value.every((i, at) => Number.isInteger(i) && i >= 0 && (at === 0 || i > (value[at - 1] as number)));
  return good ? (value as number[]) : fields.wrong(field, "a list of layers from 0, each above the one before", []);
}

function aspectRatios(fields: ConfigFields, given: Record<string, unknown>, tiles: number): [number, number][] {
  const field = "supported_aspect_ratios";
  const value = given[field] ?? tileGrids(4);
  const isGrid = (grid: unknown): boolean =>
    Array.isArray(grid) &&
    grid.length === 2 &&
    grid.every((side) => Number.isInteger(side) && side >= 1) &&
    (grid[0] as number) * (grid[1] as number) <= tiles;
  const good = Array.isArray(value) && value.length >= 1 && value.length <= 256 && value.every(isGrid);
  return good
    ? (value as [number, number][])
    : fields.wrong(field, `a list of grids [rows, columns] of at most max_num_tiles (${tiles}) tiles`, []);
}
