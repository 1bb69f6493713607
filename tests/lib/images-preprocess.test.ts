/**
 * Pixel values equal those of Hugging Face's image processor on Pillow: tests/fixtures/preprocess comes from
 * `python -m training fixtures`, tests/fixtures/images/processor.safetensors from training/make_image_fixtures.py.
 */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { parseImageProcessorConfig, preprocess, processedSize, resize, type Picture } from "../../lib/images";
import { parseSafetensors } from "../../lib/weights/safetensors";
import { toFloat32 } from "../float32";

const json = (path: string) => JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;

/** A golden file's arrays by name: bytes as they are, floats as f32. */
async function golden(path: string) {
  const file = new Uint8Array(await readFile(path));
  const arrays = new Map<string, { shape: readonly number[]; values: Uint8Array | Float32Array }>();
  for (const entry of parseSafetensors(file, path)) {
    const values = entry.dtype === "U8" ? file.subarray(entry.start, entry.end) : toFloat32(file, entry);
    arrays.set(entry.name, { shape: entry.shape, values });
  }
  return arrays;
}

/** [height, width, 3] to a picture. */
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

describe("preprocess equals the Hugging Face processor", async () => {
  const arrays = await golden("tests/fixtures/preprocess/golden.safetensors");
  const config = parseImageProcessorConfig(json("tests/fixtures/preprocess/preprocessor_config.json"));
  const sizes = [...arrays.keys()].filter((name) => name.startsWith("input.")).map((name) => name.slice(6));
  test("there are pictures to compare", () => expect(sizes.length).toBeGreaterThan(5));

  test.each(sizes)("a picture of %s: every grey level", (size) => {
    const values = preprocess(pictureOf(arrays.get(`input.${size}`)!), config);
    const levels = values.map((value) => Math.round((value * 0.5 + 0.5) * 255));
    const difference = largestDifference(levels, arrays.get(`levels.${size}`)!.values);
    expect(difference).toBe(0);
    const exact = arrays.get(`pixel_values.${size}`);
    if (exact) expect(largestDifference(values, exact.values)).toBe(0);
  });

  test("control: one changed pixel is noticed", () => {
    const picture = pictureOf(arrays.get("input.37x61")!);
    picture.data[4 * 500]! ^= 128;
    const exact = arrays.get("pixel_values.37x61")!;
    expect(largestDifference(preprocess(picture, config), exact.values)).toBeGreaterThan(0.01);
  });
});

describe("every setting of a processor", async () => {
  const arrays = await golden("tests/fixtures/images/processor.safetensors");
  const picture = pictureOf(arrays.get("picture")!);
  const settings = json("tests/fixtures/images/settings.json");

  test.each(Object.keys(settings))("%s: bit for bit", (name) => {
    const config = parseImageProcessorConfig(settings[name]);
    const { shape, values } = arrays.get(name)!;
    expect([3, ...Object.values(processedSize(picture, config))]).toEqual(shape);
    expect(largestDifference(preprocess(picture, config), values)).toBe(0);
  });

  test("control: the filters differ", () => {
    const by = (resample: 0 | 2 | 3) => resize(picture, { height: 24, width: 40 }, resample).data;
    expect(largestDifference(by(2), by(3))).toBeGreaterThan(5);
    expect(largestDifference(by(2), by(0))).toBeGreaterThan(5);
  });
});

describe("properties of resize", () => {
  const flat = (width: number, height: number, level: number): Picture => ({
    width,
    height,
    data: new Uint8ClampedArray(width * height * 4).fill(level).map((value, i) => (i % 4 === 3 ? 255 : value)),
  });

  test.each([0, 2, 3] as const)("filter %i leaves one colour as it is", (resample) => {
    const { data } = resize(flat(31, 17, 200), { height: 40, width: 7 }, resample);
    expect(new Set(data)).toEqual(new Set([200, 255]));
    expect(data).toHaveLength(40 * 7 * 4);
  });

  test("the same size is the same picture", () => {
    const picture = flat(5, 5, 9);
    expect(resize(picture, { height: 5, width: 5 }, 2)).toBe(picture);
  });

  test("a picture whose bytes do not fit its size is refused", () => {
    const config = parseImageProcessorConfig({});
    expect(() => preprocess({ ...flat(5, 5, 9), width: 6 }, config)).toThrow(/got 6 × 5 and 100 bytes/);
  });

  test("a long thin picture does not become an enormous one", () => {
    const config = parseImageProcessorConfig({ size: { shortest_edge: 224 } });
    expect(() => preprocess(flat(100_000, 1, 0), config)).toThrow(/so long and thin, got 100000 × 1/);
  });
});

describe("preprocessor_config.json", () => {
  test("an empty one means ViT's defaults", () => {
    expect(parseImageProcessorConfig({})).toEqual({
      padToSquare: null,
      size: { height: 224, width: 224 },
      resample: 2,
      cropSize: null,
      rescaleFactor: 1 / 255,
      imageMean: [0.5, 0.5, 0.5],
      imageStd: [0.5, 0.5, 0.5],
    });
  });

  test("a size may be one number, as in old files", () => {
    const old = { feature_extractor_type: "ViTFeatureExtractor", size: 96, image_mean: 0.25 };
    expect(parseImageProcessorConfig(old)).toMatchObject({
      size: { height: 96, width: 96 },
      imageMean: [0.25, 0.25, 0.25],
    });
  });

  test.each<[string, unknown, RegExp]>([
    ["a list", [], /expected an object, got \[\]/],
    ["another processor", { image_processor_type: "DetrImageProcessor" }, /one of ViTImageProcessor.*got "DetrImage/],
    ["a size of text", { size: "big" }, /size: expected a whole number, .* got "big"/],
    ["a size of 1e9", { size: 1e9 }, /size: expected .* of 1 to 4096 pixels, got 1000000000/],
    ["a size of -1", { size: { height: -1, width: 8 } }, /size: expected/],
    ["a longest edge", { size: { shortest_edge: 8, longest_edge: 16 } }, /size: expected/],
    ["an unknown filter", { resample: 4 }, /resample: expected 0 \(nearest\), 1 .* got 4/],
    ["a filter of text", { resample: "toString" }, /resample: expected/],
    ["a mean of two numbers", { image_mean: [0.5, 0.5] }, /image_mean: expected .* 3 numbers, got \[0.5,0.5\]/],
    ["a std of zero", { image_std: [0.5, 0, 0.5] }, /image_std: expected numbers that are not 0/],
    ["a factor of text", { rescale_factor: "1/255" }, /rescale_factor: expected a number, got "1\/255"/],
    ["a flag of text", { do_resize: "yes" }, /do_resize: expected true or false, got "yes"/],
    ["padding", { do_pad: true }, /do_pad: expected false/],
    ["a crop by its shortest edge", { do_center_crop: true, crop_size: { shortest_edge: 9 } }, /crop_size: expected/],
  ])("%s is refused in a sentence", (_, file, sentence) => {
    expect(() => parseImageProcessorConfig(file)).toThrow(sentence);
  });
});
