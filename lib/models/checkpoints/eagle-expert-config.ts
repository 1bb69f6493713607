/** Reads one of an Eagle's `vision_configs`: the config of a tower, and beside it how the mixture uses it. */
import { nativeGrid, type ExpertConfig, type Normalization, type Tower } from "../eagle-experts";
import { parseClipVisionConfig } from "./clip-config";
import { ConfigFields } from "./config-fields";
import { parseConvNextConfig } from "./convnext-config";
import { parseDinov2Config } from "./dinov2-config";
import { parseSiglipVisionConfig } from "./siglip-config";
import { parseViTConfig } from "./vit-config";

const MAX = { pixels: 8192, name: 60 };
const TOWERS = [
  "clip_vision_model",
  "siglip_vision_model",
  "vit",
  "dinov2",
  "dinov2_with_registers",
  "convnext",
] as const satisfies readonly Tower["modelType"][];

/**
 * @param name what errors call this part of the file
 * @throws one sentence that lists every value that makes no sense.
 */
export function parseExpertConfig(json: unknown, name: string): ExpertConfig {
  const fields = new ConfigFields(json, name);
  const given = json as Record<string, unknown>;
  const kind = TOWERS.find((tower) => tower === given.model_type);
  if (!kind) fields.wrong("model_type", TOWERS.join(" or "), null);
  fields.finish();

  const tower = parseTower(kind!, json, name);
  const input = fields.sides("input_size", 224, MAX.pixels);
  const own = given.input_size == null ? tower.config.imageSize : input;
  const expert: ExpertConfig = {
    name: given.name === undefined ? kind! : parseName(given.name, fields),
    tower,
    inputSize: typeof own === "number" ? [own, own] : own,
    resample: fields.oneOf("resample", ["bilinear", "pixel_unshuffle"], "bilinear"),
    normalization: parseNormalization(given, fields),
    visionFeatureLayer: parseLayer(given.vision_feature_layer, tower, fields),
    classToken: fields.oneOf("class_token", ["kept", "dropped"], "kept"),
  };
  if (expert.classToken === "dropped" && kind !== "clip_vision_model") {
    fields.wrong("class_token", `"kept", because only clip_vision_model can drop it before its layers`, null);
  }
  if (expert.classToken === "dropped" && expert.visionFeatureLayer !== undefined) {
    fields.wrong("vision_feature_layer", "nothing beside a dropped class_token, with which all layers run", null);
  }
  if (tower.config.numChannels !== 3) fields.wrong("num_channels", "3, because experts see pictures in colour", null);
  const { rows, columns } = nativeGrid(expert);
  if (rows < 1 || columns < 1) fields.wrong("input_size", "room for at least one patch", null);
  fields.finish();
  return expert;
}

function parseTower(modelType: Tower["modelType"], json: unknown, name: string): Tower {
  switch (modelType) {
    case "clip_vision_model":
      return { modelType, config: parseClipVisionConfig(json, name) };
    case "siglip_vision_model":
      return { modelType, config: parseSiglipVisionConfig(json, name) };
    case "vit":
      return { modelType, config: parseViTConfig(json, name).config };
    case "dinov2":
    case "dinov2_with_registers":
      return { modelType, config: parseDinov2Config(json, name).config };
    case "convnext":
      return { modelType, config: parseConvNextConfig(json, name).config };
  }
}

function parseName(value: unknown, fields: ConfigFields): string {
  const good = typeof value === "string" && value.length >= 1 && value.length <= MAX.name;
  return good ? value : fields.wrong("name", `a name of 1 to ${MAX.name} letters`, "");
}

function parseLayer(value: unknown, tower: Tower, fields: ConfigFields): number | undefined {
  if (value == null) return undefined;
  if (tower.modelType === "convnext") return fields.wrong("vision_feature_layer", "nothing for a convnext", undefined);
  const L = tower.config.numHiddenLayers;
  const good = typeof value === "number" && Number.isInteger(value) && value >= -L - 1 && value <= L;
  return good ? value : fields.wrong("vision_feature_layer", `a whole number from ${-L - 1} to ${L}`, undefined);
}

/** `image_mean` and `image_std`, both or neither. */
export function parseNormalization(given: Record<string, unknown>, fields: ConfigFields): Normalization | undefined {
  if (given.image_mean == null && given.image_std == null) return undefined;
  const three = (field: string, good: (number: number) => boolean): [number, number, number] => {
    const value = given[field];
    const fits =
      Array.isArray(value) &&
      value.length === 3 &&
      value.every((n) => typeof n === "number" && Number.isFinite(n) && good(n));
    return fits ? (value as [number, number, number]) : fields.wrong(field, "3 numbers, one per colour", [1, 1, 1]);
  };
  return { imageMean: three("image_mean", () => true), imageStd: three("image_std", (std) => std > 0) };
}
