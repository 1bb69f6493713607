/**
 * The image processors of every vision encoder equal those of Hugging Face on Pillow. tests/fixtures/image-processors
 * holds pictures, preprocessor_config files and what they give: `python -m training architectures vision`.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { padToSquare, parseImageProcessorConfig, preprocess, processedSize, type Picture } from "../../lib/images";
import { parseSafetensors } from "../../lib/weights/safetensors";
import { toFloat32 } from "../float32";

const FOLDER = "tests/fixtures/image-processors";
type Setting = { config: Record<string, unknown>; type: string };
const settings = JSON.parse(readFileSync(`${FOLDER}/settings.json`, "utf8")) as Record<string, Setting>;

const path = `${FOLDER}/golden.safetensors`;
const file = new Uint8Array(readFileSync(path));
const stored = new Map(parseSafetensors(file, path).map((entry) => [entry.name, entry]));

/** [height, width, 3] bytes to a picture. */
function pictureOf(name: string): Picture {
  const { shape, start } = stored.get(name)!;
  const [height, width] = shape as [number, number];
  const data = new Uint8ClampedArray(height * width * 4).fill(255);
  for (let i = 0; i < height * width; i++) for (let c = 0; c < 3; c++) data[i * 4 + c] = file[start + i * 3 + c]!;
  return { width, height, data };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

const pictures = [...stored.keys()].filter((name) => name.startsWith("picture."));
const cases = Object.keys(settings).flatMap((name) => pictures.map((picture) => [name, picture] as const));

describe("every processor", () => {
  test("there is enough to compare", () => {
    expect(pictures.length).toBe(2);
    expect(Object.keys(settings).length).toBeGreaterThan(12);
  });

  test.each(cases)("%s of %s: bit for bit", (name, picture) => {
    const { config: json, type } = settings[name]!;
    const config = parseImageProcessorConfig(json, "preprocessor_config.json", type);
    const golden = stored.get(`${name}.${picture}`)!;
    const source = pictureOf(picture);
    expect([3, ...Object.values(processedSize(source, config))]).toEqual(golden.shape);
    const values = preprocess(source, config);
    expect(largestDifference(values, toFloat32(file, golden))).toBe(0);
  });

  test("control: another processor's picture differs by more", () => {
    const config = parseImageProcessorConfig(settings.siglip!.config, "x", "SiglipImageProcessor");
    const golden = stored.get(`siglip-bilinear.${pictures[0]!}`)!;
    const values = preprocess(pictureOf(pictures[0]!), config);
    expect(largestDifference(values, toFloat32(file, golden))).toBeGreaterThan(0.05);
  });
});

describe("defaults of a silent file", () => {
  test("are those of its processor", () => {
    const of = (type: string, json = {}) => parseImageProcessorConfig(json, "x", type);
    expect(of("CLIPImageProcessor")).toMatchObject({
      size: { shortestEdge: 224 },
      cropSize: { height: 224 },
      resample: 3,
    });
    expect(of("CLIPFeatureExtractor", { size: 96 }).size).toEqual({ shortestEdge: 96 });
    expect(of("ViTFeatureExtractor", { size: 96 }).size).toEqual({ height: 96, width: 96 });
    expect(of("SiglipImageProcessorFast")).toMatchObject({
      size: { height: 224, width: 224 },
      cropSize: null,
      resample: 3,
    });
    expect(of("ConvNextFeatureExtractor", { size: 224 })).toMatchObject({
      size: { shortestEdge: 256 },
      cropSize: { height: 224, width: 224 },
    });
    expect(of("ConvNextImageProcessor")).toMatchObject({ size: { height: 384, width: 384 }, cropSize: null });
    expect(of("LlavaImageProcessor", { do_pad: true }).padToSquare).toEqual([122, 116, 104]);
  });

  test.each<[string, unknown, RegExp]>([
    ["a share to keep of 0", { size: 224, crop_pct: 0 }, /crop_pct: expected above 0.1, up to 1, got 0/],
    ["a share to keep of text", { size: 224, crop_pct: "all" }, /crop_pct: expected/],
    ["two sides", { size: { height: 8, width: 9 } }, /size: expected a whole number or \{shortest_edge\}/],
    ["a second crop", { size: 224, do_center_crop: true }, /do_center_crop: expected false/],
  ])("ConvNeXt refuses %s", (_, json, sentence) => {
    expect(() => parseImageProcessorConfig(json, "x", "ConvNextImageProcessor")).toThrow(sentence);
  });
});

test("a square around a picture", () => {
  const picture: Picture = { width: 1, height: 4, data: new Uint8ClampedArray(16).fill(255) };
  const { width, height, data } = padToSquare(picture, [1, 2, 3]);
  expect([width, height]).toEqual([4, 4]);
  expect([...data.subarray(0, 16)]).toEqual([1, 2, 3, 255, 255, 255, 255, 255, 1, 2, 3, 255, 1, 2, 3, 255]);
});
