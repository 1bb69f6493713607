/**
 * What a checkpoint's `preprocessor_config.json` asks for, read into one form.
 *
 * Defaults, where the file is silent, are those of `ViTImageProcessor` in Hugging Face transformers
 * (`models/vit/image_processing_pil_vit.py`): resize to 224×224, bilinear; no crop; divide by 255; mean and std 0.5.
 * Leaves out: padding, grids of tiles and `longest_edge`, which the models that use them will bring along.
 */
import { filters, type Resample } from "./resize";

export type ImageProcessorConfig = {
  /** The size to resize to: exact, or the shorter side with the shape of the picture kept; null: leave it. */
  size: { height: number; width: number } | { shortestEdge: number } | null;
  /** Pillow's number of the filter: 0 nearest, 1 Lanczos, 2 bilinear, 3 bicubic. */
  resample: Resample;
  /** The middle part to keep after resizing (black where the picture is smaller); null: all of it. */
  cropSize: { height: number; width: number } | null;
  /** What a grey level (0..255) is multiplied by; null: nothing. */
  rescaleFactor: number | null;
  /** Subtracted, per channel, after rescaling; null with imageStd: no normalisation. */
  imageMean: readonly [number, number, number] | null;
  /** Divided by, per channel. */
  imageStd: readonly [number, number, number] | null;
};

/** Processors that differ from ViT's only by what their file says in full. */
const known = ["ViTImageProcessor", "ViTImageProcessorFast", "ViTImageProcessorPil", "ViTFeatureExtractor"];
const MAX_SIDE = 4096; // pixels; far above any vision tower's input

/** @throws a sentence for a processor that is not known, or a value that makes no sense. */
export function parseImageProcessorConfig(json: unknown, name = "preprocessor_config.json"): ImageProcessorConfig {
  if (!isObject(json)) throw new Error(`${name}: expected an object, got ${show(json)}`);
  const type = json.image_processor_type ?? json.feature_extractor_type ?? "ViTImageProcessor";
  if (typeof type !== "string" || !known.includes(type)) {
    throw new Error(`${name}: expected image_processor_type to be one of ${known.join(", ")}, got ${show(type)}`);
  }
  const fail = (field: string, expected: string): never => {
    throw new Error(`${name}: ${field}: expected ${expected}, got ${show(json[field])}`);
  };
  const flag = (field: string, fallback: boolean): boolean => {
    const value = json[field] ?? fallback;
    return typeof value === "boolean" ? value : fail(field, "true or false");
  };
  const side = (value: unknown): value is number =>
    typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_SIDE;

  const size = (field: string): { height: number; width: number } | { shortestEdge: number } => {
    const value = json[field] ?? 224;
    if (side(value)) return { height: value, width: value };
    if (isObject(value)) {
      if (side(value.height) && side(value.width)) return { height: value.height, width: value.width };
      if (side(value.shortest_edge) && value.longest_edge == null) return { shortestEdge: value.shortest_edge };
    }
    return fail(field, `a whole number, {height, width} or {shortest_edge}, of 1 to ${MAX_SIDE} pixels`);
  };
  const perChannel = (field: string): [number, number, number] => {
    const value = json[field] ?? 0.5;
    const three = typeof value === "number" ? [value, value, value] : value;
    const good = Array.isArray(three) && three.length === 3 && three.every((v) => Number.isFinite(v));
    return good ? (three as [number, number, number]) : fail(field, "a number or a list of 3 numbers");
  };

  const resample = json.resample ?? 2;
  if (typeof resample !== "number" || !Object.hasOwn(filters, resample))
    fail("resample", "0 (nearest), 1 (Lanczos), 2 (bilinear) or 3 (bicubic)");
  const rescaleFactor = json.rescale_factor ?? 1 / 255;
  if (typeof rescaleFactor !== "number" || !Number.isFinite(rescaleFactor)) fail("rescale_factor", "a number");
  const crop = flag("do_center_crop", false) ? size("crop_size") : null;
  if (crop && "shortestEdge" in crop) fail("crop_size", "a whole number or {height, width}");
  const normalize = flag("do_normalize", true);
  const imageStd = normalize ? perChannel("image_std") : null;
  if (imageStd?.includes(0)) fail("image_std", "numbers that are not 0");
  if (json.do_pad === true) fail("do_pad", "false (padding is not implemented)");

  return {
    size: flag("do_resize", true) ? size("size") : null,
    resample: Number(resample) as Resample,
    cropSize: crop as ImageProcessorConfig["cropSize"],
    rescaleFactor: flag("do_rescale", true) ? (rescaleFactor as number) : null,
    imageMean: normalize ? perChannel("image_mean") : null,
    imageStd,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value in an error message: short, whatever the file holds. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
