/**
 * Tiles and prompts of SmolVLM and Idefics3, against transformers' Pillow processors: tests/fixtures/smolvlm-processor comes
 * from `python -m training architectures smolvlm`. In cases.json: grids and sizes, prompts token for token, and the places of
 * patches in pictures of every size.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  expandImages,
  longestEdgeSize,
  parseSmolVLMProcessor,
  preprocessSmolVLM,
  wholeTilesSize,
  type Picture,
} from "../../lib/images";
import { patchPositions } from "../../lib/models/smolvlm-vision";
import { openTokenizer } from "../../lib/tokenizers";
import { parseSafetensors } from "../../lib/weights/safetensors";

const FOLDER = "tests/fixtures/smolvlm-processor";
const json = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));

const cases = json(`${FOLDER}/cases.json`) as {
  /** Rows and columns of tiles, by the size of a picture. */
  grids: Record<string, [number, number]>;
  /** [height, width, and both after resizing to 2048, and then to tiles of 512] */
  steps: [number, number, number, number, number, number][];
  prompts: { text: string; sizes: string[]; inputIds: number[] }[];
  /** Per grid of training and number of patches: the row of each patch. */
  positions: Record<string, Record<string, number[]>>;
};

const file = new Uint8Array(readFileSync(`${FOLDER}/golden.safetensors`));
const golden = new Map(
  parseSafetensors(file, "golden").map(({ name, shape, start, end }) => [
    name,
    { shape, bytes: file.subarray(start, end) },
  ]),
);

function pictureOf(size: string): Picture {
  const { shape, bytes } = golden.get(`input.${size}`)!;
  const [height, width] = shape as [number, number];
  const data = new Uint8ClampedArray(height * width * 4).fill(255);
  for (let i = 0; i < height * width; i++) for (let c = 0; c < 3; c++) data[i * 4 + c] = bytes[i * 3 + c]!;
  return { width, height, data };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

const settings = json(`${FOLDER}/preprocessor_config.json`) as Record<string, unknown>;
const config = parseSmolVLMProcessor(settings);
const sizes = Object.keys(cases.grids);
const level = (value: number) => Math.round((value * 0.5 + 0.5) * 255);

describe("pictures in tiles", () => {
  test.each(sizes)("a picture of %s: its grid, its tiles and the whole, to the grey level", (size) => {
    const { pixelValues, shape, grids } = preprocessSmolVLM([[pictureOf(size)]], config);
    const [rows, columns] = cases.grids[size]!;
    const wanted = golden.get(`levels.${size}`)!;
    expect(grids).toEqual([[{ rows, columns }]]);
    expect(shape).toEqual([1, ...wanted.shape]);
    expect(largestDifference(pixelValues.map(level), wanted.bytes)).toBe(0);
  });

  test.each(sizes)("a picture of %s without splitting", (size) => {
    const { pixelValues, grids } = preprocessSmolVLM([[pictureOf(size)]], { ...config, doImageSplitting: false });
    expect(grids).toEqual([[{ rows: 0, columns: 0 }]]);
    expect(largestDifference(pixelValues.map(level), golden.get(`whole.${size}`)!.bytes)).toBe(0);
  });

  test("there are all kinds: one tile, one line of them, and several lines", () => {
    expect(Object.values(cases.grids)).toEqual(
      expect.arrayContaining([
        [4, 4],
        [1, 4],
        [2, 4],
        [4, 2],
      ]),
    );
  });

  test("rows with fewer tiles end with zeros", () => {
    const { pixelValues, shape, grids } = preprocessSmolVLM([[pictureOf("130x9")], [pictureOf("64x31")]], config);
    expect(grids.map(([grid]) => [grid!.rows, grid!.columns])).toEqual([cases.grids["130x9"], cases.grids["64x31"]]);
    const tile = 3 * 20 * 20;
    const alone = preprocessSmolVLM([[pictureOf("130x9")]], config).pixelValues;
    expect(pixelValues.slice(0, alone.length)).toEqual(alone);
    expect(pixelValues.subarray(alone.length, shape[1] * tile).every((value) => value === 0)).toBe(true);
    expect(() => preprocessSmolVLM([[]], config)).toThrow("at least one picture, got 1 rows without any");
  });
});

test("the sizes on the way, of pictures of all shapes", () => {
  expect(cases.steps.length).toBeGreaterThan(60);
  for (const [height, width, h1, w1, h2, w2] of cases.steps) {
    const first = longestEdgeSize({ height, width }, 2048);
    expect([height, width, first]).toEqual([height, width, { height: h1, width: w1 }]);
    expect([height, width, wholeTilesSize(first, 512)]).toEqual([height, width, { height: h2, width: w2 }]);
  }
});

describe("prompts", () => {
  const folder = "tests/fixtures/smolvlm-odd";
  const tokenizer = openTokenizer({
    tokenizer: json(`${folder}/tokenizer.json`),
    config: json(`${folder}/tokenizer_config.json`),
  });
  const grid = (size: string) => ({ rows: cases.grids[size]![0], columns: cases.grids[size]![1] });

  test.each(cases.prompts)("$text: token for token", ({ text, sizes, inputIds }) => {
    expect(tokenizer.encode(expandImages(text, sizes.map(grid), 4))).toEqual(inputIds);
  });

  test("a picture without its place in the text, and a place without its picture", () => {
    expect(() => expandImages("no place", [grid("20x20")], 4)).toThrow("for each of the 1 pictures, got 0 of them");
    expect(() => expandImages("<image>", [], 4)).toThrow("for each of the 0 pictures, got 1 of them");
  });
});

describe("places of patches", () => {
  test.each(Object.keys(cases.positions))("a grid of %s, pictures of every size", (grid) => {
    const G = Number(grid);
    for (const [n, rows] of Object.entries(cases.positions[grid]!)) {
      const real = Number(n);
      const mask = Array.from({ length: G * G }, (_, i) => (Math.floor(i / G) < real ? 1 : 0));
      const wanted = mask.map((visible, i) => (visible ? rows[Math.floor(i / G)]! * G + (i % G) : 0));
      expect([n, patchPositions(mask, { rows: G, columns: G }, G)]).toEqual([n, wanted]);
      const across = Array.from({ length: G * G }, (_, i) => (i % G < real ? 1 : 0));
      const turned = across.map((visible, i) => (visible ? Math.floor(i / G) * G + rows[i % G]! : 0));
      expect([n, patchPositions(across, { rows: G, columns: G }, G)]).toEqual([n, turned]);
    }
  });

  test("a whole tile: 0, 1, 2, … row by row", () => {
    const all = patchPositions(new Array<number>(1024).fill(1), { rows: 32, columns: 32 }, 32);
    expect(all).toEqual(Array.from({ length: 1024 }, (_, i) => i));
  });
});

describe("preprocessor_config.json", () => {
  test("silent: the defaults of transformers", () => {
    expect(parseSmolVLMProcessor({})).toEqual({
      tileSize: 364,
      longestEdge: 1456,
      doImageSplitting: true,
      resample: 1,
      rescaleFactor: 1 / 255,
      imageMean: [0.5, 0.5, 0.5],
      imageStd: [0.5, 0.5, 0.5],
    });
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      "another processor",
      { image_processor_type: "CLIPImageProcessor" },
      /SmolVLMImageProcessor or Idefics3.*got "CLIP/,
    ],
    ["a size by its shorter edge", { size: { shortest_edge: 9 } }, /size: expected \{longest_edge\} of 1 to 4096/],
    ["a tile of 1e9 pixels", { max_image_size: { longest_edge: 1e9 } }, /max_image_size: expected .* got/],
    ["a flag of text", { do_image_splitting: "yes" }, /do_image_splitting: expected true or false, got "yes"/],
  ])("%s is refused in a sentence", (_, change, sentence) => {
    expect(() => parseSmolVLMProcessor({ ...settings, ...change })).toThrow(sentence);
  });
});
