/** The image processors of Hugging Face transformers that this folder equals, and what each does when its file is silent. */
import type { ImageSize } from "./processor-config";
import type { Resample } from "./resize";

type Three = readonly [number, number, number];

export type ProcessorDefaults = {
  size: ImageSize;
  /** What a `size` of one number means: a square, or the shorter side. */
  oneNumberIsSquare: boolean;
  resample: Resample;
  /** null: it does not crop, unless its file says so */
  cropSize: { height: number; width: number } | null;
  imageMean: Three;
  imageStd: Three;
  /** How much of a resized picture is kept, as ConvNeXt counts it. */
  cropPct?: number;
  /** Whether it knows `do_pad`, which makes a picture a square first. */
  pads?: boolean;
};

const HALF: Three = [0.5, 0.5, 0.5];
const CLIP_MEAN: Three = [0.48145466, 0.4578275, 0.40821073];
const CLIP_STD: Three = [0.26862954, 0.26130258, 0.27577711];
const square = (side: number) => ({ height: side, width: side });

const clip: ProcessorDefaults = {
  size: { shortestEdge: 224 },
  oneNumberIsSquare: false,
  resample: 3,
  cropSize: square(224),
  imageMean: CLIP_MEAN,
  imageStd: CLIP_STD,
};
const vit: ProcessorDefaults = {
  size: square(224),
  oneNumberIsSquare: true,
  resample: 2,
  cropSize: null,
  imageMean: HALF,
  imageStd: HALF,
};

/** By the first part of their names. */
const processors: Record<string, ProcessorDefaults> = {
  ViT: vit,
  DeiT: { ...vit, size: square(256), resample: 3, cropSize: square(224) },
  CLIP: clip,
  Siglip: { ...vit, oneNumberIsSquare: false, resample: 3 },
  Bit: clip,
  ConvNext: { ...vit, size: { shortestEdge: 384 }, oneNumberIsSquare: false, resample: 3, cropPct: 224 / 256 },
  Llava: { ...clip, pads: true },
};

/**
 * @param type `CLIPImageProcessor`, and what it was called before and is called elsewhere (`CLIPImageProcessorFast`,
 *   `CLIPImageProcessorPil`, `CLIPFeatureExtractor`): all give the same picture
 * @param file what errors call the file
 * @throws a sentence for a processor that is not known.
 */
export function processorNamed(type: unknown, file: string): ProcessorDefaults {
  const first = typeof type === "string" ? /^(\w+?)(ImageProcessor(Fast|Pil)?|FeatureExtractor)$/.exec(type)?.[1] : "";
  if (first && Object.hasOwn(processors, first)) return processors[first]!;
  const known = Object.keys(processors).map((name) => `${name}ImageProcessor`);
  const got = JSON.stringify(type)?.slice(0, 60);
  throw new Error(`${file}: expected image_processor_type to be one of ${known.join(", ")}, got ${got}`);
}
