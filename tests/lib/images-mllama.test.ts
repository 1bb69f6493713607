/**
 * Pictures as Llama 3.2 Vision takes them, against transformers' Pillow processor: tests/fixtures/mllama-processor comes from
 * `python -m training architectures mllama`. In cases.json: the grid of some hundred sizes, and the masks of prompts.
 */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { fitToTiles, parseMllamaProcessor, preprocessMllama, tileGrids, type Picture } from "../../lib/images";
import { parseSafetensors } from "../../lib/weights/safetensors";
import { toFloat32 } from "../float32";

const FOLDER = "tests/fixtures/mllama-processor";
const json = (file: string): unknown => JSON.parse(readFileSync(`${FOLDER}/${file}`, "utf8"));

const cases = json("cases.json") as {
  /** [height, width, rows, columns, fitted height, fitted width], tiles of 560 pixels */
  canvases: [number, number, number, number, number, number][];
  ratios: Record<string, [number, number][]>;
};

async function golden() {
  const file = new Uint8Array(await readFile(`${FOLDER}/golden.safetensors`));
  const arrays = new Map<string, { shape: readonly number[]; values: Uint8Array | Float32Array }>();
  for (const entry of parseSafetensors(file, "golden")) {
    const values = entry.dtype === "U8" ? file.subarray(entry.start, entry.end) : toFloat32(file, entry);
    arrays.set(entry.name, { shape: entry.shape, values });
  }
  return arrays;
}

function pictureOf({ shape, values }: { shape: readonly number[]; values: ArrayLike<number> }): Picture {
  const [height, width] = shape as [number, number];
  const data = new Uint8ClampedArray(height * width * 4).fill(255);
  for (let i = 0; i < height * width; i++) for (let c = 0; c < 3; c++) data[i * 4 + c] = values[i * 3 + c]!;
  return { width, height, data };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

describe("pictures in tiles", async () => {
  const arrays = await golden();
  const config = parseMllamaProcessor(json("preprocessor_config.json"));
  const sizes = [...arrays.keys()].filter((name) => name.startsWith("input.")).map((name) => name.slice(6));
  const { imageMean, imageStd } = config;
  const plane = 20 * 20;
  const level = (value: number, i: number) => {
    const c = Math.floor(i / plane) % 3;
    return Math.round((value * imageStd![c]! + imageMean![c]!) * 255);
  };

  test.each(sizes)("a picture of %s: its grid, and every grey level of its tiles", (size) => {
    const { pixelValues, shape, aspectRatioIds, aspectRatioMask, numTiles } = preprocessMllama(
      [[pictureOf(arrays.get(`input.${size}`)!)]],
      config,
    );
    const [id, tiles] = arrays.get(`ids.${size}`)!.values;
    expect(shape).toEqual([1, 1, 4, 3, 20, 20]);
    expect(aspectRatioIds).toEqual([[id]]);
    expect(numTiles).toEqual([[tiles]]);
    expect(aspectRatioMask).toEqual([[[0, 1, 2, 3].map((slot) => (slot < tiles! ? 1 : 0))]]);
    const used = pixelValues.subarray(0, tiles! * 3 * plane);
    expect(largestDifference(used.map(level), arrays.get(`levels.${size}`)!.values)).toBe(0);
    expect(pixelValues.subarray(used.length).every((value) => value === 0)).toBe(true);
    const exact = arrays.get(`pixel_values.${size}`);
    if (exact) expect(largestDifference(pixelValues, exact.values)).toBeLessThan(0.02); // a grey level is 0.0146
  });

  test("rows with fewer pictures are filled up, as in transformers", () => {
    const [a, b, c] = ["20x20", "45x19", "31x77"].map((size) => pictureOf(arrays.get(`input.${size}`)!));
    const { pixelValues, shape, aspectRatioIds, aspectRatioMask, numTiles } = preprocessMllama(
      [[a!, b!], [c!]],
      config,
    );
    expect(shape).toEqual([2, 2, 4, 3, 20, 20]);
    expect(numTiles.map((row) => row.length)).toEqual([2, 1]);
    expect(aspectRatioIds[1]![1]).toBe(0);
    expect(aspectRatioMask[1]![1]).toEqual([1, 0, 0, 0]);
    expect(pixelValues.subarray(3 * 4 * 3 * plane).every((value) => value === 0)).toBe(true);
    const alone = preprocessMllama([[b!]], config);
    const one = 4 * 3 * plane;
    expect(pixelValues.slice(one, 2 * one)).toEqual(alone.pixelValues);
    expect(() => preprocessMllama([[], []], config)).toThrow("at least one picture, got 2 rows without any");
  });
});

test("the grid of every size, and the size within it", () => {
  expect(cases.canvases.length).toBeGreaterThan(200);
  for (const [height, width, rows, columns, fitHeight, fitWidth] of cases.canvases) {
    const fit = fitToTiles({ height, width }, { tileSize: 560, maxImageTiles: 4 });
    expect([height, width, fit]).toEqual([height, width, { rows, columns, height: fitHeight, width: fitWidth }]);
  }
  const chosen = new Set(cases.canvases.map(([, , rows, columns]) => `${rows}x${columns}`));
  expect(chosen.size).toBe(8); // every grid is some picture's
});

test("the grids, in the order of their ids", () => {
  for (const [tiles, grids] of Object.entries(cases.ratios)) expect(tileGrids(Number(tiles))).toEqual(grids);
});

describe("preprocessor_config.json", () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ["another processor", { image_processor_type: "CLIPImageProcessor" }, /to be MllamaImageProcessor, got "CLIP/],
    ["a size that is not square", { size: { height: 20, width: 30 } }, /size: expected the same height and width/],
    ["no resizing", { do_resize: false }, /size: expected the same height and width, got/],
    ["no tiles", { max_image_tiles: 0 }, /max_image_tiles: expected a whole number from 1 to 16, got 0/],
    ["a million tiles", { max_image_tiles: 1e6 }, /max_image_tiles: expected/],
  ])("%s is refused in a sentence", (_, change, sentence) => {
    const given = json("preprocessor_config.json") as Record<string, unknown>;
    expect(() => parseMllamaProcessor({ ...given, ...change })).toThrow(sentence);
  });
});
