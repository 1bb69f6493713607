/**
 * The public checkpoints: from the config.json that the Hub has to the name and the shape of every tensor in their files, and
 * how many numbers there are. Headers are those of models of transformers that have no numbers:
 * `python -m training architectures headers`.
 */
import { readFileSync, readdirSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { parseClipConfig } from "../../lib/models/checkpoints/clip-config";
import { parseConvNextConfig } from "../../lib/models/checkpoints/convnext-config";
import { parseDinov2Config } from "../../lib/models/checkpoints/dinov2-config";
import { parseLlamaConfig } from "../../lib/models/checkpoints/llama-config";
import { parseLlavaConfig } from "../../lib/models/checkpoints/llava-config";
import { parseMllamaConfig } from "../../lib/models/checkpoints/mllama-config";
import { parseSiglipConfig } from "../../lib/models/checkpoints/siglip-config";
import { parseSmolVLMConfig } from "../../lib/models/checkpoints/smolvlm-config";
import { parseViTConfig } from "../../lib/models/checkpoints/vit-config";
import { clipShapes } from "../../lib/models/clip";
import { convnextShapes } from "../../lib/models/convnext";
import { dinov2Shapes } from "../../lib/models/dinov2";
import { llamaShapes } from "../../lib/models/llama";
import { llavaShapes } from "../../lib/models/llava";
import { mllamaShapes } from "../../lib/models/mllama";
import { linearShape } from "../../lib/models/shapes";
import { siglipShapes } from "../../lib/models/siglip";
import { smolvlmShapes } from "../../lib/models/smolvlm";
import { vitShapes } from "../../lib/models/vit";
import { camelCase } from "../../lib/weights";

const FOLDER = "tests/fixtures/headers";

type Checkpoint = {
  /** Numbers in the file, as published or added up from the published shapes. */
  total: number;
  /** Bytes on the Hub, to the megabyte (10⁶), where a page lists them. */
  megabytes?: number;
  shapes: (config: unknown) => unknown;
  /** What a file has that a model does not need, or says before each name. */
  skipped?: RegExp;
  prefix?: RegExp;
};

const dinov2 = (json: unknown) => dinov2Shapes(parseDinov2Config(json).config);
const llama = (json: unknown) => llamaShapes(parseLlamaConfig(json));
const convnext = (json: unknown) => {
  const { config, labels } = parseConvNextConfig(json);
  return { ...convnextShapes(config), classifier: linearShape(config.hiddenSizes.at(-1)!, labels.length) };
};

const checkpoints: Record<string, Checkpoint> = {
  "vit-tiny-patch16-224": {
    total: 5_717_416,
    megabytes: 22.9,
    shapes: (json) => vitShapes(parseViTConfig(json).config),
  },
  "clip-vit-base-patch32": {
    total: 151_277_313,
    megabytes: 605.1,
    shapes: (json) => clipShapes(parseClipConfig(json)),
  },
  "siglip-base-patch16-224": {
    total: 203_155_970,
    megabytes: 812.6,
    shapes: (json) => siglipShapes(parseSiglipConfig(json)),
  },
  "siglip2-base-patch16-224": {
    total: 203_155_970 + (256_000 - 32_000) * 768, // SigLIP with another vocabulary
    shapes: (json) => siglipShapes(parseSiglipConfig(json)),
  },
  "dinov2-small": { total: 22_056_576, megabytes: 88.2, shapes: dinov2, skipped: /^embeddings\.mask_token$/ },
  "dinov2-with-registers-small": {
    total: 22_056_576 + 4 * 384, // four registers
    megabytes: 88.2,
    shapes: dinov2,
    skipped: /^embeddings\.mask_token$/,
  },
  "convnext-tiny-224": { total: 28_589_128, megabytes: 114.4, shapes: convnext, prefix: /^convnext\./ },
  "smollm2-135m": { total: 134_515_008, megabytes: 269.0, shapes: llama },
  "llama-3.2-1b": { total: 1_235_814_400, megabytes: 2471.6, shapes: llama },
  "llama-3.2-3b": { total: 3_212_749_824, megabytes: 6425.5, shapes: llama },
  "smolvlm-256m": {
    total: 256_484_928,
    megabytes: 513.0,
    shapes: (json) => smolvlmShapes(parseSmolVLMConfig(json)),
  },
  "llava-1.5-7b": {
    // Vicuna-7B with 64 more tokens, CLIP-L/14-336 without its projection, two matrices between.
    total: 6_738_415_616 + 2 * 64 * 4096 + 303_507_456 + (1024 + 1) * 4096 + (4096 + 1) * 4096,
    shapes: (json) => llavaShapes(parseLlavaConfig(json)),
  },
  "llama-3.2-11b-vision": {
    total: 10_670_220_835,
    shapes: (json) => mllamaShapes(parseMllamaConfig(json)),
  },
};

type Header = Record<string, [dtype: string, shape: number[]]>;

describe.each(Object.entries(checkpoints))("%s", (name, { total, megabytes, shapes, skipped, prefix }) => {
  const config = JSON.parse(readFileSync(`${FOLDER}/${name}/config.json`, "utf8")) as unknown;
  const header = JSON.parse(gunzipSync(readFileSync(`${FOLDER}/${name}/header.json.gz`)).toString()) as Header;

  test("config.json gives each tensor of the file its name and its shape", () => {
    const ours = flatten(shapes(config));
    const theirs = Object.entries(header)
      .filter(([tensor]) => !skipped?.test(tensor))
      .map(([tensor, [, shape]]) => [camelCase(prefix ? tensor.replace(prefix, "") : tensor), shape.join()] as const);
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
    expect(ours.size).toBe(theirs.length);
  });

  test(`${total.toLocaleString("en")} numbers`, () => {
    const count = (sizes: string[]) => sizes.reduce((sum, shape) => sum + product(shape), 0);
    const file = Object.entries(header).map(([, [, shape]]) => shape.join());
    expect(count(file)).toBe(total);
    const unused = Object.entries(header).filter(([tensor]) => skipped?.test(tensor));
    expect(count([...flatten(shapes(config)).values()])).toBe(
      total - count(unused.map(([, [, shape]]) => shape.join())),
    );
    if (megabytes) {
      const bytes = Object.values(header).reduce(
        (sum, [dtype, shape]) => sum + width(dtype) * product(shape.join()),
        0,
      );
      expect(bytes / 1e6).toBeCloseTo(megabytes, 0);
    }
  });
});

test("every header is looked at", () => {
  expect(Object.keys(checkpoints).sort()).toEqual(readdirSync(FOLDER).sort());
});

test("control: a config that differs in one number does not fit", () => {
  const config = JSON.parse(readFileSync(`${FOLDER}/dinov2-small/config.json`, "utf8")) as Record<string, unknown>;
  const right = flatten(dinov2(config));
  const wrong = flatten(dinov2({ ...config, patch_size: 16 }));
  expect([...wrong].filter(([path, shape]) => right.get(path) !== shape).map(([path]) => path)).toEqual([
    "embeddings.positionEmbeddings",
    "embeddings.patchEmbeddings.projection.weight",
  ]);
});

/** Each path of a tree of shapes, and its shape as text. */
function flatten(tree: unknown, path = "", found = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(tree) && path !== "" && tree.every((side) => typeof side === "number")) {
    return found.set(path, tree.join());
  }
  for (const [key, child] of Object.entries(tree as object)) {
    if (child !== undefined) flatten(child, path ? `${path}.${key}` : key, found);
  }
  return found;
}

/** How many numbers a shape holds; "" is the shape of one. */
function product(shape: string): number {
  return shape === "" ? 1 : shape.split(",").reduce((size, side) => size * Number(side), 1);
}

function width(dtype: string): number {
  return dtype === "F32" ? 4 : 2;
}
