/**
 * From pictures to what Llama 3.2 Vision takes: each picture is fitted, with its shape kept, into a grid of up to four square
 * tiles, put on black, normalised, and cut into those tiles.
 *
 * Equal to Hugging Face's Pillow processor, `models/mllama/image_processing_pil_mllama.py`; the rules are those of
 * https://github.com/meta-llama/llama-models `models/llama3/multimodal/image_transform.py`.
 *
 * Shapes:  B rows   I pictures of a row, filled up to the same number   L tile slots   S pixels along a side of a tile
 */
import type { Picture } from "./picture";
import { normalize } from "./preprocess";
import { parseImageProcessorConfig, type ImageProcessorConfig } from "./processor-config";
import { resize } from "./resize";

export type MllamaProcessorConfig = Pick<
  ImageProcessorConfig,
  "resample" | "rescaleFactor" | "imageMean" | "imageStd"
> & {
  /** S */
  tileSize: number;
  /** L */
  maxImageTiles: number;
};

export type MllamaPixels = {
  /** [B, I, L, 3, S, S] in one row of numbers; an empty slot is all 0. */
  pixelValues: Float32Array<ArrayBuffer>;
  shape: [number, number, number, number, number, number];
  /** 1 + the number of the picture's grid among `tileGrids(L)`; 0 where a row has no such picture. [B][I] */
  aspectRatioIds: number[][];
  /** 1 for a tile, 0 for an empty slot; where a row has no such picture the first is 1 all the same. [B][I][L] */
  aspectRatioMask: number[][][];
  /** Tiles of each picture. */
  numTiles: number[][];
};

/** @param pictures of each row of a batch, in the order of the image tokens in its text */
export function preprocessMllama(
  pictures: readonly (readonly Picture[])[],
  config: MllamaProcessorConfig,
): MllamaPixels {
  const { tileSize: S, maxImageTiles: L } = config;
  const B = pictures.length;
  const I = Math.max(...pictures.map((row) => row.length));
  if (!(I >= 1)) throw new Error(`preprocess: expected at least one picture, got ${B} rows without any`);
  const grids = tileGrids(L);
  const tile = 3 * S * S;
  const pixelValues = new Float32Array(B * I * L * tile);
  const aspectRatioIds = pictures.map(() => new Array<number>(I).fill(0));
  const aspectRatioMask = pictures.map(() =>
    Array.from({ length: I }, () => Array.from({ length: L }, (_, slot) => (slot === 0 ? 1 : 0))),
  );

  pictures.forEach((row, b) => {
    row.forEach((picture, i) => {
      const { rows, columns, height, width } = fitToTiles(picture, config);
      const canvas = onBlack(resize(picture, { height, width }, config.resample), rows * S, columns * S);
      const tiles = splitTiles(normalize(canvas, config), { rows, columns, S });
      pixelValues.set(tiles, (b * I + i) * L * tile);
      aspectRatioIds[b]![i] = 1 + grids.findIndex(([r, c]) => r === rows && c === columns);
      aspectRatioMask[b]![i]!.fill(1, 0, rows * columns);
    });
  });
  const numTiles = pictures.map((row, b) => row.map((_, i) => aspectRatioMask[b]![i]!.filter(Boolean).length));
  return { pixelValues, shape: [B, I, L, 3, S, S], aspectRatioIds, aspectRatioMask, numTiles };
}

/** @throws a sentence for a processor of another model, or a value that makes no sense. */
export function parseMllamaProcessor(json: unknown, name = "preprocessor_config.json"): MllamaProcessorConfig {
  const given = (json ?? {}) as Record<string, unknown>;
  const { image_processor_type: type = "MllamaImageProcessor", max_image_tiles: maxImageTiles = 4 } = given;
  if (typeof type !== "string" || !/^MllamaImageProcessor(Fast|Pil)?$/.test(type)) {
    throw new Error(`${name}: expected image_processor_type to be MllamaImageProcessor, got ${JSON.stringify(type)}`);
  }
  if (!Number.isInteger(maxImageTiles) || (maxImageTiles as number) < 1 || (maxImageTiles as number) > MAX_TILES) {
    throw new Error(
      `${name}: max_image_tiles: expected a whole number from 1 to ${MAX_TILES}, got ${JSON.stringify(maxImageTiles)}`,
    );
  }
  // The rest is as in other processors; that a picture is always padded goes without saying here.
  const common = { ...given, image_processor_type: undefined, do_pad: false, do_center_crop: false };
  const { size, resample, rescaleFactor, imageMean, imageStd } = parseImageProcessorConfig(common, name);
  if (!size || "shortestEdge" in size || size.height !== size.width) {
    throw new Error(`${name}: size: expected the same height and width, got ${JSON.stringify(given.size ?? null)}`);
  }
  return {
    tileSize: size.height,
    maxImageTiles: maxImageTiles as number,
    resample,
    rescaleFactor,
    imageMean,
    imageStd,
  };
}

const MAX_TILES = 16;

/** Every grid of at most so many tiles, [rows, columns]: the order is that of the aspect ratio ids. */
export function tileGrids(maxImageTiles: number): [rows: number, columns: number][] {
  const sides = Array.from({ length: maxImageTiles }, (_, i) => i + 1);
  return sides.flatMap((rows) =>
    sides.filter((columns) => rows * columns <= maxImageTiles).map((columns): [number, number] => [rows, columns]),
  );
}

/**
 * The grid that a picture gets, and its own size within it. Of the grids in which it is not made smaller, the one that
 * enlarges it least; if there is none, the one that keeps most of it; of equals the smallest grid, and of those the first.
 */
export function fitToTiles(
  picture: { height: number; width: number },
  { tileSize: S, maxImageTiles }: Pick<MllamaProcessorConfig, "tileSize" | "maxImageTiles">,
): { rows: number; columns: number; height: number; width: number } {
  const grids = tileGrids(maxImageTiles).map(([rows, columns]) => {
    const scale = Math.min((columns * S) / picture.width, (rows * S) / picture.height);
    return { rows, columns, scale };
  });
  const enlarging = grids.map(({ scale }) => scale).filter((scale) => scale >= 1);
  const best = enlarging.length > 0 ? Math.min(...enlarging) : Math.max(...grids.map(({ scale }) => scale));
  const [{ rows, columns }] = grids
    .filter(({ scale }) => scale === best)
    .sort((a, b) => a.rows * a.columns - b.rows * b.columns) as [(typeof grids)[0]];

  // A small picture is enlarged to one tile at most, not to the whole grid.
  const [height, width] = [clamp(picture.height, S, rows * S), clamp(picture.width, S, columns * S)];
  const [byHeight, byWidth] = [height / picture.height, width / picture.width];
  return byWidth < byHeight
    ? { rows, columns, width, height: Math.min(Math.floor(picture.height * byWidth) || 1, height) }
    : { rows, columns, height, width: Math.min(Math.floor(picture.width * byHeight) || 1, width) };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

/** The picture at the top left of a black one. */
function onBlack(picture: Picture, height: number, width: number): Picture {
  const data = new Uint8ClampedArray(height * width * 4);
  for (let i = 3; i < data.length; i += 4) data[i] = 255;
  for (let row = 0; row < picture.height; row++) {
    const from = row * picture.width * 4;
    data.set(picture.data.subarray(from, from + picture.width * 4), row * width * 4);
  }
  return { width, height, data };
}

/** [3, rows · S, columns · S] -> [rows · columns, 3, S, S] */
function splitTiles(values: Float32Array, { rows, columns, S }: { rows: number; columns: number; S: number }) {
  const tiles = new Float32Array(values.length);
  const width = columns * S;
  let to = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let c = 0; c < 3; c++) {
        for (let y = 0; y < S; y++, to += S) {
          const from = (c * rows * S + row * S + y) * width + column * S;
          tiles.set(values.subarray(from, from + S), to);
        }
      }
    }
  }
  return tiles;
}
