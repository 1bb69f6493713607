/**
 * From pictures to the tiles of SmolVLM and Idefics3, and from a picture in a text to the places of its tiles: a large picture
 * is cut into squares, and comes once more as a whole, small, so that the model sees both the details and what they belong to.
 *
 * Equal to Hugging Face's Pillow processor, `models/smolvlm/image_processing_pil_smolvlm.py`, and to the prompts of
 * `models/smolvlm/processing_smolvlm.py`.
 *
 * Shapes:  B rows   I tiles of a row, filled up to the same number   S pixels along a side of a tile
 */
import type { Picture } from "./picture";
import { normalize } from "./preprocess";
import { parseImageProcessorConfig, type ImageProcessorConfig } from "./processor-config";
import { resize } from "./resize";

export type SmolVLMProcessorConfig = Pick<
  ImageProcessorConfig,
  "resample" | "rescaleFactor" | "imageMean" | "imageStd"
> & {
  /** S, `max_image_size` */
  tileSize: number;
  /** What the longer side becomes before the picture is cut; null: it stays. */
  longestEdge: number | null;
  /** Whether pictures are cut into tiles at all; if not, each becomes one. */
  doImageSplitting: boolean;
};

/** How many tiles down and across; 0 and 0 for a picture that is only there as a whole. */
export type TileGrid = { rows: number; columns: number };

export type SmolVLMPixels = {
  /** [B, I, 3, S, S] in one row of numbers: of each picture its tiles, row by row, and then the whole; zeros fill a row up. */
  pixelValues: Float32Array<ArrayBuffer>;
  shape: [number, number, number, number, number];
  /** Of each picture of each row. */
  grids: TileGrid[][];
};

/** @param pictures of each row of a batch, in the order in which its text has them */
export function preprocessSmolVLM(
  pictures: readonly (readonly Picture[])[],
  config: SmolVLMProcessorConfig,
): SmolVLMPixels {
  const { tileSize: S } = config;
  const cut = pictures.map((row) => row.map((picture) => cutIntoTiles(picture, config)));
  const tiles = cut.map((row) => row.flatMap((picture) => picture.tiles));
  const [B, I] = [tiles.length, Math.max(...tiles.map((row) => row.length))];
  if (!(I >= 1)) throw new Error(`preprocess: expected at least one picture, got ${B} rows without any`);
  const pixelValues = new Float32Array(B * I * 3 * S * S);
  tiles.forEach((row, b) => {
    row.forEach((tile, i) => pixelValues.set(normalize(tile, config), (b * I + i) * 3 * S * S));
  });
  return { pixelValues, shape: [B, I, 3, S, S], grids: cut.map((row) => row.map(({ grid }) => grid)) };
}

/** Its tiles and then the whole, S × S each; a picture that fits into one tile is only there as a whole. */
function cutIntoTiles(picture: Picture, config: SmolVLMProcessorConfig): { tiles: Picture[]; grid: TileGrid } {
  const { tileSize: S, longestEdge, doImageSplitting, resample } = config;
  const asked = longestEdge === null ? picture : resize(picture, longestEdgeSize(picture, longestEdge), resample);
  const square = { height: S, width: S };
  if (!doImageSplitting) return { tiles: [resize(asked, square, resample)], grid: { rows: 0, columns: 0 } };

  const fitted = resize(asked, wholeTilesSize(asked, S), resample);
  const grid = { rows: fitted.height / S, columns: fitted.width / S };
  if (grid.rows === 1 && grid.columns === 1) return { tiles: [fitted], grid: { rows: 0, columns: 0 } };
  const tiles = Array.from({ length: grid.rows * grid.columns }, (_, i) =>
    tileAt(fitted, Math.floor(i / grid.columns) * S, (i % grid.columns) * S, S),
  );
  return { tiles: [...tiles, resize(fitted, square, resample)], grid };
}

type Size = { height: number; width: number };

const MAX_SIDE = 4096; // pixels: transformers goes no higher, whatever is asked

/** The longer side as asked, the other with the picture's shape kept, cut off to a whole number and made even. */
export function longestEdgeSize({ height, width }: Size, longestEdge: number): Size {
  const even = (side: number) => side + (side % 2);
  const ratio = width / height;
  const asked =
    width >= height
      ? { width: longestEdge, height: even(Math.trunc(longestEdge / ratio)) }
      : { height: longestEdge, width: even(Math.trunc(longestEdge * ratio)) };
  return belowMost({ height: Math.max(asked.height, 1), width: Math.max(asked.width, 1) });
}

function belowMost({ height, width }: Size): Size {
  const ratio = width / height;
  if (Math.max(height, width) <= MAX_SIDE) return { height, width };
  return width >= height
    ? { width: MAX_SIDE, height: Math.max(Math.trunc(MAX_SIDE / ratio), 1) }
    : { height: MAX_SIDE, width: Math.max(Math.trunc(MAX_SIDE * ratio), 1) };
}

/** Both sides up to the next multiple of S, the longer one first: the picture's shape is kept only roughly. */
export function wholeTilesSize({ height, width }: Size, S: number): Size {
  const whole = (side: number) => Math.ceil(side / S) * S;
  const ratio = width / height;
  return width >= height
    ? { width: whole(width), height: whole(Math.trunc(whole(width) / ratio)) }
    : { height: whole(height), width: whole(Math.trunc(whole(height) * ratio)) };
}

function tileAt(picture: Picture, top: number, left: number, S: number): Picture {
  const data = new Uint8ClampedArray(S * S * 4);
  for (let y = 0; y < S; y++) {
    const from = ((top + y) * picture.width + left) * 4;
    data.set(picture.data.subarray(from, from + S * 4), y * S * 4);
  }
  return { width: S, height: S, data };
}

const IMAGE = "<image>";
const BORDER = "<fake_token_around_image>";

/**
 * A prompt with `<image>` for each picture, as the model reads it: each `<image>` becomes the names of the picture's tiles,
 * and after each name a place for each of its tokens.
 * @param tokens of a tile
 * @throws when the text has not as many `<image>` as there are pictures.
 */
export function expandImages(text: string, grids: readonly TileGrid[], tokens: number): string {
  const parts = text.split(IMAGE);
  if (parts.length - 1 !== grids.length) {
    throw new Error(
      `smolvlm: expected ${IMAGE} in the text for each of the ${grids.length} pictures, got ${parts.length - 1} of them`,
    );
  }
  return parts[0] + grids.map((grid, i) => imagePlaces(grid, tokens) + parts[i + 1]).join("");
}

function imagePlaces({ rows, columns }: TileGrid, tokens: number): string {
  const places = IMAGE.repeat(tokens);
  const whole = `${BORDER}<global-img>${places}${BORDER}`;
  if (rows === 0 && columns === 0) return whole;
  const tile = (row: number, column: number) => `${BORDER}<row_${row + 1}_col_${column + 1}>${places}`;
  const line = (row: number) => Array.from({ length: columns }, (_, column) => tile(row, column)).join("");
  return `${Array.from({ length: rows }, (_, row) => `${line(row)}\n`).join("")}\n${whole}`;
}

/** @throws a sentence for a processor of another model, or a value that makes no sense. */
export function parseSmolVLMProcessor(json: unknown, name = "preprocessor_config.json"): SmolVLMProcessorConfig {
  const given = (json ?? {}) as Record<string, unknown>;
  const type = given.image_processor_type ?? "SmolVLMImageProcessor";
  if (typeof type !== "string" || !/^(SmolVLM|Idefics3)ImageProcessor(Fast|Pil)?$/.test(type)) {
    throw new Error(
      `${name}: expected image_processor_type to be SmolVLMImageProcessor or Idefics3ImageProcessor, ` +
        `got ${JSON.stringify(type)}`,
    );
  }
  const edge = (field: string, fallback: number): number => {
    const side = given[field] == null ? fallback : (given[field] as { longest_edge?: unknown }).longest_edge;
    if (typeof side === "number" && Number.isInteger(side) && side >= 1 && side <= MAX_SIDE) return side;
    const got = JSON.stringify(given[field]);
    throw new Error(`${name}: ${field}: expected {longest_edge} of 1 to ${MAX_SIDE} pixels, got ${got}`);
  };
  const flag = (field: string): boolean => {
    const value = given[field] ?? true;
    if (typeof value === "boolean") return value;
    throw new Error(`${name}: ${field}: expected true or false, got ${JSON.stringify(value)}`);
  };
  // The rest is as in other processors. Padding only fills a batch, which happens here without being asked for.
  const common = { ...given, ...notCommon, resample: given.resample ?? 1, image_mean: given.image_mean ?? 0.5 };
  const { resample, rescaleFactor, imageMean, imageStd } = parseImageProcessorConfig(common, name);
  return {
    tileSize: edge("max_image_size", 364),
    longestEdge: flag("do_resize") ? edge("size", 4 * 364) : null,
    doImageSplitting: flag("do_image_splitting"),
    resample,
    rescaleFactor,
    imageMean,
    imageStd,
  };
}

const notCommon = { image_processor_type: undefined, size: undefined, do_resize: true, do_pad: false };
