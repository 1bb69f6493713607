/** Checkpoints that are not what they seem: every one is refused in a sentence, before it costs anything. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModel, parseViTConfig } from "../../lib/models";
import type { Executor } from "../../lib/tensor";
import { openNamed } from "./golden";

const ODD = "tests/fixtures/vit-odd";
const config = JSON.parse(readFileSync(`${ODD}/config.json`, "utf8")) as Record<string, unknown>;
const weights = new Uint8Array(readFileSync(`${ODD}/model.safetensors`));

let root: string;
let executor: Executor;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "patchwork-models-"));
  executor = await openNamed("reference");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Files = { "config.json"?: unknown; "preprocessor_config.json"?: unknown; "model.safetensors"?: Uint8Array };

/** The odd checkpoint with some files replaced, as a folder; what loading it gives. */
function load(files: Files, id = "model"): Promise<unknown> {
  const folder = join(root, id);
  mkdirSync(folder, { recursive: true });
  for (const name of ["config.json", "preprocessor_config.json", "model.safetensors"] as const) {
    const content = files[name];
    if (content === undefined) copyFileSync(`${ODD}/${name}`, join(folder, name));
    else writeFileSync(join(folder, name), content instanceof Uint8Array ? content : JSON.stringify(content));
  }
  return loadModel(id, { executor, baseUrl: pathToFileURL(root).href });
}

type Header = Record<string, { shape: number[]; data_offsets: number[] }>;

/** The header of the odd checkpoint, changed, in front of the same data. */
function withHeader(change: (header: Header) => void): Uint8Array {
  const length = Number(new DataView(weights.buffer, weights.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(weights.subarray(8, 8 + length))) as Header;
  change(header);
  const text = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + weights.length - 8 - length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(weights.subarray(8 + length), 8 + text.length);
  return file;
}

describe("weights", () => {
  test("control: the unchanged files load", async () => {
    await expect(load({ "model.safetensors": withHeader(() => undefined) })).resolves.toMatchObject({
      modelType: "vit",
    });
  });

  test.each<[string, Uint8Array, RegExp]>([
    [
      "cut off",
      weights.subarray(0, weights.length - 1000),
      /model\.safetensors: expected \d+ bytes.*the file is cut off/,
    ],
    ["cut off in the header", weights.subarray(0, 500), /expected a header of \d+ bytes, got 492: the file is cut off/],
    [
      "of another name",
      withHeader((header) => rename(header, "classifier.bias", "head.bias")),
      /^vit: 1 weight missing \(classifier\.bias\), 1 surplus \(head\.bias\)$/,
    ],
    [
      "of another shape",
      withHeader((header) => (header["classifier.weight"]!.shape = [36, 7])),
      /^vit: 1 weight of wrong shape \(classifier\.weight: expected \[7, 36\], got \[36, 7\]\)$/,
    ],
  ])("%s", async (_, file, sentence) => {
    await expect(load({ "model.safetensors": file })).rejects.toThrow(sentence);
  });

  test("of a model with more layers than config.json says", async () => {
    const smaller = { ...config, num_hidden_layers: 1 };
    await expect(load({ "config.json": smaller })).rejects.toThrow(
      /^vit: 16 weights surplus \(vit\.encoder\.layer\.1\./,
    );
  });

  test("of a model with fewer layers, and of another width: all told", async () => {
    await expect(load({ "config.json": { ...config, num_hidden_layers: 3 } })).rejects.toThrow(
      /^vit: 16 weights missing/,
    );
    await expect(load({ "config.json": { ...config, intermediate_size: 64 } })).rejects.toThrow(
      /^vit: 6 weights of wrong shape \(.*intermediate\.dense\.bias: expected \[64\], got \[50\]/,
    );
  });

  test("with biases that config.json denies", async () => {
    await expect(load({ "config.json": { ...config, qkv_bias: false } })).rejects.toThrow(
      /^vit: 6 weights surplus \(vit\.encoder\.layer\.0\.attention\.attention\.key\.bias/,
    );
  });

  test("with positions for pictures of another size", async () => {
    const files = {
      "config.json": { ...config, image_size: [24, 48] },
      "preprocessor_config.json": { size: { height: 24, width: 48 } },
    };
    await expect(load(files)).rejects.toThrow(
      "vit: 1 weight of wrong shape (vit.embeddings.positionEmbeddings: expected [1, 19, 36], got [1, 16, 36]; " +
        "3 × 6 patches and a class token, by config.json's image_size and patch_size)",
    );
  });
});

describe("config.json", () => {
  test("a sparse one means ViT-B/16, as in transformers", () => {
    expect(parseViTConfig({})).toEqual({
      config: {
        hiddenSize: 768,
        numHiddenLayers: 12,
        numAttentionHeads: 12,
        intermediateSize: 3072,
        hiddenAct: "gelu",
        layerNormEps: 1e-12,
        imageSize: 224,
        patchSize: 16,
        numChannels: 3,
        qkvBias: true,
        numLabels: 2,
      },
      labels: ["LABEL_0", "LABEL_1"],
    });
  });

  test("labels stand in the order of their numbers", () => {
    const id2label = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [String(11 - i), `name ${11 - i}`]));
    expect(parseViTConfig({ id2label }).labels).toEqual(Array.from({ length: 12 }, (_, i) => `name ${i}`));
  });

  test.each<[string, unknown, RegExp]>([
    ["no object", [1], /config\.json: expected a model_type that is known here \(.*vit.*\), got none/],
    ["another architecture", { model_type: "bert" }, /model_type that is known here \(.*vit.*\), got "bert"/],
    ["the name of every object's method", { model_type: "toString" }, /got "toString"/],
    [
      "a hidden size of 1e9",
      { hidden_size: 1e9 },
      /hidden_size: expected a whole number from 1 to 65536, got 1000000000/,
    ],
    ["a hidden size below 0", { hidden_size: -36 }, /hidden_size: .* got -36/],
    ["a hidden size of text", { hidden_size: "36" }, /hidden_size: .* got "36"/],
    ["half a layer", { num_hidden_layers: 0.5 }, /num_hidden_layers: .* got 0.5/],
    ["a million layers", { num_hidden_layers: 1e6 }, /num_hidden_layers: expected a whole number from 1 to 512/],
    [
      "heads that do not divide",
      { num_attention_heads: 5 },
      /num_attention_heads: expected a number that divides hidden_size \(36\), got 5/,
    ],
    ["no heads", { num_attention_heads: 0 }, /num_attention_heads: expected a whole number from 1/],
    ["an unknown activation", { hidden_act: "swish" }, /hidden_act: expected gelu or .* relu .*, got "swish"/],
    ["an epsilon of 0", { layer_norm_eps: 0 }, /layer_norm_eps: expected a number above 0/],
    [
      "patches that do not fit",
      { image_size: [24, 44] },
      /image_size: expected a multiple of patch_size \(8\), got \[24,44\]/,
    ],
    ["patches larger than the picture", { patch_size: 64 }, /image_size: expected a multiple of patch_size \(64\)/],
    ["a picture of three sides", { image_size: [24, 40, 3] }, /image_size: expected a whole number/],
    ["too many patches", { image_size: 8192, patch_size: 1 }, /image_size: expected at most 65536 patches/],
    ["patches that are not square", { patch_size: [8, 4] }, /patch_size: expected square patches, got \[8,4\]/],
    ["labels with a hole", { id2label: { 0: "a", 2: "c" } }, /id2label: expected a name for each number from 0/],
    ["labels that are numbers", { id2label: { 0: 1 } }, /id2label: expected a name/],
    ["a flag of text", { qkv_bias: "no" }, /qkv_bias: expected true or false, got "no"/],
    [
      "a ViT that fills in masks",
      { architectures: ["ViTForMaskedImageModeling"] },
      /architectures: expected ViTForImageClassification/,
    ],
  ])("%s is refused", async (_, change, sentence) => {
    const file = Array.isArray(change) ? change : { ...config, ...(change as object) };
    await expect(load({ "config.json": file, "model.safetensors": new Uint8Array(3) })).rejects.toThrow(sentence);
  });

  test("all that is wrong is told at once", () => {
    expect(() => parseViTConfig({ hidden_size: 0, num_channels: "x", layer_norm_eps: null, patch_size: -1 })).toThrow(
      /^config\.json: patch_size: .*; hidden_size: .*; num_channels: /,
    );
  });

  test("no JSON", async () => {
    await expect(load({ "config.json": new TextEncoder().encode("<html>") })).rejects.toThrow(
      /config\.json: expected JSON, got "<html>"/,
    );
  });
});

describe("preprocessor_config.json", () => {
  test("a size that the model does not take", async () => {
    await expect(load({ "preprocessor_config.json": { size: 224 } })).rejects.toThrow(
      /preprocessor_config\.json: expected a size of 24 × 40 pixels \(height × width\), .* got 224 × 224/,
    );
  });
});

describe("where a model is", () => {
  test("a checkpoint of its training lies in its folder", async () => {
    await load({}, "trained/checkpoints/step-10");
    const baseUrl = pathToFileURL(root).href;
    const model = await loadModel("trained", { executor, baseUrl, checkpoint: "step-10" });
    expect(model.modelType).toBe("vit");
    await expect(loadModel("trained", { executor, baseUrl })).rejects.toThrow(
      /trained\/config\.json: expected a file, got ENOENT/,
    );
  });

  test("an address, a path, an id", async () => {
    const path = join(process.cwd(), ODD);
    for (const source of [path, pathToFileURL(path).href, `./${ODD}`]) {
      await expect(loadModel(source, { executor })).resolves.toMatchObject({ modelType: "vit" });
    }
    await expect(loadModel("vit-odd", { executor, baseUrl: "tests/fixtures/" })).resolves.toMatchObject({
      modelType: "vit",
    });
  });

  test.each(["", "../secret", "a/../../b", "a b", "%2e%2e/x", "a//b", ".."])("no id: %j", async (id) => {
    await expect(loadModel("vit-odd", { executor, checkpoint: id })).rejects.toThrow(
      `models: expected a checkpoint of letters, digits, "-", "_" and ".", got ${JSON.stringify(id)}`,
    );
  });
});

function rename(header: Record<string, unknown>, from: string, to: string): void {
  header[to] = header[from];
  delete header[from];
}
