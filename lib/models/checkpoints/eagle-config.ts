/**
 * Reads the config.json of an Eagle, which is this project's own format:
 *
 *     { "model_type": "eagle",
 *       "image_size": 128,                          one side, or [height, width], of the picture that all experts share
 *       "image_mean": [...], "image_std": [...],    of that picture; CLIP's unless given
 *       "grid": 8,                                  rows and columns of the common grid: one number, or [rows, columns]
 *       "fusion": { "type": "channel_concatenation" },      or the type alone; deformable_attention also takes
 *                                                           num_heads, num_points and num_layers
 *       "projector_hidden_act": "gelu",
 *       "image_token_id": 5,
 *       "vision_configs": [{ ...the tower's own Hugging Face config, with its model_type, and beside it:
 *                            "name", "input_size", "resample", "image_mean" and "image_std",
 *                            "vision_feature_layer", "class_token" }, ...],
 *       "text_config": { ...a Llama's } }
 */
import { activations, type ActivationName } from "../../nn";
import { alignedWidth, nativeGrid, type ExpertConfig, type Normalization } from "../eagle-experts";
import type { FusionConfig } from "../eagle-fusion";
import type { EagleConfig } from "../eagle";
import type { PatchGrid } from "../patch-grid";
import { ConfigFields } from "./config-fields";
import { parseExpertConfig, parseNormalization } from "./eagle-expert-config";
import { parseLlamaConfig } from "./llama-config";

const MAX = { pixels: 8192, grid: 256, experts: 32, heads: 1024, points: 64, layers: 64, tokens: 1_048_575 };

const CLIP: Normalization = {
  imageMean: [0.48145466, 0.4578275, 0.40821073],
  imageStd: [0.26862954, 0.26130258, 0.27577711],
};

const FUSIONS = [
  "sequence_append",
  "channel_concatenation",
  "llava_hr",
  "mini_gemini",
  "deformable_attention",
] as const satisfies readonly FusionConfig["type"][];

/**
 * @param name what errors call the file
 * @throws one sentence that lists every value that makes no sense, before anything is allocated.
 */
export function parseEagleConfig(json: unknown, name = "config.json"): EagleConfig {
  const fields = new ConfigFields(json, name);
  const given = json as Record<string, unknown>;
  const [rows, columns] = twoOf(fields.sides("grid", 32, MAX.grid));
  const imageSize = twoOf(fields.sides("image_size", 1024, MAX.pixels));
  const normalization = parseNormalization(given, fields) ?? CLIP;
  const projectorHiddenAct = fields.oneOf("projector_hidden_act", Object.keys(activations) as ActivationName[], "gelu");
  const imageTokenId = given.image_token_id ?? -200;
  if (!Number.isInteger(imageTokenId) || Math.abs(imageTokenId as number) > MAX.tokens) {
    fields.wrong("image_token_id", `a whole number up to ${MAX.tokens}`, 0);
  }
  const experts = Array.isArray(given.vision_configs) ? (given.vision_configs as unknown[]) : [];
  if (experts.length < 1 || experts.length > MAX.experts) {
    fields.wrong("vision_configs", `a list of 1 to ${MAX.experts} experts`, []);
  }
  fields.finish();

  const visionConfigs = experts.map((expert, i) => parseExpertConfig(expert, `${name}: vision_configs[${i}]`));
  const config: EagleConfig = {
    imageSize,
    normalization,
    grid: { rows, columns },
    fusion: parseFusion(given.fusion ?? "channel_concatenation", `${name}: fusion`),
    projectorHiddenAct,
    imageTokenId: imageTokenId as number,
    visionConfigs,
    textConfig: parseLlamaConfig(given.text_config ?? {}, `${name}: text_config`),
  };
  checkExperts(config, fields);
  checkFusion(config, fields);
  fields.finish();
  return config;
}

function parseFusion(json: unknown, name: string): FusionConfig {
  const fields = new ConfigFields(typeof json === "string" ? { type: json } : json, name);
  const type = fields.oneOf("type", FUSIONS, "channel_concatenation");
  const settings = {
    numHeads: fields.count("num_heads", 8, MAX.heads),
    numPoints: fields.count("num_points", 4, MAX.points),
    numLayers: fields.count("num_layers", 1, MAX.layers),
  };
  fields.finish();
  return type === "deformable_attention" ? { type, ...settings } : { type };
}

function checkExperts({ visionConfigs, grid }: EagleConfig, fields: ConfigFields): void {
  const names = visionConfigs.map(({ name }) => name);
  if (new Set(names).size < names.length) {
    fields.wrong("vision_configs", `a name of its own for each expert (${names.join(", ")})`, null);
  }
  const folds = (expert: ExpertConfig) => expert.resample === "pixel_unshuffle";
  const unfit = visionConfigs.find((expert) => folds(expert) && !foldsInto(nativeGrid(expert), grid));
  if (unfit) {
    const own = nativeGrid(unfit);
    const wanted = `a grid of which ${unfit.name} has the same multiple down and across (it has ${own.rows} × ${own.columns})`;
    fields.wrong("grid", wanted, null);
  }
}

/** Whether whole square blocks of places become one: then their side is the factor of pixel unshuffle. */
function foldsInto(own: PatchGrid, grid: PatchGrid): boolean {
  const factor = own.rows / grid.rows;
  return Number.isInteger(factor) && factor >= 1 && own.columns === grid.columns * factor;
}

function checkFusion({ visionConfigs, fusion, grid }: EagleConfig, fields: ConfigFields): void {
  const first = visionConfigs[0]!;
  if (fusion.type === "sequence_append" || fusion.type === "channel_concatenation") return;
  if (visionConfigs.length < 2) {
    fields.wrong("vision_configs", `2 experts or more, because ${fusion.type} adds the others to the first`, null);
    return;
  }
  if (fusion.type === "llava_hr") {
    const { modelType, config } = first.tower;
    const works = modelType === "clip_vision_model" || modelType === "siglip_vision_model";
    if (!works || config.numHiddenLayers % 4 !== 0) {
      const wanted =
        "a CLIP or SigLIP of 4, 8, 12, ... layers as the first expert, because llava_hr works between them";
      fields.wrong("vision_configs", wanted, null);
    } else if (first.visionFeatureLayer !== undefined || first.resample !== "bilinear") {
      const wanted =
        "no vision_feature_layer and no pixel_unshuffle for the first expert, which llava_hr runs to its end";
      fields.wrong("vision_configs", wanted, null);
    }
  }
  const width = alignedWidth(first, grid);
  if (fusion.type === "deformable_attention" && width % fusion.numHeads !== 0) {
    fields.wrong("fusion", `num_heads that divide the first expert's ${width} channels`, null);
  }
}

function twoOf(sides: number | readonly [number, number]): readonly [number, number] {
  return typeof sides === "number" ? [sides, sides] : sides;
}
