/**
 * From a picture to a model's pixel values, as the checkpoint's processor does it.
 *
 *     make it a square  ->  resize  ->  crop the middle  ->  x / 255  ->  (x - mean) / std        [H, W, 3] bytes -> [3, H, W] floats
 *
 * Equal to Hugging Face's Pillow processor (`image_processing_backends.py`, `PilBackend`), grey level for grey level.
 * Each step rounds to f32 where numpy does.
 */
import { padToSquare } from "./pad";
import type { Picture } from "./picture";
import type { ImageProcessorConfig } from "./processor-config";
import { resize } from "./resize";

const MAX_PIXELS = 2 ** 24; // in the resized picture: 64 MB

/** The pixel values of one picture, [3, height, width] in one row of numbers; see `processedSize` for the two sides. */
export function preprocess(picture: Picture, config: ImageProcessorConfig): Float32Array<ArrayBuffer> {
  const { width, height, data } = picture;
  if (!(width >= 1 && height >= 1) || data.length !== width * height * 4) {
    throw new Error(
      `preprocess: expected a picture of width × height × 4 bytes, got ${width} × ${height} and ${data.length} bytes`,
    );
  }
  const shaped = config.padToSquare ? padToSquare(picture, config.padToSquare) : picture;
  const resized = config.size ? resize(shaped, targetSize(shaped, config.size), config.resample) : shaped;
  return normalize(config.cropSize ? centerCrop(resized, config.cropSize) : resized, config);
}

/** How high and wide, in pixels, `preprocess` makes a picture. */
export function processedSize(picture: Picture, config: ImageProcessorConfig): { height: number; width: number } {
  if (config.cropSize) return config.cropSize;
  const side = Math.max(picture.height, picture.width);
  const { height, width } = config.padToSquare ? { height: side, width: side } : picture;
  return config.size ? targetSize({ height, width }, config.size) : { height, width };
}

function targetSize(picture: { height: number; width: number }, size: NonNullable<ImageProcessorConfig["size"]>) {
  if (!("shortestEdge" in size)) return size;
  const { shortestEdge } = size;
  const { width, height } = picture;
  // The longer side is cut off, not rounded: Python's int().
  const longer = Math.trunc((shortestEdge * Math.max(width, height)) / Math.min(width, height));
  if (longer * shortestEdge > MAX_PIXELS) {
    throw new Error(
      `preprocess: expected a picture that is not so long and thin, got ${width} × ${height}, ` +
        `which resizes to ${longer} × ${shortestEdge} pixels; crop it first`,
    );
  }
  return width <= height ? { height: longer, width: shortestEdge } : { height: shortestEdge, width: longer };
}

/** The middle of a picture; where the picture is smaller than the crop, it is put on black. */
function centerCrop(picture: Picture, size: { height: number; width: number }): Picture {
  const { height, width } = size;
  const top = Math.floor((picture.height - height) / 2); // below 0 where the picture is smaller
  const left = Math.floor((picture.width - width) / 2);
  const data = new Uint8ClampedArray(height * width * 4);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const to = (row * width + column) * 4;
      const [y, x] = [row + top, column + left];
      data[to + 3] = 255;
      if (y < 0 || y >= picture.height || x < 0 || x >= picture.width) continue;
      const from = (y * picture.width + x) * 4;
      for (let c = 0; c < 3; c++) data[to + c] = picture.data[from + c]!;
    }
  }
  return { width, height, data };
}

/** Each channel on its own, row by row. [H, W, 4] bytes -> [3, H, W] */
export function normalize(
  picture: Picture,
  config: Pick<ImageProcessorConfig, "rescaleFactor" | "imageMean" | "imageStd">,
): Float32Array<ArrayBuffer> {
  const plane = picture.width * picture.height;
  const values = new Float32Array(3 * plane);
  for (let c = 0; c < 3; c++) {
    const mean = Math.fround(config.imageMean?.[c] ?? 0);
    const std = Math.fround(config.imageStd?.[c] ?? 1);
    // 256 grey levels, so 256 answers: a table instead of three roundings per pixel.
    const table = Float32Array.from({ length: 256 }, (_, level) => {
      const scaled = Math.fround(level * (config.rescaleFactor ?? 1));
      return Math.fround(Math.fround(scaled - mean) / std);
    });
    for (let i = 0; i < plane; i++) values[c * plane + i] = table[picture.data[i * 4 + c]!]!;
  }
  return values;
}
