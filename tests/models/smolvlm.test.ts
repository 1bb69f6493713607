/**
 * SmolVLM and Idefics3 against transformers. tests/fixtures/smolvlm-odd holds a checkpoint of odd sizes with random weights:
 * a row of text with three tiles, one with a tile that is picture only in a part, and what transformers makes of them.
 * idefics3-odd is smaller, folds nine patches into one, and ties its embeddings: `python -m training architectures smolvlm`.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generate } from "../../lib/generation";
import type { Picture } from "../../lib/images";
import { loadModel } from "../../lib/models";
import { parseSmolVLMConfig } from "../../lib/models/checkpoints/smolvlm-config";
import { foldSquares, type SmolVLMInputs } from "../../lib/models/smolvlm";
import type { SmolVLMForConditionalGeneration } from "../../lib/models/smolvlm-model";
import { concat, tensor, zeros, type Executor, type Tensor } from "../../lib/tensor";
import { executorNames, openNamed, readGolden, relativeDistance, type Golden } from "./golden";

const FIXTURES = pathToFileURL("tests/fixtures").href;
const golden = await readGolden("tests/fixtures/smolvlm-odd/golden.safetensors");
const IMAGE = 4;
const V = 105;

/** A golden list of whole numbers as rows. */
const rows = (name: string, from: Golden = golden): number[][] => {
  const { shape, values } = from.get(name)!;
  return Array.from({ length: shape[0]! }, (_, b) => [...values.subarray(b * shape[1]!, (b + 1) * shape[1]!)]);
};
const ids = rows("input_ids"); // the second row ends with padding
const attentionMask = rows("attention_mask");
const T = ids[0]!.length;

describe.each(executorNames)("on %s", (name) => {
  let executor: Executor;
  let model: SmolVLMForConditionalGeneration;
  let pixelValues: Tensor; // [2, 3, 3, 20, 20]
  const pixelAttentionMask = golden.get("pixel_attention_mask")!.values;
  beforeAll(async () => {
    executor = await openNamed(name);
    model = await loadModel("smolvlm-odd", { executor, baseUrl: FIXTURES, modelType: "smolvlm" });
    const { values, shape } = golden.get("pixel_values")!;
    pixelValues = tensor(values, shape, executor);
  });
  afterAll(() => executor?.dispose());

  const logitsOf = async (inputs: SmolVLMInputs, of = model): Promise<Float32Array> =>
    (await of.forward(inputs)).logits.data();
  const highest = (scores: Float32Array) => scores.indexOf(Math.max(...scores));

  test("logits and named values, of two rows with four tiles", async () => {
    const seen = new Map<string, Tensor>();
    const inputs = { inputIds: ids, attentionMask, pixelValues, pixelAttentionMask };
    const { logits } = await model.forward(inputs, { probe: (name, value) => seen.set(name, value) });
    expect(logits.shape).toEqual([2, T, V]);
    const named: Record<string, string> = {
      "model.visionModel.embeddings.output": "vision.embeddings",
      "model.visionModel.encoder.layers.0.output": "vision.layers.0",
      "model.visionModel.postLayernorm.output": "vision.post_layernorm",
      "model.connector.output": "connector",
      "model.textModel.layers.0.output": "text.layers.0",
      "model.textModel.layers.1.output": "text.layers.1",
      logits: "logits",
    };
    for (const [ours, theirs] of Object.entries(named)) {
      const wanted = golden.get(theirs)!;
      expect(seen.get(ours)!.shape, ours).toEqual(wanted.shape);
      const error = relativeDistance(await seen.get(ours)!.data(), wanted.values);
      expect(error, ours).toBeLessThan(1e-4);
    }

    const probs = seen.get("model.visionModel.encoder.layers.1.selfAttn.probs")!; // [4, 3, 16, 16]
    const last = (await probs.data()).subarray(3 * 3 * 256, 3 * 3 * 256 + 16); // of the tile with padding
    expect(last.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
    expect([...last].map((share, i) => share === 0 || (i < 12 && i % 4 < 2))).not.toContain(false);
  });

  test("text alone", async () => {
    const logits = await logitsOf({ inputIds: rows("text.input_ids") });
    expect(relativeDistance(logits, golden.get("text.logits")!.values)).toBeLessThan(1e-4);
  });

  test("Idefics3, with tied embeddings", async () => {
    const wanted = await readGolden("tests/fixtures/idefics3-odd/golden.safetensors");
    const idefics3 = await loadModel("idefics3-odd", { executor, baseUrl: FIXTURES, modelType: "idefics3" });
    expect(idefics3.weights.lmHead).toBeUndefined();
    const pixels = wanted.get("pixel_values")!;
    const inputs = {
      inputIds: rows("input_ids", wanted),
      pixelValues: tensor(pixels.values, pixels.shape, executor),
    };
    const { logits } = await idefics3.forward(inputs);
    expect(relativeDistance(await logits.data(), wanted.get("logits")!.values)).toBeLessThan(1e-4);
    idefics3.dispose();
  });

  test("with dtype f16: the same within 2 %, and the same next tokens", async () => {
    const half = await loadModel("smolvlm-odd", { executor, baseUrl: FIXTURES, modelType: "smolvlm", dtype: "f16" });
    const logits = await logitsOf({ inputIds: ids, attentionMask, pixelValues, pixelAttentionMask }, half);
    const wanted = golden.get("logits")!.values;
    const error = relativeDistance(logits, wanted);
    expect(error).toBeLessThan(2e-2);
    expect(error).toBeGreaterThan(1e-6); // halves were used
    const lastOfSecond = T + attentionMask[1]!.lastIndexOf(1);
    for (const last of [T - 1, lastOfSecond]) {
      const at = [last * V, (last + 1) * V] as const;
      expect(highest(logits.subarray(...at))).toBe(highest(wanted.subarray(...at)));
    }
    half.dispose();
  });

  describe("decoding", () => {
    test("generate says what transformers says", async () => {
      const said: number[] = [];
      const prompt = { inputIds: [ids[0]!], pixelValues: pixelValues.slice([0, 1]), maxNewTokens: 7 };
      for await (const { token } of generate({ ...model, generationConfig: { eosTokenIds: [] } }, prompt))
        said.push(token);
      expect(said).toEqual(rows("generate.tokens")[0]);
    });

    test("two rows at once, padded on the left: tokens and scores", async () => {
      const cache = model.createCache({ capacity: T + 8, batch: 2 });
      const tokens = rows("left.tokens");
      const wanted = golden.get("left.logits")!.values; // [2, 7, V]
      const pictures = { pixelValues, pixelAttentionMask };
      const prompt = { inputIds: rows("left.input_ids"), attentionMask: rows("left.attention_mask") };
      let inputs: SmolVLMInputs = { ...prompt, ...pictures, cache, logitsToKeep: 1 };
      for (let step = 0; step < 7; step++) {
        const values = await logitsOf(inputs);
        for (const b of [0, 1]) {
          const scores = values.subarray(b * V, (b + 1) * V);
          const at = (b * 7 + step) * V;
          expect(relativeDistance(scores, wanted.subarray(at, at + V))).toBeLessThan(1e-4);
          expect(highest(scores)).toBe(tokens[b]![step]);
        }
        inputs = { inputIds: tokens.map((row) => [row[step]!]), cache };
      }
      cache.dispose();
    });

    test("a prompt in pieces, then token by token, gives what it gives at once", async () => {
      const cache = model.createCache({ capacity: T });
      const wanted = golden.get("logits")!.values.subarray(0, T * V);
      // The first tile's places end before token 9, the last one's before token 20.
      for (const [from, to, tiles] of [
        [0, 9, [0, 1]],
        [9, 20, [1, 3]],
        [20, 22],
        [22, 23],
        [23, T],
      ] as const) {
        const logits = await logitsOf({
          inputIds: [ids[0]!.slice(from, to)],
          ...(tiles && { pixelValues: pixelValues.slice([0, 1], tiles) }),
          cache,
        });
        expect(relativeDistance(logits, wanted.subarray(from * V, to * V))).toBeLessThan(1e-4);
      }
      cache.dispose();
    });
  });

  describe("properties", () => {
    test("a batch gives what its rows give one by one", async () => {
      const both = await logitsOf({ inputIds: ids, attentionMask, pixelValues, pixelAttentionMask });
      const first = await logitsOf({ inputIds: [ids[0]!], pixelValues: pixelValues.slice([0, 1]) });
      const length = attentionMask[1]!.filter(Boolean).length;
      const second = await logitsOf({
        inputIds: [ids[1]!.slice(0, length)],
        pixelValues: pixelValues.slice([1, 2], [0, 1]),
        pixelAttentionMask: pixelAttentionMask.subarray(3 * 400, 4 * 400),
      });
      expect(relativeDistance(both.subarray(0, first.length), first)).toBeLessThan(1e-5);
      expect(relativeDistance(both.subarray(T * V, (T + length) * V), second)).toBeLessThan(1e-5);
      // The other way round the row with fewer tiles comes first, and its empty ones lie between.
      const half = pixelAttentionMask.length / 2;
      const turned = await logitsOf({
        inputIds: [...ids].reverse(),
        attentionMask: [...attentionMask].reverse(),
        pixelValues: concat([pixelValues.slice([1, 2]), pixelValues.slice([0, 1])]),
        pixelAttentionMask: [...pixelAttentionMask.subarray(half), ...pixelAttentionMask.subarray(0, half)],
      });
      expect(relativeDistance(turned.subarray(T * V), first)).toBeLessThan(1e-5);
      expect(relativeDistance(turned.subarray(0, length * V), second)).toBeLessThan(1e-5);
      // Control: without the mask, padding is taken for picture.
      const blind = await logitsOf({ inputIds: ids, attentionMask, pixelValues });
      expect(relativeDistance(blind.subarray(T * V, (T + length) * V), second)).toBeGreaterThan(1e-2);
    });

    test("tiles go to their places: exchanged with the places' order they differ", async () => {
      const inputIds = [ids[0]!];
      const straight = await logitsOf({ inputIds, pixelValues: pixelValues.slice([0, 1]) });
      const tile = (i: number) => pixelValues.slice([0, 1], [i, i + 1]);
      const swapped = await logitsOf({ inputIds, pixelValues: concat([tile(1), tile(0), tile(2)], 1) });
      const before = ids[0]!.indexOf(IMAGE) * V; // text before the first place does not see any tile
      expect(swapped.slice(0, before)).toEqual(straight.slice(0, before));
      expect(relativeDistance(swapped, straight)).toBeGreaterThan(1e-2);
    });

    test("squares of patches are folded row by row", async () => {
      const [side, s, C] = [6, 2, 3];
      const x = tensor(
        Float32Array.from({ length: side * side * C }, (_, i) => i),
        [1, side * side, C],
        executor,
      );
      const folded = await foldSquares(x, s).data();
      for (let i = 0; i < folded.length; i++) {
        const [token, channel] = [Math.floor(i / (s * s * C)), i % (s * s * C)];
        const [R, column] = [Math.floor(token / (side / s)), token % (side / s)];
        const [dr, dc, d] = [Math.floor(channel / (s * C)), Math.floor(channel / C) % s, channel % C];
        expect(folded[i]).toBe(((R * s + dr) * side + column * s + dc) * C + d);
      }
      expect(() => foldSquares(x, 4)).toThrow("expected tiles of (4 · n)² patches, got 36");
    });
  });

  test("what does not fit is refused in a sentence", async () => {
    const one = pixelValues.slice([0, 1], [0, 1]);
    const refused: [SmolVLMInputs, RegExp][] = [
      [
        { inputIds: [[5, IMAGE, IMAGE]], pixelValues: one },
        /4 image tokens \(id 4\) for each of at most 1 tiles in row 0, got 2/,
      ],
      [
        { inputIds: [new Array<number>(8).fill(IMAGE)], pixelValues: one },
        /for each of at most 1 tiles in row 0, got 8/,
      ],
      [{ inputIds: [[5, 6]], pixelValues: one }, /image tokens in inputIds for these pixelValues, got none/],
      [
        { inputIds: [[5], [6]], pixelValues: one },
        /pixelValues \[2, tiles, channels, height, width\], got \[1, 1, 3, 20, 20\]/,
      ],
      [
        { inputIds: [[IMAGE, IMAGE, IMAGE, IMAGE]], pixelValues: one, pixelAttentionMask: [1] },
        /pixelAttentionMask of 1 × 20 × 20 numbers, got 1/,
      ],
      [{ inputIds: [[V]] }, /token ids from 0 to 104, got 105/],
    ];
    for (const [inputs, sentence] of refused) await expect(model.forward(inputs)).rejects.toThrow(sentence);
    const signal = AbortSignal.abort(new Error("the reader left"));
    await expect(model.forward({ inputIds: [[5]] }, { signal })).rejects.toThrow("the reader left");
  });
});

test("a picture and a question become an answer", async () => {
  const executor = await openNamed("reference");
  const model = await loadModel("smolvlm-odd", { executor, baseUrl: FIXTURES, modelType: "smolvlm" });
  const picture: Picture = { width: 64, height: 31, data: new Uint8ClampedArray(64 * 31 * 4).fill(200) };
  const prompt = model.prepare({ text: "User:<image>What is it?<end_of_utterance>\nAssistant:", pictures: [picture] });
  expect(prompt.pixelValues!.shape).toEqual([1, 2 * 4 + 1, 3, 20, 20]);
  expect(prompt.inputIds[0]!.filter((id) => id === IMAGE)).toHaveLength(9 * 4);
  let text = "";
  let tokens = 0;
  for await (const piece of generate(model, { ...prompt, maxNewTokens: 5 }))
    [text, tokens] = [text + piece.text, tokens + 1];
  expect(tokens).toBeGreaterThan(0);
  expect(typeof text).toBe("string");
  expect(() => model.prepare({ text: "no place", pictures: [picture] })).toThrow("for each of the 1 pictures, got 0");
  expect(model.prepare({ text: "User: cat" })).not.toHaveProperty("pixelValues");
});

test("what a pass and a cache take is given back", async () => {
  const executor = await openNamed("reference");
  const alive = () => (({ buffers, bytes }) => ({ buffers, bytes }))(executor.ledger());
  const before = alive();
  const model = await loadModel("smolvlm-odd", { executor, baseUrl: FIXTURES, modelType: "smolvlm" });
  const loaded = alive();
  const pixelValues = zeros([1, 1, 3, 20, 20], executor);
  const cache = model.createCache({ capacity: 8 });
  for (const inputs of [
    { inputIds: [[IMAGE, IMAGE, IMAGE, IMAGE, 5]], pixelValues, cache },
    { inputIds: [[7]], cache },
  ]) {
    const { logits } = await model.forward(inputs);
    await logits.data();
    logits.dispose();
  }
  cache.dispose();
  pixelValues.dispose();
  expect(alive()).toEqual(loaded);
  model.dispose();
  expect(alive()).toEqual(before);
});

describe("config.json", () => {
  const config = JSON.parse(readFileSync("tests/fixtures/smolvlm-odd/config.json", "utf8")) as Record<string, object>;

  test("a sparse one: what SmolVLM-256M's file leaves out", () => {
    const { visionConfig, textConfig, ...own } = parseSmolVLMConfig({
      model_type: "smolvlm",
      scale_factor: 4,
      image_token_id: 49_190,
      vision_config: { hidden_size: 768, num_attention_heads: 12, image_size: 512, patch_size: 16 },
      text_config: { hidden_size: 576, num_attention_heads: 9, num_key_value_heads: 3, vocab_size: 49_280 },
    });
    expect(own).toEqual({ scaleFactor: 4, imageTokenId: 49_190, tieWordEmbeddings: false });
    expect(visionConfig).toMatchObject({ intermediateSize: 3072, numHiddenLayers: 12, layerNormEps: 1e-6 });
    expect(visionConfig).toMatchObject({ hiddenAct: "gelu_pytorch_tanh", visionUseHead: false, numChannels: 3 });
    expect(textConfig).toMatchObject({ headDim: 64, rmsNormEps: 1e-5, tieWordEmbeddings: false });
  });

  test.each<[string, object, RegExp]>([
    ["a fold that does not divide", { scale_factor: 3 }, /scale_factor: expected a divisor .* \(20 \/ 5\), got 3/],
    ["a tile that is not square", { vision_config: { image_size: [20, 30] } }, /square|divisor/],
    [
      "an image token beyond the vocabulary",
      { image_token_id: 105 },
      /image_token_id: expected .* \(below 105\), got 105/,
    ],
    ["grey pictures", { vision_config: { image_size: 20, patch_size: 5, num_channels: 1 } }, /3 channels/],
    ["a part that is a list", { text_config: [1] }, /text_config: expected an object/],
    [
      "absurd layers",
      { text_config: { ...config.text_config, num_hidden_layers: 1e12 } },
      /num_hidden_layers: expected/,
    ],
  ])("%s is refused in a sentence", (_, change, sentence) => {
    expect(() => parseSmolVLMConfig({ ...config, ...change })).toThrow(sentence);
  });
});
