/**
 * What a checkpoint's `preprocessor_config.json` asks for, read into one form.
 *
 * Where the file is silent, its processor has the defaults that it has in Hugging Face transformers
 * (`models/<name>/image_processing_pil_<name>.py`).
 * Leaves out: grids of tiles and `longest_edge`, which the models that use them bring along.
 */
import { filters, type Resample } from "./resize";
import { processorNamed, type ProcessorDefaults } from "./processors";

export type ImageProcessorConfig = {
  /** The colour around the picture that makes it a square before anything else; null: it stays as it is. */
  padToSquare: readonly [number, number, number] | null;
  /** The size to resize to: exact, or the shorter side with the shape of the picture kept; null: leave it. */
  size: ImageSize | null;
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

export type ImageSize = { height: number; width: number } | { shortestEdge: number };

const MAX_SIDE = 4096; // pixels; far above any vision tower's input

/**
 * @param type the processor of a file that does not say whose it is
 * @throws a sentence for a processor that is not known, or a value that makes no sense.
 */
export function parseImageProcessorConfig(
  json: unknown,
  name = "preprocessor_config.json",
  type = "ViTImageProcessor",
): ImageProcessorConfig {
  if (!isObject(json)) throw new Error(`${name}: expected an object, got ${show(json)}`);
  const defaults = processorNamed(json.image_processor_type ?? json.feature_extractor_type ?? type, name);
  const read = fieldsOf(json, defaults, name);

  const resample = json.resample ?? defaults.resample;
  if (typeof resample !== "number" || !Object.hasOwn(filters, resample)) {
    read.fail("resample", "0 (nearest), 1 (Lanczos), 2 (bilinear) or 3 (bicubic)");
  }
  const rescaleFactor = json.rescale_factor ?? 1 / 255;
  if (typeof rescaleFactor !== "number" || !Number.isFinite(rescaleFactor)) read.fail("rescale_factor", "a number");
  const normalize = read.flag("do_normalize", true);
  const imageMean = normalize ? read.perChannel("image_mean", defaults.imageMean) : null;
  const imageStd = normalize ? read.perChannel("image_std", defaults.imageStd) : null;
  if (imageStd?.includes(0)) read.fail("image_std", "numbers that are not 0");

  return {
    padToSquare: read.padding(imageMean),
    ...read.sizes(),
    resample: Number(resample) as Resample,
    rescaleFactor: read.flag("do_rescale", true) ? (rescaleFactor as number) : null,
    imageMean,
    imageStd,
  };
}

/** Readers of single fields; each throws a sentence when the field makes no sense. */
function fieldsOf(json: Record<string, unknown>, defaults: ProcessorDefaults, name: string) {
  const fail = (field: string, expected: string): never => {
    throw new Error(`${name}: ${field}: expected ${expected}, got ${show(json[field])}`);
  };
  const flag = (field: string, fallback: boolean): boolean => {
    const value = json[field] ?? fallback;
    return typeof value === "boolean" ? value : fail(field, "true or false");
  };
  const side = (value: unknown): value is number =>
    typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_SIDE;

  /** One number is a square to some processors, and the shorter side to others. */
  const size = (field: string, fallback: ImageSize, oneNumberIsSquare: boolean): ImageSize => {
    const value = json[field];
    if (value == null) return fallback;
    if (side(value)) return oneNumberIsSquare ? { height: value, width: value } : { shortestEdge: value };
    if (isObject(value)) {
      if (side(value.height) && side(value.width)) return { height: value.height, width: value.width };
      if (side(value.shortest_edge) && value.longest_edge == null) return { shortestEdge: value.shortest_edge };
    }
    return fail(field, `a whole number, {height, width} or {shortest_edge}, of 1 to ${MAX_SIDE} pixels`);
  };

  const crop = (): { height: number; width: number } | null => {
    if (!flag("do_center_crop", defaults.cropSize !== null)) return null;
    const found = size("crop_size", defaults.cropSize ?? { height: 224, width: 224 }, true);
    return "shortestEdge" in found ? fail("crop_size", "a whole number or {height, width}") : found;
  };

  const sizes = (): { size: ImageSize | null; cropSize: { height: number; width: number } | null } => {
    const cropSize = crop();
    if (!flag("do_resize", true)) return { size: null, cropSize };
    const wanted = size("size", defaults.size, defaults.oneNumberIsSquare);
    if (defaults.cropPct === undefined) return { size: wanted, cropSize };

    // ConvNeXt: a small size is cut out of a picture that is a little larger; from 384 on the picture is squeezed.
    if (!("shortestEdge" in wanted)) return fail("size", "a whole number or {shortest_edge}");
    if (cropSize) return fail("do_center_crop", "false, because crop_pct decides what is cropped");
    const square = { height: wanted.shortestEdge, width: wanted.shortestEdge };
    const cropPct = json.crop_pct ?? defaults.cropPct;
    if (typeof cropPct !== "number" || !(cropPct > 0.1 && cropPct <= 1)) return fail("crop_pct", "above 0.1, up to 1");
    if (wanted.shortestEdge >= 384) return { size: square, cropSize: null };
    return { size: { shortestEdge: Math.trunc(wanted.shortestEdge / cropPct) }, cropSize: square };
  };

  const perChannel = (field: string, fallback: readonly [number, number, number]): [number, number, number] => {
    const value = json[field] ?? fallback;
    const three = typeof value === "number" ? [value, value, value] : value;
    const good = Array.isArray(three) && three.length === 3 && three.every((v) => Number.isFinite(v));
    return good ? (three as [number, number, number]) : fail(field, "a number or a list of 3 numbers");
  };

  /** LLaVA's colour around a picture is the mean of the pictures that it was trained on. */
  const padding = (mean: readonly [number, number, number] | null): [number, number, number] | null => {
    if (!flag("do_pad", false)) return null;
    if (!defaults.pads) return fail("do_pad", "false (this processor's padding is not implemented)");
    return mean ? squareColour(mean) : [0, 0, 0];
  };

  return { fail, flag, perChannel, padding, sizes };
}

/** The colour, 0..255, that becomes 0 when it is normalised by this mean: what LLaVA and Eagle put around a picture. */
export function squareColour(imageMean: readonly [number, number, number]): [number, number, number] {
  const level = (mean: number) => Math.min(255, Math.max(0, Math.trunc(mean * 255)));
  return [level(imageMean[0]), level(imageMean[1]), level(imageMean[2])];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value in an error message: short, whatever the file holds. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
